"""The status as text: one table, the failures, the coverage matrix."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from sml_config.tasks.grid_axes import GridAxes, GridCell
from sml_config.tasks.states import (
    DONE,
    FAILED,
    LEFT,
    PREEMPTED,
    QUEUED,
    REQUEUED,
    RUNNING,
    STATES,
    TIMED_OUT,
)
from sml_launch.shell_words import printable
from sml_launch.state.state_paths import Places
from sml_launch.status.status import Status, duration, moment

MARKS = {
    DONE: "+", RUNNING: "~", FAILED: "!", LEFT: ".",
    QUEUED: ":", REQUEUED: "^", PREEMPTED: "<", TIMED_OUT: "/",
}  # fmt: skip
# These have a column even where no task is in them.
_ALWAYS = (RUNNING, DONE, FAILED, LEFT)
_TITLES = {TIMED_OUT: "timed out"}
_MOST_FAILURES = 10


def summary(rows: Sequence[tuple[str, Status]]) -> list[str]:
    """The states, and for each row how many tasks are in each; its name stands first where it has one."""
    shown = [state for state in STATES if state in _ALWAYS or any(status.counts[state] for _, status in rows)]
    lines = [["", *(_TITLES.get(state, state) for state in shown), "total", "ETA"]]
    for name, status in rows:
        eta = status.eta_seconds
        ending = "-" if eta is None else "over" if eta == 0 else f"{duration(eta)} ({moment(eta)})"
        lines.append([name, *(str(status.counts[state]) for state in shown), str(len(status.states)), ending])
    named = any(name for name, _ in rows)
    return aligned([line if named else line[1:] for line in lines]).splitlines()


def notes(status: Status) -> list[str]:
    """A line for each state that calls for an explanation: what a scheduler does with those tasks."""
    states = status.states
    again = sum(states[task_id] == PREEMPTED for task_id in status.in_queue & states.keys())
    preempted = status.preempted
    lines = []
    if preempted:
        todo = "call sml-launch again, or sml-launch resume, to start them"
        if again == preempted:
            todo = "queued again by the scheduler"
        elif again:
            todo = f"{again} of them queued again by the scheduler; {todo}"
        lines.append(f"preempted: left to run, {todo}")
    if status.counts[REQUEUED]:
        lines.append("requeued: cut before a time limit or by a lost node, and queued again by the scheduler")
    return lines


def failures(status: Status, places: Places) -> list[str]:
    """A line for each task that ended badly: why, and where its output is."""
    lines = [
        printable(
            f"{result.task_id} {result.outcome}: {result.reason} "
            f"(attempt {result.attempt}{f', {result.host}' if result.host else ''}), "
            f"see {places.log(result.task_id)}"
        )
        for result in status.failures[:_MOST_FAILURES]
    ]
    more = len(status.failures) - _MOST_FAILURES
    return lines + ([f"… and {more} more; sml-launch status --json has them all"] if more > 0 else [])


def matrix(cells: Sequence[GridCell], axes: GridAxes) -> str:
    """Methods down, environments across; in each place its seeds with a mark for their state."""
    columns: dict[str, None] = {}
    rows: dict[str, dict[str, list[str]]] = {}
    for cell in cells:
        column = cell.environment if axes.environment else "tasks"
        columns[column] = None
        rows.setdefault(cell.method or "all", {}).setdefault(column, []).append(MARKS[cell.state] + cell.seed)
    lines = [["", *columns]]
    lines += [
        [method, *(" ".join(found.get(column, ["-"])) for column in columns)]
        for method, found in rows.items()
    ]
    there = {cell.state for cell in cells}
    legend = "  ".join(
        f"{mark} {_TITLES.get(state, state)}"
        for state, mark in MARKS.items()
        if state in _ALWAYS or state in there
    )
    return f"{aligned(lines)}\n{legend}" + (f"  (numbers: {axes.seed})" if axes.seed else "")


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
