"""What an output is, and a file that only grows by whole pieces."""

from __future__ import annotations

import errno
import os
from typing import Protocol

from sml_config.run_folder import temporary_beside
from sml_logger.row import Row

from .own_file import OwnFile


class Output(Protocol):
    """Takes rows; raises OSError when a row could not be written, and may be called again."""

    name: str

    @property
    def next_step(self) -> int:
        """One more than the step of the last row that is in the file."""

    def write_row(self, row: Row) -> None:
        """Write a row; when this returns, the row is in the kernel."""

    def restore(self) -> bool:
        """Write the file anew if its name no longer leads to it; whether that was needed. Raises OSError."""

    def flush_to_disk(self) -> None:
        """Wait until what was written survives a power cut; from any thread. Raises OSError."""

    def close(self) -> None:
        """Give up the file; later calls do nothing."""


class PartlyWrittenError(OSError):
    """A row was written without some of its values."""


class GrowingFile:
    """A file that is appended to by this process alone; a piece is in it whole or not at all.

    Wherever an interrupt strikes, size and mark belong together: they are set in one assignment.
    """

    def __init__(self, own: OwnFile, mark: int) -> None:
        self.own = own
        # The mark of the last whole piece, and while a piece is under way the size before it and the piece's:
        # what an interrupt or a full disk left of it is cut off later.
        self._state: tuple[int, tuple[int, int] | None] = (mark, None)
        self._dirty = True

    @property
    def mark(self) -> int:
        """What was said with the last whole piece."""
        return self._state[0]

    def append(self, piece: bytes, mark: int) -> None:
        """Append one piece. Raises OSError, and then the file ends where it ended before."""
        before, torn = self._state
        if torn is not None:
            self._mend(*torn)
        own = self.own
        begun = (own.position(), len(piece))
        self._dirty = True
        self._state = (before, begun)
        written = own.write_on(piece)
        if written != len(piece):
            self._mend(*begun)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.own.path))
        self._state = (mark, None)

    def size(self) -> int:
        """Bytes of whole pieces. Raises OSError."""
        torn = self._state[1]
        if torn is not None:
            self._mend(*torn)
        return self.own.size()

    def first_line(self) -> bytes:
        """The first line with its end. Raises OSError."""
        line = b""
        while not line.endswith(b"\n") and (chunk := self.own.read(len(line), 1 << 16)):
            line += chunk[: chunk.find(b"\n") + 1 or None]
        return line

    def copy_to(self, target: OwnFile, offset: int = 0, blanks: bytes = b"") -> None:
        """Copy the whole pieces from an offset on; `blanks` go before every line end. Raises OSError."""
        end = self.size()
        while offset < end:
            chunk = self.own.read(offset, min(1 << 20, end - offset))
            if not chunk:
                raise OSError(errno.EIO, "the file became shorter while it was copied", str(self.own.path))
            offset += len(chunk)
            write_all(target, chunk.replace(b"\n", blanks + b"\n") if blanks else chunk)

    def flush_to_disk(self) -> None:
        """Wait until what was written survives a power cut; from any thread. Raises OSError."""
        if self._dirty:
            self._dirty = False
            self.own.flush_to_disk()

    def close(self) -> None:
        """Give up the file; later calls do nothing. Raises OSError if what was written did not arrive."""
        try:
            torn = self._state[1]
            if torn is not None:
                self._mend(*torn)
        finally:
            self.own.close()

    def _mend(self, size: int, piece: int) -> None:
        if 0 < self.own.size() - size <= piece:  # else somebody else has changed the file
            self.own.truncate(size)
        self._state = (self._state[0], None)


def copied(file: GrowingFile) -> GrowingFile:
    """A file with the same whole pieces, beside the name that no longer leads to it. Raises OSError."""
    path = file.own.path
    copy = OwnFile(temporary_beside(path), is_new=True)
    try:
        file.copy_to(copy)
        copy.flush_to_disk()
        return GrowingFile(copy, file.mark)
    except BaseException:
        copy.path.unlink(missing_ok=True)
        raise


def write_all(target: OwnFile, data: bytes) -> None:
    """Append all bytes. Raises OSError."""
    while data:
        written = target.write(data)
        if not written:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(target.path))
        data = data[written:]
