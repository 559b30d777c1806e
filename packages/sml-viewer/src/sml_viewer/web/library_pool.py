"""Pool of open libraries, one per set of folders, and the library of a request."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from flask import Flask, current_app, g, request

from sml_viewer.discovery import Search
from sml_viewer.errors import NoRunsError
from sml_viewer.i18n import Message
from sml_viewer.index.pool import Indexers
from sml_viewer.library import Library

from .data_folders import chosen_folder
from .errors import BusyError
from .indexer_registry import IndexerRegistry, Progress
from .schemas.session import Progress as ProgressShown
from .settings import Setup

EXTENSION = "sml-viewer-data"

# A visible page asks every few seconds; after a longer sleep a tab reopens its library in a moment.
_IDLE_SECONDS = 600.0
_POLL_SECONDS = 15.0
_MOST_OPEN = 8


def library(data_path: str | None = None) -> Library:
    """The library of the current request, leased until the request ends.

    Its folders are `data_path`, else PLOT_LOG_PATH of the configuration in the JSON body ("config"), else
    "data" of the address, else those that the page was started with. Raises NoRunsError if a folder is
    missing, DataPathError if it is not permitted.
    """
    data_path = data_path or _requested_path()
    leases: dict[str | None, _OpenLibrary] = g.setdefault("leases", {})
    if data_path not in leases:
        leases[data_path] = library_pool().lease(data_path)
    return leases[data_path].library


def progress(data_path: str | None = None) -> ProgressShown:
    """Progress of reading the current request's runs: `Progress` as JSON.

    Raises as `library`.
    """
    shown = library(data_path)
    state = library_pool().progress(shown)
    done, total = state.done, state.total
    if total and not state.ready:
        # A run may have several tables, and one that is read already may have grown.
        runs = shown.current()[1]
        if unread := sum(run.rows is None for run in runs):
            done, total = len(runs) - unread, len(runs)
    return {"ready": state.ready, "done": done, "total": total, "waiting": state.waiting}


def searches() -> list[Search]:
    """What the last searches of the current request's folders read. Raises as `library`."""
    return library_pool().searches(library())


def setup() -> Setup:
    """The settings that the page was started with."""
    return library_pool().setup


def library_pool() -> LibraryPool:
    """The pool of the current application."""
    pool: LibraryPool = current_app.extensions[EXTENSION]
    return pool


def install_release_hook(app: Flask) -> None:
    """Release the libraries of a request when it ends."""

    @app.teardown_request
    def release(_error: BaseException | None) -> None:
        for lease in g.pop("leases", {}).values():
            library_pool().release(lease)


class LibraryPool:
    """The open libraries. Thread-safe; opening one does not block the others."""

    def __init__(self, setup: Setup, *, indexing: bool = True, idle: float = _IDLE_SECONDS) -> None:
        """With `indexing=False` the caller keeps the stores up to date, with a Library of its own.

        `idle`: seconds without a request until a library and its indexers are closed.
        """
        self.setup = setup
        self._indexes = IndexerRegistry(setup.workspace) if indexing else None
        self._idle = idle
        self._lock = threading.Lock()
        self._open: dict[tuple[str, ...], _OpenLibrary] = {}
        self._closing = threading.Event()
        self._sweeper: threading.Thread | None = None

    def adopt(self, started: Mapping[Path, Indexers]) -> None:
        """Use these running indexers, by real folder, when their folders are opened first."""
        if self._indexes is not None:
            self._indexes.adopt(started)

    def lease(self, data_path: str | None = None) -> _OpenLibrary:
        """The library of a folder, or of the folders given at the start; return it with `release`.

        Raises as the function `library`, and BusyError if too many are in use.
        """
        key = self._key(data_path)
        displaced = None
        with self._lock:
            self._start_sweeping()
            if key not in self._open:
                displaced = self._make_room()
                self._open[key] = _OpenLibrary(lambda: self._open_library(key), self._close_library)
            entry = self._open[key]
            entry.users += 1
            entry.used = time.monotonic()
        if displaced is not None:
            displaced.close()
        try:
            entry.open()
        except BaseException:
            self.release(entry)
            with self._lock:
                if entry.users == 0:
                    self._open.pop(key, None)
            raise
        if self._indexes is not None:
            self._indexes.revive(entry.library.roots)
        return entry

    def release(self, lease: _OpenLibrary) -> None:
        """Return a leased library."""
        with self._lock:
            lease.users -= 1
            lease.used = time.monotonic()

    def progress(self, library: Library) -> Progress:
        """Progress of reading its runs."""
        return Progress() if self._indexes is None else self._indexes.progress(library.roots)

    def searches(self, library: Library) -> list[Search]:
        """What the last search of each of its folders read, as far as it is known."""
        return [] if self._indexes is None else self._indexes.searches(library.roots)

    def ask_for(self, library: Library, pairs: Sequence[Sequence[str]]) -> None:
        """Say which x and y columns are looked at, "" for the likely one, while its runs are being read."""
        if self._indexes is not None:
            self._indexes.ask_for(library.roots, pairs)

    @property
    def open_folders(self) -> list[tuple[str, ...]]:
        """The sets of folders that are open."""
        with self._lock:
            return list(self._open)

    def close(self) -> None:
        """Close all libraries; none may be in use."""
        self._closing.set()
        if self._sweeper is not None:
            self._sweeper.join()
        with self._lock:
            closed, self._open = list(self._open.values()), {}
        for entry in closed:
            entry.close()

    def _key(self, data_path: str | None) -> tuple[str, ...]:
        if data_path:
            return (str(chosen_folder(self.setup, data_path)),)
        if not self.setup.folders:
            raise NoRunsError(
                Message("no data folder is chosen yet; set PLOT_LOG_PATH to the folder that holds your runs")
            )
        return tuple(os.path.realpath(folder) for folder in self.setup.folders)

    def _open_library(self, key: tuple[str, ...]) -> Library:
        opened = Library([Path(folder) for folder in key], self.setup.workspace)
        if self._indexes is not None:
            opened.feed()
            self._indexes.acquire(opened.roots)
        return opened

    def _close_library(self, library: Library) -> None:
        if self._indexes is not None:
            self._indexes.release(library.roots)
        library.close()

    def _make_room(self) -> _OpenLibrary | None:
        """Remove and return the library that was idle longest, if the pool is full."""
        if len(self._open) < _MOST_OPEN:
            return None
        idle = [(entry.used, key) for key, entry in self._open.items() if entry.users == 0]
        if not idle:
            raise BusyError(Message("{n} data folders are open already; try again in a moment", n=_MOST_OPEN))
        return self._open.pop(min(idle)[1])

    def _start_sweeping(self) -> None:
        if self._sweeper is None:
            self._sweeper = threading.Thread(target=self._sweep, name="sml-viewer-sweep", daemon=True)
            self._sweeper.start()

    def _sweep(self) -> None:
        while not self._closing.wait(min(_POLL_SECONDS, self._idle)):
            limit = time.monotonic() - self._idle
            with self._lock:
                idle = [key for key, entry in self._open.items() if entry.users == 0 and entry.used < limit]
                closed = [self._open.pop(key) for key in idle]
            for entry in closed:
                entry.close()


class _OpenLibrary:
    """One library, opened by its first user while other users wait."""

    def __init__(self, make: Callable[[], Library], close: Callable[[Library], None]) -> None:
        self.users = 0
        self.used = 0.0
        self._make = make
        self._close = close
        self._lock = threading.Lock()
        self._library: Library | None = None

    @property
    def library(self) -> Library:
        """The library. Raises RuntimeError before `open`."""
        if self._library is None:
            raise RuntimeError("the library is not open")
        return self._library

    def open(self) -> None:
        """Open it unless it is."""
        with self._lock:
            if self._library is None:
                self._library = self._make()

    def close(self) -> None:
        """Close it if it is open."""
        with self._lock:
            if self._library is not None:
                self._close(self._library)
                self._library = None


def _requested_path() -> str | None:
    """The data path named in the request; a body is parsed only if it is JSON."""
    body: Any = request.get_json(silent=True) if request.is_json else None
    configuration = body.get("config") if isinstance(body, dict) else None
    if (
        isinstance(configuration, dict)
        and isinstance(path := configuration.get("PLOT_LOG_PATH"), str)
        and path
    ):
        return path
    return request.args.get("data") or None
