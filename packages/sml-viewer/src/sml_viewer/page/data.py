"""Which runs a request sees: one library and its indexers per set of folders, opened when asked for."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import current_app, request

from sml_viewer.errors import SmlViewerError
from sml_viewer.indexing import Indexers
from sml_viewer.library import Library

from .setup import Setup

EXTENSION = "sml-viewer-data"


def setup() -> Setup:
    """What the page was started with."""
    found: Data = current_app.extensions[EXTENSION]
    return found.setup


class DataPathError(SmlViewerError):
    """A data path that may not be chosen here."""


def library() -> Library:
    """The library for the current request.

    Its folders are PLOT_LOG_PATH of the configuration in the request's JSON ("config"), else the address's
    "data", else those that the page was started with. Raises NoRunsError if there is no such folder,
    DataPathError if it may not be chosen.
    """
    found: Data = current_app.extensions[EXTENSION]
    return found.library(_asked())


def progress() -> dict[str, Any]:
    """How far the indexers of the current request's library are: {"ready", "done", "total", "text"}."""
    found: Data = current_app.extensions[EXTENSION]
    return found.progress(_asked())


class Data:
    """The open libraries. May be used from several threads."""

    def __init__(self, setup: Setup, *, indexing: bool = True) -> None:
        """With `indexing=False` the caller keeps the stores in line, by a Library of its own."""
        self.setup = setup
        self._indexing = indexing
        self._lock = threading.Lock()
        self._open: dict[tuple[str, ...], _Open] = {}

    def library(self, asked: str | None = None) -> Library:
        """The library of a folder, or of those that the page was started with."""
        return self._find(asked).library

    def progress(self, asked: str | None = None) -> dict[str, Any]:
        """How far the indexers are."""
        found = self._find(asked)
        said = found.said()
        return {"ready": all(text == "ready" for text in said), "text": "; ".join(filter(None, said))}

    def close(self) -> None:
        """Close all."""
        with self._lock:
            for one in self._open.values():
                one.close()
            self._open.clear()

    def _find(self, asked: str | None) -> _Open:
        folders = (Path(asked).expanduser(),) if asked else self.setup.folders
        key = tuple(os.path.realpath(folder) for folder in folders)
        with self._lock:
            if key not in self._open:
                self._open[key] = _Open(Library(folders, self.setup.workspace), self._indexing)
            found = self._open[key]
            found.used = time.monotonic()
            return found


@dataclass
class _Open:
    library: Library
    indexing: bool
    used: float = 0.0
    indexers: Indexers | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        if self.indexing:
            self.indexers = Indexers(self.library.roots, self.library.workspace)

    def said(self) -> list[str]:
        if self.indexers is None:
            return []
        return [self.indexers.progress.get(root, "") for root in self.library.roots]

    def close(self) -> None:
        if self.indexers is not None:
            self.indexers.close()
        self.library.close()


def _asked() -> str | None:
    body = request.get_json(silent=True) if request.is_json else None
    configuration = body.get("config") if isinstance(body, dict) else None
    if isinstance(configuration, dict) and configuration.get("PLOT_LOG_PATH"):
        return str(configuration["PLOT_LOG_PATH"])
    return request.args.get("data") or None
