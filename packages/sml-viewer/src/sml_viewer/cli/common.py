"""Shared by the commands: open the runs with a progress bar, build the configuration from the options."""

from __future__ import annotations

import argparse
import contextlib
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from sml_viewer.columns.likely_names import likely_for_figures
from sml_viewer.config.given_options import make_configuration
from sml_viewer.config.ineffective_options import ineffective_options
from sml_viewer.config.plot_config import Configuration, parse_assignments
from sml_viewer.config.typed_options import OutputOptions
from sml_viewer.discovery import usual_folders
from sml_viewer.errors import NoRunsError
from sml_viewer.index.indexer import Progress, Update
from sml_viewer.index.location import default_workspace
from sml_viewer.library import Library
from sml_viewer.printing import shown
from sml_viewer.render.request import PlotRequest
from sml_viewer.run_views.no_runs import A_RUN, REMEDY, describe_files

_BAR = 30
_DELAY = 0.7  # seconds: faster work needs no bar
_INTERVAL = 0.2


def open_library(
    options: argparse.Namespace, configured: str | None = None, preview: Configuration | None = None
) -> Library:
    """The runs of `-d`, else of the configured folder, else of ./logfile or a folder of another tool.

    `preview` is the configuration if figures are all that will be made of it, as for that of `Library`.
    Raises NoRunsError, also for a folder without runs.
    """
    folders = options.data_path or ([Path(configured).expanduser()] if configured else usual_folders())
    folders = folders or [Path("logfile")]
    library = Library(folders, workspace(options))
    if preview is None:
        updates = library.refresh(_progress_bar())
    else:
        updates = library.preview(_progress_bar(), likely_for_figures(preview))
    _print_notes(updates)
    if not library.runs():
        places = "; ".join(f"{path.absolute()}: {describe_files(path)}" for path in library.roots)
        searched = "".join(f"; {search}" for search in library.searches if search.is_notable)
        raise NoRunsError(shown(f"no runs in {places}{searched}; {A_RUN}; {REMEDY}"))
    return library


def make_request(options: argparse.Namespace, kind: str = "") -> PlotRequest:
    """The plot request of a command: the runs of `-d` and the configuration from the other options.

    `kind` is what is drawn or tabulated, and nothing else is asked of the runs; empty for all of it.
    Raises SmlViewerError.
    """
    values = parse_assignments(options.set)
    configuration = make_configuration(workspace(options), options.config, values, options.x, options.y)
    for note in (*ineffective_options(values, kind, configuration), *configuration.notes):
        print(f"sml-viewer: {shown(note)}", file=sys.stderr)
    folder = OutputOptions.of(configuration).plot_log_path
    library = open_library(options, folder, configuration if kind else None)
    return PlotRequest(library, configuration, options.where)


def workspace(options: argparse.Namespace) -> Path:
    """The workspace of `-wks`."""
    chosen: Path = options.workspace_path or default_workspace()
    return chosen.expanduser().absolute()


class _StatusLine:
    """A status line on stderr that overwrites itself; silent without a terminal and for quick work."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._width = 0

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._started

    def show(self, text: str) -> None:
        """Write the text, unless the work is still quick."""
        if sys.stderr.isatty() and self.seconds >= _DELAY:
            self._write(text)

    def clear(self) -> None:
        """Erase the line."""
        if self._width:
            self._write("")
            sys.stderr.write("\r")
            sys.stderr.flush()

    def _write(self, text: str) -> None:
        sys.stderr.write("\r" + text.ljust(self._width))
        sys.stderr.flush()
        self._width = len(text)


def _progress_bar() -> Progress:
    """A callback that draws a progress bar."""
    line = _StatusLine()

    def show(stage: str, done: int, total: int) -> None:
        filled = _BAR * done // max(total, 1)
        if done < total:
            line.show(f"{stage} [{'#' * filled}{'.' * (_BAR - filled)}] {done}/{total}")
        else:
            line.clear()

    return show


@contextlib.contextmanager
def show_activity(activity: str) -> Iterator[None]:
    """Show an activity and its seconds on a terminal's stderr while slow work runs."""
    done = threading.Event()

    def show_progress() -> None:
        line = _StatusLine()
        while not done.wait(_INTERVAL):
            line.show(f"{activity}: {line.seconds:.0f} s")
        line.clear()

    thread = threading.Thread(target=show_progress, daemon=True)
    if sys.stderr.isatty():
        thread.start()
    try:
        yield
    finally:
        done.set()
        if thread.is_alive():
            thread.join()


def _print_notes(updates: list[Update]) -> None:
    for update in updates:
        for note in update.notes:
            print(f"sml-viewer: {shown(note)}", file=sys.stderr)
