"""Explain why a folder has no runs: its files, tables that are almost runs, what a run is, and the remedy."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from sml_viewer.i18n import Message, joined
from sml_viewer.printing import shown
from sml_viewer.readers.file_io import UNREADABLE, read_ends
from sml_viewer.readers.text_tables.header import read_header
from sml_viewer.readers.text_tables.table_relations import counts_steps

# Limits: the first files of a large folder are representative.
_MOST_ENTRIES = 5_000
_MOST_DEPTH = 8
_MOST_HEADERS = 40
_MOST_SHOWN = 3
_MOST_NAMES = 6
_HEAD_BYTES = 65_536
_TABLES = (".csv", ".tsv")
_JSON_LINES = (".jsonl", ".ndjson")
_HYDRA = ".hydra"
_KINDS = {
    ".wandb": "wandb",
    ".npz": "npz",
    ".npy": "npz",
    ".db": "database",
    ".sqlite": "database",
    ".sqlite3": "database",
    ".pkl": "pickle",
    ".pickle": "pickle",
    ".gz": "compressed",
    ".xz": "compressed",
    ".zst": "compressed",
}
_WORDS = {
    "events": "{n} TensorBoard event file(s)",
    "table": "{n} CSV file(s)",
    "lines": "{n} (file|files) of JSON lines",
    "wandb": "{n} W&B file(s)",
    "database": "{n} database(s) without tables of MLflow or Trackio",
    "npz": "{n} NumPy file(s)",
    "pickle": "{n} pickle(s), never loaded as that can run code (save histories as JSON or CSV)",
    "compressed": "{n} compressed file(s), not read: unpack what is a log",
    "hydra": "{n} folder(s) of Hydra without a table",
    "other": "{n} other file(s)",
}
A_RUN = Message(
    "a run is a folder with progress.csv, TensorBoard event files, trainer_state.json, *.monitor.csv, the "
    "log of W&B, MLflow, Sacred, Trackio or TorchRL, or CSV, TSV or JSON lines that begin with a column "
    "of steps"
)
_PERMISSION = Message("permission denied")
REMEDY = Message(
    "name the folder that holds such runs, or see what becomes of a file: sml-viewer try-reader FILE"
)


class _Table(NamedTuple):
    path: str
    columns: tuple[str, ...]
    steps: bool


def describe_files(folder: Path) -> Message:
    """What the files below a folder are, tables with a step column first."""
    try:
        os.scandir(folder).close()
    except OSError as error:
        return Message(
            "it cannot be read: {reason}",
            reason=_PERMISSION if isinstance(error, PermissionError) else error.strerror or "",
        )
    counts: Counter[str] = Counter()
    tables: list[str] = []
    root = os.path.realpath(folder)
    budget = iter(range(_MOST_ENTRIES))
    for path in _files(root, 0, budget):
        kind = _kind(Path(path).name)
        counts[kind] += 1
        if kind == "table" and len(tables) < _MOST_HEADERS:
            tables.append(path)
    if not counts:
        text = "it holds no file, hidden ones and those more than {n} folders below aside"
        return Message(text, n=_MOST_DEPTH)
    parts: list[str] = [
        Message(_WORDS[kind], n=counts[kind]) for kind in _WORDS if counts[kind] and kind != "table"
    ]
    if tables:
        parts.insert(0, _near(tables, root, counts["table"]))
    if next(budget, None) is not None:
        return Message("it holds {files}", files=joined(parts, "; "))
    return Message("among its first {n} entries are {files}", n=_MOST_ENTRIES, files=joined(parts, "; "))


def _near(paths: Sequence[str], folder: str, total: int) -> Message:
    """How many tables have a step column, and the first of them with their columns."""
    tables = [_table(path, folder) for path in paths]
    near = [table for table in tables if table.steps]
    names = [
        Message("{path} ({columns})", path=shown(table.path), columns=_named(table.columns))
        for table in (near or tables)[:_MOST_SHOWN]
    ]
    counted, listed = Message(_WORDS["table"], n=total), joined(names, ", ")
    if near:
        text = "{tables}, {n} with a step column that is not the first: {names}"
        return Message(text, tables=counted, n=len(near), names=listed)
    if len(paths) < _MOST_HEADERS:
        return Message("{tables}, none with a step column: {names}", tables=counted, names=listed)
    text = "{tables}, none of the first {n} with a step column: {names}"
    return Message(text, tables=counted, n=_MOST_HEADERS, names=listed)


def _named(columns: Sequence[str]) -> str:
    more = len(columns) - _MOST_NAMES
    names = shown(", ".join(columns[:_MOST_NAMES])) or Message("no header")
    return Message("{names}, and {n} more", names=names, n=more) if more > 0 else names


def _table(path: str, folder: str) -> _Table:
    name = os.path.relpath(path, folder).replace(os.sep, "/")
    try:
        _, head, _ = read_ends(folder, name, _HEAD_BYTES, 0)
    except UNREADABLE:
        return _Table(name, (), steps=False)
    dialect, notes = read_header(head, name)
    columns = dialect.names if dialect is not None and "headerless" not in notes else ()
    return _Table(name, columns, any(map(counts_steps, columns)))


def _kind(name: str) -> str:
    if name.startswith("events.out.tfevents"):
        return "events"
    if name == _HYDRA:
        return "hydra"
    ending = Path(name).suffix.lower()
    if ending in _TABLES:
        return "table"
    if ending in _JSON_LINES:
        return "lines"
    return _KINDS.get(ending, "other")


def _files(folder: str, depth: int, budget: Iterator[int]) -> Iterator[str]:
    """Regular files below a folder, without dot-files and links; at most as many as the budget has."""
    try:
        with os.scandir(folder) as entries:
            listed = sorted(islice(entries, _MOST_ENTRIES), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in listed:
        if next(budget, None) is None:
            return
        if entry.name == _HYDRA and entry.is_dir(follow_symlinks=False):
            yield entry.path
        if entry.name.startswith("."):
            continue
        if entry.is_file(follow_symlinks=False):
            yield entry.path
        elif depth < _MOST_DEPTH and entry.is_dir(follow_symlinks=False):
            yield from _files(entry.path, depth + 1, budget)
