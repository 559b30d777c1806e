"""`from smart_logger.front_page.page import start_page_server`."""

from __future__ import annotations

from pathlib import Path

from smart_logger._missing import needs
from smart_logger.common import page_config, plot_config
from smart_logger.report.plotting import configuration_of

with needs("sml-viewer"):
    from sml_viewer import cli
    from sml_viewer.configurations import Configurations
    from sml_viewer.store.location import default_workspace

# The configuration that the page opens with.
_FIRST = "default"


def start_page_server() -> int:
    """Serve the page as `page_config` and `plot_config` say, until Ctrl-C; returns the exit status.

    What `plot_config` was given is the configuration that the page opens with, unless the workspace has one.
    """
    given = page_config.WORKSPAPCE
    workspace = Path(given).expanduser().absolute() if given else default_workspace()
    configuration = configuration_of(plot_config)
    configurations = Configurations(workspace)
    if configuration.values and _FIRST not in configurations.names():
        configurations.save(_FIRST, configuration)
    folder = configuration.get("PLOT_LOG_PATH") or plot_config.DATA_PATH
    words = ["serve", "-d", str(folder), "-wks", str(workspace), "-p", str(page_config.PORT)]
    words += ["-u", page_config.USER_NAME, "-cp", str(page_config.COOKIE_PERIOD)]
    words += ["-t", page_config.PAGE_TITLE_PREFIX] if page_config.PAGE_TITLE_PREFIX else []
    # Within this process: nobody reads these words in a list of processes.
    words += ["-pw", page_config.PASSWD] if page_config.PASSWD else []
    words += ["-ltf"] if page_config.PAGE_LOG_TO_FILE else []
    words += [] if page_config.WEB_NAME in ("127.0.0.1", "localhost") else ["--host", page_config.WEB_NAME]
    return cli.main(words)
