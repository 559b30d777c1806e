"""The indexer process: `python -m sml_viewer.indexer_process STORE ROOT`.

Keeps a store in line until its input closes.

On its output it says `searched` with a search as JSON, `indexed`, `read DONE TOTAL` and `ready`, a line each.
A line on its input makes it scan at once; `columns` with pairs of x and y as JSON are those to read first.
"""

from __future__ import annotations

import json
import os
import queue
import sqlite3
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from sml_viewer.columns.likely_names import likely_names
from sml_viewer.errors import SmlViewerError
from sml_viewer.readers.registry import notice_declared_readers

from .index import Indexer, open_database
from .index.database import FAULTS, is_damage, replaced
from .index.indexer import Progress
from .index.parse_worker import ParseWorker
from .index.pool import COLUMNS_WANTED, SEARCHED
from .index.run_alerts import IndexerAlerts

_PAUSE = 2.0
# A periodic full scan, besides those after a change of a folder: parameters may be edited in place.
_FULL_EVERY = 30.0
# Scanning ten thousand runs that nobody writes to may take one part of the time in so many.
_SHARE = 500.0
# Runs that may grow are scanned more often; this is the longest delay of a new row.
_LIVELY_SHARE, _LONGEST_PAUSE = 400.0, 5.0
_MOST_TOLD = 100
# How often a damaged store is rebuilt before giving up.
_MOST_REBUILDS = 5


def main(store: Path, root: Path) -> None:
    """Look, read, pause, until the process that started this one is gone."""
    wake: queue.SimpleQueue[None] = queue.SimpleQueue()
    looked_at = LookedAt()
    threading.Thread(target=_listen, args=(wake, looked_at), daemon=True).start()
    database = open_database(store)
    updater = Indexer(database, root)
    alerts = IndexerAlerts(root)
    next_full = next_quick = 0.0
    reported: set[str] = set()
    rebuilt = 0
    while True:
        started, spent = time.monotonic(), time.process_time()
        pause = _PAUSE
        if not database.is_current:  # another process rebuilt it
            database.close()
            database = open_database(store)
            updater, next_full = Indexer(database, root), 0.0
        if notice_declared_readers():
            next_full = 0.0
        try:
            if started >= next_full:
                with ParseWorker() as helper:
                    update = updater.index(helper)
                    _tell(update.notes, reported)
                    if update.search is not None:
                        _say(SEARCHED + json.dumps(update.search))
                    _say("indexed")
                    updater.read_tables(looked_at.reading(updater), helper, likely=looked_at.likely)
                next_full = started + max(_FULL_EVERY, (time.process_time() - spent) * _SHARE)
            elif started >= next_quick:
                updater.scan_known()
                next_quick = started + (time.process_time() - spent) * _SHARE
            else:
                updater.scan_active()
                cost = (time.process_time() - spent) * _LIVELY_SHARE
                pause = min(max(_PAUSE, cost), _LONGEST_PAUSE)
            alerts.check_due(database.connection)
            _say("ready")
        except SmlViewerError as error:
            _say(f"waiting {error}")  # the folder is gone, perhaps for a moment
        except FAULTS as error:
            if isinstance(error, sqlite3.OperationalError) and "locked" in str(error):
                _say("waiting the store is in use")
            elif isinstance(error, sqlite3.OperationalError) and "full" in str(error):
                _say("waiting the disk is full")
            elif not is_damage(error) or rebuilt > _MOST_REBUILDS:
                raise
            else:
                rebuilt += 1
                database = replaced(database, error)
                updater, next_full, pause = Indexer(database, root), 0.0, _PAUSE
        try:
            wake.get(timeout=pause)
            next_quick = 0.0
        except queue.Empty:
            continue


class LookedAt:
    """The columns that users look at, as pairs of x and y."""

    def __init__(self) -> None:
        self._pairs: Sequence[Sequence[str]] = ()
        self._are_new = False

    def change(self, pairs: Sequence[Sequence[str]]) -> None:
        """Take over what users look at now."""
        self._pairs, self._are_new = pairs, True

    def likely(self, names: Sequence[str]) -> set[str]:
        """Those of the columns that are looked at, else those that are likely by their names."""
        self._are_new = False
        return likely_names(names, [(x, y) for x, y in self._pairs if y in names][:1])

    def reading(self, updater: Indexer) -> Progress:
        """Tell the progress of reading; read first what users have come to look at meanwhile."""

        def tell(_stage: str, done: int, total: int) -> None:
            _say(f"read {done} {total}")
            if self._are_new and done < total:
                self._are_new = False  # also where no format gives columns early
                # What was read first stays: others may look at it.
                updater.read_likely(lambda names: self.likely(names) | likely_names(names))

        return tell


def _listen(wake: queue.SimpleQueue[None], looked_at: LookedAt) -> None:
    """Wake the loop for each line; end the process, whatever it is doing, when the pipe closes."""
    while line := sys.stdin.buffer.readline():
        if line.startswith(COLUMNS_WANTED):
            looked_at.change(json.loads(line[len(COLUMNS_WANTED) :]))
        else:
            wake.put(None)
    # The store survives this at any point: what is not committed is read again.
    os._exit(0)


def _tell(notes: Sequence[str], reported: set[str]) -> None:
    """Report unreadable folders on the error stream, which is the server's; each once."""
    for note in notes:
        if note not in reported and len(reported) < _MOST_TOLD:
            reported.add(note)
            print(f"sml-viewer: {note}", file=sys.stderr, flush=True)


def _say(text: str) -> None:
    try:
        print(text, flush=True)
    except OSError:
        os._exit(0)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
