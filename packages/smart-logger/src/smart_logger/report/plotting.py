"""Figures and tables of the runs that `smart_logger.common.plot_config` describes when they are called."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from smart_logger._missing import needs
from smart_logger.common import page_config, plot_config

with needs("sml-viewer"):
    from sml_viewer.configuration import Configuration, from_json
    from sml_viewer.errors import NoRunsError
    from sml_viewer.headless import Look, write_bars, write_curves, write_tables
    from sml_viewer.library import Library
    from sml_viewer.options import OVERRIDES, defaults

_OWN = {"DATA_PATH", OVERRIDES}


def plot() -> list[Path]:
    """Draw curves as PNG and PDF into PLOT_FIGURE_SAVING_PATH; returns the files, none written over another.

    With PLOT_MODE "BAR", bars. Raises SmlViewerError.
    """
    return _write(write_bars if plot_config.PLOT_MODE == "BAR" else write_curves, (".png", ".pdf"))


def bar() -> list[Path]:
    """Draw scores as bars, where and as `plot` does."""
    return _write(write_bars, ("_bar.png", "_bar.pdf"))


def make_table() -> list[Path]:
    """Write scores as markdown and LaTeX, where `plot` writes."""
    return _write(write_tables, ("_table.md", "_table.tex"))


def _write(write: Callable[[Look, Path], tuple[Any, ...]], endings: tuple[str, ...]) -> list[Path]:
    configuration = _configuration()
    written: list[Path] = []
    with _library(configuration) as library:
        look = Look(library, configuration)
        folder = Path(
            configuration.get("PLOT_FIGURE_SAVING_PATH") or library.workspace / "figures"
        ).expanduser()
        folder.mkdir(parents=True, exist_ok=True)
        for ending in endings:
            paths = write(look, folder / f"{configuration.get('FINAL_OUTPUT_NAME')}{ending}")[0]
            written += paths if isinstance(paths, list) else [paths]
    for path in written:
        print(path)  # noqa: T201  scripts have no other way to learn the file's name
    return written


def _configuration() -> Configuration:
    """What was assigned in `plot_config`. Raises OptionError with all faults."""
    known = {**defaults(), OVERRIDES: {}}
    given = {name: value for name, value in vars(plot_config).items() if name.isupper()}
    unknown = sorted(given.keys() - known.keys() - _OWN)
    if unknown:
        message = f"plot_config has no {', '.join(unknown)}: not used; its names are in docs/plot-options.md"
        warnings.warn(message, stacklevel=4)
    return from_json({name: given[name] for name in known if name in given and given[name] != known[name]})


def _library(configuration: Configuration) -> Library:
    folder = Path(configuration.get("PLOT_LOG_PATH") or plot_config.DATA_PATH).expanduser()
    workspace = page_config.WORKSPAPCE
    library = Library([folder], None if workspace is None else Path(workspace))
    library.refresh()
    if not library.runs():
        library.close()
        raise NoRunsError(f"no runs in {folder.absolute()}: no folder there holds a progress.csv")
    return library
