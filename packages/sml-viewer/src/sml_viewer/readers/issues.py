"""What was skipped, repaired or guessed in a file: counted while reading, worded when shown."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

_WORDS = {
    "empty": "is empty",
    "leads_out": "is a link that leads out of the run's folder; it is not read",
    "no_rows": "has a header and no row",
    "no_numbers": "holds no numbers",
    "torn": "its last record is not whole yet and is left out",
    "bad_record": "a record is damaged; the rest of the file is not read",
    "bad_lines": "{n} line(s) without a metric left out",
    "no_step": "{n} entries without a step left out",
    "no_end": "its last line is not whole yet and is left out",
    "no_header": "holds no complete line yet",
    "one_line": "holds one line; whether that is a header shows with the next",
    "long_header": "its header is longer than 1 MB; the file is not read",
    "broken_header": "its header contains NUL bytes; the file is not read",
    "bom": "begins with a byte order mark, which is skipped",
    "bad_text": "some of it is not UTF-8; those characters are replaced",
    "headerless": "has no header; its columns are named by their place",
    "glued": "its header and its first row are on one line, which is taken apart",
    "nul_lines": "{n} line(s) with NUL bytes left out",
    "long_lines": "{n} line(s) with more cells than the header left out: nothing says which is which",
    "cut_lines": "{n} line(s) cut short left out",
    "short_lines": "{n} line(s) with fewer cells than the header: the rest of each is blank",
    "too_wide": "{n} line(s) left out: cut short, they would be blank in too many columns to be held",
    "quote_lines": "{n} line(s) with an open quote left out",
    "bad_json": "{n} line(s) without a JSON object left out",
    "header_again": "its header is repeated {n} time(s), which is skipped",
    "second_header": "{n} more header(s) inside; the rows below each are read by it",
    "nan": "{n} NaN cell(s)",
}
_COLUMN_WORDS = {
    "percent": "{n} percent sign(s) taken off",
    "bool": "{n} times True or False read as 1 or 0",
    "text": "{n} non-numeric cell(s)",
    "comma": "{n} cell(s) have a decimal comma and are left out",
    "twice": "the name is there more than once; this is a later one",
    "nameless": "has no name; it is called by its place",
}


# What a whole column is without anything being wrong.
_BY_NATURE = ("text", "bool")


def explain(file: str, counts: Mapping[str, int], rows: int | None = None) -> tuple[str, ...]:
    """The counts of one file as sentences; a key is a kind, or `kind:column`.

    A column without a number in any of the `rows`, such as a host's name, is what it is: no sentence.
    """
    whole = [f"{file}: {_WORDS[kind].format(n=n)}" for kind, n in counts.items() if kind in _WORDS]
    texts: dict[str, list[str]] = {}
    for key, n in counts.items():
        kind, _, column = key.partition(":")
        if kind in _COLUMN_WORDS and column and not (kind in _BY_NATURE and n == rows):
            texts.setdefault(_COLUMN_WORDS[kind].format(n=n), []).append(column)
    return (*whole, *(f"{file}: {', '.join(_first(names))}: {words}" for words, names in texts.items()))


def grouped(notes: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """Sentences of several files, each with its file, in one where they are the same but for that."""
    files: dict[str, list[str]] = {}
    for file, note in notes:
        files.setdefault(note.removeprefix(f"{file}: "), []).append(file)
    return tuple(f"{', '.join(_first(names, 2))}: {note}" for note, names in files.items())


class Counted(NamedTuple):
    """A sentence of `explain` taken apart: its kind, its words with {n} for the count, the columns named."""

    kind: str
    words: str
    n: int
    columns: tuple[str, ...]


def counted(note: str) -> Counted | None:
    """What a sentence of `explain` counts; None for one that counts nothing, and for other notes."""
    for kinds in (_WORDS, _COLUMN_WORDS):
        for kind, words in kinds.items():
            before, _, after = words.partition("{n}")
            number = rf"{re.escape(before)}(\d+){re.escape(after)}"
            match = re.fullmatch(rf".*?: (?:(.*): )?{number}", note, re.DOTALL) if after else None
            if match is not None:
                return Counted(kind, words, int(match[2]), tuple((match[1] or "").split(", ")))
    return None


def _first(names: list[str], most: int = 5) -> list[str]:
    return names if len(names) <= most else [*names[:most], f"and {len(names) - most} more"]
