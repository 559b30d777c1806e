"""Indexer processes of the open libraries: one per folder, shared by its users."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sml_viewer.discovery import Search
from sml_viewer.index.pool import Indexers

_REVIVE_SECONDS = 10.0


@dataclass(frozen=True)
class Progress:
    """Progress of reading.

    `ready`: everything present at the start is read. `done` of `total` tables are read, 0 of 0 while runs
    are searched. `waiting`: why it cannot read, None if it can.
    """

    ready: bool = True
    done: int = 0
    total: int = 0
    waiting: str | None = None


class IndexerRegistry:
    """Indexers by folder, with reference counts. Thread-safe."""

    def __init__(self, workspace: Path) -> None:
        self._workspace = workspace
        self._lock = threading.Lock()
        self._running: dict[Path, _FolderIndexer] = {}
        self._started: dict[Path, Indexers] = {}

    def adopt(self, started: Mapping[Path, Indexers]) -> None:
        """Use these running indexers for the first `acquire` of their folders."""
        with self._lock:
            self._started |= started

    def acquire(self, roots: Sequence[Path]) -> None:
        """Keep the stores of these folders up to date until `release`."""
        with self._lock:
            for root in roots:
                if root not in self._running:
                    started = self._started.pop(root, None)
                    self._running[root] = _FolderIndexer(root, self._workspace, started)
                self._running[root].users += 1

    def release(self, roots: Sequence[Path]) -> None:
        """Undo one `acquire`."""
        with self._lock:
            for root in roots:
                self._running[root].users -= 1
            unused = [self._running.pop(root) for root in roots if self._running[root].users == 0]
        for index in unused:
            index.indexers.close()

    def revive(self, roots: Sequence[Path]) -> None:
        """Restart indexers that died, each at most every few seconds."""
        with self._lock:
            for root in roots:
                if root in self._running:
                    self._running[root].revive()

    def ask_for(self, roots: Sequence[Path], pairs: Sequence[Sequence[str]]) -> None:
        """Say which x and y columns of the runs below these folders are looked at, before they are read."""
        with self._lock:
            for root in roots:
                if root in self._running:
                    self._running[root].ask_for(pairs)

    def progress(self, roots: Sequence[Path]) -> Progress:
        """Their combined progress."""
        with self._lock:
            parts = [self._running[root].progress() for root in roots if root in self._running]
        return Progress(
            all(part.ready for part in parts),
            sum(part.done for part in parts),
            sum(part.total for part in parts),
            "; ".join(part.waiting for part in parts if part.waiting) or None,
        )

    def searches(self, roots: Sequence[Path]) -> list[Search]:
        """What the last search of each of these folders read, as far as it is known."""
        with self._lock:
            known = [self._running[root].indexers.searches for root in roots if root in self._running]
        return [search for searches in known for search in searches.values()]


class _FolderIndexer:
    def __init__(self, root: Path, workspace: Path, started: Indexers | None) -> None:
        self.users = 0
        self._root, self._workspace = root, workspace
        self._was_ready = False
        self._wanted_pairs: Sequence[Sequence[str]] = ()
        self._start(started)

    def revive(self) -> None:
        if not self.indexers.alive and time.monotonic() - self._started > _REVIVE_SECONDS:
            self.indexers.close()
            self._start()

    def ask_for(self, pairs: Sequence[Sequence[str]]) -> None:
        if not self._was_ready and pairs != self._wanted_pairs:  # else everything is read
            self._wanted_pairs = pairs
            self.indexers.ask_for(pairs)

    def progress(self) -> Progress:
        """The progress in the indexer's last line, without that of later passes."""
        word, _, rest = self.indexers.progress.get(self._root, "").partition(" ")
        self._was_ready = self._was_ready or word == "ready"
        done, total = map(int, rest.split()) if word == "read" else (0, 0)
        if not self.indexers.alive:
            return Progress(self._was_ready, waiting="the indexer ended; it is started anew")
        return Progress(self._was_ready, done, total, rest if word == "waiting" else None)

    def _start(self, started: Indexers | None = None) -> None:
        self._started = time.monotonic()
        self.indexers = started or Indexers([self._root], self._workspace)
