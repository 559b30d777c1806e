"""The status as text: table of counts, failures, coverage matrix."""

from __future__ import annotations

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
from sml_config.text import display_width, printable
from sml_launch.state.state_paths import StatePaths
from sml_launch.status.status import Status, clock_time, duration

MARKS = {
    DONE: "+", RUNNING: "~", FAILED: "!", LEFT: ".",
    QUEUED: ":", REQUEUED: "^", PREEMPTED: "<", TIMED_OUT: "/",
}  # fmt: skip
# These always have a column.
_ALWAYS = (RUNNING, DONE, FAILED, LEFT)
_TITLES = {TIMED_OUT: "timed out"}
_MOST_FAILURES = 10


def summary(rows: Sequence[tuple[str, Status]]) -> list[str]:
    """A table of the number of tasks in each state; one row per status, which may have a name."""
    shown = [state for state in STATES if state in _ALWAYS or any(status.counts[state] for _, status in rows)]
    lines = [["", *(_TITLES.get(state, state) for state in shown), "total", "ETA"]]
    for name, status in rows:
        eta = status.eta_seconds
        ending = "-" if eta is None else "over" if eta == 0 else f"{duration(eta)} ({clock_time(eta)})"
        lines.append([name, *(str(status.counts[state]) for state in shown), str(len(status.states)), ending])
    named = any(name for name, _ in rows)
    return aligned([line if named else line[1:] for line in lines]).splitlines()


def notes(status: Status) -> list[str]:
    """Explanations of the states that a scheduler causes, one line each."""
    states = status.states
    again = sum(states[task_id] == PREEMPTED for task_id in status.in_queue & states.keys())
    preempted = status.preempted
    lines = []
    if preempted:
        todo = "run sml-launch again, or sml-launch resume, to start them"
        if again == preempted:
            todo = "requeued by the scheduler"
        elif again:
            todo = f"{again} of them requeued by the scheduler; {todo}"
        lines.append(f"preempted: left to run, {todo}")
    if status.counts[REQUEUED]:
        lines.append(
            "requeued: interrupted by a time limit or a lost node, and queued again by the scheduler"
        )
    return lines


def failures(status: Status, paths: StatePaths) -> list[str]:
    """A line for each failed task: reason and log file."""
    lines = [
        printable(
            f"{result.task_id} {result.outcome}: {result.reason} "
            f"(attempt {result.attempt}{f', {result.host}' if result.host else ''}), "
            f"see {paths.log(result.task_id)}"
        )
        for result in status.failures[:_MOST_FAILURES]
    ]
    more = len(status.failures) - _MOST_FAILURES
    return lines + ([f"… and {more} more; sml-launch status --json has them all"] if more > 0 else [])


def matrix(cells: Sequence[GridCell], axes: GridAxes) -> str:
    """The coverage matrix: methods as rows, environments as columns, seeds with a mark for their state."""
    columns: dict[str, None] = {}
    rows: dict[str, dict[str, list[str]]] = {}
    for cell in cells:
        column = cell.environment if axes.environment else "tasks"
        columns[column] = None
        rows.setdefault(cell.method or "all", {}).setdefault(column, []).append(MARKS[cell.state] + cell.seed)
    lines = [["", *columns]]
    lines += [
        [method, *(" ".join(cells_by_column.get(column, ["-"])) for column in columns)]
        for method, cells_by_column in rows.items()
    ]
    present = {cell.state for cell in cells}
    legend = "  ".join(
        f"{mark} {_TITLES.get(state, state)}"
        for state, mark in MARKS.items()
        if state in _ALWAYS or state in present
    )
    return f"{aligned(lines)}\n{legend}" + (f"  (numbers: {axes.seed})" if axes.seed else "")


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """The rows with aligned columns; East Asian wide characters count as two."""
    widths = [max(map(display_width, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell + " " * (width - display_width(cell)) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    )
