"""Names of parameters that say the seed or the environment, and reprs of objects among names."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable

# Usual names of the environment, the most common first.
_ENVIRONMENT = (
    "env_name",
    "env_id",
    # PyMARL and EPyMARL: `env` is the kind of environments, `env_args` say which.
    "env.key",
    "env.map_name",
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
    "gym_environment",
    "环境",
    "环境名",
)
_PARTS = (
    "domain_name",
    "task_name",
    "task",
    "task.name",
    "game",
    "game_name",
    "game_id",
    "rom",
    "rom_name",
    "map_name",
    "map",
    "scenario",
    "scenario_name",
    "level",
    "level_name",
    "dataset",
    "dataset_name",
    "dataset.name",
    "data.name",
    "domain",
    "benchmark",
    "benchmark_name",
    "任务",
    "数据集",
    "场景",
    "地图",
)
# Also random_seed, random-seed, algo.seed, randomSeed and Lightning's seed_everything, but not seed_interval
# and num_seed.
_SEED = re.compile(
    r"(?!(?:.*\.)?(?:n|num|max|use|fix|fixed|is|with)[_-])(?:.*[._-])?(?:[sS]eed|SEED)|.*[a-z]Seed"
    r"|(?:.*[._-])?(?:random[_-]state|rng|seed[_-](?:everything|value|number|num|nr|no))"
)
# env_kwargs.id and env.kwargs.id are treated as env.id.
_WORDS_OF_SETTINGS = r"(?:kwargs|config|cfg|args|params|settings|spec)"
_SETTINGS = re.compile(rf"(?<=env|ent)_?{_WORDS_OF_SETTINGS}$|^{_WORDS_OF_SETTINGS}$")
# The repr of a Python object, used as a key.
_OBJECT = re.compile(r"<.*>| at 0x", re.DOTALL)


def _joined(name: str) -> str:
    """`env_name`, `env-name` and `envName` are one name."""
    return name.lower().replace("_", "").replace("-", "")


_ORDER: dict[str, int] = {}
for _position, _name in enumerate((*_ENVIRONMENT, *_PARTS)):
    _ORDER.setdefault(_joined(_name), _position)


@functools.lru_cache(4096)  # called for every parameter of every run
def is_seed(name: str) -> bool:
    """Whether a parameter is a random seed."""
    return _SEED.fullmatch(name) is not None


@functools.lru_cache(4096)
def is_object(name: str) -> bool:
    """Whether a name contains the repr of an object, e.g. of a logger saved among the parameters."""
    return _OBJECT.search(name) is not None


@functools.lru_cache(4096)
def environment_rank(name: str) -> tuple[int, int] | None:
    """Sort key of a parameter that names an environment; None for any other parameter.

    Common names come first, and top-level names before nested ones: `env_name`, `task.env_name`.
    """
    if is_object(name):
        return None
    *outer, last = (_SETTINGS.sub("", part) for part in name.lower().split("."))
    parts = [*filter(None, outer), last]
    for length in (2, 1):
        position = _ORDER.get(_joined(".".join(parts[-length:])))
        if position is not None and len(parts) >= length:
            return position, len(parts) - length
    return None


def _wrapped(name: str) -> str:
    before, _, last = name.rpartition(".")
    return f"{before}.env.{last}"


def names_environment(name: str) -> bool:
    """Whether a parameter is the environment's name, rather than e.g. a task, a data set or a map."""
    rank = environment_rank(name)
    return rank is not None and rank[0] < len(_ENVIRONMENT)


def environments_among(names: Iterable[str]) -> list[str]:
    """The parameters that distinguish environments, the most common name first.

    Of a wrapper and the wrapped environment, `env.name` and `env.env.name`, only the latter.
    """
    named = set(names)
    wrappers = {name for name in named if _wrapped(name) in named}
    ranked = [(rank, name) for name in named - wrappers if (rank := environment_rank(name)) is not None]
    return [name for _, name in sorted(ranked)]
