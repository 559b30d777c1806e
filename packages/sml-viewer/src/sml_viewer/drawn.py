"""The drawn numbers as CSV: every point of every curve, every score of every bar."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Sequence

from .aggregate import Aggregates
from .curves import Curves
from .scores import ScoreTable

_FORMULAS = ("=", "+", "-", "@", "\t", "\r")


def curves_csv(curves: Curves) -> str:
    """One row per point.

    Y, x column, sub-figure, algorithm, x, centre, lower and upper end of the band, seeds.
    """
    rows = (
        (panel.pair[1], panel.pair[0], panel.title, curve.algorithm, *point)
        for panel in curves.panels
        for curve in panel.curves
        for point in zip(
            *(values.tolist() for values in (curve.x, curve.center, curve.low, curve.high)),
            curve.n.astype(int).tolist(),
            strict=True,
        )
    )
    return _csv(("metric", "x_column", "sub-figure", "algorithm", "x", "center", "low", "high", "n"), rows)


def scores_csv(tables: Sequence[ScoreTable]) -> str:
    """One row per cell.

    Metric, sub-figure, algorithm, mean, error, runs, whether best, whether with the best.
    """
    rows = (
        (table.y_column, title, name, cell.mean, cell.error, cell.n, int(cell.best), int(cell.with_best))
        for table in tables
        for title, name, cell in table.cells()
    )
    return _csv(("metric", "sub-figure", "algorithm", "mean", "error", "n", "best", "not_worse"), rows)


def aggregates_csv(found: Sequence[Aggregates]) -> str:
    """One row per algorithm and aggregate: value, lower and upper end of its interval, runs."""
    rows = (
        (one.pair[1], aggregate.algorithm, kind, *interval, len(aggregate.runs))
        for one in found
        for aggregate in one.aggregates
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
    """Blank for NaN; a text that a spreadsheet would run as a formula stands behind a quote.

    Names of runs come from anywhere, and whoever opens the file trusts us. Numbers stay numbers, as text too,
    and so does every other name, so that a script reads back what is drawn.
    """
    if isinstance(value, float) and math.isnan(value):
        return ""
    if isinstance(value, str) and value.startswith(_FORMULAS) and not _is_number(value):
        return f"'{value}"
    return value


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
