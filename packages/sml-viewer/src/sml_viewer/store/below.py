"""Ask again and again for the state of thousands of files below one folder, the shortest way there is."""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Callable, Iterator

# Told from an open folder, the system has fewer names to look up, and Python none to encode.
_FROM_FOLDER = os.stat in os.supports_dir_fd
_NOWHERE = -1


def name_below(root: str, path: str) -> bytes:
    """A path as the `stat` of `asking` takes it; it need not lie below `root`."""
    return os.fsencode(path.removeprefix(root + "/") if _FROM_FOLDER else path)


@contextlib.contextmanager
def asking(root: str) -> Iterator[Callable[[bytes], os.stat_result]]:
    """`os.stat` for names of `name_below`. It raises OSError for all of them if `root` is not there."""
    if not _FROM_FOLDER:
        yield os.stat
        return
    try:
        folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        folder = _NOWHERE
    try:
        yield functools.partial(os.stat, dir_fd=folder)
    finally:
        if folder != _NOWHERE:
            os.close(folder)
