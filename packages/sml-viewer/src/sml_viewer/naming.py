"""What runs are called in figures and tables: their sub-figure and their algorithm."""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

import numpy as np

from sml_config.redaction import is_secret_name

from .configuration import Configuration
from .older_names import in_older_order, older_names
from .run import Run
from .values import Codes, Values, kind_of
from .values import text_of as text_of

SEPARATORS = ("env_name", "env_id", "env", "task")
# random_seed and algo.seed too; seed_interval is none.
_SEED = re.compile(r"(?:.*[._])?seed", re.IGNORECASE)
_METHOD = re.compile(r"(?:.*[._])?(algo|algorithm|method|agent|policy_name|algo_name)", re.IGNORECASE)
# Where and when a run was made.
_PLACE = re.compile(r"(?:.*[._])?(pid|port|time|timestamp|date|uuid|id|host|hostname|ip)", re.IGNORECASE)
_MACHINE = re.compile(
    r"(?:.*[._])?(gpus?|num_gpus|device|cuda|num_workers|n_jobs|num_threads|num_cpus)", re.IGNORECASE
)
_EPOCH = 1e8
_LONG = 40
# A path, a date, a hash.
_WHERE_OR_WHEN = re.compile(r"[/\\]|\d{4}[-_.]?\d\d[-_.]?\d\d|\b(?=\w*\d)[0-9a-f]{7,}\b", re.IGNORECASE)
EVERYTHING = "all runs"
# Told apart by colour-blind readers (Okabe and Ito, https://jfly.uni-koeln.de/color/); line styles go on
# where they end.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
STYLES = ("-", "--", ":", "-.")
# Where colours and line styles are used up; None draws no marker.
MARKERS = (None, "s", "^", "D", "v", "P", "X")
LOOKS = len(COLOURS) * len(STYLES) * len(MARKERS)
_NUMBER = re.compile(r"(\d+(?:\.\d+)?(?:[eE][+-]?\d{1,3})?)", re.ASCII)


@dataclass(frozen=True)
class Naming:
    """How one configuration calls the runs of one selection.

    `separators` make the sub-figures, `keys` the algorithms; `automatic` says which of the two nobody set.
    `implied` are parameters that differ as well, and tell no more runs apart than the keys do. `ambiguous`
    are titles of one separator's value that several sub-figures would have: these show all values.
    """

    separators: tuple[str, ...]
    keys: tuple[str, ...]
    automatic: frozenset[str]
    title_place: int | None
    renames: tuple[tuple[str, str, bool], ...]
    implied: tuple[str, ...] = ()
    ambiguous: frozenset[str] = frozenset()

    def title(self, run: Run) -> str:
        """The sub-figure that a run belongs to."""
        given = {name: run.parameter(name) for name in self.separators}
        values = [f"no {name}" if value is None else text_of(value) for name, value in given.items()]
        if self.title_place is not None and self.title_place < len(values):
            short = values[self.title_place]
            return ", ".join(values) if short in self.ambiguous else short
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
        if not self.renames:
            return name
        before = self.older(run)
        for old, new, wildcard in self.renames:
            if is_renamed(name, before, old, wildcard=wildcard):
                return new
        return name

    def older(self, run: Run) -> set[str]:
        """What the older tool called the run's algorithm, before it is renamed."""
        return older_names({key: run.parameter(key) for key in self.keys})

    def by_older_name(self, values: Values) -> dict[str, str]:
        """The algorithm that each older name stands for."""
        examples = [values.runs[place] for place in values.combined(self.keys)[1]]
        return {name: self.algorithm(run) for run in examples for name in self.older(run)}

    def original(self, run: Run) -> str:
        """The run's algorithm before it is renamed."""
        if len(self.keys) == 1 and self.keys == ("information",):
            return text_of(run.parameter("information"))
        return ", ".join(f"{key}={text_of(run.parameter(key))}" for key in self.keys) or EVERYTHING


def is_renamed(name: str, older: Collection[str], old: str, *, wildcard: bool) -> bool:
    """Whether a rename rule takes an algorithm by its name or by one that the older tool gave it."""
    names = (name, *older) if wildcard else (name,)
    return in_older_order(old) in older or any(takes(one, old, wildcard=wildcard) for one in names)


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
    keys: list[str] = configuration.get("DATA_MERGER")
    implied: list[str] = []
    if not keys:
        automatic.add("DATA_MERGER")
        keys, implied = _automatic_keys(values, separators)
    marks = configuration.get("SHORT_NAME_FROM_CONFIG_PROPERTY")
    renames = tuple(
        (old, new, bool(isinstance(marks.get(old), dict) and marks[old].get("manual")))
        for old, new in configuration.get("SHORT_NAME_FROM_CONFIG").items()
    )
    place = configuration.get("TITLE_NAME_IDX")
    naming = Naming(tuple(separators), tuple(keys), frozenset(automatic), place, renames, tuple(implied))
    if place is None:
        return naming
    titles = Counter(naming.title(values.runs[example]) for example in values.combined(separators)[1])
    return replace(naming, ambiguous=frozenset(title for title, count in titles.items() if count > 1))


def _automatic_keys(values: Values, separators: Sequence[str]) -> tuple[list[str], list[str]]:
    """The fewest parameters that tell the runs of a sub-figure apart, and the others that do too; no seeds.

    Where seeds differ, what is unique to each run is left out, as is what names the run in any case.
    """
    with_rows = np.array([run.rows != 0 for run in values.runs], np.bool_)
    values = values.part(with_rows) if with_rows.any() else values
    differ = values.differing(separators)
    seeds = [name for name in differ if is_seed(name)]
    found = [
        name
        for name in differ
        if name not in seeds
        and not is_secret_name(name.rpartition(".")[2])
        and not (
            np.count_nonzero(values[name].counts) == len(values.runs) > 2
            and (seeds or names_runs(name, values.present(name)))
        )
    ]
    keys = values.telling(sorted(found, key=lambda name: _rank(name, values)), separators)
    return [name for name in found if name in keys], [name for name in found if name not in keys]


def _rank(name: str, values: Values) -> tuple[bool, bool, bool, int, int]:
    """The method first, then what all runs have in short words and few values, machines last."""
    texts = [text_of(value) for value in values.present(name)]
    long = max(map(len, texts)) > _LONG
    machine = _MACHINE.fullmatch(name) is not None
    return not _METHOD.fullmatch(name), machine, "null" in texts or long, name.count("."), len(texts)


@functools.lru_cache(4096)  # asked of every parameter of every run
def is_seed(name: str) -> bool:
    """Whether a parameter is a random seed, which nobody compares."""
    return _SEED.fullmatch(name) is not None


def names_runs(name: str, values: Sequence[Any], runs: Sequence[Run] = ()) -> bool:
    """Whether a parameter that is unique to each run says who a run is and not what it was given.

    Places and times do, by name or by value, and texts that hold the run's own seed (`runs`, one per value).
    """
    if _PLACE.fullmatch(name):
        return True
    if all(isinstance(value, (int, float)) for value in values):
        return all(value > _EPOCH for value in values)  # clock times
    if not all(isinstance(value, str) for value in values):
        return False
    if runs and all(
        any(re.search(rf"(?<!\d){re.escape(seed)}(?!\d)", value) for seed in _seeds_of(run))
        for value, run in zip(values, runs, strict=True)
    ):
        return True
    return all(len(value) > _LONG or _WHERE_OR_WHEN.search(value) for value in values)


def differing(runs: Sequence[Run], among: Iterable[str]) -> list[str]:
    """Of some parameters those that differ between a few runs, but for what only names each run."""
    found = []
    for name in among:
        if is_same(name, runs):
            continue
        values = [run.parameter(name) for run in runs]
        unique_to_each = len(set(map(text_of, values))) == len(runs) > 2
        if not (unique_to_each and names_runs(name, values, runs)):
            found.append(name)
    return found


def _seeds_of(run: Run) -> list[str]:
    return [text_of(value) for name, value in run.flat.items() if is_seed(name)]


def is_same(name: str, runs: Sequence[Run]) -> bool:
    """Whether a parameter has one value in all runs; quick, for most of them do."""
    first = runs[0].parameter(name)
    kind = type(first)
    for run in runs:
        value = run.flat[name] if name in run.flat else run.defaults.get(name)
        if type(value) is kind and value == first and value is not None:
            continue
        # 1 and 1.0 are the same, null and no parameter at all are not.
        if text_of(value) != text_of(first) or kind_of(run, name) != kind_of(runs[0], name):
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


def markers(algorithms: Sequence[str]) -> dict[str, str | None]:
    """The marker that tells algorithms of equal colour and line style apart, by place in a selection."""
    each = len(COLOURS) * len(STYLES)
    return {name: MARKERS[place // each % len(MARKERS)] for place, name in enumerate(algorithms)}


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
