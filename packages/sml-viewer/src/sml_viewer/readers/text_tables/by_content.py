"""Tables of text under any name: CSV, TSV and JSON lines whose beginning says that they count steps."""

from __future__ import annotations

import functools
import itertools
import os
import re
from typing import NamedTuple

from sml_config.run_folder import CHECKPOINTS, SUPERSEDED_PREFIX, SYSTEM, is_temporary
from sml_viewer.jsonio import is_deep, loads
from sml_viewer.model.sources import Group
from sml_viewer.model.step_words import is_step_word
from sml_viewer.model.table_layouts import TABLE
from sml_viewer.readers.base import Listing, TableData, TableState
from sml_viewer.readers.json_object import numbers_in

from .cells import is_number
from .data_sets import is_data_set
from .header import read_header
from .long_table import has_run_columns, holds_runs
from .read_csv import complete
from .reader import CsvReader

_HEAD = 16_384
# More tables than that in one folder are a data set, or a table for each episode.
_MOST_TABLES = 64
# Settings or texts may come before the first step of JSON lines.
_FIRST_LINES = 5
# Columns that may come before the steps: the index of pandas, the clock of TensorBoard's export.
_BEFORE_STEPS = frozenset(
    [
        "",
        "column 1",
        "unnamed: 0",
        "index",
        "time",
        "timestamp",
        "wall time",
        "wall_time",
        "walltime",
        "date",
        "datetime",
    ]
)
# The first line of MMCV's log has the whole configuration.
_LONG_HEAD = 131_072
_TABLES = (".csv", ".tsv")
_LINES = (".jsonl", ".ndjson")


class Form(NamedTuple):
    """A file that frameworks write: `steps` are its columns that count steps, of which one has to be there.

    Without `steps`, the first column, or a name in the first JSON object, has to be a word for them.
    """

    name: re.Pattern[str]
    frameworks: str
    steps: frozenset[str] = frozenset()


def _form(name: str, frameworks: str, steps: str = "") -> Form:
    return Form(re.compile(name), frameworks, frozenset(steps.split()))


# The main table of a folder is the first of these that it has; then those of other names, in their order.
FORMS = (
    _form(r"metrics\.csv", "Lightning's CSVLogger", "step epoch"),
    _form(r"results\.csv", "Ultralytics"),
    _form(r"summary\.csv", "timm"),
    _form(r"train\.csv", "DrQv2, TD-MPC2", "frame step episode iteration epoch"),
    _form(r"eval\.csv", "DrQv2, TD-MPC2", "frame step episode iteration epoch"),
    _form(r"logs\.csv", "Acme", "actor_steps learner_steps steps step evaluator_steps train_steps"),
    _form(r"(training|history|training_log|train_log|train|log)\.(csv|tsv|log)", "Keras' CSVLogger"),
    _form(r"metrics\.jsonl?", "DreamerV3, detectron2, lists of JSON"),
    _form(r"scores\.jsonl", "DreamerV3"),
    _form(r"scalars\.json", "MMEngine"),
    _form(r"log\.(txt|jsonl?)", "DeiT, MAE"),
    _form(r".+\.log\.json", "MMCV"),
    _form(r".+\.(csv|tsv|jsonl|ndjson)", "any"),
)
_PAIR = {"train.csv", "eval.csv"}
# What sml_logger writes besides a run's table.
_NO_TABLES = {SYSTEM, CHECKPOINTS}
# Acme writes a folder for each process of a run, `<run>/logs/<label>/logs.csv`; the main one first.
_ACME_LOGS, _ACME_TABLE = "logs", "logs.csv"
_ACME_LABELS = ("evaluator", "actor", "train", "learner", "environment_loop", "train_loop", "eval_loop")


class TablesReader:
    """What `CsvReader` reads, claimed by what the files hold and not by their names."""

    name = "tables"
    title = "tables with a column of steps"

    def __init__(self) -> None:
        self._csv = CsvReader()

    def claim(self, listing: Listing) -> tuple[str, ...]:
        """The tables that count steps; a look into each file whose name may be one's."""
        if _ACME_LOGS in listing.folders and (tables := _acme_tables(listing)):
            return tables
        candidates = _candidates(listing.files)
        if not 0 < len(candidates) <= _MOST_TABLES:
            return ()
        return tuple(name for name in candidates if _is_of_one_run(listing, name))

    def groups(
        self,
        tables: tuple[str, ...],
        *,
        own: bool,  # noqa: ARG002  the protocol's
    ) -> tuple[Group, ...]:
        """Each table is a source; all but the first have their names before their columns."""
        prefixed = [index > 0 or (name in _PAIR and {*tables} >= _PAIR) for index, name in enumerate(tables)]
        return tuple(
            Group("" if index == 0 else _stem(name), f"{_stem(name)}/" if prefix else "", TABLE, (name,))
            for index, (name, prefix) in enumerate(zip(tables, prefixed, strict=True))
        )

    def read(self, file: int, status: os.stat_result, name: str, layout: str, state: TableState) -> TableData:
        """As any table of text."""
        return self._csv.read(file, status, name, layout, state)


def _is_of_one_run(listing: Listing, name: str) -> bool:
    head = listing.head(name, _head_of(name))
    return counts_steps(head, name) and not (has_run_columns(head) and holds_runs(f"{listing.path}/{name}"))


def _acme_tables(listing: Listing) -> tuple[str, ...]:
    """The tables of the processes of one run of Acme; empty if these are not what it writes."""
    below = listing.files_in(_ACME_LOGS, 1)
    labels = [label for label in _ACME_LABELS if f"{label}/{_ACME_TABLE}" in below]
    tables = [f"{_ACME_LOGS}/{label}/{_ACME_TABLE}" for label in labels]
    return tuple(table for table in tables if counts_steps(listing.head(table, _HEAD), _ACME_TABLE))


def counts_steps(head: bytes, name: str) -> bool:
    """Whether a file that begins so is a table of steps, a row for each."""
    form = form_of(name)
    if form is None or not head:
        return False
    dialect, notes = read_header(head, name)
    if dialect is None or "headerless" in notes:
        return False
    if dialect.separator == "json":
        return _lines_count(head[dialect.start :])
    if name.endswith((".json", *_LINES)) or len(dialect.names) < 2:
        return False
    names = [column.strip().lower() for column in dialect.names]
    first = 1 if names[0] in _BEFORE_STEPS and len(names) > 2 else 0
    if not (form.steps & {*names} or is_step_word(dialect.names[first])):
        return False
    body = head[dialect.start :]
    lines = body[: complete(body)].decode("utf-8", "replace").splitlines()
    rows = [
        [cell.strip().strip('"') for cell in line.split(dialect.separator)] for line in lines if line.strip()
    ]
    if not rows:
        return True  # a header alone is the beginning of a table
    # Steps and something besides are numbers.
    if sum(map(is_number, rows[0])) < 2 or not (form.steps or is_number(rows[0][first])):
        return False
    step = next((index for index, column in enumerate(names) if column in form.steps), first)
    return not is_data_set(rows, step)


@functools.lru_cache(4096)
def form_of(name: str) -> Form | None:
    """The form of a file, by its name."""
    return next((form for form in FORMS if form.name.fullmatch(name)), None)


def _lines_count(body: bytes) -> bool:
    """Whether one of the first whole lines is an object with a step and another number in it."""
    lines = (line for line in body[: complete(body)].splitlines() if line.strip())
    return any(map(_line_counts, itertools.islice(lines, _FIRST_LINES)))


def _line_counts(line: bytes) -> bool:
    try:
        value = loads(line)
    except (ValueError, RecursionError):
        return False
    if not isinstance(value, dict) or is_deep(value):
        return False
    numbers = [name for name, item in value.items() if isinstance(item, (int, float)) and item is not True]
    others = len(numbers_in(value)) - 1
    return others > 0 and any(is_step_word(str(name)) for name in numbers)


def _head_of(name: str) -> int:
    return _LONG_HEAD if name.endswith(".log.json") else _HEAD


@functools.lru_cache(4096)  # most folders of a kind hold the same names
def _candidates(files: frozenset[str]) -> tuple[str, ...]:
    known: list[tuple[int, str]] = []
    for name in files:
        if not name.isprintable() or is_temporary(name) or name.startswith((".", SUPERSEDED_PREFIX)):
            continue
        if name not in _NO_TABLES and (form := form_of(name)) is not None:
            known.append((FORMS.index(form), name))
    return tuple(name for _, name in sorted(known))


def _stem(table: str) -> str:
    folder, _, name = table.rpartition("/")
    if folder and name == _ACME_TABLE:
        return folder.rpartition("/")[2]
    return table.rpartition(".")[0] or table
