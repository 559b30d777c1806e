"""Lists of values for each metric in JSON: Keras' `history.json`, XGBoost's `evals_result.json`, losses."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from sml_viewer.arrays import Floats
from sml_viewer.i18n import Message
from sml_viewer.jsonio import is_deep, loads
from sml_viewer.model.issues import IssueCounter
from sml_viewer.model.sources import Group
from sml_viewer.model.step_words import is_step_word
from sml_viewer.readers.base import MOST_WHOLE, Listing, Rows, TableData, TableState, read_at
from sml_viewer.readers.json_object import number_of, numbers_in
from sml_viewer.readers.text_tables.cells import number

_NAME = re.compile(
    r"(?:.*[_.-])?(?:(?:train(?:ing)?)?hist(?:ory)?|evals?_result|evals_results|loss(?:es)?"
    r"|(?:loss|learning|training|train)_curves?|train(?:ing)?_(?:log|logs|losses|metrics|stats))"
    r"\d*(?:[_.-].*)?\.json",
    re.IGNORECASE,
)
# A list of objects is a log under further names, if these count steps.
_LIST_NAME = re.compile(r"(?:.*[_.-])?(?:metrics|logs?|stats)\.json", re.IGNORECASE)
_FIRST_OBJECT = re.compile(rb"\s*\[\s*(?P<object>\{[^{}\[\]]*\})")
_HEAD = 65_536
_MOST_FILES = 64
# The beginning of a file that is longer: a list of numbers, maybe inside of another object.
_BEGINS = re.compile(
    rb'\s*\{\s*(?:"[^"]{1,200}"\s*:\s*\{\s*){0,2}"[^"]{1,200}"\s*:\s*\[?\s*"?(?:-?[\d.]|NaN|null)'
)
_HISTORY, _EPOCH = "history", "epoch"
_DEEPEST = 3


class HistoryReader:
    """A row is an epoch, or whatever the lists count: lists by name, pandas' JSON, or a list of objects."""

    name = "history"
    title = "lists of values in JSON"
    written_at_end = True

    def claim(self, listing: Listing) -> tuple[str, ...]:
        """The files with such a name whose beginning holds numbers by name."""
        names = sorted(filter(_is_name, listing.files))
        if len(names) > _MOST_FILES:
            return ()
        return tuple(name for name in names if _is_log(name, listing.head(name, _HEAD)))

    def groups(
        self,
        tables: tuple[str, ...],
        *,
        own: bool,  # noqa: ARG002  the protocol's
    ) -> tuple[Group, ...]:
        """A source for each file, all but the first with their names before their columns."""
        stems = [name.rpartition(".")[0] for name in tables]
        return tuple(
            Group(stem if index else "", f"{stem}/" if index else "", self.name, (name,))
            for index, (name, stem) in enumerate(zip(tables, stems, strict=True))
        )

    def read(
        self,
        file: int,
        status: os.stat_result,
        name: str,  # noqa: ARG002  the protocol's
        layout: str,  # noqa: ARG002  the protocol's
        state: TableState,
    ) -> TableData:
        """All of it: the file is replaced, not written on."""
        if status.st_size > MOST_WHOLE:
            raise ValueError(Message("larger than {most} MB", most=MOST_WHOLE // 1_000_000))
        rows = _rows(_loaded(read_at(file, status.st_size, 0)))
        state = TableState(inode=status.st_ino, offset=status.st_size)
        return TableData(state, pieces=(rows,) if rows.count else ())


def are_repeats(tables: tuple[str, ...]) -> bool:
    """Whether histories of one folder are of a run each: their names differ in their numbers alone."""
    return len(tables) > 1 and len({re.sub(r"\d+", "0", name) for name in tables}) == 1


def _is_name(name: str) -> bool:
    # The quick tests first: it is asked of every file of every folder.
    if not name.endswith((".json", ".JSON")) or not name.isprintable():
        return False
    return _NAME.fullmatch(name) is not None or _LIST_NAME.fullmatch(name) is not None


def _is_log(name: str, head: bytes) -> bool:
    if _NAME.fullmatch(name):
        return _is_history(head)
    match = _FIRST_OBJECT.match(head)
    if match is None:
        return False
    try:
        row = numbers_in(_loaded(match["object"]))
    except ValueError:
        return False
    return len(row) > 1 and any(map(is_step_word, row))


def _is_history(head: bytes) -> bool:
    if len(head) == _HEAD:
        return _BEGINS.match(head) is not None
    try:
        return _rows(_loaded(head)).count > 0
    except ValueError:
        return False


def _loaded(data: bytes) -> Any:
    try:
        value = loads(data.removeprefix(b"\xef\xbb\xbf"))
    except RecursionError:
        raise ValueError(Message("nested too deeply")) from None
    if is_deep(value):
        raise ValueError(Message("nested too deeply"))
    return value


def _rows(content: Any) -> Rows:
    """The lists of the length that most of them have; what is one row is at one place of them."""
    columns = dict(_lists(content))
    if not columns:
        return Rows(0, {}, Counter())
    lengths = Counter(map(len, columns.values()))
    count = max(lengths, key=lambda length: (lengths[length], length))
    left_out = sum(len(values) != count for values in columns.values())
    notes: IssueCounter = Counter({"other_length": left_out} if left_out else {})
    present = {
        name: values
        for name, values in columns.items()
        if len(values) == count and not np.isnan(values).all()
    }
    return Rows(count, present, notes) if present else Rows(0, {}, notes)


def _lists(content: Any) -> Iterator[tuple[str, Floats]]:
    if isinstance(content, list):
        objects = [numbers_in(row) for row in content if isinstance(row, dict)]
        for name in dict.fromkeys(name for row in objects for name in row):
            yield _text(name), np.array([row.get(name, np.nan) for row in objects])
    elif isinstance(content, dict):
        inner = content.get(_HISTORY)
        if isinstance(inner, dict):  # `vars(history)`
            yield from _named_lists({_EPOCH: content.get(_EPOCH)}, "", _DEEPEST)
            content = inner
        yield from _named_lists(content, "", 0)


def _named_lists(content: Mapping[str, Any], prefix: str, depth: int) -> Iterator[tuple[str, Floats]]:
    for name, value in content.items():
        items = [*value.values()] if isinstance(value, dict) and all(map(str.isdigit, value)) else value
        if isinstance(items, list) and items:
            numbers = list(map(_number, items))
            if any(number is not None for number in numbers):
                yield _text(f"{prefix}{name}"), np.array([np.nan if n is None else n for n in numbers])
        elif isinstance(items, dict) and depth < _DEEPEST:
            yield from _named_lists(items, f"{prefix}{name}/", depth + 1)


def _number(item: Any) -> float | None:
    """A number, also one that was written as text since JSON knows no float32."""
    return number(item) if isinstance(item, str) else number_of(item)


def _text(name: str) -> str:
    return name.encode("utf-8", "backslashreplace").decode()
