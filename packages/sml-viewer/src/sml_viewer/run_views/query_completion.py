"""Complete a query that is being typed: names, and values after a name."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from sml_viewer.annotations import tag_counts
from sml_viewer.model.text import text_of
from sml_viewer.select.query.parser import KNOWN_FACTS

from .table import TableSnapshot

_MOST = 20
_VALUE = re.compile(
    r"(?P<name>[^\s()<>=!~:\"']+)\s*(?:<=|>=|!=|==|=|<|>|:)\s*(?P<start>\"?[^\s()<>=!~:\"']*)$"
)
_WORD = re.compile(r"[^\s()<>=!~:\"']*$")
_PLAIN = re.compile(r"[^\s()<>=!~:\"'*?]+")


@dataclass(frozen=True)
class Completion:
    """Replacements for the text from `start` to `end`."""

    start: int
    end: int
    options: list[str]


def complete(table: TableSnapshot, query: str, at: int) -> Completion:
    """Names, or after a name and an operator its values, the most frequent first.

    `at` is the offset of the cursor.
    """
    at = max(0, min(at, len(query)))
    before = query[:at]
    value = _VALUE.search(before)
    if value is not None:
        typed = value["start"].lstrip('"').casefold()
        matches = [text for text in _values(table, value["name"]) if typed in text.casefold()]
        return Completion(value.start("start"), at, [_quoted(text) for text in matches[:_MOST]])
    word = _WORD.search(before)
    start = at if word is None else word.start()
    typed = before[start:].casefold()
    names = [*table.snapshot.varying, *KNOWN_FACTS, *sorted(table.snapshot.known_names)]
    matches = [name for name in dict.fromkeys(names) if typed in name.casefold() and _PLAIN.fullmatch(name)]
    matches.sort(key=lambda name: not name.casefold().startswith(typed))
    return Completion(start, at, matches[:_MOST])


def _values(table: TableSnapshot, name: str) -> list[str]:
    snapshot = table.snapshot
    if name in ("status", "state"):
        return [state for state, _ in table.counts.most_common()]
    if name == "host":
        return [host for host, _ in Counter(run.host for run in snapshot.runs if run.host).most_common()]
    if name == "tag":
        return list(
            tag_counts(annotation for annotations in table.annotations for annotation in annotations.values())
        )
    if name not in snapshot.known_names:
        return []
    column = snapshot.values[name]
    by_count = sorted(zip(column.counts.tolist(), column.values, strict=True), key=lambda item: -item[0])
    return [text_of(value) for count, value in by_count if count and value is not None]


def _quoted(text: str) -> str:
    if _PLAIN.fullmatch(text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
