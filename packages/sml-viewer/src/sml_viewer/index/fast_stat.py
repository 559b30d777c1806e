"""Ask again and again for the state of thousands of files below one folder, the shortest way there is."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence

from sml_viewer.readers.file_io import State

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


def are_as_they_were(root: str, folders: Sequence[tuple[bytes, int]]) -> bool:
    """Whether folders below the root were last changed when they are said to have been."""
    stat = os.stat
    with opened(root) as folder:
        try:
            for name, when in folders:
                if stat(name, dir_fd=folder).st_mtime_ns != when:
                    return False
        except OSError:
            return False
    return True


def with_companions(state: State, companions: Sequence[bytes], folder: int | None) -> State:
    """The state of a file together with those that change instead of it."""
    inode, size, changed = state
    for name in companions:
        with contextlib.suppress(OSError):
            status = os.stat(name, dir_fd=folder)
            size, changed = size + status.st_size, max(changed, status.st_mtime_ns)
    return inode, size, changed
