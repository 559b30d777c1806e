"""What an output is, and a file that only grows by whole pieces."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Protocol

from sml_logger.row import Row


class Output(Protocol):
    """Takes rows; raises OSError when the row could not be written, and may be called again."""

    name: str

    def write_row(self, row: Row) -> None:
        """Write a row: to the kernel, or to the buffer that the class describes."""

    def flush(self) -> None:
        """Give the kernel what is buffered."""

    def close(self) -> None:
        """Flush and give up the file; later calls do nothing."""


class GrowingFile:
    """A file that is appended to by this process alone; a piece is in it whole or not at all."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor = _open(path)
        self._size = os.fstat(self._descriptor).st_size
        self._torn = False

    @property
    def size(self) -> int:
        """Bytes of whole pieces."""
        return self._size

    def append(self, piece: bytes) -> None:
        """Append one piece. Raises OSError, and then the file ends where it ended before."""
        if self._torn:
            self._mend()
        self._torn = True
        written = 0
        try:
            written = os.write(self._descriptor, piece)
        finally:
            if written != len(piece):
                self._mend()
        if written != len(piece):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))
        self._torn = False
        self._size += written

    def reopen(self) -> None:
        """Go on with the file that has this name now."""
        descriptor = _open(self.path)
        os.close(self._descriptor)
        self._descriptor = descriptor
        self._size = os.fstat(descriptor).st_size
        self._torn = False

    def close(self) -> None:
        """Give up the file; later calls do nothing."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def _mend(self) -> None:
        os.ftruncate(self._descriptor, self._size)
        self._torn = False


def _open(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o666)
