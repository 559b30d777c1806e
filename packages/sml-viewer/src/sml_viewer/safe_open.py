"""Open files below a folder, safe against symbolic links that lead out of it, also while they are replaced.

Every read of a run goes through here: list, page, tables, archives, command line. A folder is given by its
real path, as found by discovery. The last name of a path is never followed if it is a link, and the system is
asked for the real path of the open descriptor before anything is read. Links that stay inside the folder are
resolved first. Only regular files are opened, without blocking on pipes.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

_FLAGS = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_FOLDER = getattr(os, "O_DIRECTORY", 0)
# Linux: a descriptor only to open files from, not to list; faster than one for both.
_FOR_OPENING = _FOLDER | _NO_LINK | getattr(os, "O_PATH", os.O_RDONLY)
_NO_DESCRIPTOR = -1
_DOTS = ("", ".", "..")
# The paths of open descriptors on Linux; elsewhere paths are walked without following links.
_DESCRIPTORS = "/proc/self/fd"
_HAS_DESCRIPTOR_PATHS = os.path.isdir(_DESCRIPTORS)  # noqa: PTH112
# Windows can neither open a folder nor open relative to one.
_CAN_WALK = os.open in os.supports_dir_fd and bool(_FOLDER and _NO_LINK)
_CAN_SCAN = os.scandir in os.supports_fd and bool(_FOLDER)
# Errors for a link that must not be followed: Linux, FreeBSD, and for a link in place of a folder.
_IS_LINK = (errno.ELOOP, errno.EMLINK, errno.ENOTDIR)


class LeadsOutError(OSError):
    """A link leads out of the folder, or a folder was replaced by a link."""

    def __init__(self, path: str) -> None:
        super().__init__(errno.ELOOP, "a link leads out of its folder", path)


class Opened(NamedTuple):
    """A descriptor, its status, and its real path below the folder, with forward slashes."""

    file: int
    status: os.stat_result
    below: str


class Held:
    """A folder that stays open while its files are opened relative to it: checked once for all of them.

    Files are opened in the folder as it was, whatever replaces it meanwhile. It is opened with the first
    file, from its parent `within` if that is open; if it cannot be held open, each file is opened by its
    path, which reports the reason.
    """

    def __init__(self, path: str, within: Held | None = None) -> None:
        """Name the folder, by its real path."""
        self.path = path
        self._within = within
        self._folders: dict[str, int] = {}

    def __str__(self) -> str:
        return self.path

    def __enter__(self) -> Held:
        return self

    def __exit__(self, *_: object) -> None:
        for folder in self._folders.values():
            if folder != _NO_DESCRIPTOR:
                os.close(folder)
        self._folders.clear()

    def open(self, name: str, flags: int) -> tuple[int, str]:
        """A descriptor of a file and its path below the folder. Raises OSError, LeadsOutError."""
        above, _, last = name.rpartition("/")
        folder = self._folders.get(above)
        if folder is None:
            folder = self._folders[above] = self._hold(above)
        if folder != _NO_DESCRIPTOR and last not in _DOTS:
            try:
                return os.open(last, flags | _NO_LINK, dir_fd=folder), name
            except OSError as error:
                if error.errno not in _IS_LINK:
                    raise
        return _open(self.path, name, flags)

    def _hold(self, below: str) -> int:
        """A descriptor of the folder, or of one directly in it; _NOT_HELD without one."""
        if not _CAN_WALK or "/" in below or below in _DOTS[1:]:
            return _NO_DESCRIPTOR
        try:
            around = self if below else self._within
            held = _NO_DESCRIPTOR if around is None else around.descriptor()
            if held != _NO_DESCRIPTOR:
                return os.open(below or self.path.rpartition("/")[2], _FOR_OPENING, dir_fd=held)
            return _NO_DESCRIPTOR if below else _open(self.path, "", _FOR_OPENING)[0]
        except OSError:
            return _NO_DESCRIPTOR

    def descriptor(self) -> int:
        """The descriptor of the folder; -1 if it cannot be held open."""
        if "" not in self._folders:
            self._folders[""] = self._hold("")
        return self._folders[""]


def open_plain(folder: str | Path | Held, name: str) -> Opened:
    """Open a regular file of a folder by its relative path.

    Raises LeadsOutError; OSError if it does not exist or is a pipe, a device or a folder.
    """
    file, below = folder.open(name, _FLAGS) if isinstance(folder, Held) else _open(str(folder), name, _FLAGS)
    try:
        status = os.fstat(file)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "not a plain file", f"{folder}/{name}")
    except BaseException:
        os.close(file)
        raise
    return Opened(file, status, below)


@contextlib.contextmanager
def scanned(
    folder: str | Path, name: str = "", around: Held | None = None
) -> Iterator[Iterator[os.DirEntry[str]]]:
    """The entries of a folder, or of one below it. Raises OSError, LeadsOutError if it is a link by now.

    `around` is the parent of `folder`, which is then opened from there.

    Do not use the entries' paths: they are only names where the system lists an open folder.
    """
    path = f"{folder}/{name}" if name else str(folder)
    if not _CAN_SCAN:
        if os.path.realpath(path) != os.path.normpath(path):
            raise LeadsOutError(path)
        with os.scandir(path) as entries:
            yield entries
        return
    held = _NO_DESCRIPTOR if around is None or name else around.descriptor()
    if held == _NO_DESCRIPTOR:
        opened, below = _open(str(folder), name, os.O_RDONLY | _FOLDER)
    else:
        last = os.path.basename(path)  # noqa: PTH119
        opened, below = os.open(last, os.O_RDONLY | _FOLDER | _NO_LINK, dir_fd=held), name
    try:
        if below != name:
            raise LeadsOutError(path)
        with os.scandir(opened) as entries:
            yield entries
    finally:
        os.close(opened)


def is_in_place(folder: str | Path) -> bool:
    """Whether a folder still exists, and neither it nor a parent was replaced by a link."""
    try:
        with scanned(folder):
            return True
    except OSError:
        return False


def _open(folder: str, name: str, flags: int) -> tuple[int, str]:
    """A descriptor and its path below the folder."""
    path = f"{folder}/{name}" if name else folder
    if not _HAS_DESCRIPTOR_PATHS and ".." in name.split("/"):
        raise LeadsOutError(path)
    try:
        file = os.open(path, flags | _NO_LINK) if _HAS_DESCRIPTOR_PATHS else _open_without_links(path, flags)
    except OSError as error:
        if error.errno not in _IS_LINK or not name:
            raise
        name = _real_below(folder, name)
        path = f"{folder}/{name}"
        file = _open_without_links(path, flags)
    try:
        return file, _below(file, folder, name)
    except BaseException:
        os.close(file)
        raise


def _open_without_links(path: str, flags: int) -> int:
    if _HAS_DESCRIPTOR_PATHS or not _CAN_WALK:
        return os.open(path, flags | _NO_LINK)
    folder = os.open("/", os.O_RDONLY | _FOLDER)
    *above, last = path.strip("/").split("/")
    for part in above:
        try:
            below = os.open(part, os.O_RDONLY | _FOLDER | _NO_LINK, dir_fd=folder)
        finally:
            os.close(folder)
        folder = below
    try:
        return os.open(last or ".", flags | _NO_LINK, dir_fd=folder)
    finally:
        os.close(folder)


def _below(file: int, folder: str, name: str) -> str:
    """The real path of an open file below the folder. Raises LeadsOutError if it is not below."""
    if _HAS_DESCRIPTOR_PATHS:
        # A table may be replaced by its next version while the old one is open.
        real = os.readlink(f"{_DESCRIPTORS}/{file}")  # noqa: PTH115
        if real == f"{folder}/{name}":  # the common case: a list opens thousands
            return name
        real = real.removesuffix(" (deleted)")
        if real == folder:
            return ""
        above = folder.rstrip("/") + "/"
        if not real.startswith(above):
            raise LeadsOutError(f"{folder}/{name}")
        return real[len(above) :]
    if not _CAN_WALK:
        name = _real_below(folder, name)
        if not os.path.samestat(os.fstat(file), os.stat(f"{folder}/{name}")):  # noqa: PTH116
            raise LeadsOutError(f"{folder}/{name}")
    return name


def _real_below(folder: str, name: str) -> str:
    """The relative path with links resolved. Raises LeadsOutError; OSError for a broken link."""
    real = os.path.realpath(f"{folder}/{name}", strict=True)
    try:
        return Path(real).relative_to(folder).as_posix()
    except ValueError:
        raise LeadsOutError(f"{folder}/{name}") from None
