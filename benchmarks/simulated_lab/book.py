"""Writing a folder of runs and remembering what each of them is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from .study import Job, Study
from .tables import Style, Table, level, make_table
from .truth import RECORDED


@dataclass(frozen=True)
class Claim:
    """What a manner says of its folders: the columns to draw, and how environments and groups are told.

    `apart` says that nothing tells which groups of two environments are the same method.
    """

    x: frozenset[str]
    y: frozenset[str]
    smallest: frozenset[str] = frozenset()
    environments: str = RECORDED
    groups: str = RECORDED
    kinds: tuple[str, ...] = ()
    apart: bool = False

    @staticmethod
    def of(style: Style, **more: Any) -> Claim:
        """The columns of a style."""
        names = frozenset(name.removeprefix("-") for name in style.y)
        smallest = frozenset(name[1:] for name in style.y if name.startswith("-"))
        return Claim(frozenset(style.x), names, smallest, **more)


@dataclass
class Written:
    """One run on disk: `folder` holds its tables, `top` is what people copy; both relative to the root."""

    job: Job
    folder: str
    top: str
    tables: tuple[str, ...]
    parameters: tuple[str, ...]
    scores: Mapping[str, float]
    kind: str = ""


@dataclass
class Book:
    """A folder in the making. Rows of runs are `rows`; a few are short where `crashes`."""

    root: Path
    study: Study
    rows: int
    crashes: bool
    salt: int
    runs: list[Written] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)

    @property
    def random(self) -> Random:
        """The source of all that is drawn."""
        return self.study.random

    def table(self, job: Job, style: Style, *, rows: int | None = None) -> Table:
        """A table of this run: its group and environment decide how good it is."""
        count = rows or self.rows
        if self.crashes and self.study.chance(0.1):
            count = max(3, count // self.random.randint(2, 4))
            self.say("crashed runs")
        return make_table(self.random, style, self.level(job), count, 1.6e9 + job.second)

    def level(self, job: Job) -> Any:
        """How good a run is."""
        return level(self.random, job.group, job.environment, self.salt)

    def put(
        self,
        job: Job,
        folder: str,
        tables: Mapping[str, str],
        scores: Mapping[str, float],
        parameters: Mapping[str, str] | None = None,
        *,
        top: str | None = None,
    ) -> Written:
        """Write a run: file names below `folder`, with their texts."""
        parameters = parameters or {}
        while (self.root / folder).exists():
            folder += "x"
            top = None if top is None else f"{top}x"
        for name, text in {**tables, **parameters}.items():
            path = self.root / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        run = Written(job, folder, top or folder, tuple(tables), tuple(parameters), dict(scores))
        self.runs.append(run)
        return run

    def say(self, kind: str) -> None:
        """Remember that something is odd."""
        if kind not in self.kinds:
            self.kinds.append(kind)


def as_json(parameters: Mapping[str, Any]) -> str:
    """As most code bases write parameters."""
    return json.dumps(parameters, indent=2, sort_keys=True) + "\n"


def nested(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """`a.b` as `{"a": {"b": …}}`."""
    made: dict[str, Any] = {}
    for name, value in parameters.items():
        *parents, leaf = name.split(".")
        at = made
        for parent in parents:
            at = at.setdefault(parent, {})
        at[leaf] = value
    return made


def merged(first: Mapping[str, Any], *more: Mapping[str, Any]) -> dict[str, Any]:
    """Nested dictionaries, later ones within earlier ones."""
    made = dict(first)
    for one in more:
        for name, value in one.items():
            old = made.get(name)
            made[name] = merged(old, value) if isinstance(old, dict) and isinstance(value, Mapping) else value
    return made


def as_yaml(parameters: Mapping[str, Any], indent: int = 0) -> str:
    """Plain YAML as OmegaConf and PyYAML write it."""
    lines = []
    for name, value in parameters.items():
        if isinstance(value, Mapping):
            lines.append(
                f"{' ' * indent}{name}:\n{as_yaml(value, indent + 2)}"
                if value
                else f"{' ' * indent}{name}: {{}}\n"
            )
        elif isinstance(value, (list, tuple)):
            lines.append(
                f"{' ' * indent}{name}:\n" + "".join(f"{' ' * indent}- {_scalar(item)}\n" for item in value)
            )
        else:
            lines.append(f"{' ' * indent}{name}: {_scalar(value)}\n")
    return "".join(lines)


def _scalar(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and (not value or set(value) & set(":#{}[],&*!|>'\"%@`") or value[:1] in "- "):
        return json.dumps(value)
    return str(value)


# The keys that code bases have for the environment.
_ENVIRONMENT_KEYS = (
    "env_name",
    "env_id",
    "env",
    "environment",
    "gym_id",
    "task",
    "task_name",
    "env.name",
    "env.id",
    "game",
    "scenario",
    "env_config.env_name",
    "environment.name",
    "env_args.map_name",
)


def environment_key(random: Random, *keys: str) -> str:
    """One of those keys, or of `keys`."""
    return random.choice(keys or _ENVIRONMENT_KEYS)


def environment_parameters(key: str, environment: str) -> dict[str, Any]:
    """The environment under its key; `domain_name` stands for the pair with `task_name`."""
    if key == "domain_name":
        domain, _, task = environment.partition("_")
        return {"domain_name": domain, "task_name": task}
    return nested({key: environment})
