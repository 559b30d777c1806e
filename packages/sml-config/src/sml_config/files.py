"""Files that several processes write and read: whole, under a lock, or private to a user.

The lock is this module and not the package `filelock`: users of a folder share the lock file whatever their
umask, somebody who may only read it takes part, a file system without locks stops nobody, and loggers do not
wait for another import. It is for POSIX; nothing that runs elsewhere takes it.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

# Readers, sync and zip skip names that begin so.
TEMPORARY_PREFIX = ".sml-tmp-"


def write_whole(path: Path, content: str | bytes, *, is_durable: bool = True, mode: int = 0o666) -> None:
    """Write a file so that a reader sees the old content or the new, never a part.

    That holds after a power cut too, unless it is not `is_durable`: waiting for the disk takes milliseconds.
    `mode` are the rights of the file, less what the umask takes.

    Raises OSError that names the file, not the temporary one beside it.
    """
    data = content.encode("utf-8") if isinstance(content, str) else content
    temporary = temporary_beside(path)
    try:
        descriptor = os.open(
            temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), mode
        )
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            if is_durable and path.exists():
                # A new name may reach the disk before the content, and would take the old content's place.
                file.flush()
                os.fsync(file.fileno())
        os.replace(temporary, path)  # noqa: PTH105  os.replace says that it overwrites
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        with contextlib.suppress(OSError):  # its name would hide the file's
            temporary.unlink()


def temporary_beside(path: Path) -> Path:
    """A new temporary name in the same folder: what is made there can be renamed to `path`."""
    return path.with_name(f"{TEMPORARY_PREFIX}{os.urandom(6).hex()}")


def free_name(path: Path, prefix: str) -> Path:
    """A name in the same folder that nothing has: the prefix, the time, and the file's ending."""
    moment = time.strftime("%Y-%m-%d-%H-%M-%S")
    free = path.with_name(f"{prefix}{moment}{path.suffix}")
    while os.path.lexists(free):
        free = free.with_name(f"{free.stem}+{path.suffix}")
    return free


@contextlib.contextmanager
def locked(path: Path, seconds: float) -> Iterator[None]:
    """Hold the lock of a file, which stays; go on without it if it cannot be had in time.

    The kernel lets go of it when the process dies. Users of one folder share the file, whatever their umask;
    it is always empty. Raises OSError if the file cannot be made.
    """
    import fcntl

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


def private_folder(name: str) -> Path:
    """A folder of this user alone below the system's folder for temporary files, the same at each call.

    One that somebody else made under its name is not trusted: then it is a new one at each call.
    """
    import tempfile  # with random and shutil behind it

    folder = Path(tempfile.gettempdir()) / name
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    if hasattr(os, "getuid") and (
        folder.is_symlink() or status.st_uid != os.getuid() or status.st_mode & 0o077
    ):
        return Path(tempfile.mkdtemp(prefix=f"{name}-"))
    return folder
