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
