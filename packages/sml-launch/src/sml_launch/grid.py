"""A grid of parameters to tasks, and tasks to the shards of machines."""

from __future__ import annotations

import itertools
import random
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sml_config import Task

from .errors import GridError

_OPERATORS = {"&&", "||", ";", "|", "&", ">", "<", ">>"}


@dataclass(frozen=True)
class Grid:
    """What is run: a command, what all tasks share, what is crossed, what goes together."""

    start_up_header: str
    parameters_base: Mapping[str, Any] = field(default_factory=dict)
    exclusive_candidates: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    aligned_candidates: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    task_is_valid: Callable[[dict[str, Any]], bool] | None = None

    def tasks(self) -> list[Task]:
        """All tasks: the product of the exclusive candidates, crossed with each step of the aligned ones.

        Raises GridError if the header holds a shell operator, a list is empty, the aligned lists differ in
        length, or two tasks are equal.
        """
        header = tuple(shlex.split(self.start_up_header))
        if not header or _OPERATORS & set(header):
            raise GridError(
                f"start_up_header is {self.start_up_header!r}; expected one command without shell operators"
            )
        names = [*self.exclusive_candidates, *self.aligned_candidates]
        tasks = []
        for crossed in itertools.product(*self.exclusive_candidates.values()):
            for together in self._aligned_steps():
                parameters = {
                    **self.parameters_base,
                    **dict(zip(names, (*crossed, *together), strict=True)),
                }
                if self.task_is_valid is None or self.task_is_valid(parameters):
                    tasks.append(Task(header, parameters))
        if not tasks:
            raise GridError("the grid has no task: a candidate list is empty or task_is_valid refuses all")
        if len({task.id for task in tasks}) < len(tasks):
            raise GridError("the grid has equal tasks: a candidate list names a value twice")
        return tasks

    def _aligned_steps(self) -> list[tuple[Any, ...]]:
        columns = {name: list(values) for name, values in self.aligned_candidates.items()}
        lengths = {name: len(values) for name, values in columns.items()}
        if len(set(lengths.values())) > 1:
            raise GridError(f"aligned_candidates must be equally long, but are: {lengths}")
        return list(zip(*columns.values(), strict=True)) if columns else [()]


def shard(tasks: Sequence[Task], total: int, index: int) -> list[Task]:
    """The tasks of machine `index` (from 0) of `total`; -1 is all. Sizes differ by at most one.

    Every machine shuffles alike, so each gets a fair share of slow and fast tasks. Raises GridError.
    """
    if total < 1 or not -1 <= index < total:
        raise GridError(
            f"-idx {index} of -tn {total}: expected -tn of at least 1 and -idx from 0 to {total - 1}"
        )
    shuffled = list(tasks)
    random.Random(0).shuffle(shuffled)  # noqa: S311  a fair order, not a secret
    return shuffled if index == -1 else shuffled[index::total]
