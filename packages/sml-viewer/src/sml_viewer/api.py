"""Python API: runs, plots, bars and tables as functions.

Safe in scripts without a `__main__` guard: no process is started that would import them again.
"""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterable, Mapping
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

from .columns.likely_names import likely_for_figures
from .config.given_options import make_configuration, with_options
from .config.ineffective_options import ineffective_options
from .config.plot_config import from_json
from .errors import OptionError
from .library import Library
from .model.run import Run

if TYPE_CHECKING:
    from .analysis.curves import Curves
    from .model.results import ScoreTable
    from .render.request import FigureSet, PlotRequest

Folders = str | PathLike[str] | Iterable[str | PathLike[str]]
File = str | PathLike[str]


def runs(data: Folders = "logfile", *, where: str | None = None, workspace: File | None = None) -> list[Run]:
    """The runs below one or more folders that match the query `where`.

    Hidden runs are left out unless the query has `hidden = true` or `hidden = *`. Raises NoRunsError,
    QueryError.
    """
    from .run_views.snapshot import annotation_lookup
    from .select.selection import seen_runs

    _check(data=data, where=where, workspace=workspace)
    with _library(data, workspace) as library:
        library.refresh()
        return seen_runs(library.runs(), where or "", annotation_lookup(library))[0]


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
    """Curves over seeds; with PLOT_MODE BAR in options or configuration, scores as `bar` returns them.

    Written to `output` (.png, .pdf, .svg, .csv) if given; existing files are never overwritten. Without
    PLOT_MODE the file has bars if each run has one value of the metrics.

    `data` is one or more folders of runs, `x` and `y` are columns, `where` is a query. `config` is a name in
    the workspace or a mapping of options; `options` are plot options by name. Raises SmlViewerError; warns
    about options without effect.
    """
    request = _request(data, output, x, y, where, config, workspace, options, "plot")
    with request.library:
        figures = _figure_set(request, "plot", output)
        if figures.automatic:
            return request.curves(live=True)  # what is returned depends on the options, not on the runs
        return figures.curves if figures.kind == "plot" else figures.tables


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
    """Scores as bars; written to `output` if given. Arguments as for `plot`."""
    request = _request(data, output, x, y, where, config, workspace, options, "bar")
    with request.library:
        return _figure_set(request, "bar", output).tables


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
    """Scores as tables; written to `output` (.md, .tex, .html, .csv) if given. Arguments as for `plot`."""
    request = _request(data, output, x, y, where, config, workspace, options, "table")
    with request.library:
        if output is None:
            return request.tables()
        from .render.export import write_tables

        return write_tables(request, Path(output))[2]


def _figure_set(request: PlotRequest, kind: str, output: File | None) -> FigureSet:
    from .render.request import figure_set_of

    figures = figure_set_of(request, kind)
    if output is not None:
        from .render.export import write_figures

        write_figures(figures, Path(output))
    return figures


def _request(
    data: Folders,
    output: File | None,
    x: str | None,
    y: str | list[str] | None,
    where: str | None,
    config: str | Mapping[str, Any] | None,
    workspace: File | None,
    options: dict[str, Any],
    kind: str,
) -> PlotRequest:
    _check(data=data, output=output, x=x, y=y, where=where, config=config, workspace=workspace)
    columns = [y] if isinstance(y, str) else y
    library = _library(data, workspace)
    if config is None or isinstance(config, str):
        configuration = make_configuration(library.workspace, config, options, x, columns)
    else:
        configuration = with_options(from_json(config), options, x, columns)
    for note in ineffective_options(options, kind, configuration):
        warnings.warn(note, stacklevel=3)
    library.preview(likely=likely_for_figures(configuration), meanwhile=_import_figures)
    from .render.request import PlotRequest

    return PlotRequest(library, configuration, where or "")


def _import_figures() -> None:
    from .render import request as request


_PATH = (str, PathLike)
# The types of arguments, and what is expected in words.
_ARGUMENT_TYPES: dict[str, tuple[tuple[type, ...], str]] = {
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
    """Raise OptionError with all arguments of a wrong type; None means not given, except for data."""
    faults = []
    for name, value in arguments.items():
        types, expected = _ARGUMENT_TYPES[name]
        parts: Iterable[object] = [value]
        if name in _SEVERAL and isinstance(value, Iterable) and not isinstance(value, str):
            parts = value if isinstance(value, Collection) else []  # an iterator could be read only once
        nothing = value is None and name != "data"
        if not nothing and not all(isinstance(part, types) for part in parts):
            faults.append(f"{name}: invalid value {value!r}; expected {expected}")
    if faults:
        raise OptionError("; ".join(faults))


def _library(data: Folders, workspace: File | None) -> Library:
    folders = [data] if isinstance(data, (str, PathLike)) else list(data)
    return Library(map(Path, folders), None if workspace is None else Path(workspace))
