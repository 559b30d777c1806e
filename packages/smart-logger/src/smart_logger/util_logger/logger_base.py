"""`LoggerBase`: a logger that writes into a given folder."""

from __future__ import annotations

import os
import tempfile
import time
import warnings
from pathlib import Path
from typing import TextIO

from smart_logger._missing import needs
from smart_logger._removed import removed

with needs("sml-logger"):
    from sml_config import SettingsWarning
    from sml_logger import ExactRunPath, Logger

_TABLE = "progress.csv"
_PRINT = "print the text through the logger: logger(text, color='red')"

__all__ = ["LoggerBase"]

__getattr__ = removed(__name__, dict.fromkeys(("color2num", "colorize"), _PRINT))


class LoggerBase(Logger):
    """A logger that writes into `output_dir`, instead of a folder below the log folder.

    Existing files in the folder are kept; the table of an earlier run there is renamed to
    `progress.superseded-<time>.csv`. No code is archived. Text is also written to `log_file`, an open file.
    """

    def __init__(
        self,
        output_dir: str | os.PathLike[str] | None = None,
        output_fname: str = _TABLE,
        exp_name: str | None = None,
        log_file: TextIO | None = None,
    ) -> None:
        folder = Path(output_dir or Path(tempfile.gettempdir(), "experiments", str(int(time.time()))))
        if output_fname != _TABLE:
            message = f"output_fname={output_fname!r} is not used: the table is {folder / _TABLE}"
            warnings.warn(message, SettingsWarning, stacklevel=2)
        self.exp_name = exp_name
        super().__init__(base_path=ExactRunPath.of(folder), backup_code=False)
        self.set_log_file(log_file)
