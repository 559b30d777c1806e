"""Find run folders below a folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from sml_config.run_folder import TABLE

from .errors import NoRunsError


def find_run_folders(root: Path) -> list[Path]:
    """Every folder below `root` that holds a table, sorted; dot-folders are left out, nothing inside a run.

    Raises NoRunsError if `root` is not a folder.
    """
    return sorted(_walk(existing_folder(root)))


def existing_folder(root: Path) -> Path:
    """`root` itself. Raises NoRunsError if it is not a folder."""
    if not root.is_dir():
        raise NoRunsError(f"{root}: no such folder; name the folder that holds your runs with -d")
    return root


def _walk(folder: Path) -> Iterator[Path]:
    try:
        with os.scandir(folder) as entries:
            children = list(entries)
    except OSError:
        return  # gone or closed to us since its parent was listed
    if any(entry.name == TABLE for entry in children):
        yield folder
        return
    for entry in children:
        # A link to a folder may lead back up; what it points to is found where it lives.
        if entry.is_dir(follow_symlinks=False) and not entry.name.startswith("."):
            yield from _walk(folder / entry.name)
