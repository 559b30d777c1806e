"""The protocol of outputs, and an append-only file with atomic appends."""

from __future__ import annotations

import errno
import os
from typing import Protocol

from sml_config.run_folder import temp_path_for
from sml_logger.row import Row

from .own_file import OwnFile


class Output(Protocol):
    """Writes rows; a failed call raises OSError, and later calls may succeed."""

    name: str

    @property
    def next_step(self) -> int:
        """One more than the step of the last row in the file."""

    def write_row(self, row: Row) -> None:
        """Write a row; when this returns, the kernel has it."""

    def restore(self) -> bool:
        """Rewrite the file if its name no longer refers to it; whether that was needed. Raises OSError."""

    def flush_to_disk(self) -> None:
        """Flush everything written to the disk; callable from any thread. Raises OSError."""

    def close(self) -> None:
        """Close the file; later calls do nothing."""


class PartlyWrittenError(OSError):
    """A row was written without some of its values."""


class GrowingFile:
    """A file to which only this process appends; each piece is written completely or not at all.

    Size and mark are set in one assignment, so that they are consistent wherever an interrupt occurs.
    """

    def __init__(self, own: OwnFile, mark: int) -> None:
        self.own = own
        # The mark of the last complete piece; while a piece is being written, also the size before it and the
        # size of the piece, so that the rest an interrupt or a full disk leaves can be cut off later.
        self._state: tuple[int, tuple[int, int] | None] = (mark, None)
        self._dirty = True

    @property
    def mark(self) -> int:
        """The mark passed with the last complete piece."""
        return self._state[0]

    def append(self, piece: bytes, mark: int) -> None:
        """Append one piece. Raises OSError; the file then keeps its previous end."""
        before, torn = self._state
        if torn is not None:
            self._cut_torn_piece(*torn)
        own = self.own
        begun = (own.position(), len(piece))
        self._dirty = True
        self._state = (before, begun)
        written = own.write_on(piece)
        if written != len(piece):
            self._cut_torn_piece(*begun)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.own.path))
        self._state = (mark, None)

    def append_on(self, piece: bytes, mark: int) -> None:
        """Append one piece right after the position of the file was checked. Raises OSError as `append`."""
        before, torn = self._state
        if torn is not None:
            self.append(piece, mark)
            return
        own = self.own
        self._dirty = True
        begun = (own.known_position, len(piece))
        self._state = (before, begun)
        if own.write_on(piece) != len(piece):
            self._cut_torn_piece(*begun)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(own.path))
        self._state = (mark, None)

    def end(self) -> int:
        """Offset of the next piece. Raises OSError."""
        torn = self._state[1]
        if torn is not None:
            self._cut_torn_piece(*torn)
        return self.own.position()

    def replace_end(self, offset: int, piece: bytes, mark: int) -> None:
        """Replace everything from an offset on by one piece. Raises OSError; then the end is torn."""
        self._dirty = True
        if self.own.overwrite(offset, piece) != len(piece):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.own.path))
        self._state = (mark, None)

    def size(self) -> int:
        """Bytes of complete pieces. Raises OSError."""
        torn = self._state[1]
        if torn is not None:
            self._cut_torn_piece(*torn)
        return self.own.size()

    def first_line(self) -> bytes:
        """The first line including its line end. Raises OSError."""
        line = b""
        while not line.endswith(b"\n") and (chunk := self.own.read(len(line), 1 << 16)):
            line += chunk[: chunk.find(b"\n") + 1 or None]
        return line

    def copy_to(self, target: OwnFile, offset: int = 0, blanks: bytes = b"") -> None:
        """Copy the complete pieces from an offset on, with `blanks` before each line end. Raises OSError."""
        end = self.size()
        while offset < end:
            chunk = self.own.read(offset, min(1 << 20, end - offset))
            if not chunk:
                raise OSError(errno.EIO, "the file was truncated while being copied", str(self.own.path))
            offset += len(chunk)
            write_all(target, chunk.replace(b"\n", blanks + b"\n") if blanks else chunk)

    def flush_to_disk(self) -> None:
        """Flush everything written to the disk; callable from any thread. Raises OSError."""
        if self._dirty:
            self._dirty = False
            self.own.flush_to_disk()

    def close(self) -> None:
        """Close the file; later calls do nothing. Raises OSError if a torn piece cannot be cut off."""
        try:
            torn = self._state[1]
            if torn is not None:
                self._cut_torn_piece(*torn)
        finally:
            self.own.close()

    def _cut_torn_piece(self, size: int, piece: int) -> None:
        if 0 < self.own.size() - size <= piece:  # else another process has changed the file
            self.own.truncate(size)
        self._state = (self._state[0], None)


def copy_of(file: GrowingFile) -> GrowingFile:
    """Copy a file whose name no longer refers to it to a temporary file beside that name. Raises OSError."""
    path = file.own.path
    copy = OwnFile(temp_path_for(path), is_new=True)
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
