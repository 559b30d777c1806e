"""`start_page_server`: serve the web page as set in `page_config` and `plot_config`."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

from smart_logger._missing import needs
from smart_logger._removed import removed
from smart_logger.common import page_config, plot_config
from smart_logger.report.plotting import configuration_of, warn

with needs("sml-viewer"):
    from sml_viewer.cli import main
    from sml_viewer.legacy import Configurations, OutputOptions, default_workspace

# The configuration that the page opens with.
_FIRST = "default"
# Settings of the older page, which have no effect.
_FOLDERS = ("WEB_RAM_PATH", "CONFIG_PATH", "USER_DATA_PATH", "FIGURE_PATH")
_FIXED = ("CONSIDERED_RUNNING_CONFIG", "PLOTTING_SAVING_PATH_KEY", "TOTAL_FIGURE_FOLDER")
_AS_IMPORTED = {name: copy.copy(getattr(page_config, name)) for name in (*_FOLDERS, *_FIXED)}


__getattr__ = removed(
    __name__, {"app": "call start_page_server(), or run `sml-viewer serve`, which is a server of its own"}
)


def start_page_server(port_num: int | None = None, ssl_context: Any = None) -> int:
    """Serve the page as set in `page_config` and `plot_config`, until Ctrl-C; returns the exit status.

    `port_num` overrides PORT; `ssl_context` is a certificate and its key, two PEM files. The options set in
    `plot_config` are the configuration that the page opens with, unless the workspace has one.
    """
    given = page_config.WORKSPAPCE
    workspace = Path(given).expanduser().absolute() if given else default_workspace()
    _warn_of_idle_settings(workspace)
    configuration = configuration_of(plot_config)
    configurations = Configurations(workspace)
    if configuration.values and _FIRST not in configurations.names():
        configurations.save(_FIRST, configuration)
    options = OutputOptions.of(configuration)
    folder = options.plot_log_path or plot_config.DATA_PATH
    port = page_config.PORT if port_num is None else port_num
    words = ["serve", "-d", str(folder), "-wks", str(workspace), "-p", str(port)]
    words += ["-u", page_config.USER_NAME, "-cp", str(page_config.COOKIE_PERIOD), *_tls_words(ssl_context)]
    words += ["-t", page_config.PAGE_TITLE_PREFIX] if page_config.PAGE_TITLE_PREFIX else []
    # Passed within this process, so the password does not appear in a process list.
    words += ["-pw", page_config.PASSWD] if page_config.PASSWD else []
    if figures := options.plot_figure_saving_path:
        words += ["--figures", figures]
    words += ["-ltf"] if page_config.PAGE_LOG_TO_FILE else []
    words += [] if page_config.WEB_NAME in ("127.0.0.1", "localhost") else ["--host", page_config.WEB_NAME]
    return main(words)


def _tls_words(ssl_context: Any) -> list[str]:
    if ssl_context is None:
        return []
    if isinstance(ssl_context, (tuple, list)) and len(ssl_context) == 2:
        return ["-crt", str(ssl_context[0]), "-key", str(ssl_context[1])]
    raise TypeError(
        f"invalid ssl_context {ssl_context!r}; expected the paths of a certificate and its key, "
        "e.g. ('cert.pem', 'key.pem')"
    )


def _warn_of_idle_settings(workspace: Path) -> None:
    """Warn about settings of `page_config` that were changed but have no effect."""
    if not page_config.REQUIRE_RELOGIN:
        warn(
            f"page_config.REQUIRE_RELOGIN is not used: a login is valid for COOKIE_PERIOD, "
            f"{page_config.COOKIE_PERIOD} hours, on this and other tabs; "
            f"for a page without a login run `python -m smart_logger.htmlpage -lf`"
        )
    for name in _FOLDERS:
        folder = Path(getattr(page_config, name)).expanduser().absolute()
        changed = getattr(page_config, name) != _AS_IMPORTED[name]
        if changed and folder.is_dir() and not folder.is_relative_to(workspace):
            warn(
                f"page_config.{name} is not used, and {folder} is not read: it is outside the workspace "
                f"{workspace}; set WORKSPAPCE to the folder that contains WEB_ROM"
            )
    for name in _FIXED:
        if getattr(page_config, name) != _AS_IMPORTED[name]:
            warn(f"page_config.{name} is not used; it is always {_AS_IMPORTED[name]!r}")
