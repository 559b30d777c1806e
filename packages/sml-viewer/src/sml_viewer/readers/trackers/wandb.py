"""W&B's local folders, offline and online: `run-<id>.wandb` holds a run's history, configuration and end.

The file is a LevelDB log of protobuf records, as of wandb/sdk/internal/datastore.py and wandb_internal.proto.
"""

from __future__ import annotations

import contextlib
import functools
import os
import re
import zlib
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from typing import Any

import numpy as np
import orjson

from sml_viewer.i18n import Message
from sml_viewer.jsonio import loads
from sml_viewer.model.issues import IssueCounter
from sml_viewer.model.sources import Group
from sml_viewer.readers.base import Description, Listing, Rows, TableData, TableState, read_at
from sml_viewer.readers.file_io import State, state_of
from sml_viewer.readers.tfevents.messages import signed, varint
from sml_viewer.safe_open import Held, open_plain

from .wandb_early import early_rows
from .wandb_end import end_of_file, ended_as
from .wandb_end import fields_of as _fields
from .wandb_log import HEADER, records_from, records_in

_FILE = re.compile(r"run-[^/]+\.wandb")
_RUN = re.compile(r"(offline-)?run-\d{8}_\d{6}-.+")
_MOST = 1 << 30
_MOST_RECORD = 16 << 20
_MOST_CELLS = 50_000_000
_DESCRIBED = 1 << 20
_MOST_EARLY = 64 << 20
# Of a record: its kinds; fields of wandb_internal.proto.
_HISTORY, _SUMMARY, _CONFIG, _METRIC, _RUN_RECORD = 2, 3, 5, 12, 17
# Of the record of the run.
_RUN_CONFIG, _DISPLAY_NAME, _NOTES, _LABELS = 4, 8, 9, 10
_RUN_TAGS = {3: "project", 6: "group", 7: "job_type", 12: "sweep", _LABELS: "tags"}
_RUN_TEXTS = {_DISPLAY_NAME, _NOTES, *_RUN_TAGS}
_MOST_TEXT, _MOST_NOTES = 250, 64_000
_VARINT, _LENGTH = 0, 2
_STEP = "_step"
# The keys of fields 1 and 16, and what is more than one byte as a length.
_ITEM_KEY, _LONG = 0x0A, 0x80
_VALUE_KEY = b"\x82\x01"
_NUMBERS_AS_TEXT = ("NaN", "Infinity", "-Infinity")


class WandbReader:
    """One run a folder. A row is a step of `wandb.log`; numbers alone are read of it."""

    name = "wandb"
    folder = "wandb"
    title = "a local run of W&B"
    # `files/` holds copies of tables and media of this run.
    whole_folder = True
    tells_state = True
    described_bytes = _DESCRIBED

    def claim(self, listing: Listing) -> tuple[str, ...]:
        """The log of a run folder of W&B."""
        if not self.is_run(listing.path.rpartition("/")[2]):
            return ()
        logs = sorted(name for name in listing.files if _FILE.fullmatch(name) and name.isprintable())
        return tuple(logs[:1])

    @staticmethod
    def is_run(name: str) -> bool:
        """Whether a folder is called as a run of W&B is."""
        return bool(_RUN.fullmatch(name))

    def groups(
        self,
        tables: tuple[str, ...],
        *,
        own: bool,  # noqa: ARG002  the protocol's
    ) -> tuple[Group, ...]:
        """One source."""
        return (Group("", "", self.name, tables),)

    def read(
        self,
        file: int,
        status: os.stat_result,
        name: str,  # noqa: ARG002  the protocol's
        layout: str,  # noqa: ARG002  the protocol's
        state: TableState,
    ) -> TableData:
        """The rows since the last time, from the record where that ended."""
        if status.st_size > _MOST:
            raise ValueError(Message("larger than {most} MB", most=_MOST >> 20))
        length = min(HEADER.size, status.st_size)
        start = zlib.crc32(read_at(file, length, 0))
        grew = 0 < state.offset <= status.st_size and (state.inode, state.head_crc) == (status.st_ino, start)
        log = records_from(file, status.st_size, state.offset if grew else 0)
        if grew and ended_as(log.records):
            # What the summary alone has, only all rows tell.
            grew, log = False, records_from(file, status.st_size, 0)
        rows = _history_rows(log.records)
        if summary := _only_in_summary(log.records, rows):
            rows = [*rows[:-1], {**(rows[-1] if rows else {}), **summary}]
        table = _table(rows)
        state = TableState(status.st_ino, log.end, head_crc=start)
        notes: IssueCounter = Counter(["bad_record"] if log.odd else [])
        return TableData(state, grew, (table,) if table.count else (), notes)

    @staticmethod
    def early_table(
        file: int, status: os.stat_result, likely: Callable[[tuple[str, ...]], Collection[str]]
    ) -> Rows | None:
        """The likely columns of an open log that is still to be read; None where all of it is better read."""
        if status.st_size > _MOST_EARLY:
            return None
        records = records_from(file, status.st_size, 0).records
        return early_rows(records, lambda record: list(_history(record)), likely)

    def describe(self, folder: str | Held, tables: tuple[str, ...]) -> Description:
        """Configuration and `define_metric` at the log's beginning; the state from the record of its end."""
        file, status, _ = open_plain(folder, tables[0])
        try:
            data = read_at(file, min(_DESCRIBED, status.st_size), 0)
        finally:
            os.close(file)
        parameters: dict[str, Any] = {}
        texts: dict[int, list[str]] = {}
        axes: dict[str, str] = {}
        records = records_in(data, 0, first=True).records
        for record in records:
            for number, kind, start, end in _fields(record):
                if number == _RUN_RECORD and kind == _LENGTH:
                    texts = {}
                    for field, wire, at, until in _fields(record, start, end):
                        if (field, wire) == (_RUN_CONFIG, _LENGTH):
                            parameters.update(_configuration(record, at, until))
                        elif field in _RUN_TEXTS and wire == _LENGTH and until - at <= _longest(field):
                            texts.setdefault(field, []).append(record[at:until].decode("utf-8", "replace"))
                elif number == _CONFIG and kind == _LENGTH:
                    parameters.update(_configuration(record, start, end))
                elif number == _METRIC and kind == _LENGTH:
                    axes |= _defined_axis(record, start, end)
        parameters.pop("_wandb", None)
        is_whole = status.st_size <= _DESCRIBED
        state = ended_as(records) if is_whole else end_of_file(folder, tables[0], state_of(status))
        # Where some metrics have an axis, all others are over the step.
        return Description(
            parameters,
            state,
            axes={**axes, "*": _STEP} if axes else {},
            called=tuple(texts.get(_DISPLAY_NAME, ())[-1:]),
            tags={
                f"wandb.{name}": ", ".join(texts[field])
                for field, name in _RUN_TAGS.items()
                if field in texts
            },
            labels=tuple(texts.get(_LABELS, ())),
            note=texts.get(_NOTES, [""])[-1],
        )

    @staticmethod
    def told_at_end(folder: str, table: str, state: State) -> str | None:
        """What the end of a log says, if it is larger than what is described."""
        return end_of_file(folder, table, state)


def _longest(field: int) -> int:
    return _MOST_NOTES if field == _NOTES else _MOST_TEXT


def _defined_axis(data: bytes, start: int, end: int) -> dict[str, str]:
    """MetricRecord: field 1 is a metric's name, 2 a glob of names, 4 the metric to draw it over."""
    texts = {
        number: data[at:until].decode("utf-8", "backslashreplace")
        for number, kind, at, until in _fields(data, start, end)
        if kind == _LENGTH and number in (1, 2, 4)
    }
    name, x = texts.get(1) or texts.get(2), texts.get(4)
    # W&B writes nested names with dots; its columns have slashes.
    return {_column(name): _column(x)} if name and x else {}


def _column(name: str) -> str:
    r"""A metric's name as that of a column: `a.b` is item b of a, `a\.b` has a dot in its name."""
    return re.sub(r"(?<!\\)\.", "/", name).replace("\\.", ".")


def _configuration(data: bytes, start: int, end: int) -> dict[str, Any]:
    """ConfigRecord: field 1 are its items, names and JSON."""
    parameters = {}
    for number, kind, at, until in _fields(data, start, end):
        if number == 1 and kind == _LENGTH:
            name, value = _item(data, at, until)
            if name is not None:
                parameters[name] = value
    return parameters


def _item(data: bytes, start: int, end: int) -> tuple[str | None, Any]:
    """A name, maybe of several parts, and its value in JSON."""
    name, text = _named(data, start, end)
    try:
        return name, loads(text)
    except (ValueError, RecursionError):
        return None, None


def _named(data: bytes, start: int, end: int) -> tuple[str | None, bytes]:
    """The name of an item, and the text of its value."""
    name, parts, text = "", [], b""
    for number, kind, at, until in _fields(data, start, end):
        if kind != _LENGTH:
            continue
        if number == 1:
            name = data[at:until].decode("utf-8", "backslashreplace")
        elif number == 2:
            parts.append(data[at:until].decode("utf-8", "backslashreplace"))
        elif number == 16:
            text = data[at:until]
    return "/".join(parts) or name or None, text


def _history_rows(records: list[bytes]) -> list[dict[str, float]]:
    return [row for record in records if len(record) <= _MOST_RECORD for row in _history(record)]


def _only_in_summary(records: list[bytes], rows: list[dict[str, float]]) -> dict[str, float]:
    """Of a run that has ended, the numbers that were put into its summary at the end, and never logged."""
    if ended_as(records) is None:
        return {}
    last: list[dict[str, Any]] = []
    for record in reversed(records):
        known = [each for each in _fields(record) if each[0] in (_HISTORY, _SUMMARY) and each[1] == _LENGTH]
        if any(number == _HISTORY for number, *_ in known):
            break
        last += (_configuration(record, start, end) for _, _, start, end in known)
    summary: dict[str, float] = {}
    for update in reversed(last):
        for name, value in update.items():
            if not name.startswith("_"):
                _put(summary, name, value)
    logged = {name for row in rows for name in row}
    # `acc/max` is what W&B makes of a metric acc.
    return {
        name: value
        for name, value in summary.items()
        if name not in logged and name.rpartition("/")[0] not in logged
    }


def _table(rows: list[dict[str, float]]) -> Rows:
    names = dict.fromkeys(name for row in rows for name in row)
    if len(rows) * len(names) > max(_MOST_CELLS, 4 * sum(map(len, rows))):
        raise ValueError(
            Message(
                "{columns} columns in {rows} rows are too many for one table",
                columns=len(names),
                rows=len(rows),
            )
        )
    columns = {name: np.array([row.get(name, np.nan) for row in rows], np.float64) for name in names}
    present = {name: values for name, values in columns.items() if not np.isnan(values).all()}
    return Rows(len(rows), present, Counter())


def _history(record: bytes) -> Iterator[dict[str, float]]:
    """The numbers of a step; `_step`, `_runtime` and `_timestamp`, which W&B adds, are among them."""
    for number, kind, start, end in _fields(record):
        if number != _HISTORY or kind != _LENGTH:
            continue
        row: dict[str, float] = {}
        for inner, wire, at, until in _fields(record, _usual_items(record, start, end, row), end):
            if inner == 1 and wire == _LENGTH:
                name, value = _item(record, at, until)
                if name is not None:
                    _put(row, name, value)
            elif inner == 2 and wire == _LENGTH:
                for field, width, a, b in _fields(record, at, until):
                    if field == 1 and width == _VARINT:
                        row.setdefault(_STEP, float(signed(varint(record, a, b)[0])))
        if row:
            yield row


def _usual_items(data: bytes, start: int, end: int, row: dict[str, float]) -> int:
    """Put the items at the beginning of a history record into the row, as far as they are as usual.

    Returns where the first other field begins. There are very many items, and their names recur.
    """
    position = start
    while position + 2 <= end and data[position] == _ITEM_KEY and data[position + 1] < _LONG:
        following = position + 2 + data[position + 1]
        item = _usual_item(data[position + 2 : following]) if following <= end else None
        if item is None:
            break
        name, value = item
        if type(value) is float:
            row[name] = value
        else:
            _put(row, name, value)
        position = following
    return position


def _usual_item(item: bytes) -> tuple[str, Any] | None:
    """Name and value of an item as W&B's core writes it: the name, then JSON to the end; None for others."""
    split = item.find(_VALUE_KEY)
    name = _name_of(item[:split]) if split > 0 else None
    begin = split + len(_VALUE_KEY) + 1
    # A length of one byte: longer values are not numbers.
    if name is None or begin > len(item) or item[begin - 1] != len(item) - begin:
        return None
    try:
        value = orjson.loads(item[begin:])
    except orjson.JSONDecodeError:
        return None
    return name, float(value) if type(value) is int else value


@functools.lru_cache(4096)
def _name_of(fields_of_name: bytes) -> str | None:
    """The name that the first fields of an item say; None if they are anything else."""
    whole = list(_fields(fields_of_name))
    if not whole or whole[-1][3] != len(fields_of_name):
        return None
    if any(kind != _LENGTH or number not in (1, 2) for number, kind, *_ in whole):
        return None
    name, _ = _named(fields_of_name, 0, len(fields_of_name))
    return name


def _put(row: dict[str, float], name: str, value: Any, depth: int = 0) -> None:
    if isinstance(value, dict):
        # A picture, a histogram, a table: an object that says its type.
        if "_type" not in value and depth < 10:
            for key, item in value.items():
                _put(row, f"{name}/{key}", item, depth + 1)
    elif isinstance(value, (int, float)):
        with contextlib.suppress(OverflowError):
            row[name] = float(value)
    elif isinstance(value, str) and value in _NUMBERS_AS_TEXT:
        row[name] = float(value)
