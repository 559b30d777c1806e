"""The axes of a grid: method × environment × seed, told by the names of its parameters."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .states import LEFT
from .tasks import Task, cell_text

# The names of the environment in the field, the plainest first. Several of the first kind say the same.
_ENVIRONMENT = (
    "env_name",
    "env_id",
    "env",
    "environment",
    "environment_name",
    "environment_id",
    "env.name",
    "env.id",
    "environment.name",
    "environment.id",
    "env._name",
    "env._target_",
    "env.type",
    "env.class",
    "gym_id",
    "gym_env",
)
_PARTS = (
    "domain_name",
    "task_name",
    "task",
    "task.name",
    "game",
    "map_name",
    "scenario",
    "scenario_name",
    "level",
    "level_name",
    "dataset",
    "dataset_name",
    "dataset.name",
    "data.name",
)
_ORDER = {name: place for place, name in enumerate((*_ENVIRONMENT, *_PARTS))}
# random_seed, algo.seed and randomSeed too; seed_interval and num_seed are none.
_SEED = re.compile(
    r"(?!(?:.*\.)?(?:n|num|max|use|fix|fixed|is|with)_)(?:.*[._])?(?:[sS]eed|SEED)|.*[a-z]Seed|(?:.*[._])?(?:random_state|rng)"
)
# env_kwargs.id is env.id.
_SETTINGS = re.compile(r"(?<=env|ent)_?(?:kwargs|config|cfg|args|params|settings|spec)$")
# The text of an object of Python, as the key of another.
_OBJECT = re.compile(r"<.*>| at 0x", re.DOTALL)


@dataclass(frozen=True)
class GridAxes:
    """Swept parameters by what they are: environment and seed, at most one each; the rest is the method."""

    method: tuple[str, ...]
    environment: str | None
    seed: str | None

    @classmethod
    def of(cls, swept: Iterable[str]) -> GridAxes:
        """The axes that these swept parameters span."""
        names = tuple(swept)
        environment = next(iter(environments_among(names)), None)
        seed = next(filter(is_seed, names), None)
        return cls(tuple(name for name in names if name not in (environment, seed)), environment, seed)


@dataclass(frozen=True)
class GridCell:
    """A task as a cell of the matrix: one text for each axis, "" where the grid or the task has none."""

    method: str
    environment: str
    seed: str
    state: str
    task: str


def grid_cells(tasks: Iterable[Task], axes: GridAxes, states: Mapping[str, str]) -> list[GridCell]:
    """The matrix of a plan as launcher and viewer show it: a cell for each task, in the order of the plan.

    `states` are those of `task_states`, by the task's id.
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


@functools.lru_cache(4096)  # asked of every parameter of every run
def is_seed(name: str) -> bool:
    """Whether a parameter is a random seed, which nobody compares."""
    return _SEED.fullmatch(name) is not None


@functools.lru_cache(4096)
def is_object(name: str) -> bool:
    """Whether a name holds the text of an object, as of a logger that was written among the parameters."""
    return _OBJECT.search(name) is not None


@functools.lru_cache(4096)
def environment_rank(name: str) -> tuple[int, int] | None:
    """Where a parameter stands among the names of an environment; None for any other.

    The plainest name first, nested ones after those at the top: `env_name`, `task.env_name`.
    """
    if is_object(name):
        return None
    parts = [_SETTINGS.sub("", part) for part in name.lower().split(".")]
    for length in (2, 1):
        place = _ORDER.get(".".join(parts[-length:]))
        if place is not None and len(parts) >= length:
            return place, len(parts) - length
    return None


def _wrapped(name: str) -> str:
    before, _, last = name.rpartition(".")
    return f"{before}.env.{last}"


def names_environment(name: str) -> bool:
    """Whether a parameter is the environment's own name; a task, a data set or a map may come on top."""
    rank = environment_rank(name)
    return rank is not None and rank[0] < len(_ENVIRONMENT)


def environments_among(names: Iterable[str]) -> list[str]:
    """Those of some parameters that tell environments apart, the plainest name first.

    Of a wrapper and what it wraps, `env.name` and `env.env.name`, what is wrapped.
    """
    named = set(names)
    wrappers = {name for name in named if _wrapped(name) in named}
    ranked = [(rank, name) for name in named - wrappers if (rank := environment_rank(name)) is not None]
    return [name for _, name in sorted(ranked)]
