"""Lay out a table of scores as rows of text cells, transposed if requested."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from sml_viewer.i18n import translated
from sml_viewer.model.results import Cell, ScoreTable
from sml_viewer.model.text import score_text
from sml_viewer.naming.short_names import table_names
from sml_viewer.stats.digits import digits_of

AVERAGE = "IQM"


@dataclass(frozen=True)
class Grid:
    """`head` are the column names, starting with that of the row names.

    A row is its name and its (text, bold) cells.
    """

    head: tuple[str, ...]
    rows: tuple[tuple[str, tuple[tuple[str, bool], ...]], ...]


def layout(table: ScoreTable, plus_minus: str = "±") -> Grid:
    """The texts of a table, long names shortened; the best and those not significantly worse are bold."""
    several = len(table.algorithms) > 1
    titles = table_names(table.titles).labels
    algorithms = list(table_names(table.algorithms).labels.values())
    rows = [
        (titles[title], [_cell(cell, plus_minus, several) for cell in row])
        for title, row in zip(table.titles, table.rows, strict=True)
    ]
    if table.average:
        rows.append((AVERAGE, [_average(average) for average in table.average]))
    if not table.transposed:
        return Grid((table.y_column, *algorithms), tuple((name, tuple(cells)) for name, cells in rows))
    turned = zip(*(cells for _, cells in rows), strict=True)
    return Grid(
        (table.y_column, *(name for name, _ in rows)),
        tuple((name, tuple(cells)) for name, cells in zip(algorithms, turned, strict=True)),
    )


def in_language(table: ScoreTable, language: str) -> ScoreTable:
    """The table with those names of algorithms and sub-figures that are ours in a language."""
    titles, algorithms = (
        tuple(translated(name, language) for name in names) for names in (table.titles, table.algorithms)
    )
    return replace(table, titles=titles, algorithms=algorithms)


def _cell(cell: Cell | None, plus_minus: str, several: bool) -> tuple[str, bool]:
    if cell is None:
        return "", False
    return cell.text.replace("±", plus_minus), several and (cell.best or cell.with_best)


def _average(average: tuple[float, float, float] | None) -> tuple[str, bool]:
    """The value and its interval, with enough digits to distinguish the ends."""
    if average is None:
        return "", False
    middle, low, high = average
    digits = digits_of(middle, (high - low) / 2)
    first, last, text = (score_text(value, digits, middle) for value in (low, high, middle))
    return f"{text} [{first}, {last}]" if math.isfinite(high - low) else text, False
