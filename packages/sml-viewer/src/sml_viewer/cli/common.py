"""What the commands share.

Opening the runs with a progress bar, and the configuration of the options given.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from sml_viewer.config.ineffective_options import idle_options
from sml_viewer.config.plot_config import parse_assignments
from sml_viewer.errors import NoRunsError
from sml_viewer.index.indexer import Progress, Update
from sml_viewer.index.location import default_workspace
from sml_viewer.library import Library
from sml_viewer.printing import shown
from sml_viewer.render.export import make_configuration
from sml_viewer.render.request import Look
from sml_viewer.run_views.no_runs import what_lies_there

_BAR = 30
_SHOWN_AFTER = 0.7  # seconds: what is quicker needs no bar
_EVERY = 0.2


def open_library(options: argparse.Namespace, configured: str | None = None) -> Library:
    """The runs of `-d`, else of a configured folder, else of ./logfile, read now.

    Raises NoRunsError, for a folder that holds none too.
    """
    folders = options.data_path or [Path(configured or "logfile").expanduser()]
    library = Library(folders, workspace(options))
    updates = library.refresh(_bar())
    _tell(updates)
    if not library.runs():
        places = "; ".join(f"{path.absolute()}: {what_lies_there(path)}" for path in library.roots)
        raise NoRunsError(shown(f"no runs in {places}"))
    return library


def make_look(options: argparse.Namespace, what: str = "") -> Look:
    """The runs of `-d` under the configuration of the other options, for one kind of output.

    Raises SmlViewerError.
    """
    values = parse_assignments(options.set)
    configuration = make_configuration(workspace(options), options.config, values, options.x, options.y)
    for note in (*idle_options(values, what, configuration), *configuration.notes):
        print(f"sml-viewer: {shown(note)}", file=sys.stderr)
    library = open_library(options, configuration.get("PLOT_LOG_PATH"))
    return Look(library, configuration, options.where)


def workspace(options: argparse.Namespace) -> Path:
    """The workspace of `-wks`."""
    chosen: Path = options.workspace_path or default_workspace()
    return chosen.expanduser().absolute()


class _Line:
    """A line on a terminal's error stream that is written over: nothing elsewhere, or for quick work."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._width = 0

    @property
    def seconds(self) -> float:
        """How long it takes already."""
        return time.monotonic() - self._started

    def show(self, text: str) -> None:
        """Write it, once it takes long."""
        if sys.stderr.isatty() and self.seconds >= _SHOWN_AFTER:
            self._write(text)

    def clear(self) -> None:
        """Take away what was written."""
        if self._width:
            self._write("")
            sys.stderr.write("\r")
            sys.stderr.flush()

    def _write(self, text: str) -> None:
        sys.stderr.write("\r" + text.ljust(self._width))
        sys.stderr.flush()
        self._width = len(text)


def _bar() -> Progress:
    """A progress bar."""
    line = _Line()

    def show(what: str, done: int, total: int) -> None:
        filled = _BAR * done // max(total, 1)
        if done < total:
            line.show(f"{what} [{'#' * filled}{'.' * (_BAR - filled)}] {done}/{total}")
        else:
            line.clear()

    return show


@contextlib.contextmanager
def waiting(what: str) -> Iterator[None]:
    """On a terminal's error stream, once it takes long, what is going on and for how many seconds."""
    done = threading.Event()

    def tell() -> None:
        line = _Line()
        while not done.wait(_EVERY):
            line.show(f"{what}: {line.seconds:.0f} s")
        line.clear()

    thread = threading.Thread(target=tell, daemon=True)
    if sys.stderr.isatty():
        thread.start()
    try:
        yield
    finally:
        done.set()
        if thread.is_alive():
            thread.join()


def _tell(updates: list[Update]) -> None:
    for update in updates:
        for note in update.notes:
            print(f"sml-viewer: {shown(note)}", file=sys.stderr)
