"""Explain why a folder has no runs: its files, tables that are almost runs, and the remedy."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

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
}
_WORDS = {
    "events": ("TensorBoard event file", "TensorBoard event files"),
    "table": ("CSV file", "CSV files"),
    "lines": ("file of JSON lines", "files of JSON lines"),
    "wandb": ("W&B file", "W&B files"),
    "database": (
        "database without tables of MLflow or Trackio",
        "databases without tables of MLflow or Trackio",
    ),
    "npz": ("NumPy file", "NumPy files"),
    "hydra": ("folder of Hydra without a table", "folders of Hydra without a table"),
    "other": ("other file", "other files"),
}
_REMEDY = (
    "a run is a folder with progress.csv, TensorBoard event files, trainer_state.json, *.monitor.csv, the "
    "log of W&B, MLflow, Sacred, Trackio or TorchRL, or CSV, TSV or JSON lines that begin with a column "
    "of steps; "
    "pass -d with the folder that holds such runs, or see what becomes of a file: sml-viewer try-reader FILE"
)


class _Table(NamedTuple):
    path: str
    columns: tuple[str, ...]
    steps: bool


def describe_files(folder: Path) -> str:
    """A sentence on the files below a folder, tables with a step column first, and the remedy."""
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
        deeper = f"hidden ones and those more than {_MOST_DEPTH} folders below aside"
        return f"it holds no file, {deeper}; {_REMEDY}"
    parts = [_counted(kind, counts[kind]) for kind in _WORDS if counts[kind] and kind != "table"]
    if tables:
        parts.insert(0, f"{_counted('table', counts['table'])}, {_near(tables, root)}")
    first = "it holds " if next(budget, None) is not None else f"among its first {_MOST_ENTRIES} entries are "
    return f"{first}{'; '.join(parts)}; {_REMEDY}"


def _counted(kind: str, count: int) -> str:
    singular, plural = _WORDS[kind]
    return f"{count} {singular if count == 1 else plural}"


def _near(paths: Sequence[str], folder: str) -> str:
    """How many tables have a step column, and the first of them with their columns."""
    tables = [_table(path, folder) for path in paths]
    near = [table for table in tables if table.steps]
    shown = ", ".join(f"{table.path} ({_named(table.columns)})" for table in (near or tables)[:_MOST_SHOWN])
    if near:
        return f"{len(near)} with a step column that is not the first: {shown}"
    looked = "none" if len(paths) < _MOST_HEADERS else f"none of the first {_MOST_HEADERS}"
    return f"{looked} with a step column: {shown}"


def _named(columns: Sequence[str]) -> str:
    more = len(columns) - _MOST_NAMES
    names = ", ".join(columns[:_MOST_NAMES]) or "no header"
    return f"{names}, and {more} more" if more > 0 else names


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
