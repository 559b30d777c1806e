"""Data folders that a session may open."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from sml_viewer.errors import NoRunsError
from sml_viewer.i18n import Message

from .errors import DataPathError
from .settings import Setup

# System folders, including everything below.
_SYSTEM = (
    "/bin", "/boot", "/dev", "/etc", "/lib", "/lib32", "/lib64", "/proc", "/root", "/run", "/sbin", "/sys",
    "/usr", "/var", "/Applications", "/Library", "/System", "/private", "C:\\Windows", "C:\\Program Files",
    "C:\\Program Files (x86)", "C:\\ProgramData",
)  # fmt: skip
# Folders of users below system folders.
_PEOPLE = (
    "/run/media", "/usr/home", "/var/folders", "/var/home", "/var/tmp", "/private/tmp",  # noqa: S108  named only
    "/private/var/folders",
)  # fmt: skip
_MOST_LISTED = 500


def chosen_folder(setup: Setup, text: str) -> Path:
    """The real path of a requested folder.

    Raises DataPathError if it is not permitted, whether or not it exists; NoRunsError if it does not exist.
    """
    try:
        path = Path(text).expanduser()
        real = Path(os.path.realpath(path))
    except (OSError, ValueError, RuntimeError) as error:  # invalid path, or unknown user
        raise NoRunsError(_no_such_folder(text)) from error
    if not path.is_absolute():
        raise DataPathError(
            Message("{path} is not absolute; write it from the first slash on", path=_short(text))
        )
    inside = _is_inside(real, setup.folders)
    if not inside and not setup.changeable:
        raise DataPathError(
            Message(
                "{path} is outside the folders that the page was started with: {folders}; "
                "to show it too, restart with {command}",
                path=_short(text),
                folders=", ".join(map(str, setup.folders)) or "–",
                command=_start_with(setup, path),
            )
        )
    if not inside and _is_system(real):
        raise DataPathError(
            Message("{path} is a folder of the system; choose one that holds runs", path=_short(text))
        )
    if not real.is_dir():
        raise NoRunsError(_no_such_folder(text))
    return real


def folders_below(setup: Setup, text: str) -> tuple[Path, list[str]]:
    """A permitted folder and the visible folders in it, by name. Raises as `chosen_folder`."""
    folder = chosen_folder(setup, text)
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries if entry.is_dir() and _is_shown(entry.name)]
    except OSError as error:
        raise NoRunsError(
            Message("{path} cannot be read: {reason}", path=_short(text), reason=error.strerror)
        ) from error
    return folder, sorted(names)[:_MOST_LISTED]


def _no_such_folder(text: str) -> Message:
    return Message("{path}: no such folder; correct the path, or create the folder", path=_short(text))


def _short(text: str) -> str:
    return repr(text[:200])


def _start_with(setup: Setup, path: Path) -> str:
    """The command that serves one more folder."""
    words = [word for folder in (*setup.folders, path) for word in ("-d", str(folder)[:200])]
    return shlex.join(["sml-viewer", *words])


def _is_shown(name: str) -> bool:
    return not name.startswith(".") and name.isprintable()


def _is_inside(real: Path, folders: tuple[Path, ...]) -> bool:
    return any(real.is_relative_to(os.path.realpath(folder)) for folder in folders)


def _is_system(real: Path) -> bool:
    home = Path(os.path.realpath(Path.home()))
    if real.parent == real:
        return True
    if real.is_relative_to(home) and home.parent != home:
        return False
    if any(real.is_relative_to(folder) and str(real) != folder for folder in _PEOPLE):
        return False
    return any(real.is_relative_to(folder) for folder in _SYSTEM)
