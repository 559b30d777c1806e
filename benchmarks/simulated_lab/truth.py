"""What is true of a generated folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

# How a folder tells the environments of its runs: as a parameter or in a file's first line; only by the
# names of folders, which is a guess; only within an experiment's name that is a parameter.
RECORDED, GUESS, HIDDEN = "recorded", "guess", "hidden"


@dataclass(frozen=True)
class Unit:
    """One run that counts once.

    `folders` are all folders that hold it, whole or in parts, relative to the root. `group` stands for its
    method and hyper-parameters and is None where no file and no name tells them: such a run stays apart or
    its group is marked. `scores` are the last values by column.
    """

    folders: tuple[str, ...]
    group: str | None
    environment: str | None
    scores: Mapping[str, float]


@dataclass(frozen=True)
class Truth:
    """What a researcher of the code base would call right.

    `x` and `y` are the columns that they would draw, any of them; `smallest` are those that are best when
    smallest. `kinds` names what is odd in the folder, for the report.
    """

    manner: str
    units: tuple[Unit, ...]
    x: frozenset[str]
    y: frozenset[str]
    smallest: frozenset[str] = frozenset()
    environments: str = RECORDED
    groups: str = RECORDED
    kinds: tuple[str, ...] = field(default=())
