"""What several pulls into one folder share, so that they run at the same time and none mixes its files.

What two sources have under one name arrives in the order of the sources, as if they were pulled one by one.
"""

from __future__ import annotations

import contextlib
import dataclasses
import threading
from collections.abc import Iterator
from pathlib import Path

from .list_remote import RemoteTree
from .local_files import parents_of
from .manifest import Manifest, lock


@dataclasses.dataclass
class _OpenFolder:
    manifest: Manifest
    held: contextlib.ExitStack
    users: int = 0


class Sources:
    """The sources of one local folder, by their numbers."""

    def __init__(self, number: int = 1) -> None:
        self._changed = threading.Condition()
        self._listings: list[list[RemoteTree] | None] = [None] * number
        self._ended = [False] * number
        self._open: dict[Path, _OpenFolder] = {}
        self._opening = threading.Lock()

    def split(self, source: int, trees: list[RemoteTree]) -> tuple[list[RemoteTree], list[RemoteTree]]:
        """Divide the trees of a source into those to fetch at once, and those for after `wait_for_earlier`.

        Waits until every source has listed its trees, or failed.
        """
        with self._changed:
            self._listings[source] = trees
            self._changed.notify_all()
            self._changed.wait_for(lambda: None not in self._listings)
            earlier = [tree for listing in self._listings[:source] for tree in listing or ()]
        return _divide(trees, earlier) if earlier else (trees, [])

    def wait_for_earlier(self, source: int) -> None:
        """Wait until the sources before this one have ended."""
        with self._changed:
            self._changed.wait_for(lambda: all(self._ended[:source]))

    def end(self, source: int) -> None:
        """This source fetches nothing more."""
        with self._changed:
            self._ended[source] = True
            self._listings[source] = self._listings[source] or []
            self._changed.notify_all()

    def trees_named(self, name: str) -> list[RemoteTree]:
        """The trees of one name, of all sources."""
        return [tree for listing in self._listings for tree in listing or () if tree.name == name]

    @contextlib.contextmanager
    def open_folder(self, folder: Path, manifest: Manifest) -> Iterator[tuple[Manifest | None, bool]]:
        """Lock a folder against other processes; gives the manifest to use, and whether nobody had it open.

        That is the given one, or that of the source which opened the folder before; it is saved at the end.
        None if another process is writing the folder.
        """
        with self._opening:
            opened = self._open.get(folder)
            is_first = opened is None
            if opened is None:
                opened = _OpenFolder(manifest, contextlib.ExitStack())
                if not lock(folder, opened.held):
                    yield None, False
                    return
                self._open[folder] = opened
            opened.users += 1
        try:
            yield opened.manifest, is_first
        finally:
            with self._opening:
                opened.manifest.save()
                opened.users -= 1
                if not opened.users:
                    del self._open[folder]
                    opened.held.close()


def _divide(trees: list[RemoteTree], earlier: list[RemoteTree]) -> tuple[list[RemoteTree], list[RemoteTree]]:
    """Divide trees into what is free, and what the earlier ones write to; a run is not divided."""
    # Nothing may lie below these; and the folders around them.
    taken_whole = {path for tree in earlier for path in ((tree.name,) if _is_run(tree) else tree.files)}
    folders = {folder for tree in earlier if not _is_run(tree) for folder in tree.folders}
    folders.update(above for path in (*taken_whole, *folders) for above in ("", *parents_of(path)))

    def is_taken(path: str) -> bool:
        if path in taken_whole or path in folders:
            return True
        return any(above in taken_whole for above in ("", *parents_of(path)))

    free: list[RemoteTree] = []
    taken: list[RemoteTree] = []
    for tree in trees:
        if _is_run(tree):
            (taken if is_taken(tree.name) else free).append(tree)
            continue
        clashing = {name: file for name, file in tree.files.items() if is_taken(name)}
        own = {name: file for name, file in tree.files.items() if name not in clashing}
        free.append(dataclasses.replace(tree, files=own))
        if clashing:
            taken.append(dataclasses.replace(tree, files=clashing, folders=[], left_out={}))
    return free, taken


def _is_run(tree: RemoteTree) -> bool:
    return bool(tree.name) or tree.run_id is not None
