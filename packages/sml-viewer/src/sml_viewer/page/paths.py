"""Files of a run by name: opened only inside the run's folder, whatever is exchanged meanwhile."""

from __future__ import annotations

import os
import stat
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from sml_config.run_folder import is_temporary
from sml_viewer.run import Run

from .errors import NoSuchFileError

# Windows can neither open a folder nor open relative to one.
_BY_FOLDER = os.open in os.supports_dir_fd and hasattr(os, "O_DIRECTORY")
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
# A pipe without a writer would hold the thread for ever.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_FOLDER_FLAGS = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | _NO_LINK
_MOST_BYTES = 4096


def folder_of(run: Run) -> Path:
    """The real folder of a run. Raises NoSuchFileError for one that became a link since it was found.

    A link is followed only to where a run lies, as when runs are searched: until the next search somebody
    who may write among the runs could otherwise show any folder of this machine.
    """
    real = Path(os.path.realpath(run.path))
    if real != run.path and not any((real / table).is_file() for table in run.tables):
        raise NoSuchFileError(f"{run.name[:200]!r} is a link to a folder without its tables")
    return real


def safe_path(folder: Path, relative: str) -> Path:
    """The real path of a file or folder inside a run's folder; links inside it are followed.

    `relative` has forward slashes. Raises NoSuchFileError for what is not there, leads out of the folder, is
    absolute, or is hidden: dot-files, dot-folders and files on their way to another name.
    """
    root = Path(os.path.realpath(folder))
    return root.joinpath(*_inside(root, relative))


def open_inside(folder: Path, relative: str) -> BinaryIO:
    """Open a plain file inside a run's folder. Raises NoSuchFileError as `safe_path` does.

    What is opened is what was checked, even if a folder becomes a link between the two.
    """
    root = Path(os.path.realpath(folder))
    parts = _inside(root, relative)
    try:
        descriptor = _open_by_folder(root, parts) if _BY_FOLDER else os.open(root.joinpath(*parts), _FLAGS)
    except (OSError, ValueError) as error:
        raise _refused(relative) from error
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode) or not _is_still(descriptor, root.joinpath(*parts)):
            raise _refused(relative)
    except BaseException:
        os.close(descriptor)
        raise
    return os.fdopen(descriptor, "rb")


def _inside(root: Path, relative: str) -> tuple[str, ...]:
    """The parts of the real path below `root`."""
    parts = PurePosixPath(relative).parts
    if not parts or "\\" in relative or "\0" in relative or relative.startswith("/") or ".." in parts:
        raise _refused(relative)
    # One spelling per file: what is hidden in it goes by its name, which `name/` and `name/.` have not.
    if "/".join(parts) != relative:
        raise _refused(relative)
    if len(os.fsencode(relative)) > _MOST_BYTES or (os.name == "nt" and ":" in relative):
        raise _refused(relative)
    try:
        real = Path(os.path.realpath(root.joinpath(*parts), strict=True))
        below = real.relative_to(root).parts
    except (OSError, ValueError) as error:
        raise _refused(relative) from error
    # Asked under its own name or through a link, what is hidden stays so.
    if not below or any(part.startswith(".") or is_temporary(part) for part in (*parts, *below)):
        raise _refused(relative)
    return below


def _open_by_folder(root: Path, parts: tuple[str, ...]) -> int:
    """Walk down from the root, through no link."""
    descriptor = os.open(root, _FOLDER_FLAGS)
    for part in parts[:-1]:
        try:
            below = os.open(part, _FOLDER_FLAGS, dir_fd=descriptor)
        finally:
            os.close(descriptor)
        descriptor = below
    try:
        return os.open(parts[-1], _FLAGS | _NO_LINK, dir_fd=descriptor)
    finally:
        os.close(descriptor)


def _is_still(descriptor: int, path: Path) -> bool:
    """Whether the file that is open is the one at the path that was checked, as far as the system says."""
    name = Path(f"/proc/self/fd/{descriptor}")
    if name.is_symlink():
        # A table may be replaced by its next version while the old one is open.
        return str(name.readlink()).removesuffix(" (deleted)") == str(path).removesuffix(" (deleted)")
    try:
        return Path(os.path.realpath(path)) == path and os.path.samestat(os.fstat(descriptor), path.stat())
    except OSError:
        return False


def _refused(relative: str) -> NoSuchFileError:
    return NoSuchFileError(f"{relative[:200]!r} is no file of this run")
