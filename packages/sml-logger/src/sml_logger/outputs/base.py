"""What an output is, and a file that only grows by whole pieces."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Protocol

from sml_logger.row import Row


class Output(Protocol):
    """Takes rows; raises OSError when a row could not be written, and may be called again."""

    name: str

    @property
    def next_step(self) -> int:
        """One more than the step of the last row that is in the file."""

    def write_row(self, row: Row) -> None:
        """Write a row; when this returns, the row is in the kernel."""

    def close(self) -> None:
        """Give up the file; later calls do nothing."""


class PartlyWrittenError(OSError):
    """A row was written without some of its values."""


class GrowingFile:
    """A file that is appended to by this process alone; a piece is in it whole or not at all.

    Wherever an interrupt strikes, size and mark belong together: they are set in one assignment.
    """

    def __init__(self, path: Path, mark: int) -> None:
        self.path = path
        self._descriptor = open_to_append(path)
        # Bytes of whole pieces, and the mark that came with the last of them.
        self._done = (os.fstat(self._descriptor).st_size, mark)
        # Set while a piece is under way: what an interrupt or a full disk left of it is cut off later.
        self._torn = False

    @property
    def size(self) -> int:
        """Bytes of whole pieces."""
        return self._done[0]

    @property
    def mark(self) -> int:
        """What was said with the last whole piece."""
        return self._done[1]

    def append(self, piece: bytes, mark: int) -> None:
        """Append one piece. Raises OSError, and then the file ends where it ended before."""
        if self._torn:
            self._mend()
        self._torn = True
        written = os.write(self._descriptor, piece)
        if written != len(piece):
            self._mend()
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))
        self._done = (self._done[0] + written, mark)
        self._torn = False

    def check_place(self) -> None:
        """Raise OSError if the file's name now belongs to another file: the run's folder was moved."""
        there, ours = self.path.stat(), os.fstat(self._descriptor)
        if (there.st_dev, there.st_ino) != (ours.st_dev, ours.st_ino):
            raise OSError(errno.ESTALE, "the run's folder has been moved away", str(self.path))

    def reopen(self) -> None:
        """Go on with the file that has this name now."""
        descriptor = open_to_append(self.path)
        os.close(self._descriptor)
        self._descriptor = descriptor
        self._done = (os.fstat(descriptor).st_size, self._done[1])
        self._torn = False

    def close(self) -> None:
        """Give up the file; later calls do nothing. Raises OSError if what was written did not arrive."""
        if self._descriptor < 0:
            return
        try:
            if self._torn:
                self._mend()
        finally:
            descriptor, self._descriptor = self._descriptor, -1
            os.close(descriptor)

    def _mend(self) -> None:
        os.ftruncate(self._descriptor, self._done[0])
        self._torn = False


def open_to_append(path: Path) -> int:
    """A descriptor that writes at the end and is not inherited by programs that are started."""
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o666)
