"""Axes of a sweep's grid, method × environment × seed, recognised by parameter names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .parameter_names import environments_among, is_seed
from .states import LEFT
from .tasks import Task, cell_text


@dataclass(frozen=True)
class GridAxes:
    """Swept parameters by role: at most one environment and one seed; the rest is the method."""

    method: tuple[str, ...]
    environment: str | None
    seed: str | None

    @classmethod
    def of(cls, swept: Iterable[str]) -> GridAxes:
        """Assign roles to these swept parameters."""
        names = tuple(swept)
        environment = next(iter(environments_among(names)), None)
        seed = next(filter(is_seed, names), None)
        return cls(tuple(name for name in names if name not in (environment, seed)), environment, seed)


@dataclass(frozen=True)
class GridCell:
    """A task as a cell of the matrix: one text per axis, "" if the grid or the task has no value for it."""

    method: str
    environment: str
    seed: str
    state: str
    task: str


def grid_cells(tasks: Iterable[Task], axes: GridAxes, states: Mapping[str, str]) -> list[GridCell]:
    """The coverage matrix of a plan, for launcher and viewer: one cell per task, in the order of the plan.

    `states`: states of tasks by their ids; a task without one is LEFT.
    """
    return [
        GridCell(
            ", ".join(
                f"{name}={_text(task.parameters, name)}" for name in axes.method if name in task.parameters
            ),
            _text(task.parameters, axes.environment),
            _text(task.parameters, axes.seed),
            states.get(task.id, LEFT),
            task.id,
        )
        for task in tasks
    ]


def _text(parameters: Mapping[str, Any], name: str | None) -> str:
    return cell_text(parameters[name]) if name is not None and name in parameters else ""
