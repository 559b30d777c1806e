"""Tables of several runs: rows told apart by columns such as `algo` and `seed`, or columns of each run."""

from __future__ import annotations

import csv
import functools
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from sml_config.tasks.parameter_names import environment_rank, is_seed
from sml_viewer.arrays import Floats
from sml_viewer.model.issues import IssueCounter
from sml_viewer.model.step_words import is_step_word
from sml_viewer.readers.file_io import UNREADABLE, State, read_ends, read_small, state_at

from .cells import is_number, number, to_floats

# Columns that name the run of a row, whatever their values; those of the second set do so as texts.
_NUMBERED = frozenset(
    [
        "run", "run_id", "run_idx", "run_no", "trial", "trial_id", "repeat", "rep", "replicate",
        "repetition", "fold", "exp_id", "experiment_id", "job_id",
    ]
)  # fmt: skip
_NAMED = frozenset(
    [
        "run_name", "trial_name", "name", "experiment", "experiment_name", "exp", "exp_name", "algo",
        "algorithm", "alg", "algo_name", "method", "agent", "model", "model_name", "policy",
        "optimizer", "variant", "config",
    ]
)  # fmt: skip
# Texts that tell parts of one run apart.
_STAGES = frozenset(
    [
        "train", "training", "val", "valid", "validation", "dev", "test", "testing", "eval",
        "evaluation",
    ]
)  # fmt: skip
# W&B names a column `<run> - <metric>`, and those of its bounds after it.
_OF_RUN = " - "
_BOUNDS = ("__MIN", "__MAX")
_ENDS = 65_536
_MOST_BYTES = 64_000_000
_MOST_RUNS = 1_000


class LongRun(NamedTuple):
    """The rows of one run: what tells it from the others, and its columns of numbers."""

    settings: Mapping[str, str]
    rows: int
    columns: Mapping[str, Floats]
    notes: IssueCounter


def has_run_columns(head: bytes) -> bool:
    """Whether the header of a table may name runs: in rows beside a column of steps, or in its columns."""
    line = head.partition(b"\n")[0]
    return not line.lstrip().startswith(b"{") and _names_runs(line)


@functools.lru_cache(1024)  # most tables have the header of others
def _names_runs(line: bytes) -> bool:
    header = _header(line.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace"))
    if len(header) < 3:
        return False
    return _is_wide(header) or (_step_of(header) is not None and bool(_run_columns(header)))


def holds_runs(path: str) -> bool:
    """Whether a table has rows of several runs with the same steps; False if it cannot be read."""
    try:
        return bool(runs_in(path, state_at(path)))
    except UNREADABLE:
        return False


@functools.lru_cache(16)
def runs_in(path: str, state: State) -> Mapping[str, LongRun]:  # noqa: ARG001  the state is part of the key
    """The runs of a table by their names; none if it is of one run, or rows that no column tells apart.

    Raises OSError, ValueError.
    """
    folder, _, name = path.rpartition("/")
    _, head, tail = read_ends(folder, name, _ENDS, _ENDS)
    header, rows = _rows(head)
    if _is_wide(header):
        return _runs_beside_each_other(*_rows(read_small(folder, name, _MOST_BYTES)))
    step, keys = _step_of(header), _run_columns(header)
    if step is None or not keys or not _may_differ(header, keys, rows, tail):
        return {}
    header, rows = _rows(read_small(folder, name, _MOST_BYTES))
    whole = [row for row in rows if len(row) == len(header)]
    keys = [index for index in keys if _names_a_run(header[index], [row[index] for row in whole])]
    groups: dict[tuple[str, ...], list[list[str]]] = {}
    for row in whole:
        groups.setdefault(tuple(row[index] for index in keys), []).append(row)
    if not 1 < len(groups) <= _MOST_RUNS or not _count_alike(list(groups.values()), step):
        return {}
    varied = [at for at, index in enumerate(keys) if len({row[index] for row in whole}) > 1]
    left_out = Counter({"cut_lines": len(rows) - len(whole)} if len(rows) > len(whole) else {})
    settings = _constant_texts(header, list(groups.values()), keys)
    runs: dict[str, LongRun] = {}
    for key, members in groups.items():
        notes: IssueCounter = Counter(left_out)
        left_out = Counter()  # told once
        columns = {
            column: to_floats([row[index] for row in members], column, notes)
            for index, column in enumerate(header)
            if index not in keys and index not in settings
        }
        columns = {column: values for column, values in columns.items() if not np.isnan(values).all()}
        own = {header[index]: members[0][index] for index in (*keys, *settings)}
        runs["-".join(key[at] for at in varied)] = LongRun(own, len(members), columns, notes)
    return runs if len(runs) == len(groups) else {}


def _is_wide(header: Sequence[str]) -> bool:
    """Whether a table is a chart that W&B exported: `Step`, and for each run three columns of its metric."""
    names = {*header[1:]}
    values = [name for name in header[1:] if not name.endswith(_BOUNDS)]
    return bool(values) and all(
        _OF_RUN in name and {f"{name}{bound}" for bound in _BOUNDS} <= names for name in values
    )


def _runs_beside_each_other(header: Sequence[str], rows: Sequence[list[str]]) -> Mapping[str, LongRun]:
    """A run for each name before the metrics, with the rows that have a number of it."""
    own: dict[str, dict[str, int]] = {}
    for index, name in enumerate(header[1:], 1):
        if not name.endswith(_BOUNDS):
            run, _, metric = name.rpartition(_OF_RUN)
            own.setdefault(run, {})[metric] = index
    if len(own) > _MOST_RUNS:
        return {}
    runs: dict[str, LongRun] = {}
    for run, columns in own.items():
        present = [
            row for row in rows if len(row) == len(header) and any(row[index] for index in columns.values())
        ]
        notes: IssueCounter = Counter()
        values = {
            name: to_floats([row[index] for row in present], name, notes)
            for name, index in {header[0]: 0, **columns}.items()
        }
        runs[run] = LongRun({}, len(present), values, notes)
    return runs


def _header(line: str) -> list[str]:
    try:
        return next(csv.reader([line.strip("\r")], delimiter=_separator(line)), [])
    except csv.Error:
        return []


def _separator(line: str) -> str:
    return max(",\t;", key=line.count)


def _rows(data: bytes) -> tuple[list[str], list[list[str]]]:
    """The header of a table and its whole lines, split into cells."""
    text = data[: data.rfind(b"\n") + 1].decode("utf-8-sig", "replace")
    table = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text.partition("\n")[0]))
    try:
        rows = [[cell.strip() for cell in row] for row in table if row]
    except csv.Error as error:
        raise ValueError(str(error)) from None
    return (rows[0], rows[1:]) if rows else ([], [])


def _step_of(header: Sequence[str]) -> int | None:
    return next((index for index, column in enumerate(header) if is_step_word(column)), None)


def _run_columns(header: Sequence[str]) -> list[int]:
    return [
        index
        for index, column in enumerate(header)
        if is_seed(column.strip())
        or column.strip().lower() in _NUMBERED | _NAMED
        or environment_rank(column.strip()) is not None
    ]


def _names_a_run(column: str, cells: Sequence[str]) -> bool:
    """Whether a column tells runs apart by its values: numbers do so under few names."""
    if is_seed(column) or column.lower() in _NUMBERED:
        return True
    texts = {cell.lower() for cell in cells if cell}
    return not texts <= _STAGES and not any(map(is_number, texts))


def _may_differ(header: Sequence[str], keys: Sequence[int], rows: Sequence[list[str]], tail: bytes) -> bool:
    """Whether the ends of a table are of more than one run: a logger may write its seed into each row."""
    lines = tail[: tail.rfind(b"\n")].decode("utf-8", "replace").splitlines()[-1:]
    last = [cell.strip() for line in lines for cell in _header(line)]
    if len(last) != len(header):
        return True  # cut short: all of it tells
    return len({tuple(row[index] for index in keys if index < len(row)) for row in (*rows, last)}) > 1


def _count_alike(groups: Sequence[Sequence[Sequence[str]]], step: int) -> bool:
    """Whether each run counts its steps up, and two of them have a step in common."""
    if sum(map(len, groups)) < 2 * len(groups):
        return False  # a row is a run
    seen: set[float] = set()
    shared = False
    for rows in groups:
        steps = [number(row[step]) for row in rows]
        given = [value for value in steps if value is not None and value == value]
        if len(given) != len(steps) or any(later <= before for before, later in pairwise(given)):
            return False
        shared = shared or not seen.isdisjoint(given)
        seen.update(given)
    return shared


def _constant_texts(
    header: Sequence[str], groups: Sequence[Sequence[Sequence[str]]], keys: Sequence[int]
) -> list[int]:
    """The columns of texts with one value in each run: settings."""
    return [
        index
        for index in range(len(header))
        if index not in keys
        and all(len({row[index] for row in rows}) == 1 for rows in groups)
        and not any(is_number(rows[0][index]) for rows in groups)
        and any(rows[0][index] for rows in groups)
    ]
