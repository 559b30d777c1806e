"""Flush the files of a run to the disk, so that a power failure loses a few seconds at most."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path

from sml_config import RunFolder
from sml_config.run_folder import is_temporary

from . import Output


class DiskFlusher:
    """Flushes the files of one run: periodically from a thread, and once more when the run is closed."""

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder
        # Modification times of the folders at their last flush.
        self._flushed: dict[Path, int] = {}

    def flush(self, outputs: Iterable[Output]) -> None:
        """Flush rows, text, events and new file names. Raises OSError."""
        for output in outputs:
            output.flush_to_disk()
        folder = self._folder
        for path in (folder.events, folder.config, folder.path):
            changed = path.stat().st_mtime_ns
            if self._flushed.get(path) == changed:
                continue
            if path == folder.config:
                _flush_files(path)
            flush_path(path)
            if path == folder.path and path not in self._flushed:
                flush_path(path.parent)
            self._flushed[path] = changed

    def finish(self) -> None:
        """Flush the closed files and the end of the run. Raises OSError."""
        folder = self._folder
        for path in (folder.table, folder.log):
            with contextlib.suppress(FileNotFoundError):
                flush_path(path)
        for path in (folder.events, folder.config):
            _flush_files(path)
            flush_path(path)
        flush_path(folder.path)


def flush_path(path: Path) -> None:
    """Flush a file, or the names in a folder. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _flush_files(folder: Path) -> None:
    for path in folder.iterdir():
        if not is_temporary(path.name) and path.is_file() and not path.is_symlink():
            with contextlib.suppress(FileNotFoundError):  # just being replaced
                flush_path(path)
