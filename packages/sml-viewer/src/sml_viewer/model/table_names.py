"""Recognise the tables of a folder by their file names."""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Iterable
from typing import NamedTuple

from sml_config.run_folder import SUPERSEDED_PREFIX, TABLE, is_temporary

# Candidates for the main table of a folder, in order of preference.
_MAIN = (TABLE, "policy_training_progress.csv", "progress.txt", "results.csv", "train.csv")
# Ambiguous names, which are tables only if both exist.
_PAIRS = (("results.csv", "learning.csv"), ("train.csv", "eval.csv"))
_TABLE = re.compile(r"(progress.*|.+_progress)\.(csv|txt|tsv)|(.+\.)?monitor\.csv", re.DOTALL)
# Further tables of an imported run: their place, whether the name is a prefix of the columns, and the name.
_FURTHER = re.compile(r"progress\.\d+\.(columns|prefix)\.(.+)\.csv", re.DOTALL)
_JSON_LINES = ("progress.json", "result.json")


def tables_among(names: Iterable[str]) -> tuple[str, ...]:
    """The tables among a folder's file names, the main one first."""
    # Rows of a resumed run after its checkpoint are kept in files that do not count.
    names = [
        name
        for name in names
        if name.isprintable() and not is_temporary(name) and not name.startswith(SUPERSEDED_PREFIX)
    ]
    tables = [name for name in names if _TABLE.fullmatch(name)]
    for pair in _PAIRS:
        if {*pair} <= {*names}:
            tables += pair
    if not tables:
        tables = [name for name in names if name in _JSON_LINES]
    if not tables and "params.json" in names:
        # d3rlpy writes one headerless file per metric.
        tables = [name for name in names if name.endswith(".csv")]
    return tuple(sorted(tables, key=lambda name: (_MAIN.index(name) if name in _MAIN else len(_MAIN), name)))


def named_as_table(name: str) -> bool:
    """Whether a file is a table by its name alone, without neighbouring files."""
    return bool(_TABLE.fullmatch(name)) or name in _JSON_LINES or any(name in pair for pair in _PAIRS)


class FurtherTable(NamedTuple):
    """A further table of an imported run; with `is_prefix`, `name` and a slash precede its columns' names."""

    name: str
    is_prefix: bool


def further_file(number: int, name: str, *, is_prefix: bool) -> str:
    """The file of a further table of an imported run; `place` is its place among the run's tables."""
    quoted = urllib.parse.quote(name, safe=" ()[]+=,@", errors="backslashreplace")
    return f"progress.{number:04d}.{'prefix' if is_prefix else 'columns'}.{quoted}.csv"


def further_table(file: str) -> FurtherTable | None:
    """The further table that a file name stands for; None for any other file."""
    match = _FURTHER.fullmatch(file)
    return match and FurtherTable(urllib.parse.unquote(match[2]), match[1] == "prefix")
