"""Curves to a table: the last mean ± standard error, algorithms across, sub-figures down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .aggregate import Curve, Curves


@dataclass(frozen=True)
class Cell:
    """One algorithm in one environment; `error` is NaN and not shown where n is 1."""

    mean: float
    error: float
    n: int

    @property
    def text(self) -> str:
        """`mean ± error (n=3)` with two digits."""
        spread = f" ± {self.error:.2f}" if np.isfinite(self.error) else ""
        return f"{self.mean:.2f}{spread} (n={self.n})"


@dataclass(frozen=True)
class ScoreTable:
    """`rows[i][j]` is the cell of `titles[i]` and `algorithms[j]`, None where there is no run."""

    y_column: str
    titles: tuple[str, ...]
    algorithms: tuple[str, ...]
    rows: tuple[tuple[Cell | None, ...], ...]

    def is_best(self, cell: Cell | None, row: Sequence[Cell | None]) -> bool:
        """Whether the cell's mean is the row's largest."""
        return cell is not None and cell.mean == max(other.mean for other in row if other is not None)


def make_table(curves: Curves) -> ScoreTable:
    """The last point of every curve."""
    cells = {(curve.title, curve.algorithm): _last(curve) for curve in curves.curves}
    rows = tuple(tuple(cells.get((name, method)) for method in curves.algorithms) for name in curves.titles)
    return ScoreTable(curves.y_column, tuple(curves.titles), tuple(curves.algorithms), rows)


def to_markdown(table: ScoreTable) -> str:
    """The table as markdown, the best of each row bold."""
    lines = [f"| {table.y_column} | " + " | ".join(map(_escaped, table.algorithms)) + " |"]
    lines.append("|---" * (len(table.algorithms) + 1) + "|")
    for name, row in zip(table.titles, table.rows, strict=True):
        texts = ["" if cell is None else cell.text for cell in row]
        texts = [
            f"**{text}**" if table.is_best(cell, row) else text for text, cell in zip(texts, row, strict=True)
        ]
        lines.append(f"| {_escaped(name)} | " + " | ".join(texts) + " |")
    return "\n".join(lines) + "\n"


def _last(curve: Curve) -> Cell:
    return Cell(float(curve.mean[-1]), float(curve.error[-1]), curve.n)


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")
