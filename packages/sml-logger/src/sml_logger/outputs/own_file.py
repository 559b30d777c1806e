"""A file that is appended to through a descriptor that cannot be mistaken for another file's."""

from __future__ import annotations

import errno
import fcntl
import os
import time
from pathlib import Path
from typing import NamedTuple

# Programs get the lowest free number; ours are kept far above those that training opens and closes.
_LOWEST_DESCRIPTOR = 4096
_CHUNK = 1 << 20
# How coarse the times of files are: some milliseconds, or up to two seconds where they have no fractions.
_TICK_NS = 20_000_000
_COARSE_TICK_NS = 2_000_000_000


class _Held(NamedTuple):
    descriptor: int
    device: int
    inode: int


class OwnFile:
    """Appends to one inode. Descriptor and inode are one value: an interrupt finds both old or both new.

    A program may close descriptors that it did not open, and then their numbers lead to other files. So each
    write first looks whether the descriptor stands where the last write left it, and if not, whether it still
    leads to the inode; if not, the file is opened again by name. Inodes are not asked in every row: newer
    kernels give a file whose times were asked for new ones at the next write, which is slow.
    """

    def __init__(self, path: Path, *, is_new: bool = False) -> None:
        self.path = path
        # Texts for os.stat, which a Path would cost a conversion in every row.
        self._name = os.fspath(path)
        self._folder = os.path.dirname(self._name)  # noqa: PTH120  as above
        self._held: _Held | None = _opened(self._name, os.O_CREAT | (os.O_EXCL if is_new else 0))
        self._position = os.lseek(self._held.descriptor, 0, os.SEEK_END)
        # Time of the last change and inode of the folder in which the name was seen to be right.
        self._seen: tuple[int, int] | None = None

    def position(self) -> int:
        """Where the next write goes to, unless others write to the file. Raises OSError."""
        held = self._held
        if held is None:
            raise OSError(errno.EBADF, "the file is closed", self._name)
        try:
            found = os.lseek(held.descriptor, 0, os.SEEK_CUR)
        except OSError:
            found = -1
        if found != self._position:
            self._checked()
        return self._position

    def write(self, data: bytes) -> int:
        """Append; how many bytes were written. Raises OSError."""
        self.position()
        return self.write_on(data)

    def write_on(self, data: bytes) -> int:
        """Append right after `position()`; how many bytes were written. Raises OSError."""
        held = self._held
        written = os.write(held.descriptor, data) if held is not None else 0
        self._position += written
        return written

    def truncate(self, size: int) -> None:
        """Cut the file. Raises OSError."""
        descriptor = self._checked()[0]
        os.ftruncate(descriptor, size)
        self._position = os.lseek(descriptor, 0, os.SEEK_END)

    def size(self) -> int:
        """Bytes of the file. Raises OSError."""
        return self._checked()[1].st_size

    def read(self, offset: int, most: int = _CHUNK) -> bytes:
        """Up to `most` bytes at an offset, also of a file that has no name any more. Raises OSError."""
        return os.pread(self._checked()[0], most, offset)

    def is_in_place(self) -> bool:
        """Whether the file's name leads to this file, or cannot be asked.

        The name is asked only if the folder has changed: what takes a name away changes it.
        """
        held = self._held
        if held is None:
            return True
        try:
            folder = os.stat(self._folder)  # noqa: PTH116  in every row
            seen = (folder.st_mtime_ns, folder.st_ino)
            if seen == self._seen:
                return True
            there = os.stat(self._name)  # noqa: PTH116
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError:
            return True
        if there.st_ino != held.inode or there.st_dev != held.device:
            return False
        tick = _TICK_NS if folder.st_mtime_ns % 1_000_000_000 else _COARSE_TICK_NS
        if abs(time.time_ns() - folder.st_mtime_ns) > tick:  # a second change in one tick would not show
            self._seen = seen
        return True

    def has_a_name(self) -> bool:
        """Whether any name leads to this file. Raises OSError."""
        return self._checked()[1].st_nlink > 0

    def rename(self, path: Path) -> None:
        """Take another file's name. Raises OSError, and then the file has no use any more."""
        before = self._name
        self._seen = None
        self.path, self._name = path, os.fspath(path)  # first: an interrupt may come right after the rename
        os.replace(before, path)  # noqa: PTH105  os.replace says that it overwrites

    def flush_to_disk(self) -> None:
        """Wait until what was written survives a power cut; from any thread. Raises OSError."""
        held = self._held
        if held is not None:
            # In the worst case this flushes a stranger's file, which harms nobody.
            os.fdatasync(held.descriptor)

    def close(self) -> None:
        """Give up the file; later calls do nothing. Raises OSError."""
        held, self._held = self._held, None
        if held is not None and _found(held) is not None:
            os.close(held.descriptor)

    def _checked(self) -> tuple[int, os.stat_result]:
        held = self._held
        if held is None:
            raise OSError(errno.EBADF, "the file is closed", self._name)
        found = _found(held)
        while found is None:
            again = _opened(self._name, 0)
            if (again.device, again.inode) != (held.device, held.inode):
                os.close(again.descriptor)
                raise OSError(errno.EBADF, "the file was closed by another part of the program", self._name)
            self._held = held = again
            found = _found(held)
            os.lseek(held.descriptor, 0, os.SEEK_END)
        self._position = os.lseek(held.descriptor, 0, os.SEEK_CUR)
        return held.descriptor, found


def _found(held: _Held) -> os.stat_result | None:
    """What the descriptor leads to, if that is still the file."""
    try:
        found = os.fstat(held.descriptor)
    except OSError:
        return None
    return found if found.st_ino == held.inode and found.st_dev == held.device else None


def _opened(name: str, flags: int) -> _Held:
    """Open for appending and reading, under a high number that programs which are started do not inherit."""
    low = os.open(name, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC | flags, 0o666)
    descriptor = low
    try:
        descriptor = fcntl.fcntl(low, fcntl.F_DUPFD_CLOEXEC, _floor())
    except OSError:  # few descriptors are allowed here, and those above are taken
        pass
    else:
        os.close(low)
    found = os.fstat(descriptor)
    return _Held(descriptor, found.st_dev, found.st_ino)


def _floor() -> int:
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _LOWEST_DESCRIPTOR if soft == resource.RLIM_INFINITY else min(_LOWEST_DESCRIPTOR, soft // 2)
