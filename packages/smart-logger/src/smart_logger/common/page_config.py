"""Settings of the web page, as globals to read and to assign; used by `start_page_server()`."""

from __future__ import annotations

# User and password of the page. Without a password the server prints a one-time address to open.
USER_NAME = "user"
PASSWD: str | None = None
# The address to listen on; by default only this machine can connect.
WEB_NAME = "127.0.0.1"
PORT = 7005
# Folder of configurations, figures and the index (misspelt as in older releases); None: the user's cache.
WORKSPAPCE: str | None = None
# Hours for which a login is valid.
COOKIE_PERIOD = 300
# Prefix of the page's title in the browser.
PAGE_TITLE_PREFIX = ""
# Whether the server's log is also written to a file in the workspace.
PAGE_LOG_TO_FILE = False

# Settings of older releases. The page keeps everything in WORKSPAPCE, so these have no effect;
# `start_page_server()` warns if a script has changed them.
# Folders of the older page; those in WEB_ROM below WORKSPAPCE are read.
WEB_RAM_PATH = "WEB_ROM"
CONFIG_PATH = f"{WEB_RAM_PATH}/configs"
USER_DATA_PATH = f"{WEB_RAM_PATH}/users"
FIGURE_PATH = f"{WEB_RAM_PATH}/figures"
# Settings of a run that count as its parameters.
CONSIDERED_RUNNING_CONFIG = ["SHORT_NAME_SUFFIX", "IMPORTANT_CONFIGS"]
# The plot option of the figures' folder.
PLOTTING_SAVING_PATH_KEY = "PLOT_FIGURE_SAVING_PATH"
TOTAL_FIGURE_FOLDER = "full_path"
# Whether a user who has logged in has to log in again.
REQUIRE_RELOGIN = True
