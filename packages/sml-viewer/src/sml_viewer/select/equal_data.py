"""Find runs with the same measurements: copies, runs that begin with another's rows, segments of one run.

Most pairs differ in the column statistics of the index (last, least, largest, count); rows are compared only
if these agree.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from itertools import combinations, pairwise
from typing import Protocol

import numpy as np

from sml_viewer.arrays import Floats
from sml_viewer.model.run import Run
from sml_viewer.model.sources import ENVIRONMENT_FACT
from sml_viewer.naming.folder_names import METHODS, stem_of, words_of
from sml_viewer.naming.parameter_names import FOLDER, FOLDER_ENVIRONMENT, FOLDER_SEED

# Rows are compared in this many columns, statistics in all columns.
_PROBES = 3
_NO_ROWS: Floats = np.array([])
_STEPS = re.compile(r"step|iter|itr|epoch|episode|frame|update", re.IGNORECASE)
_NOT_STEPS = re.compile(r"sec|per|time_|loss|rew|return|len|lr|rate", re.IGNORECASE)
# A run that begins this many rows after another's beginning is not a restart.
_RESTART_ROWS = 5


class Columns(Protocol):
    """Reads columns of runs, as a Library does."""

    def columns(self, runs: Sequence[Run], names: Sequence[str]) -> list[dict[str, Floats]]:
        """The named columns of each run, in order."""


def merge_keys(runs: Sequence[Run]) -> list[Hashable]:
    """For each run a key that is equal for runs that may be duplicates; None equals nothing."""
    return list(map(_merge_key, runs))


def copies(runs: Sequence[Run], library: Columns | None, keys: Sequence[Hashable]) -> list[list[int]]:
    """Groups of copies, as indices of `runs`.

    Runs with equal parameters are copies if their tables are equal or one begins with the rows of the other;
    runs without parameters if their tables are equal, or one begins with the rows of the other and is named
    after it. Without a library, tables are equal if their column statistics are. `keys` are the `merge_keys`.
    """
    groups: list[list[int]] = []
    for indices in _groups(keys):
        readable = [index for index in indices if runs[index].rows is not None]
        groups += _equal_tables([runs[index] for index in readable], readable, library)
    unkeyed = [index for index, run in enumerate(runs) if keys[index] is None and run.rows]
    for equal in _groups((_statistics(runs[index]), _folder_labels(runs[index])) for index in unkeyed):
        readable = [unkeyed[number] for number in equal]
        groups += _equal_tables([runs[index] for index in readable], readable, library)
    known = {index for indices in groups for index in indices}
    unnamed = [index for index, run in enumerate(runs) if run.identity is None and index not in known]
    for indices in _named_after([runs[index].name for index in unnamed]):
        readable = [index for index in (unnamed[number] for number in indices) if runs[index].rows]
        groups += _equal_tables([runs[index] for index in readable], readable, library)
    return groups


def _named_after(names: Sequence[str]) -> list[list[int]]:
    """Indices of each name and of those that extend it: `seed_1` and `seed_1_old`, but not `seed_10`."""
    index_of = {name: index for index, name in enumerate(names)}
    groups: dict[int, list[int]] = {}
    for name, index in index_of.items():
        start = name.rfind("/") + 1
        cuts = (cut for cut in range(start + 1, len(name)) if not name[cut].isalnum())
        shorter = next((index_of[name[:cut]] for cut in cuts if name[:cut] in index_of), None)
        if shorter is not None:
            groups.setdefault(shorter, [shorter]).append(index)
    return list(groups.values())


def segments(runs: Sequence[Run], keys: Sequence[Hashable] | None = None) -> list[list[int]]:
    """Groups of runs of which each continues where the one before ends, as indices in the order of steps.

    `keys` are the `merge_keys` of the runs, if they are at hand.
    """
    groups: list[list[int]] = []
    for alike in _groups(map(_merge_key, runs) if keys is None else keys):
        # a and a_resumed are segments of one run, even if both have repeats.
        named_alike = [
            [alike[position] for position in positions]
            for positions in _groups(stem_of(runs[index].name) for index in alike)
        ]
        groups += filter(None, (_chain(runs, indices) for indices in named_alike or [alike]))
    return groups


def _chain(runs: Sequence[Run], indices: list[int]) -> list[int]:
    """The indices in the order of steps, if each run continues where the one before ends; else empty."""
    members = [runs[index] for index in indices]
    if len({run.flat.get(FOLDER_SEED) for run in members}) > 1:
        return []
    for column in _steps_of(members):
        ordered = sorted(indices, key=lambda index: runs[index].summary[column].low or 0.0)
        if all(_continues(runs[a], runs[b], column) for a, b in pairwise(ordered)):
            return ordered
    return []


def _merge_key(run: Run) -> Hashable:
    """Key of runs that may be duplicates: parameters, or facts from the folder name if it names a seed."""
    identity, flat, facts = run.identity, run.flat, run.facts
    if identity is not None:
        if not facts and FOLDER not in flat and FOLDER_ENVIRONMENT not in flat:
            return identity  # the usual case: saves a tuple for each of thousands of runs
        named = (*_folder_labels(run), facts.get(ENVIRONMENT_FACT))
        return (identity, named) if any(named) else identity
    if FOLDER_SEED not in run.flat:
        return None
    folder_facts = (run.flat.get(name) for name in (FOLDER, FOLDER_ENVIRONMENT, FOLDER_SEED))
    return *folder_facts, run.facts.get(ENVIRONMENT_FACT)


def may_be_duplicates(runs: Sequence[Run]) -> bool:
    """Whether some of the runs may be copies or segments of another, judged by column statistics."""
    if any(run.rows is None for run in runs) or segments(runs):
        return True
    pairs = combinations(sorted(runs, key=lambda run: run.rows or 0), 2)
    return any(_is_beginning(short, {}, long, {}) for short, long in pairs)


def with_other_tables(runs: Sequence[Run]) -> list[Run]:
    """The runs without those whose column statistics equal those of an earlier run."""
    return list({_statistics(run): run for run in reversed(runs)}.values())[::-1]


def same_parameters(runs: Sequence[Run]) -> list[list[int]]:
    """Groups of runs with equal parameters, as indices of `runs`."""
    return _groups(run.identity for run in runs)


def _groups(keys: Iterable[Hashable]) -> list[list[int]]:
    """Indices of equal keys, in groups of two or more; None equals nothing."""
    listed = list(keys)
    if len(set(listed)) == len(listed):
        return []
    # Nearly all keys differ: no list for each of them.
    repeated = {key for key, count in Counter(listed).items() if count > 1 and key is not None}
    groups: dict[Hashable, list[int]] = {}
    if repeated:
        for index, key in enumerate(listed):
            if key in repeated:
                groups.setdefault(key, []).append(index)
    return list(groups.values())


def _folder_labels(run: Run) -> tuple[object, frozenset[str]]:
    """The environment and the methods in a run's folder name, which tell equal parameters apart."""
    folder = run.flat.get(FOLDER)  # most runs have none
    return run.flat.get(FOLDER_ENVIRONMENT), words_of(str(folder)) & METHODS if folder else frozenset()


def _statistics(run: Run) -> Hashable:
    return (run.rows, *((name, *run.summary[name]) for name in sorted(run.summary)))


def _equal_tables(runs: list[Run], indices: list[int], library: Columns | None) -> list[list[int]]:
    """Groups of `runs` with the same measurements, as items of `indices`, which has one for each run."""
    if len(runs) < 2:
        return []
    if library is None:
        return [[indices[number] for number in group] for group in _groups(map(_statistics, runs))]
    names = _probes(runs)
    columns = _columns_of(runs, names, library)
    buckets: dict[Hashable, list[int]] = {}
    for number in (number for number, run in enumerate(runs) if run.rows):
        first = tuple(columns[number].get(name, _NO_ROWS)[:1].tobytes() for name in names)
        buckets.setdefault(first, []).append(number)
    groups: list[list[int]] = []
    for bucket in buckets.values():
        mine: list[list[int]] = []
        # The longest first: another one is compared with it alone.
        for number in sorted(bucket, key=lambda number: -(runs[number].rows or 0)):
            for group in mine:
                if _is_beginning(runs[number], columns[number], runs[group[0]], columns[group[0]]):
                    group.append(number)
                    break
            else:
                mine.append([number])
        groups += mine
    empty = [number for number, run in enumerate(runs) if not run.rows]
    # Runs without rows join the first group.
    groups = [[*groups[0], *empty], *groups[1:]] if groups else [empty]
    return [[indices[number] for number in group] for group in groups if len(group) > 1]


def _columns_of(runs: Sequence[Run], names: Sequence[str], library: Columns) -> list[dict[str, Floats]]:
    """The named columns of each run, resolved to the names in its files."""
    columns_of_run: list[dict[str, Floats]] = [{} for _ in runs]
    by_names: dict[tuple[str, ...], list[int]] = {}
    for number, run in enumerate(runs):
        by_names.setdefault(tuple(run.aliases.get(name, name) for name in names), []).append(number)
    for stored, numbers in by_names.items():
        loaded = library.columns([runs[number] for number in numbers], stored) if stored else []
        for number, columns in zip(numbers, loaded, strict=bool(stored)):
            pairs = zip(names, stored, strict=True)
            columns_of_run[number] = {
                name: columns[stored_name] for name, stored_name in pairs if stored_name in columns
            }
    return columns_of_run


def _is_beginning(short: Run, mine: dict[str, Floats], long: Run, its: dict[str, Floats]) -> bool:
    """Whether the table of `short`, with the columns `mine`, equals that of `long` or is its beginning."""
    if short.rows == long.rows:
        if _statistics(short) != _statistics(long):
            return False
    elif (
        (short.rows or 0) < 2
        or not set(short.summary) <= set(long.summary)
        or not all(_range_within(short, long, name) for name in short.summary)
    ):
        return False
    return all(
        name in its and np.array_equal(values, its[name][: len(values)], equal_nan=True)
        for name, values in mine.items()
    )


def _range_within(short: Run, long: Run, name: str) -> bool:
    short_column, long_column = short.summary[name], long.summary[name]
    if None in (short_column.low, short_column.high, long_column.low, long_column.high):
        return True
    return bool(long_column.low <= short_column.low and short_column.high <= long_column.high)  # type: ignore[operator]


def _probes(runs: Sequence[Run]) -> list[str]:
    """The columns that all runs with rows have and that differ most between them."""
    with_rows = [run for run in runs if run.rows]
    if not with_rows:
        return []
    common = [name for name in with_rows[0].summary if all(name in run.summary for run in with_rows)]
    ends = {name: Counter(run.summary[name].last for run in with_rows) for name in common}
    return sorted(common, key=lambda name: -len(ends[name]))[:_PROBES]


def _steps_of(runs: Sequence[Run]) -> list[str]:
    """The columns that count steps in all runs and have one in each row."""
    if any(not run.rows for run in runs):
        return []
    return [
        name
        for name in runs[0].summary
        if _STEPS.search(name)
        and not _NOT_STEPS.search(name)
        and all(name in run.summary and run.summary[name].values == run.rows for run in runs)
    ]


def _continues(first: Run, second: Run, column: str) -> bool:
    """Whether `second` begins after the beginning of `first`, at its end at the latest, and ends later."""
    earlier, later = first.summary[column], second.summary[column]
    rows = first.rows or 0
    if rows < 3 or earlier.low is None or earlier.high is None or later.low is None or later.high is None:
        return False
    spacing = (earlier.high - earlier.low) / (rows - 1)
    behind = earlier.low + min(_RESTART_ROWS, rows - 1) * spacing
    return spacing > 0 and behind <= later.low <= earlier.high + 2 * spacing and later.high > earlier.high
