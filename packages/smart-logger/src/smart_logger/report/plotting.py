"""Figures and tables of the runs that `smart_logger.common.plot_config` describes when they are called."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

from smart_logger._missing import needs
from smart_logger.common import page_config, plot_config

with needs("sml-config"):
    from sml_config import SettingsWarning
    from sml_config.errors import nearest
with needs("sml-viewer"):
    from sml_viewer.configuration import Configuration, from_json
    from sml_viewer.drawing import Look, drawing_of
    from sml_viewer.errors import NoRunsError
    from sml_viewer.headless import write_drawing, write_tables
    from sml_viewer.library import Library
    from sml_viewer.options import OPTIONS, OVERRIDES


def plot() -> list[Path]:
    """Draw curves as PNG and PDF into PLOT_FIGURE_SAVING_PATH; returns the files, none written over another.

    With PLOT_MODE "BAR", bars. Raises SmlViewerError.
    """
    return _draw("plot", "")


def bar() -> list[Path]:
    """Draw scores as bars, where and as `plot` does."""
    return _draw("bar", "_bar")


def make_table() -> list[Path]:
    """Write scores as markdown and LaTeX, where `plot` writes."""
    look = _look()
    with look.library:
        return _said([write_tables(look, _file(look, f"_table{ending}"))[0] for ending in (".md", ".tex")])


def _draw(what: str, suffix: str) -> list[Path]:
    look = _look()
    with look.library:
        drawing = drawing_of(look, what)
        written = [write_drawing(drawing, _file(look, suffix + ending)) for ending in (".png", ".pdf")]
    return _said([path for paths in written for path in paths])


def configuration_of(module: ModuleType) -> Configuration:
    """What was assigned in `plot_config`. Raises OptionError with all faults."""
    known: dict[str, Any] = {**{name: option.unset for name, option in OPTIONS.items()}, OVERRIDES: {}}
    given = {name: value for name, value in vars(module).items() if name.isupper()}
    unknown = sorted(given.keys() - known.keys() - {"DATA_PATH"})
    if unknown:
        near = {name: nearest(name, known) for name in unknown}
        named = [f"{name} (did you mean {guess}?)" if guess else name for name, guess in near.items()]
        _warn(f"plot_config has no {', '.join(named)}: not used")
    if given.get("DATA_SELECT") and given.get("USE_IGNORE_RULE"):
        _warn("plot_config.DATA_SELECT is not used while USE_IGNORE_RULE is True; set it to False")
    return from_json({name: given[name] for name in known if name in given and given[name] != known[name]})


def _warn(message: str) -> None:
    """A warning that points at the line of the script which called us, however deep we are."""
    level, frame = 1, sys._getframe()
    while frame.f_back and str(frame.f_globals.get("__name__")).startswith("smart_logger."):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, SettingsWarning, stacklevel=level)


def _look() -> Look:
    configuration = configuration_of(plot_config)
    option = "PLOT_LOG_PATH" if configuration.get("PLOT_LOG_PATH") else "DATA_PATH"
    folder = Path(getattr(plot_config, option)).expanduser()
    if not folder.is_dir():
        raise NoRunsError(f"plot_config.{option}: no such folder: {folder.absolute()}")
    workspace = page_config.WORKSPAPCE
    library = Library([folder], None if workspace is None else Path(workspace))
    library.refresh()
    if not library.runs():
        library.close()
        raise NoRunsError(f"no runs in {folder.absolute()}: no folder there holds a progress.csv")
    return Look(library, configuration)


def _file(look: Look, ending: str) -> Path:
    """A file in PLOT_FIGURE_SAVING_PATH, which is made if it is not there."""
    folder = look.configuration.get("PLOT_FIGURE_SAVING_PATH")
    target = Path(folder).expanduser() if folder else look.library.workspace / "figures"
    target.mkdir(parents=True, exist_ok=True)
    return target / f"{look.configuration.get('FINAL_OUTPUT_NAME')}{ending}"


def _said(paths: list[Path]) -> list[Path]:
    for path in paths:
        print(path)  # noqa: T201  scripts have no other way to learn the file's name
    return paths
