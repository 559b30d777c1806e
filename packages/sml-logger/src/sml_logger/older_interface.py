"""What scripts of older releases read from a logger and call on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from sml_config import RunFolder

from .messages.log_methods import Speaking

if TYPE_CHECKING:
    from .messages.run_messages import Voice
    from .rows.table import Table
    from .run_files import RunFiles
    from .run_folder.run_path import Place


class OlderInterface(Speaking):
    """Mixed into `Logger`; its attributes are looked up last."""

    exp_name: str | None = None
    output_fname = "progress.csv"
    _files: RunFiles | None
    _place: Place
    _table: Table
    _voice: Voice

    def __getattr__(self, name: str) -> Any:
        attribute = _ATTRIBUTES.get(name)
        if attribute is None:
            remedy = _GONE.get(name)
            about = f"no attribute {name!r}" + (f" any more; {remedy}" if remedy else "")
            raise AttributeError(f"{type(self).__name__!r} object has {about}")
        return attribute(self)

    def init_csv(self) -> None:
        """Do nothing: the table is there from the start."""

    def init_tb(self) -> None:
        """Do nothing: TensorBoard's file is there from the start."""

    def save_env(self) -> None:
        """Do nothing: `config/run_config.json` has packages, versions and the command line."""

    def backup_code(self) -> None:
        """Archive the code, if the run has no archive yet."""
        if self._files is not None:
            self._files.archive_code()

    def set_log_file(self, log_file: TextIO | None) -> None:
        """Write what is logged to this open file too."""
        self._voice.copy = log_file

    @staticmethod
    def add_key_suffix(suffix: str, data: Mapping[str, Any]) -> dict[str, Any]:
        """The same values under longer keys."""
        return {key + suffix: value for key, value in data.items()}


class LogFile:
    """What `print(..., file=logger.log_file)` writes to: the run's `log.txt`."""

    def __init__(self, voice: Voice) -> None:
        self._voice = voice

    def write(self, text: str) -> int:
        """Keep text in the log, without printing it."""
        self._voice.keep(text)
        return len(text)

    def flush(self) -> None:
        """Do nothing: text is in the file when `write` returns."""


# By name: what the attribute is of a logger.
_ATTRIBUTES: dict[str, Callable[[Any], Any]] = {
    "base_log_file": lambda logger: LogFile(logger._voice),
    "csv_output_file_name": lambda logger: str(RunFolder(Path(logger.output_dir)).table),
    "current_data": lambda logger: logger._table.added,
    "log_current_row": lambda logger: logger._table.row,
    "log_file": lambda logger: LogFile(logger._voice),
    "log_headers": lambda logger: list(logger._table.columns),
    "log_name": lambda logger: logger._place.name,
    "logger_category": lambda logger: logger._place.category,
    "output_tb_dir": lambda logger: str(RunFolder(Path(logger.output_dir)).events),
    "tb_header_dict": lambda logger: dict(logger._table.prefixes),
}
_GONE = {
    "log_last_row": "keep the values in the script, or read the last line of progress.csv",
    "make_log_backup": "an earlier run of the same name is always moved to the backup folder",
    "output_file": "log rows with log_tabular() and dump_tabular()",
    "rewrite_file": "a column that joins late is added to the table by dump_tabular()",
}
