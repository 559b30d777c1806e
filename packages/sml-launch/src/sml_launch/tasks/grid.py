"""Expansion of a parameter grid to tasks."""

from __future__ import annotations

import copy
import itertools
import math
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

from sml_config import Task
from sml_config.tasks.tasks import cell_text
from sml_launch.arguments import mapping
from sml_launch.errors import GridError
from sml_launch.shell_words import header_words

from .task_encoding import TaskTexts

# A tenth of it is a plan file of 16 MB; a larger grid is likely a mistake in a list of candidates.
_LARGEST = 1_000_000


@dataclass(frozen=True)
class Grid:
    """A command, and its parameters: common ones, crossed candidates and aligned candidates.

    >>> [task.command for task in Grid("python main.py", {"lr": 0.1}, {"seed": [1, 2]}).tasks()]
    [('python', 'main.py', '--lr', '0.1', '--seed', '1'), ('python', 'main.py', '--lr', '0.1', '--seed', '2')]
    """

    start_up_header: str
    parameters_base: Mapping[str, Any] = field(default_factory=dict)
    exclusive_candidates: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    aligned_candidates: Mapping[str, Any] = field(default_factory=dict)
    # May modify the parameters; the task has the modified ones.
    task_is_valid: Callable[[dict[str, Any]], bool] | None = None
    # Further grids of the same sweep, for parameters that only some methods have.
    others: tuple[Grid, ...] = ()

    def __post_init__(self) -> None:
        header = self.start_up_header
        if isinstance(header, (list, tuple)):
            header = shlex.join(map(str, header))
        if not isinstance(header, str):
            raise GridError(f"invalid start_up_header {header!r}; expected a command such as python main.py")
        object.__setattr__(self, "start_up_header", header)
        for name in ("parameters_base", "exclusive_candidates", "aligned_candidates"):
            object.__setattr__(self, name, mapping(name, getattr(self, name)))

    def tasks(self) -> list[Task]:
        """All tasks: the product of the exclusive candidates, crossed with each step of the aligned ones.

        Raises GridError if the header is not one command, candidates are empty or not a list, aligned
        lists differ in length, the filter raises, or two tasks are equal; ParameterError for a value
        that cannot be saved.
        """
        texts = TaskTexts(header_words(self.start_up_header))
        tasks = [texts.task(parameters) for parameters in self._valid()]
        for other in self.others:
            tasks += other.tasks()
        if not tasks:
            raise GridError(
                "the grid has no task: task_is_valid rejects all of them; correct it or the candidates"
            )
        # A filter that removes parameters which a method does not have makes tasks equal on purpose.
        dropped = any(grid.task_is_valid is not None for grid in (self, *self.others))
        seen: dict[str, int] = {}
        for index, task in enumerate(tasks):
            if task.id in seen and not dropped:
                message = f"tasks {seen[task.id]} and {index} of the grid are equal: {task.parameters}"
                raise GridError(
                    f"{message}; remove the repeated value of a candidate list, or the overlap of two grids"
                )
            seen.setdefault(task.id, index)
        return [tasks[index] for index in seen.values()]

    def swept(self) -> tuple[str, ...]:
        """Names of the parameters that have several candidates, in the order of the file."""
        if self.others:
            return ()  # determined from the tasks: includes parameters that only some grids have
        candidates = {**self.exclusive_candidates, **self._aligned()}
        return tuple(name for name, values in candidates.items() if len({*map(cell_text, values)}) > 1)

    def _valid(self) -> Iterator[dict[str, Any]]:
        """The parameters of each task that the filter accepts, as modified by it."""
        for parameters in self._all():
            if self.task_is_valid is None:
                yield parameters
                continue
            parameters = {
                name: copy.deepcopy(value) if isinstance(value, (list, dict)) else value
                for name, value in parameters.items()
            }
            shown = dict(parameters)
            try:
                keep = self.task_is_valid(parameters)
            except Exception as error:  # the filter is the user's: it may raise anything
                message = f"task_is_valid raised {type(error).__name__}: {error} for the task {shown}"
                raise GridError(f"{message}; correct it, nothing was started") from error
            if keep:
                yield parameters

    def _all(self) -> Iterator[dict[str, Any]]:
        for name, values in self.exclusive_candidates.items():
            _check_list("exclusive_candidates", name, values)
        aligned = self._aligned()
        steps = [dict(zip(aligned, step, strict=True)) for step in zip(*aligned.values(), strict=True)] or [
            {}
        ]
        names = list(self.exclusive_candidates)
        size = math.prod(map(len, self.exclusive_candidates.values())) * len(steps)
        if self.task_is_valid is None and size > _LARGEST:
            message = f"the grid has {size:,} tasks, more than {_LARGEST:,}"
            raise GridError(f"{message}; remove candidates, or split them into several files")
        for crossed in itertools.product(*self.exclusive_candidates.values()):
            base = {**self.parameters_base, **dict(zip(names, crossed, strict=True))}
            for step in steps:
                yield {**base, **step}

    def _aligned(self) -> dict[str, list[Any]]:
        """The aligned lists, all of one length; a single value is repeated."""
        columns = {name: _steps(values) for name, values in self.aligned_candidates.items()}
        for name, values in columns.items():
            _check_list("aligned_candidates", name, values)
        columns = {name: list(values) for name, values in columns.items()}
        lengths = {name: len(values) for name, values in columns.items() if len(values) != 1}
        if len(set(lengths.values())) > 1:
            shown = ", ".join(f"{name} has {length}" for name, length in lengths.items())
            raise GridError(f"aligned_candidates must be equally long, or of length 1: {shown}")
        longest = max(lengths.values(), default=1)
        return {name: values * longest if len(values) == 1 else values for name, values in columns.items()}


def _steps(values: Any) -> Any:
    """Aligned candidates as they are, a single value as a list of one."""
    single = not hasattr(values, "__iter__") or isinstance(values, (str, bytes, Mapping))
    # A NumPy scalar or 0-d array has __iter__ and cannot be iterated.
    return [values] if single or getattr(values, "shape", None) == () else values


def _check_list(where: str, name: str, values: Any) -> None:
    if isinstance(values, Set):
        raise GridError(
            f"{where}: {name} is a set, whose order differs between machines; "
            f"expected a list of candidates, {name}=sorted(…)"
        )
    if isinstance(values, Iterator):
        raise GridError(f"{where}: {name} is a {type(values).__name__}; expected a list, {name}=list(…)")
    listed = hasattr(values, "__len__") and hasattr(values, "__iter__")
    if not listed or isinstance(values, (str, bytes, Mapping)):
        raise GridError(f"{where}: {name} is {values!r}; expected a list of candidates, {name}=[{values!r}]")
    if not len(values):
        raise GridError(f"{where}: {name} is an empty list, so the grid has no task; fill it or remove it")
