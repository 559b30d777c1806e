"""Entry points of other distributions; looked for without `importlib.metadata` where there are none."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

_SUFFIXES = (".dist-info", ".egg-info")


def entry_points_of(group: str) -> list[EntryPoint]:
    """The entry points of a group, by name."""
    if not any(_may_announce(folder or ".", group.encode()) for folder in sys.path):
        return []
    from importlib.metadata import entry_points  # late: loads the modules of e-mail, sockets and archives

    return sorted(entry_points(group=group), key=lambda entry: entry.name)


def _may_announce(folder: str, group: bytes) -> bool:
    """Whether a distribution in a folder of the import path may have an entry point of a group."""
    if folder.endswith(".egg"):
        return True
    try:
        names = [name for name in os.listdir(folder) if name.lower().endswith(_SUFFIXES)]  # noqa: PTH208
    except NotADirectoryError:  # an archive; the standard library's is one that need not exist
        return True
    except OSError:
        return False
    return any(_holds(f"{folder}/{name}/entry_points.txt", group) for name in names)


def _holds(path: str, group: bytes) -> bool:
    try:
        with open(path, "rb") as file:  # noqa: PTH123  there may be hundreds
            return group in file.read()
    except OSError:
        return False
