"""The run behind a log folder: one logger for all writers of a process to that folder."""

from __future__ import annotations

import csv
import os
import socket
import time
import weakref
from pathlib import Path
from typing import Any

from sml_config import RunFolder
from sml_logger.errors import RunIsLiveError
from sml_logger.rows.logged_row import STEP
from sml_logger.run_folder.ranks import Rank
from sml_logger.run_folder.run_path import ExactRunPath

from .run_logger import RunLogger

# The loggers that are open in this process, by folder.
_open: weakref.WeakValueDictionary[Path, RunLogger] = weakref.WeakValueDictionary()
_writers: weakref.WeakKeyDictionary[RunLogger, int] = weakref.WeakKeyDictionary()


def default_folder(comment: str) -> Path:
    """`runs/Nov29_18-30-00_host` and the comment, as torch and tensorboardX name it."""
    return Path("runs", f"{time.strftime('%b%d_%H-%M-%S')}_{socket.gethostname()}{comment}")


def open_run(folder: Path, purge_step: int | None) -> RunLogger:
    """The run in a folder: continued if there is one, without its rows from `purge_step` on.

    If another process is writing a run there, the run is in a folder beside it, with the suffix -2. Raises
    RunFolderError.
    """
    folder = folder.expanduser().absolute()
    logger = _open.get(folder)
    if logger is None or logger.is_closed:
        logger = _opened(folder, purge_step)
        _open[folder] = logger
    _writers[logger] = _writers.get(logger, 0) + 1
    return logger


class NoRun:
    """Accepts every call of a RunLogger and writes nothing."""

    is_closed = False
    writes = False
    output_dir = ""

    def __getattr__(self, name: str) -> Any:
        return _ignore


def _ignore(*_arguments: Any, **_named: Any) -> None:
    """Do nothing."""


def close_run(logger: RunLogger) -> None:
    """End the run if this was its last writer."""
    left = _writers.get(logger, 0) - 1
    _writers[logger] = max(left, 0)
    if left <= 0:
        logger.close()


def _opened(folder: Path, purge_step: int | None) -> RunLogger:
    number = 1
    while True:
        path = folder if number == 1 else folder.with_name(f"{folder.name}-{number}")
        rows = None if purge_step is None else _rows_before(path, purge_step)
        try:
            # A rank that writes nothing need not wait for the number of rows.
            resume = Rank.current().number == 0 and (True if rows is None else rows or False)
            logger = RunLogger(base_path=ExactRunPath.of(path), resume=resume)
        except RunIsLiveError:
            number += 1
            continue
        if number > 1:
            logger.warn(f"WARNING: {folder} is being written by another process; this run is in {path}")
        logger.begin_session(purge_step)
        return logger


def _rows_before(folder: Path, step: int) -> int | None:
    """The number of rows before the first one of this step or a later one; None if all are before it."""
    try:
        with RunFolder(folder).table.open(newline="", encoding="utf-8", errors="replace") as table:
            rows = csv.reader(table)
            column = next(rows, []).index(STEP)
            for number, row in enumerate(rows):
                if len(row) > column and _number(row[column]) >= step:
                    return number
    except (OSError, ValueError, csv.Error):
        return None
    return None


def _number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return -1.0


def _forget() -> None:
    """A forked child does not write to its parent's runs."""
    _open.clear()
    _writers.clear()


os.register_at_fork(after_in_child=_forget)
