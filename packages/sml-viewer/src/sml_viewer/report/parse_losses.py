"""Report rows and cells dropped while parsing, for the notes under figures and tables."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import lru_cache

from sml_viewer.i18n import Message, Notes
from sml_viewer.model.issues import Issue
from sml_viewer.model.run import Run

# Kinds of issues that lose rows. Others were repaired, or concern rows still being written.
_ROW_KINDS = ("nul_lines", "long_lines", "cut_lines", "quote_lines", "bad_json")


def note_losses(runs: Iterable[Run], columns: Collection[str], notes: Notes) -> None:
    """Add notes on the rows that runs lost, and on lost cells of `columns`, which are drawn."""
    for run in runs:
        if not run.issues:
            continue
        drawn = frozenset(run.aliases.get(name, name) for name in columns)
        for issue in run.issues:
            loss = _loss(issue, drawn)
            if loss is not None:
                notes.add(run.name, loss)


@lru_cache(4096)
def _loss(issue: Issue, columns: frozenset[str]) -> Message | None:
    if issue.kind in _ROW_KINDS:
        return Message(issue.template, n=issue.n)
    named = sorted(columns.intersection(issue.columns))
    if issue.kind not in ("text", "comma") or not named:
        return None
    return Message(
        "{n} cell(s) of {columns} (is not a number|are not numbers)", n=issue.n, columns=", ".join(named)
    )
