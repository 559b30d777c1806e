"""An append-only file that survives foreign code closing or reusing its descriptor."""

from __future__ import annotations

import errno
import fcntl
import os
import time
from pathlib import Path
from typing import NamedTuple

# The kernel assigns the lowest free number; ours are far above those that training opens and closes.
_LOWEST_DESCRIPTOR = 4096
_CHUNK = 1 << 20
# Resolution of file times: some milliseconds, or up to two seconds where they have no fractions.
_TICK_NS = 20_000_000
_COARSE_TICK_NS = 2_000_000_000


class _OpenedFile(NamedTuple):
    descriptor: int
    device: int
    inode: int


class OwnFile:
    """Appends to one inode. Descriptor and inode are one value, so that an interrupt leaves them consistent.

    A program may close descriptors that it did not open; their numbers are then reused for other files. So
    each write first checks that the descriptor's offset is where the last write left it; if it is not, that
    the descriptor still refers to the inode; and if it does not, the file is opened again by name. The inode
    is not checked for every row: on newer kernels, reading a file's times makes the next write slow.
    """

    def __init__(self, path: Path, *, is_new: bool = False) -> None:
        self.path = path
        # Strings for os.stat: a Path would be converted for every row.
        self._name = os.fspath(path)
        self._folder = os.path.dirname(self._name)  # noqa: PTH120  as above
        self._opened_file: _OpenedFile | None = _open(self._name, os.O_CREAT | (os.O_EXCL if is_new else 0))
        # Offset after the last write.
        self.known_position = os.lseek(self._opened_file.descriptor, 0, os.SEEK_END)
        # Modification time and inode of the folder when the name was last checked.
        self._seen_folder: tuple[int, int] | None = None

    def position(self) -> int:
        """Offset of the next write, unless others write to the file. Raises OSError."""
        opened = self._opened_file
        if opened is None:
            raise OSError(errno.EBADF, "the file is closed", self._name)
        try:
            offset = os.lseek(opened.descriptor, 0, os.SEEK_CUR)
        except OSError:
            offset = -1
        if offset != self.known_position:
            self._checked()
        return self.known_position

    def write(self, data: bytes) -> int:
        """Append; returns the number of bytes written. Raises OSError."""
        self.position()
        return self.write_on(data)

    def write_on(self, data: bytes) -> int:
        """Append right after calling `position()`; returns the number of bytes written. Raises OSError."""
        opened = self._opened_file
        written = os.write(opened.descriptor, data) if opened is not None else 0
        self.known_position += written
        return written

    def overwrite(self, offset: int, data: bytes) -> int:
        """Replace everything from an offset on; returns the number of bytes written. Raises OSError.

        The new end is written before the rest of a longer old one is cut off, so that a process that is
        killed in between loses nothing.
        """
        descriptor, info = self._checked()
        flags = fcntl.fcntl(descriptor, fcntl.F_GETFL)
        # Linux ignores the offset of a write to a file that is opened for appending.
        fcntl.fcntl(descriptor, fcntl.F_SETFL, flags & ~os.O_APPEND)
        try:
            written = os.pwrite(descriptor, data, offset)
            if info.st_size > offset + written:
                os.ftruncate(descriptor, offset + written)
        finally:
            fcntl.fcntl(descriptor, fcntl.F_SETFL, flags)
            self.known_position = os.lseek(descriptor, 0, os.SEEK_END)
        return written

    def truncate(self, size: int) -> None:
        """Truncate the file. Raises OSError."""
        descriptor = self._checked()[0]
        os.ftruncate(descriptor, size)
        self.known_position = os.lseek(descriptor, 0, os.SEEK_END)

    def size(self) -> int:
        """Size of the file in bytes. Raises OSError."""
        return self._checked()[1].st_size

    def read(self, offset: int, most: int = _CHUNK) -> bytes:
        """Up to `most` bytes at an offset, also of an unlinked file. Raises OSError."""
        return os.pread(self._checked()[0], most, offset)

    def is_in_place(self) -> bool:
        """Whether the file's name refers to this file; also True if that cannot be checked.

        The name is checked only if the folder has changed, as renaming and unlinking change it.
        """
        opened = self._opened_file
        if opened is None:
            return True
        try:
            folder = os.stat(self._folder)  # noqa: PTH116  in every row
            seen = (folder.st_mtime_ns, folder.st_ino)
            if seen == self._seen_folder:
                return True
            info = os.stat(self._name)  # noqa: PTH116
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError:
            return True
        if info.st_ino != opened.inode or info.st_dev != opened.device:
            return False
        tick = _TICK_NS if folder.st_mtime_ns % 1_000_000_000 else _COARSE_TICK_NS
        if abs(time.time_ns() - folder.st_mtime_ns) > tick:  # a second change within a tick is not visible
            self._seen_folder = seen
        return True

    def has_any_name(self) -> bool:
        """Whether any name refers to this file. Raises OSError."""
        return self._checked()[1].st_nlink > 0

    def rename(self, path: Path) -> None:
        """Take another file's name, replacing it. Raises OSError; the file is then unusable."""
        before = self._name
        self._seen_folder = None
        self.path, self._name = path, os.fspath(path)  # first, as an interrupt may follow the rename
        os.replace(before, path)  # noqa: PTH105  os.replace says that it overwrites

    def flush_to_disk(self) -> None:
        """Flush everything written to the disk; callable from any thread. Raises OSError."""
        opened = self._opened_file
        if opened is not None:
            # In the worst case this flushes another file, which is harmless.
            os.fdatasync(opened.descriptor)

    def close(self) -> None:
        """Close the file; later calls do nothing. Raises OSError."""
        opened, self._opened_file = self._opened_file, None
        if opened is not None and _stat_if_same(opened) is not None:
            os.close(opened.descriptor)

    def _checked(self) -> tuple[int, os.stat_result]:
        opened = self._opened_file
        if opened is None:
            raise OSError(errno.EBADF, "the file is closed", self._name)
        info = _stat_if_same(opened)
        while info is None:
            reopened = _open(self._name, 0)
            if (reopened.device, reopened.inode) != (opened.device, opened.inode):
                os.close(reopened.descriptor)
                raise OSError(errno.EBADF, "the file was closed by another part of the program", self._name)
            self._opened_file = opened = reopened
            info = _stat_if_same(opened)
            os.lseek(opened.descriptor, 0, os.SEEK_END)
        self.known_position = os.lseek(opened.descriptor, 0, os.SEEK_CUR)
        return opened.descriptor, info


def _stat_if_same(opened: _OpenedFile) -> os.stat_result | None:
    """The status of the descriptor's file, if it is still the same file."""
    try:
        info = os.fstat(opened.descriptor)
    except OSError:
        return None
    return info if info.st_ino == opened.inode and info.st_dev == opened.device else None


def _open(name: str, flags: int) -> _OpenedFile:
    """Open for appending and reading, under a high descriptor number that child processes do not inherit."""
    low = os.open(name, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC | flags, 0o666)
    descriptor = low
    try:
        descriptor = fcntl.fcntl(low, fcntl.F_DUPFD_CLOEXEC, _floor())
    except OSError:  # the limit is low, and the numbers above are taken
        pass
    else:
        os.close(low)
    info = os.fstat(descriptor)
    return _OpenedFile(descriptor, info.st_dev, info.st_ino)


def _floor() -> int:
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _LOWEST_DESCRIPTOR if soft == resource.RLIM_INFINITY else min(_LOWEST_DESCRIPTOR, soft // 2)
