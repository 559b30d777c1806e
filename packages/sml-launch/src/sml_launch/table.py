"""The status as text: one table, the failures, the coverage matrix."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Any

from .places import Places
from .status import DONE, FAILED, LEFT, RUNNING, STATES, Status, duration, moment
from .words import printable

_ENVIRONMENTS = ("env_name", "env_id", "env", "environment", "task", "task_name")
_SEEDS = ("seed",)
MARKS = {DONE: "+", RUNNING: "~", FAILED: "!", LEFT: "."}
_MOST_FAILURES = 10


def summary(rows: Sequence[tuple[str, Status]]) -> list[str]:
    """The states, and for each row how many tasks are in each; its name stands first where it has one."""
    lines = [["", *STATES, "total", "ETA"]]
    for name, status in rows:
        eta = status.eta_seconds
        ending = "-" if eta is None else "over" if eta == 0 else f"{duration(eta)} ({moment(eta)})"
        lines.append(
            [name, *(str(status.counts[state]) for state in STATES), str(len(status.states)), ending]
        )
    named = any(name for name, _ in rows)
    return aligned([line if named else line[1:] for line in lines]).splitlines()


def failures(status: Status, places: Places) -> list[str]:
    """A line for each task that ended badly: why, and where its output is."""
    lines = [
        printable(
            f"{result.task_id} {result.outcome}: {result.reason} (attempt {result.attempt}, {result.host}), "
            f"see {places.log(result.task_id)}"
        )
        for result in status.failures[:_MOST_FAILURES]
    ]
    more = len(status.failures) - _MOST_FAILURES
    return lines + ([f"… and {more} more; sml-launch status --json has them all"] if more > 0 else [])


def matrix(cells: Sequence[dict[str, Any]], swept: Sequence[str]) -> str:
    """Methods down, environments across; in each place its seeds with a mark for their state.

    `cells` are those of `coverage.cells`.
    """
    environment = next((name for name in _ENVIRONMENTS if name in swept), None)
    seed = next((name for name in _SEEDS if name in swept), None)
    methods = [name for name in swept if name not in (environment, seed)]
    columns: dict[str, None] = {}
    rows: dict[str, dict[str, list[str]]] = {}
    for item in cells:
        values = dict(zip(swept, item["cell"], strict=True))
        method = " ".join(f"{name}={values[name]}" for name in methods) or "all"
        column = values[environment] if environment else "tasks"
        columns[column] = None
        text = MARKS[item["state"]] + (values[seed] if seed else "")
        rows.setdefault(method, {}).setdefault(column, []).append(text)
    lines = [["", *columns]]
    lines += [
        [method, *(" ".join(found.get(column, ["-"])) for column in columns)]
        for method, found in rows.items()
    ]
    legend = "  ".join(f"{mark} {state}" for state, mark in MARKS.items())
    return f"{aligned(lines)}\n{legend}" + (f"  (numbers: {seed})" if seed else "")


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Columns side by side; a Chinese character is two wide."""
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    )


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
