"""Tables of which each row is a run, such as `results.tsv`: a name, its settings, its scores."""

from __future__ import annotations

import csv
import functools
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from sml_viewer.i18n import Message
from sml_viewer.readers.base import Description, Listing, Rows, RunInFile, TableData, TableState
from sml_viewer.readers.file_io import State, read_small, state_at
from sml_viewer.readers.plain_values import value_of
from sml_viewer.readers.text_tables.cells import number
from sml_viewer.readers.text_tables.long_table import has_run_columns, holds_runs

_NAME = re.compile(r"(results|experiments|runs|trials)\.(tsv|csv)", re.IGNORECASE)
# What the first column is called where it names the run of the row.
_RUN = frozenset(
    ["commit", "run", "run_id", "run_name", "experiment", "experiment_id", "exp", "trial", "trial_id"]
)
# Columns of settings, as wandb and Optuna export them.
_SETTING = re.compile(r"(config|params?|hparams|hyperparameters)[./_:]\s*(?P<name>.+)", re.IGNORECASE)
# How a row says that its run ended, and the states for it.
_STATE = frozenset(["status", "state", "result", "outcome"])
_STATES = {
    **dict.fromkeys(["crash", "crashed", "fail", "failed", "failure", "error", "oom"], "failed"),
    **dict.fromkeys(["complete", "completed", "finished", "done", "success", "keep", "discard"], "finished"),
}
_HEAD = 4_096
_MOST_BYTES = 8_000_000
_MOST_RUNS = 10_000


class _Row(NamedTuple):
    name: str
    settings: Mapping[str, str]
    scores: Mapping[str, float]

    @property
    def state(self) -> str | None:
        """The state that a column such as `status` says; None without one."""
        texts = (text for name, text in self.settings.items() if name.lower() in _STATE)
        return next((_STATES[text.lower()] for text in texts if text.lower() in _STATES), None)


class RunsTableReader:
    """A run has one row: the numbers of its line. Texts, and columns such as `params_lr`, are parameters."""

    name = "runs_table"
    title = "a table with a run in each row"
    companions: tuple[str, ...] = ()
    endings = (".tsv", ".csv")

    def claim(self, listing: Listing) -> tuple[str, ...]:
        """`results.tsv` and the like, whose first column names a run, by a commit for example."""
        names = sorted(name for name in listing.files if _NAME.fullmatch(name))
        return tuple(name for name in names if _has_run_rows(listing, name))

    def state(self, path: str) -> State:
        """The state of the file."""
        return state_at(path)

    def runs(self, path: str) -> Sequence[RunInFile]:
        """A run for each row; those of one name are numbered."""
        table = Path(path).stem
        return [
            RunInFile(key, f"{table}/{key}", repr(sorted(row.settings.items())))
            for key, row in _rows(path, state_at(path)).items()
        ]

    def read_run(self, path: str, run: str, state: TableState) -> TableData:
        """The one row of a run."""
        now = state_at(path)
        row = _rows(path, now)[run]
        cursor = repr(sorted(row.scores.items()))
        after = TableState(now[0], now[1], cursor=cursor)
        if state.cursor == cursor:
            return TableData(after, appended=True)
        rows = Rows(1, {name: np.array([value]) for name, value in row.scores.items()}, Counter())
        return TableData(after, pieces=(rows,) if row.scores else ())

    def describe_run(self, path: str, run: str) -> Description:
        """The settings of a row."""
        row = _rows(path, state_at(path))[run]
        return Description({name: value_of(text) for name, text in row.settings.items()}, state=row.state)


def _has_run_rows(listing: Listing, name: str) -> bool:
    head = listing.head(name, _HEAD)
    return _names_runs(head, name) and not (has_run_columns(head) and holds_runs(f"{listing.path}/{name}"))


def _separator(name: str) -> str:
    return "\t" if name.lower().endswith("tsv") else ","


def _names_runs(head: bytes, name: str) -> bool:
    lines = head.decode("utf-8-sig", "replace").split("\n")
    columns = [column.strip().lower() for column in lines[0].split(_separator(name))]
    return len(lines) > 1 and len(columns) > 1 and columns[0] in _RUN


@functools.lru_cache(16)
def _rows(path: str, state: State) -> Mapping[str, _Row]:  # noqa: ARG001  the state is part of the key
    """The rows by the ids of their runs. Raises OSError, ValueError."""
    folder, _, name = path.rpartition("/")
    data = read_small(folder, name, _MOST_BYTES)
    lines = data[: data.rfind(b"\n") + 1].decode("utf-8-sig", "replace").splitlines()
    table = [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=_separator(name))]
    columns, body = (table[0], table[1:]) if table else ([], [])
    if len(body) > _MOST_RUNS:
        raise ValueError(Message("more than {most} rows, the most that are read as runs", most=_MOST_RUNS))
    numeric = {
        index
        for index, column in enumerate(columns)
        if index and not _SETTING.fullmatch(column) and any(_score(row, index) is not None for row in body)
    }
    seen: Counter[str] = Counter()
    rows: dict[str, _Row] = {}
    for cells in body:
        if not cells or not cells[0] or len(cells) > len(columns):
            continue
        seen[cells[0]] += 1
        key = cells[0] if seen[cells[0]] == 1 else f"{cells[0]} ({seen[cells[0]]})"
        settings = {
            _setting(column): cells[index]
            for index, column in enumerate(columns)
            if 0 < index < len(cells) and index not in numeric and cells[index]
        }
        scores = {columns[index]: score for index in numeric if (score := _score(cells, index)) is not None}
        row = _Row(key, settings, scores)
        # autoresearch writes zeros where a crash left nothing to measure.
        measured = {name: score for name, score in scores.items() if score or row.state != "failed"}
        rows[key] = row._replace(scores=measured)
    return rows


def _score(cells: Sequence[str], index: int) -> float | None:
    value = number(cells[index]) if index < len(cells) else None
    return None if value is None or value != value else value


def _setting(column: str) -> str:
    match = _SETTING.fullmatch(column)
    return match["name"] if match else column
