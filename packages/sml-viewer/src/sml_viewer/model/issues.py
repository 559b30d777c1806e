"""Issues: what was skipped, repaired or guessed in tables, counted while reading; as sentences when shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from sml_viewer.i18n import Message, joined, message_from_json, message_to_json

_WORDS = {
    "empty": "is empty",
    "leads_out": "is a link that leads out of the run's folder; it is not read",
    "no_rows": "has a header and no row",
    "no_numbers": "holds no numbers",
    "torn": "its last record is not whole yet and is left out",
    "bad_record": "a record is damaged; the rest of the file is not read",
    "bad_lines": "{n} line(s) without a metric left out",
    "no_step": "{n} (entry|entries) without a step left out",
    "other_length": "{n} list(s) of another length left out",
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
    "environments": "its monitors are of {n} different environments; their episodes are of one run",
    "nan": "{n} NaN cell(s)",
}
_COLUMN_WORDS = {
    "percent": "{n} percent sign(s) taken off",
    "bool": "{n} time(s) True or False read as 1 or 0",
    "text": "{n} non-numeric cell(s)",
    "comma": "{n} cell(s) have a decimal comma and (is|are) left out",
    "twice": "the name is there more than once; this is a later one",
    "nameless": "has no name; it is called by its place",
}


# No issue if they hold for every row of a column.
_BY_NATURE = ("text", "bool")
_UNREADABLE = "unreadable"


class ColumnIssue(NamedTuple):
    """A kind of issue in one column, as readers count it; `column` is its name."""

    kind: str
    column: str


# What a reader counts: kinds of issues in the whole table, by their names, and kinds in single columns.
IssueCounts: TypeAlias = Mapping[str | ColumnIssue, int]
IssueCounter: TypeAlias = Counter[str | ColumnIssue]


class Issue(NamedTuple):
    """One kind of issue in some tables of a run.

    `n` counts lines, cells or whatever the kind is about; `columns` are empty where the whole table is meant.
    `files` are the tables where it is the same; `reason` says why a table of the kind "unreadable" is.
    """

    kind: str
    n: int = 1
    columns: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    reason: str = ""

    @property
    def template(self) -> str:
        """Its words, with `{n}` for the count; without files and columns."""
        return _COLUMN_WORDS[self.kind] if self.columns else _WORDS[self.kind]

    @property
    def sentence(self) -> str:
        """`progress.csv: loss: 2 non-numeric cells`."""
        if self.kind == _UNREADABLE:
            return Message("{file} {reason}", file=self.files[0], reason=self.reason)
        parts = [first_names(self.files, 2), first_names(self.columns)]
        return joined([*filter(None, parts), Message(self.template, n=self.n)], ": ")


def unreadable(file: str, reason: str) -> Issue:
    """The issue of a table that cannot be read at all."""
    return Issue(_UNREADABLE, files=(file,), reason=reason)


def issues_of(counts: IssueCounts, rows: int | None = None) -> list[Issue]:
    """The issues of one table from a reader's counts.

    A column without a number in any of the `rows`, such as the name of a host, is no issue.
    """
    of_table = [Issue(key, n) for key, n in counts.items() if isinstance(key, str) and key in _WORDS]
    columns: dict[tuple[str, int], list[str]] = {}
    for key, n in counts.items():
        if isinstance(key, ColumnIssue) and not (key.kind in _BY_NATURE and n == rows):
            columns.setdefault((key.kind, n), []).append(key.column)
    return [*of_table, *(Issue(kind, n, tuple(names)) for (kind, n), names in columns.items())]


def counts_to_json(counts: IssueCounts) -> dict[str, int]:
    """Counts as a JSON object, in which the key of an issue in a column is `kind:column`."""
    return {key if isinstance(key, str) else ":".join(key): n for key, n in counts.items()}


def counts_from_json(content: Mapping[str, int]) -> IssueCounter:
    """The counts that `counts_to_json` encoded; kinds that this version does not know are left out."""
    counts: IssueCounter = Counter()
    for key, n in content.items():
        kind, _, column = key.partition(":")
        if key in _WORDS:
            counts[key] = n
        elif kind in _COLUMN_WORDS and column:
            counts[ColumnIssue(kind, column)] = n
    return counts


def merge_files(issues: Iterable[tuple[str, Issue]]) -> list[Issue]:
    """Issues of several tables, each with its table's name, as one where they differ by nothing else."""
    files: dict[Issue, list[str]] = {}
    for file, issue in issues:
        files.setdefault(issue, []).append(file)
    return [issue._replace(files=tuple(names)) for issue, names in files.items()]


def to_json(issues: Iterable[Issue]) -> list[list[object]]:
    """Issues as JSON lists."""
    return [[*issue[:-1], message_to_json(issue.reason)] for issue in issues]


def from_json(content: Iterable[tuple[str, int, Sequence[str], Sequence[str], Any]]) -> tuple[Issue, ...]:
    """The issues that `to_json` encoded."""
    return tuple(
        Issue(kind, n, tuple(columns), tuple(files), message_from_json(reason))
        for kind, n, columns, files, reason in content
    )


def first_names(names: Sequence[str], most: int = 5) -> str:
    """The first names, and how many more there are: `a, b, and 3 more`."""
    listed = ", ".join(names[:most])
    return (
        listed if len(names) <= most else Message("{names} and {n} more", names=listed, n=len(names) - most)
    )
