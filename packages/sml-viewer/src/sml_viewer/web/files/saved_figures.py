"""List the figures that were saved by the page, with what each was drawn from."""

from __future__ import annotations

import stat
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from sml_viewer.errors import ReopenError
from sml_viewer.render.provenance import Provenance, read_provenance
from sml_viewer.web.settings import Setup

from .figure_folder import figure_folder

_MOST = 60  # the latest
_MOST_FILES = 2000  # of a folder


@dataclass(frozen=True)
class SavedFigure:
    """A PNG figure: its file, time of the last change in seconds, and what it was drawn from."""

    path: Path
    time: float
    provenance: Provenance


def saved_figures(setup: Setup, requested: str | None) -> list[SavedFigure]:
    """The latest figures in the folder that PLOT_FIGURE_SAVING_PATH leads to, newest first.

    Files without provenance, and links, are left out.
    """
    times: dict[Path, int] = {}
    try:
        paths = sorted(figure_folder(setup, requested).glob("*.png"))[-_MOST_FILES:]
    except OSError:
        return []
    for path in paths:
        try:
            state = path.lstat()
        except OSError:  # removed meanwhile
            continue
        if stat.S_ISREG(state.st_mode):
            times[path] = state.st_mtime_ns
    latest = sorted(times, key=lambda path: (times[path], path.name), reverse=True)[:_MOST]
    figures = []
    for path in latest:
        provenance = _provenance(path, times[path])
        if provenance is not None:
            figures.append(SavedFigure(path, times[path] / 1e9, provenance))
    return figures


@lru_cache(maxsize=256)
def _provenance(path: Path, _version: int) -> Provenance | None:
    try:
        return read_provenance(path)
    except ReopenError:
        return None
