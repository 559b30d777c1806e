"""Atomic writes, file locks and private folders, for files that several processes use.

`locked` is used instead of the package `filelock`: users of a folder share the lock file whatever their
umask, also with read permission only, a file system without locks is tolerated, and loggers do not pay for
another import. It is for POSIX; code that runs elsewhere does not use it.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

# Readers, sync and zip skip names with this prefix.
TEMPORARY_PREFIX = ".sml-tmp-"


def write_atomic(
    path: Path, content: str | bytes | Iterable[str], *, is_durable: bool = True, mode: int = 0o666
) -> None:
    """Write a file atomically: readers see either the old or the new content; an iterable gives its parts.

    With `is_durable` also after a power failure, which takes milliseconds to wait for the disk. `mode` are
    the file's permissions, reduced by the umask.

    Raises OSError that names the file, not the temporary one.
    """
    if isinstance(content, (str, bytes)):
        content = content if isinstance(content, bytes) else content.encode("utf-8")
        parts: Iterable[bytes] = (content,)
    else:
        parts = (part.encode("utf-8") for part in content)
    temporary = temp_path_for(path)
    try:
        descriptor = os.open(
            temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), mode
        )
        with os.fdopen(descriptor, "wb") as file:
            file.writelines(parts)
            if is_durable and path.exists():
                # Otherwise the new name may reach the disk before the content and replace the old content.
                file.flush()
                os.fsync(file.fileno())
        os.replace(temporary, path)  # noqa: PTH105  os.replace says that it overwrites
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        with contextlib.suppress(OSError):  # an error here would hide the first one
            temporary.unlink()


def temp_path_for(path: Path) -> Path:
    """A new temporary path in the same folder, to be renamed to `path`."""
    return path.with_name(f"{TEMPORARY_PREFIX}{os.urandom(6).hex()}")


def free_name(path: Path, prefix: str) -> Path:
    """An unused path in the same folder: prefix, time, and the file's suffix."""
    moment = time.strftime("%Y-%m-%d-%H-%M-%S")
    free = path.with_name(f"{prefix}{moment}{path.suffix}")
    while os.path.lexists(free):
        free = free.with_name(f"{free.stem}+{path.suffix}")
    return free


def enlarge_pipe(descriptor: int, size: int) -> None:
    """Let a pipe hold `size` bytes, where the system has such pipes and grants them."""
    with contextlib.suppress(ImportError, AttributeError, OSError):
        import fcntl

        fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, size)


@contextlib.contextmanager
def locked(path: Path, seconds: float) -> Iterator[bool]:
    """Hold a lock on a file; yields False, without the lock, if it is not available within `seconds`.

    Where files cannot be locked it yields True. The kernel releases the lock when the process dies. The file
    stays; it is always empty, and shared by all users of the folder whatever their umask. Raises OSError if
    the file cannot be created.
    """
    import fcntl

    try:
        descriptor = _opened(path)
    except PermissionError:
        if not path.exists():
            raise
        yield True  # another user's, created by a version that did not share lock files
        return
    try:
        deadline = time.monotonic() + seconds
        is_free = False
        while not is_free and time.monotonic() < deadline:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                is_free = True
            except BlockingIOError:
                time.sleep(0.005)
            except OSError:
                is_free = True  # a file system without locks
        yield is_free
    finally:
        os.close(descriptor)


def _opened(path: Path) -> int:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    except FileExistsError:
        try:
            return os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except PermissionError:  # created by another user, before the fchmod below
            return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    with contextlib.suppress(OSError):
        os.fchmod(descriptor, 0o666)
    return descriptor


def private_folder(name: str) -> Path:
    """A private folder of this user in the system's temporary folder, the same on each call.

    If another user has created a folder of that name, a new folder on each call.
    """
    import tempfile  # late: imports random and shutil

    folder = Path(tempfile.gettempdir()) / name
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    if hasattr(os, "getuid") and (
        folder.is_symlink() or status.st_uid != os.getuid() or status.st_mode & 0o077
    ):
        return Path(tempfile.mkdtemp(prefix=f"{name}-"))
    return folder
