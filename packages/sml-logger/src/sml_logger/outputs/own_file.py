"""A file that is appended to through a descriptor that cannot be mistaken for another file's."""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path
from typing import NamedTuple

# Programs get the lowest free number; ours are kept far above those that training opens and closes.
_LOWEST_DESCRIPTOR = 4096
_CHUNK = 1 << 20


class _Held(NamedTuple):
    descriptor: int
    device: int
    inode: int


class OwnFile:
    """Appends to one inode. Descriptor and inode are one value: an interrupt finds both old or both new.

    Every write first checks that the descriptor still leads to that inode, since a program may close
    descriptors that it did not open. Then the file is opened again by name, if the name leads there.
    """

    def __init__(self, path: Path, *, is_new: bool = False) -> None:
        self.path = path
        # Text for os.stat, which a Path would cost a conversion in every row.
        self._name = os.fspath(path)
        self._held: _Held | None = _opened(self._name, os.O_CREAT | (os.O_EXCL if is_new else 0))

    def write(self, data: bytes) -> int:
        """Append; how many bytes were written. Raises OSError."""
        return os.write(self._checked()[0], data)

    def truncate(self, size: int) -> None:
        """Cut the file. Raises OSError."""
        os.ftruncate(self._checked()[0], size)

    def size(self) -> int:
        """Bytes of the file. Raises OSError."""
        return self._checked()[1].st_size

    def read(self, offset: int, most: int = _CHUNK) -> bytes:
        """Up to `most` bytes at an offset, also of a file that has no name any more. Raises OSError."""
        return os.pread(self._checked()[0], most, offset)

    def is_in_place(self) -> bool:
        """Whether the file's name leads to this file, or cannot be asked."""
        held = self._held
        if held is None:
            return True
        try:
            there = os.stat(self._name)  # noqa: PTH116  in every row
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError:
            return True
        return there.st_ino == held.inode and there.st_dev == held.device

    def has_a_name(self) -> bool:
        """Whether any name leads to this file. Raises OSError."""
        return self._checked()[1].st_nlink > 0

    def rename(self, path: Path) -> None:
        """Take another file's name. Raises OSError, and then the file has no use any more."""
        before = self._name
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
