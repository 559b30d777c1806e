"""How a benchmark tells what it measured: a line for the reader, and one for docs/benchmarks.md."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

# Where `./dev bench` collects the figures of all benchmarks, a JSON object a line.
COLLECTED = "SML_BENCHMARKS"


@dataclass(frozen=True)
class Figure:
    """One measured figure.

    `limit` is what is promised, None where nothing is; `note` says how it came about.
    """

    what: str
    value: float
    unit: str
    limit: float | None = None
    at_least: bool = False
    note: str = ""

    @property
    def holds(self) -> bool:
        """Whether the promise is kept."""
        if self.limit is None:
            return True
        return self.value >= self.limit if self.at_least else self.value <= self.limit

    @property
    def measured(self) -> str:
        """The value with its unit."""
        return f"{self.value:.3g} {self.unit}".rstrip()

    @property
    def promise(self) -> str:
        """The promise in words."""
        if self.limit is None:
            return ""
        return f"{'≥' if self.at_least else '≤'} {self.limit:g} {self.unit}".rstrip()


def tell(
    what: str,
    value: float,
    unit: str = "",
    limit: float | None = None,
    *,
    at_least: bool = False,
    note: str = "",
) -> bool:
    """Print a figure with its promise and collect it; returns whether the promise is kept."""
    figure = Figure(what, value, unit, limit, at_least, note)
    mark = "    " if limit is None else "ok  " if figure.holds else "MISS"
    print(f"{mark} {what:<64} {figure.measured:>12}  {figure.promise:<12} {note}".rstrip(), flush=True)
    collected = os.environ.get(COLLECTED)
    if collected:
        with Path(collected).open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(figure)) + "\n")
    return figure.holds
