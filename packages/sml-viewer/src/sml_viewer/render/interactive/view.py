"""What is shared of the charts: metrics, lines, axes, and the words around them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class SharedView:
    """Charts as they are looked at.

    `metrics` are those in sight, none for all; `lines` the keys of the drawn lines, None for the `most` best
    by the last value of `score`. `by` is "auto", "runs" or "groups"; `x` replaces the x column. `panels` are
    the settings of single charts by metric: x, low, high, logy, robust. `note` is markdown about the view.
    """

    title: str = ""
    language: str = "en"
    metrics: tuple[str, ...] = ()
    lines: tuple[str, ...] | None = None
    by: str = "auto"
    x: str = ""
    score: str = ""
    most: int = 10
    logx: bool = False
    logy: bool = False
    robust: bool = False
    panels: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    note: str = ""
