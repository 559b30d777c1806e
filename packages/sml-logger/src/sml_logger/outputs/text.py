"""Write `log.txt`: all messages and tables of the logger, without colours."""

from __future__ import annotations

import os
from pathlib import Path

from sml_config.run_folder import free_name
from sml_logger.row import Row

from .base import GrowingFile, copy_of
from .own_file import OwnFile


class TextOutput:
    """Appends text; several processes may do so at once, as a forked child does."""

    def __init__(self, path: Path, step: int = 0) -> None:
        self.name = path.name
        self._path = path
        self._file = OwnFile(path)
        # Of the file that `write_late` may append to.
        self._inode = path.stat().st_ino
        self._torn = _is_torn(path)
        self._dirty = True
        self.next_step = step

    def write_row(self, row: Row) -> None:
        """Append the row's table, if it has one."""
        if row.text:
            self.write(row.text)
        self.next_step = row.step + 1

    def write(self, text: str) -> None:
        """Append text; when this returns, the kernel has it. Raises OSError.

        On a full disk a partly written text is not cut off, as others may have written after it.
        """
        data = text.encode("utf-8", "backslashreplace")
        if self._torn:
            data = b"\n" + data
        self._dirty = True
        while data:
            written = self._file.write(data)
            data = data[written:]
            self._torn = bool(data)

    def write_late(self, text: str) -> None:
        """Append text after `close()`, unless the name refers to another file by now. Raises OSError."""
        late = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
        try:
            if os.fstat(late).st_ino == self._inode:
                os.write(late, text.encode("utf-8", "backslashreplace"))
        finally:
            os.close(late)

    def restore(self) -> bool:
        """Rewrite the log if its name no longer refers to it; whether that was needed. Raises OSError."""
        if self._file.is_in_place():
            return False
        copy = copy_of(GrowingFile(self._file, 0)).own
        if os.path.lexists(self._path):
            self._path.rename(free_name(self._path, f"{self._path.stem}.superseded-"))
        copy.rename(self._path)
        before, self._file = self._file, copy
        self._inode = self._path.stat().st_ino
        before.close()
        return True

    def flush_to_disk(self) -> None:
        """Flush everything written to the disk; callable from any thread. Raises OSError."""
        if self._dirty:
            self._dirty = False
            self._file.flush_to_disk()

    def close(self) -> None:
        """Close the file; later calls do nothing."""
        self._file.close()


def _is_torn(path: Path) -> bool:
    """Whether the last line is incomplete, after a full disk or a crash of the host."""
    with path.open("rb") as file:
        if not file.seek(0, os.SEEK_END):
            return False
        file.seek(-1, os.SEEK_END)
        return file.read() != b"\n"
