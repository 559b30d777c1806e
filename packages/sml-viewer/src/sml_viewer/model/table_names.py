"""Which files of a folder are tables, by their names."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sml_config.run_folder import SUPERSEDED_PREFIX, TABLE, is_temporary

# Tables in the order in which one of them is the main one of its folder.
_MAIN = (TABLE, "policy_training_progress.csv", "progress.txt", "results.csv", "train.csv")
# Names that anything may have, unless both are there.
_PAIRS = (("results.csv", "learning.csv"), ("train.csv", "eval.csv"))
_TABLE = re.compile(r"(progress.*|.+_progress)\.(csv|txt|tsv)|(.+\.)?monitor\.csv", re.DOTALL)
_JSON_LINES = ("progress.json", "result.json")


def tables_among(names: Iterable[str]) -> tuple[str, ...]:
    """Those of a folder's file names that are tables, the main one first."""
    # What a resumed run had beyond its checkpoint was measured, and does not count.
    names = [
        name
        for name in names
        if name.isprintable() and not is_temporary(name) and not name.startswith(SUPERSEDED_PREFIX)
    ]
    found = [name for name in names if _TABLE.fullmatch(name)]
    for pair in _PAIRS:
        if {*pair} <= {*names}:
            found += pair
    if not found:
        found = [name for name in names if name in _JSON_LINES]
    if not found and "params.json" in names:
        # d3rlpy writes one headerless file per metric.
        found = [name for name in names if name.endswith(".csv")]
    return tuple(sorted(found, key=lambda name: (_MAIN.index(name) if name in _MAIN else len(_MAIN), name)))


def named_as_table(name: str) -> bool:
    """Whether a file is a table by its name, and not only by what lies beside it."""
    return bool(_TABLE.fullmatch(name)) or name in _JSON_LINES or any(name in pair for pair in _PAIRS)
