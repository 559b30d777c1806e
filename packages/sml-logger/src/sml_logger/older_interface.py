"""Attributes and methods of `Logger` that scripts of older releases use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import sml_config

from .alerts.log_alert import LogAlert
from .checkpoints.log_checkpoint import LogCheckpoint
from .logged_rows import LoggedRows
from .media_methods import MediaMethods
from .messages.log_methods import LogMethods

if TYPE_CHECKING:
    from .alerts.run_alerts import RunAlerts
    from .messages.run_messages import RunMessages
    from .rows.table import Table
    from .run_files import RunFiles
    from .run_folder.run_path import RunPath


class OlderInterface(LogAlert, LogCheckpoint, LoggedRows, MediaMethods, LogMethods):
    """Mixed into `Logger`; old attributes are looked up only if there is no current one."""

    exp_name: str | None = None
    output_fname = "progress.csv"
    _files: RunFiles | None
    _run_path: RunPath
    _table: Table
    _messages: RunMessages

    def __getattr__(self, name: str) -> Any:
        attribute = _ATTRIBUTES.get(name)
        if attribute is None:
            remedy = _GONE.get(name)
            about = f"no attribute {name!r}" + (f" any more; {remedy}" if remedy else "")
            raise AttributeError(f"{type(self).__name__!r} object has {about}")
        return attribute(self)

    def _alerts(self) -> RunAlerts | None:
        return self._files.alerts if self._files is not None else None

    def init_csv(self) -> None:
        """Do nothing: the table exists from the start."""

    def init_tb(self) -> None:
        """Do nothing: TensorBoard's file exists from the start."""

    def save_env(self) -> None:
        """Do nothing: `config/run_config.json` records packages, versions and the command line."""

    def backup_code(self) -> None:
        """Archive the code, if the run has no archive yet."""
        if self._files is not None:
            self._files.archive_code()

    def set_log_file(self, log_file: TextIO | None) -> None:
        """Also write everything logged to this open file; None stops that."""
        self._messages.copy = log_file

    @staticmethod
    def add_key_suffix(suffix: str, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return the same values with `suffix` appended to their keys."""
        return {key + suffix: value for key, value in data.items()}


class LogFile:
    """File object that writes to the run's `log.txt`, for `print(..., file=logger.log_file)`."""

    def __init__(self, messages: RunMessages) -> None:
        self._messages = messages

    def write(self, text: str) -> int:
        """Write text to the log without printing it."""
        self._messages.write_to_log(text)
        return len(text)

    def flush(self) -> None:
        """Do nothing: text is not buffered."""


# Old attributes by name, computed from a logger.
_ATTRIBUTES: dict[str, Callable[[Any], Any]] = {
    "base_log_file": lambda logger: LogFile(logger._messages),
    "csv_output_file_name": lambda logger: str(sml_config.RunFolder(Path(logger.output_dir)).table),
    "current_data": lambda logger: logger._table.added,
    "log_current_row": lambda logger: logger._table.row,
    "log_file": lambda logger: LogFile(logger._messages),
    "log_headers": lambda logger: list(logger._table.columns),
    "log_name": lambda logger: logger._run_path.name,
    "logger_category": lambda logger: logger._run_path.category,
    "output_tb_dir": lambda logger: str(sml_config.RunFolder(Path(logger.output_dir)).events),
    "tb_header_dict": lambda logger: dict(logger._table.prefixes),
}
_GONE = {
    "log_last_row": "keep the values in the script, or read the last line of progress.csv",
    "make_log_backup": "an earlier run of the same name is always moved to the backup folder",
    "output_file": "log rows with log_tabular() and dump_tabular()",
    "rewrite_file": "a column that joins late is added to the table by dump_tabular()",
}
