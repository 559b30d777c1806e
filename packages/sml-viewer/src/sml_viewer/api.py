"""The viewer from Python: what the page and the commands do, as functions.

Nothing here starts an unguarded script again.
"""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterable, Mapping
from os import PathLike
from pathlib import Path
from typing import Any, Literal, overload

from sml_viewer.model.results import ScoreTable

from .analysis.curves import Curves
from .config.ineffective_options import idle_options
from .config.plot_config import from_json
from .errors import OptionError
from .library import Library
from .model.run import Run
from .render.export import configured, make_configuration, write_drawing, write_tables
from .render.request import Drawing, Look, drawing_of

Folders = str | PathLike[str] | Iterable[str | PathLike[str]]
File = str | PathLike[str]


def runs(data: Folders = "logfile", *, where: str | None = None, workspace: File | None = None) -> list[Run]:
    """The runs below a folder or several, hidden ones where the query asks: `hidden = true`, `hidden = *`.

    Raises NoRunsError, QueryError.
    """
    from .run_views.snapshot import said_of
    from .select.selection import seen_runs

    _check(data=data, where=where, workspace=workspace)
    with _library(data, workspace) as library:
        return seen_runs(library.runs(), where or "", said_of(library))[0]


@overload
def plot(
    data: Folders = ...,
    output: File | None = ...,
    *,
    x: str | None = ...,
    y: str | list[str] | None = ...,
    where: str | None = ...,
    config: str | Mapping[str, Any] | None = ...,
    workspace: File | None = ...,
    PLOT_MODE: Literal["BAR"],  # noqa: N803  the options' own names
    **options: Any,
) -> list[ScoreTable]: ...
@overload
def plot(
    data: Folders = ...,
    output: File | None = ...,
    *,
    x: str | None = ...,
    y: str | list[str] | None = ...,
    where: str | None = ...,
    config: str | Mapping[str, Any] | None = ...,
    workspace: File | None = ...,
    **options: Any,
) -> Curves: ...
def plot(
    data: Folders = "logfile",
    output: File | None = None,
    *,
    x: str | None = None,
    y: str | list[str] | None = None,
    where: str | None = None,
    config: str | Mapping[str, Any] | None = None,
    workspace: File | None = None,
    **options: Any,
) -> Curves | list[ScoreTable]:
    """Curves over seeds; scores as bars, as `bar` has them, where options or configuration say PLOT_MODE BAR.

    Written to `output` (.png, .pdf, .svg, .csv) if given, never over a file that is there.

    `config` is a name in the workspace or a mapping of options; `options` are plot options by name. Raises
    SmlViewerError; warns of options that change no figure.
    """
    look = _look(data, output, x, y, where, config, workspace, options, "plot")
    with look.library:
        drawing = _drawn(look, "plot", output)
        return drawing.curves if drawing.what == "plot" else drawing.tables


def bar(
    data: Folders = "logfile",
    output: File | None = None,
    *,
    x: str | None = None,
    y: str | list[str] | None = None,
    where: str | None = None,
    config: str | Mapping[str, Any] | None = None,
    workspace: File | None = None,
    **options: Any,
) -> list[ScoreTable]:
    """Scores as bars; written to `output` if given. Takes what `plot` takes."""
    look = _look(data, output, x, y, where, config, workspace, options, "bar")
    with look.library:
        return _drawn(look, "bar", output).tables


def table(
    data: Folders = "logfile",
    output: File | None = None,
    *,
    x: str | None = None,
    y: str | list[str] | None = None,
    where: str | None = None,
    config: str | Mapping[str, Any] | None = None,
    workspace: File | None = None,
    **options: Any,
) -> list[ScoreTable]:
    """Scores as tables; written to `output` (.md, .tex, .html, .csv) if given. Takes what `plot` takes."""
    look = _look(data, output, x, y, where, config, workspace, options, "table")
    with look.library:
        return look.tables() if output is None else write_tables(look, Path(output))[2]


def _drawn(look: Look, what: str, output: File | None) -> Drawing:
    drawing = drawing_of(look, what)
    if output is not None:
        write_drawing(drawing, Path(output))
    return drawing


def _look(
    data: Folders,
    output: File | None,
    x: str | None,
    y: str | list[str] | None,
    where: str | None,
    config: str | Mapping[str, Any] | None,
    workspace: File | None,
    options: dict[str, Any],
    what: str,
) -> Look:
    _check(data=data, output=output, x=x, y=y, where=where, config=config, workspace=workspace)
    columns = [y] if isinstance(y, str) else y
    library = _library(data, workspace)
    if config is None or isinstance(config, str):
        configuration = make_configuration(library.workspace, config, options, x, columns)
    else:
        configuration = configured(from_json(config), options, x, columns)
    for note in idle_options(options, what, configuration):
        warnings.warn(note, stacklevel=3)
    return Look(library, configuration, where or "")


_PATH = (str, PathLike)
# The types of arguments, and what is wanted in words.
_WANTED: dict[str, tuple[tuple[type, ...], str]] = {
    "data": (_PATH, "a folder or several"),
    "output": (_PATH, "a file's path"),
    "x": ((str,), "a column's name"),
    "y": ((str,), "a column's name or several"),
    "where": ((str,), "a query as text"),
    "config": ((str, Mapping), "a configuration's name or a mapping of options"),
    "workspace": (_PATH, "a folder"),
}
_SEVERAL = ("data", "y")


def _check(**arguments: object) -> None:
    """Raise OptionError with all arguments of a wrong type; None is nothing given, but for data."""
    faults = []
    for name, value in arguments.items():
        types, wanted = _WANTED[name]
        parts: Iterable[object] = [value]
        if name in _SEVERAL and isinstance(value, Iterable) and not isinstance(value, str):
            parts = value if isinstance(value, Collection) else []  # an iterator can be looked at once
        nothing = value is None and name != "data"
        if not nothing and not all(isinstance(part, types) for part in parts):
            faults.append(f"{name}: {value!r} is not {wanted}")
    if faults:
        raise OptionError("; ".join(faults))


def _library(data: Folders, workspace: File | None) -> Library:
    folders = [data] if isinstance(data, (str, PathLike)) else list(data)
    library = Library(map(Path, folders), None if workspace is None else Path(workspace))
    library.refresh()
    return library
