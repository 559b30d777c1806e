"""What runs are called in figures and tables: their sub-figure and their algorithm."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

import numpy as np

from .configuration import Configuration
from .run import Run
from .values import Codes, Values
from .values import text_of as text_of

SEPARATORS = ("env_name", "env_id", "env", "task")
SEEDS = ("seed", "random_seed")
EVERYTHING = "all runs"
# Told apart by colour-blind readers (Okabe and Ito, https://jfly.uni-koeln.de/color/); line styles go on
# where they end.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
STYLES = ("-", "--", ":", "-.")
_NUMBER = re.compile(r"(\d+(?:\.\d+)?(?:[eE][+-]?\d{1,3})?)", re.ASCII)


@dataclass(frozen=True)
class Naming:
    """How one configuration calls the runs of one selection.

    `separators` make the sub-figures, `keys` the algorithms; `automatic` says which of the two nobody set.
    """

    separators: tuple[str, ...]
    keys: tuple[str, ...]
    automatic: frozenset[str]
    title_place: int | None
    renames: tuple[tuple[str, str, bool], ...]

    def title(self, run: Run) -> str:
        """The sub-figure that a run belongs to."""
        values = [text_of(run.parameter(name)) for name in self.separators]
        if self.title_place is not None and self.title_place < len(values):
            values = [values[self.title_place]]
        return ", ".join(values)

    def group(self, run: Run) -> tuple[str, ...]:
        """All separator values: two sub-figures stay two where their titles show only one value."""
        return tuple(text_of(run.parameter(name)) for name in self.separators)

    def algorithms(self, values: Values) -> tuple[Codes, list[str]]:
        """The algorithm of each run, named once for each combination of values: codes (runs,), and names."""
        codes, examples = values.combined(self.keys)
        places: dict[str, int] = {}
        for place in examples:
            places.setdefault(self.algorithm(values.runs[place]), len(places))
        named = np.array([places[self.algorithm(values.runs[place])] for place in examples], np.int64)
        return named[codes] if len(examples) else codes, list(places)

    def algorithm(self, run: Run) -> str:
        """The run's algorithm: the value of each key, renamed."""
        name = self.original(run)
        for old, new, wildcard in self.renames:
            if takes(name, old, wildcard=wildcard):
                return new
        return name

    def original(self, run: Run) -> str:
        """The run's algorithm before it is renamed."""
        if len(self.keys) == 1 and self.keys == ("information",):
            return text_of(run.parameter("information"))
        return ", ".join(f"{key}={text_of(run.parameter(key))}" for key in self.keys) or EVERYTHING


def takes(name: str, old: str, *, wildcard: bool) -> bool:
    """Whether a rename rule takes an algorithm's name."""
    return name == old or (wildcard and fnmatchcase(name, old))


def make_naming(values: Values, configuration: Configuration) -> Naming:
    """The names of a selection: as configured, and chosen from what differs where nothing is."""
    automatic = set()
    separators = configuration.get("FIGURE_SEPARATION")
    if "FIGURE_SEPARATION" not in configuration.values:
        automatic.add("FIGURE_SEPARATION")
        separators = [
            name for name in SEPARATORS if any(value is not None for value in values.present(name))
        ][:1]
    keys = configuration.get("DATA_MERGER")
    if not keys:
        automatic.add("DATA_MERGER")
        keys = values.differing(without=(*SEEDS, *separators))
    marks = configuration.get("SHORT_NAME_FROM_CONFIG_PROPERTY")
    renames = tuple(
        (old, new, bool(isinstance(marks.get(old), dict) and marks[old].get("manual")))
        for old, new in configuration.get("SHORT_NAME_FROM_CONFIG").items()
    )
    return Naming(
        tuple(separators), tuple(keys), frozenset(automatic), configuration.get("TITLE_NAME_IDX"), renames
    )


def differing(runs: Sequence[Run], without: Iterable[str], among: Iterable[str]) -> list[str]:
    """Of some parameters those that differ between a few runs, but for those unique to each run."""
    left_out = set(without)
    found = []
    for name in among:
        if name in left_out or is_same(name, runs):
            continue
        values = Counter(text_of(run.parameter(name)) for run in runs)
        unique_to_each = len(values) == len(runs) > 2
        if len(values) > 1 and not unique_to_each:
            found.append(name)
    return found


def is_same(name: str, runs: Sequence[Run]) -> bool:
    """Whether a parameter has one value in all runs; quick, for most of them do."""
    first = runs[0].parameter(name)
    kind = type(first)
    for run in runs:
        value = run.flat[name] if name in run.flat else run.defaults.get(name)
        if type(value) is not kind or value != first:
            return False
    return True


def ordered(names: Iterable[str], wanted: Sequence[str]) -> list[str]:
    """The names, those wanted first and in that order, the rest sorted as numbers inside them count."""
    there = dict.fromkeys(names)
    first = [name for name in wanted if name in there]
    return first + sorted((name for name in there if name not in first), key=natural)


def looks(algorithms: Sequence[str]) -> dict[str, tuple[str, str]]:
    """A colour and a line style for each algorithm, by its place among all of a selection."""
    return {
        name: (COLOURS[place % len(COLOURS)], STYLES[place // len(COLOURS) % len(STYLES)])
        for place, name in enumerate(algorithms)
    }


def natural(text: str) -> tuple[tuple[str, float], ...]:
    """A key that sorts lr=0.02 before lr=0.1, and seed_9 before seed_10."""
    parts = _NUMBER.split(text)
    # Words and numbers take turns, beginning with a word; a number is kept with the word before it.
    numbers = [*map(float, parts[1::2]), -1.0]
    return tuple(zip(parts[::2], numbers, strict=True))


def renamed(run: Run, parameters: Mapping[str, str], columns: Mapping[str, str]) -> Run:
    """The run with other names for its parameters and columns, where the new name is not there already."""
    flat = {old: new for old, new in parameters.items() if old in run.flat and new not in run.flat}
    aliases = {new: old for old, new in columns.items() if old in run.summary and new not in run.summary}
    if not flat and not aliases:
        return run
    new_names = {old: new for new, old in aliases.items()}
    return replace(
        run,
        flat={flat.get(name, name): value for name, value in run.flat.items()},
        summary={new_names.get(name, name): column for name, column in run.summary.items()},
        aliases=aliases,
    )
