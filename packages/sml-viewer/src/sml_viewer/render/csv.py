"""Export plotted data as CSV: every point of every curve, every score of every bar."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sml_viewer.analysis.aggregate import Aggregates
from sml_viewer.analysis.curves import Curves
from sml_viewer.analysis.scores import scale_of
from sml_viewer.columns.axes import TIME
from sml_viewer.config.plot_config import Configuration
from sml_viewer.config.typed_options import CurveOptions
from sml_viewer.model.results import Cell, Curve, Panel, ScoreTable
from sml_viewer.readers.text_tables.cells import is_number
from sml_viewer.report.score_caption import bars_normalised

_CURVE = ("metric", "x_column", "sub-figure", "algorithm", "x", "center", "low", "high", "n")
_SCORE = ("metric", "sub-figure", "algorithm", "mean", "error", "n", "best", "not_worse")

_FORMULAS = ("=", "+", "-", "@", "\t", "\r")


def curves_csv(curves: Curves) -> str:
    """One row per point, between XMIN and XMAX.

    Columns: metric, x column, sub-figure, algorithm, x, centre, low, high, number of seeds; over clock time
    and where an algorithm has a curve for each run, also the run.
    """
    with_runs = any(panel.pair[0] == TIME or panel.has_single_curves for panel in curves.panels)
    rows = (
        (panel.pair[1], panel.pair[0], panel.title, curve.algorithm, *point, *_run_of(curve)[:with_runs])
        for panel in curves.panels
        for curve in panel.curves
        for point in zip(*(values.tolist() for values in _seen(curve, panel, curves)), strict=True)
    )
    return _csv((*_CURVE, *("run",)[:with_runs]), rows)


def _run_of(curve: Curve) -> tuple[str]:
    """The name of a curve's only run; "" of several."""
    return (curve.runs[0].name if len(curve.runs) == 1 else "",)


def _seen(curve: Curve, panel: Panel, curves: Curves) -> list[NDArray[Any]]:
    """X, centre, low, high and number of seeds of a curve at the points inside the figure."""
    options = CurveOptions.of(curves.configuration, panel.pair, panel.title)
    low, high = options.xmin, options.xmax
    first = 0 if low is None else int(np.searchsorted(curve.x, low, "left"))
    last = len(curve.x) if high is None else int(np.searchsorted(curve.x, high, "right"))
    columns = (curve.x, curve.center, curve.low, curve.high, curve.n.astype(int))
    return [values[first:last] for values in columns]


def scores_csv(tables: Sequence[ScoreTable]) -> str:
    """One row per cell.

    Columns: metric, sub-figure, algorithm, mean, error, n, best, not significantly worse.
    """
    return _csv(_SCORE, (_score(table, *cell) for table in tables for cell in table.cells()))


def bars_csv(tables: Sequence[ScoreTable], configuration: Configuration) -> str:
    """One row per cell: the columns of `scores_csv`, then the heights of its bar and error bar."""
    rows = []
    for table in tables:
        normalised = bars_normalised(table, configuration)
        for title, row in zip(table.titles, table.rows, strict=True):
            scale = scale_of(row) if normalised else 1.0
            for name, cell in zip(table.algorithms, row, strict=True):
                if cell is not None:
                    height = cell.mean / scale if math.isfinite(cell.mean) else math.nan
                    rows.append((*_score(table, title, name, cell), height, cell.error / scale))
    return _csv((*_SCORE, "height", "height_error"), rows)


def _score(table: ScoreTable, title: str, name: str, cell: Cell) -> tuple[object, ...]:
    marks = int(cell.best), int(cell.with_best)
    return table.y_column, title, name, cell.mean, cell.error, cell.n, *marks


def aggregates_csv(groups: Sequence[Aggregates]) -> str:
    """One row per algorithm and aggregate: value, lower and upper end of its interval, runs."""
    rows = (
        (group.pair[1], aggregate.algorithm, kind, *interval, len(aggregate.runs))
        for group in groups
        for aggregate in group.aggregates
        for kind, interval in aggregate.intervals.items()
    )
    return _csv(("metric", "algorithm", "aggregate", "value", "low", "high", "n"), rows)


def _csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    for row in rows:
        writer.writerow(map(_cell, row))
    return text.getvalue()


def _cell(value: object) -> object:
    """A CSV cell: blank for NaN; a quote before text that a spreadsheet would run as a formula.

    Names of runs are untrusted. Numbers, also as text, and all other names stay unchanged, so that a script
    reads the drawn values back.
    """
    if isinstance(value, float) and math.isnan(value):
        return ""
    if isinstance(value, str) and value.startswith(_FORMULAS) and not is_number(value):
        return f"'{value}"
    return value
