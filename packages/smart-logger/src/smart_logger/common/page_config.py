"""Settings of the page as globals to read and to assign; `start_page_server()` reads them when called."""

from __future__ import annotations

# The user and the password of the page. Without a password the server prints a one-time address to open.
USER_NAME = "user"
PASSWD: str | None = None
# The address that it listens on: this machine alone, unless another is named.
WEB_NAME = "127.0.0.1"
PORT = 7005
# Where configurations, figures and what was read are kept, spelt as scripts spell it; None: the user's cache.
WORKSPAPCE: str | None = None
# How long somebody stays logged in, in hours.
COOKIE_PERIOD = 300
# What stands before the name of the page in the browser.
PAGE_TITLE_PREFIX = ""
# Whether what the page says of itself also goes into a file of the workspace.
PAGE_LOG_TO_FILE = False

# What older releases had here besides. The page keeps everything in WORKSPAPCE, so these change nothing;
# `start_page_server()` says so where a script expects that they do.
# Where the older page kept its files; those in WEB_ROM below WORKSPAPCE are read.
WEB_RAM_PATH = "WEB_ROM"
CONFIG_PATH = f"{WEB_RAM_PATH}/configs"
USER_DATA_PATH = f"{WEB_RAM_PATH}/users"
FIGURE_PATH = f"{WEB_RAM_PATH}/figures"
# Settings of a run that count as its parameters.
CONSIDERED_RUNNING_CONFIG = ["SHORT_NAME_SUFFIX", "IMPORTANT_CONFIGS"]
# The plot option that says where figures go.
PLOTTING_SAVING_PATH_KEY = "PLOT_FIGURE_SAVING_PATH"
TOTAL_FIGURE_FOLDER = "full_path"
# Whether a person who has logged in has to do so again.
REQUIRE_RELOGIN = True
