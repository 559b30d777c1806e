"""Ask again and again for the state of thousands of files below one folder, the shortest way there is."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

# Told from an open folder, the system has fewer names to look up, and Python none to encode.
_FROM_FOLDER = os.stat in os.supports_dir_fd
_NOWHERE = -1


def name_below(root: str, path: str) -> bytes:
    """A path for `os.stat` with `dir_fd` of `opened(root)`; it need not lie below `root`."""
    return os.fsencode(path.removeprefix(root + "/") if _FROM_FOLDER else path)


@contextlib.contextmanager
def opened(root: str) -> Iterator[int | None]:
    """A folder for `dir_fd`. If it is not there, nothing is found below it; elsewhere, all is as it was."""
    if not _FROM_FOLDER:
        yield None
        return
    try:
        folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        folder = _NOWHERE
    try:
        yield folder
    finally:
        if folder != _NOWHERE:
            os.close(folder)
