"""Locks between processes, on one host and over NFS."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def locked(path: Path, seconds: float) -> Iterator[None]:
    """Hold the lock of a file, which stays; go on without it if it cannot be had in time.

    The kernel lets go of it when the process dies. Users of one folder share the file, whatever their umask;
    it is always empty. Raises OSError if the file cannot be made.
    """
    try:
        descriptor = _opened(path)
    except PermissionError:
        if not path.exists():
            raise
        yield  # another user's, of a time before files were made for all
        return
    try:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                time.sleep(0.005)
            except OSError:  # a file system without locks
                break
        yield
    finally:
        os.close(descriptor)


def _opened(path: Path) -> int:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    except FileExistsError:
        try:
            return os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except PermissionError:  # made by another user, and before the next line
            return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    with contextlib.suppress(OSError):
        os.fchmod(descriptor, 0o666)
    return descriptor
