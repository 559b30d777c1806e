"""Whether tables in one folder are sources of one run or a run each: by names, columns and steps."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from sml_viewer.jsonio import loads
from sml_viewer.model.table_names import further_table
from sml_viewer.readers.file_io import UNREADABLE, read_ends

from .cells import number
from .header import Dialect, read_header
from .read_csv import complete

_END_BYTES = 65_536
# More tables than that in one folder are not looked into.
_MOST_TABLES = 64
_FIRST_LINES = 5
# Of the span of the longest table: within it, steps begin alike.
_ALIKE = 0.1
# Words for what was measured, not for which run it was.
_ROLES = frozenset(
    [
        "train",
        "training",
        "trn",
        "eval",
        "evaluation",
        "evaluate",
        "test",
        "testing",
        "tst",
        "valid",
        "validation",
        "val",
        "dev",
        "online",
        "offline",
        "dynamics",
        "policy",
        "rollout",
        "rollouts",
        "explore",
        "exploration",
        "expl",
        "agent",
        "actor",
        "critic",
        "learner",
        "env",
        "episode",
    ]
)
_STEP_WORDS = (
    "step",
    "frame",
    "iteration",
    "itr",
    "iter",
    "epoch",
    "episode",
    "update",
    "interact",
    "sample",
)


# Names of files that tools write beside each other, each a part of one run.
_PARTS = frozenset(["metrics", "scores", "scalars", "log"])


class _Beginning(NamedTuple):
    """Which file it is, the columns of a table, its first and last step; zeros where it counts none."""

    file: tuple[int, int]
    names: tuple[str, ...]
    first: float
    last: float


def separate_runs(folder: str, tables: Sequence[str], *, by_name: bool = True) -> tuple[tuple[str, ...], ...]:
    """A folder's tables by run, where it holds several; none if all are sources of one run.

    Tables are of several runs if they have the same columns, are not distinguished by a word such as train or
    eval, and each begins at the start. A table without a row is none yet. Tables whose names differ in such
    words alone (`a_train`, `a_eval`) are of one run. `by_name` leaves out what is not called `progress`.
    """
    candidates = [
        name
        for name in tables
        if (not by_name or "progress" in name)
        and not name.endswith("monitor.csv")
        and not further_table(name)
    ]
    if not 2 <= len(candidates) <= _MOST_TABLES:
        return ()
    seen: set[tuple[int, int]] = set()
    alike: dict[object, list[tuple[str, _Beginning]]] = {}
    for name in candidates:
        beginning = _beginning(folder, name)
        if beginning is not None and beginning.file not in seen:  # two names of one file are one run
            seen.add(beginning.file)
            alike.setdefault((beginning.names, _words(name) & _ROLES), []).append((name, beginning))
    runs: dict[frozenset[str], list[str]] = {}
    for group in alike.values():
        if len(group) > 1 and _begin_alike([beginning for _, beginning in group]):
            for name, _ in group:
                runs.setdefault(_words(name) - _ROLES, []).append(name)
    return tuple(map(tuple, runs.values())) if len(runs) > 1 else ()


def _words(name: str) -> frozenset[str]:
    return frozenset(re.split(r"[^a-z0-9]+", name.lower().rpartition(".")[0]))


def _begin_alike(tables: Sequence[_Beginning]) -> bool:
    firsts = [table.first for table in tables]
    span = max(table.last - table.first for table in tables)
    return max(firsts) - min(firsts) <= _ALIKE * max(span, 0.0)


def _beginning(folder: str, name: str) -> _Beginning | None:
    try:
        status, head, tail = read_ends(folder, name, _END_BYTES, _END_BYTES)
    except UNREADABLE:
        return None
    dialect, notes = read_header(head, name)
    if dialect is None:
        return None
    body = head[dialect.start :]
    lines = body[: complete(body)].splitlines()
    ends = tail[: complete(tail)].splitlines()
    if not lines or not ends:
        return None
    file = status.st_dev, status.st_ino
    if dialect.separator == "json":
        return None if name.rpartition(".")[0] in _PARTS else _beginning_of_objects(file, lines, ends[-1])
    # Without a header the first column is most likely the one.
    steps = (i for i, column in enumerate(dialect.names) if counts_steps(column))
    counting = 0 if "headerless" in notes else next(steps, None)
    if counting is None:
        return _Beginning(file, dialect.names, 0.0, 0.0)
    first, last = _cell(lines[0], counting, dialect), _cell(ends[-1], counting, dialect)
    return None if first is None or last is None else _Beginning(file, dialect.names, first, last)


def _beginning_of_objects(file: tuple[int, int], lines: Sequence[bytes], end: bytes) -> _Beginning | None:
    """As `_beginning`, of JSON lines: the columns are the names of all objects at the beginning."""
    objects = [_object(line) for line in lines]
    names = tuple(sorted(set().union(*objects)))
    # Settings may come before the first step.
    counts = ((row, name) for row in objects[:_FIRST_LINES] for name in row if counts_steps(name))
    first, counting = next(counts, ({}, None))
    if counting is None:
        return None
    step, last = first[counting], _object(end).get(counting)
    if not isinstance(step, (int, float)) or not isinstance(last, (int, float)):
        return None
    return _Beginning(file, names, float(step), float(last))


def _object(line: bytes) -> dict[str, Any]:
    try:
        value = loads(line)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def counts_steps(column: str) -> bool:
    """Whether a column is called as a count of steps is."""
    name = column.lower()
    return any(word in name for word in _STEP_WORDS) and "per_" not in name and "/s" not in name


def _cell(line: bytes, column: int, dialect: Dialect) -> float | None:
    cells = line.decode("utf-8", "replace").split(dialect.separator)
    return number(cells[column]) if column < len(cells) else None
