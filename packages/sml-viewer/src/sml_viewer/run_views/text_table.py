"""The runs as text: a table that fits a terminal, or one unshortened line per run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sml_config.text import display_width
from sml_viewer.i18n import Message, Notes
from sml_viewer.model.issues import Issue, first_names
from sml_viewer.model.parameter_table import ParameterTable
from sml_viewer.model.run import Run
from sml_viewer.model.text import text_of
from sml_viewer.naming.short_names import shortened
from sml_viewer.report.caption import make_caption
from sml_viewer.select.duplicates import Duplicates, duplicates_note

from .snapshot import Snapshot
from .table import display_number

_BETWEEN = "  "
_LEAST_NAME, _LEAST_VALUE, _MOST_VALUE = 16, 4, 24
_MOST_PARAMETERS = 16
# Maximum number of terminal lines of a note.
_NOTE_LINES = 2


@dataclass(frozen=True)
class Listing:
    """Texts per run: name, state, number of rows, last value of a metric, parameters that differ."""

    names: Sequence[str]
    states: Sequence[str]
    rows: Sequence[str]
    metric: str | None
    last: Sequence[str]
    parameters: dict[str, Sequence[str]]

    def lines(self) -> list[str]:
        """One unshortened line per run: `name state 12 rows return=3.5 lr=0.1 seed=1`."""
        names, states = _column(self.names), _column(self.states)
        rows = _column([f"{count:>7} rows" for count in self.rows])
        facts = [f"{self.metric}={value}" if value else "" for value in self.last]
        more = [
            _BETWEEN.join(
                f"{name}={value}" for name, value in zip(self.parameters, values, strict=True) if value
            )
            for values in zip(*self.parameters.values(), strict=True)
        ] or [""] * len(names)
        parts = zip(names, states, rows, facts, more, strict=True)
        return [_BETWEEN.join(filter(None, line)).rstrip() for line in parts]

    def table(self, width: int) -> list[str]:
        """A table at most `width` characters wide, without the parameters that do not fit."""
        fixed = [_titled("state", self.states), _titled("rows", self.rows, right=True)]
        if self.metric is not None:
            title = shortened(f"last {self.metric}", max(_MOST_VALUE, width // 4))
            fixed.append(_titled(title, self.last, right=True))
        names = ["name", *self.names]
        widest_name = max(map(display_width, names))
        room = width - sum(display_width(column[0]) + len(_BETWEEN) for column in fixed)
        room -= min(widest_name, max(_LEAST_NAME, width // 3))
        shown = []
        for name, values in self.parameters.items():
            most = max(_LEAST_VALUE, min(_MOST_VALUE, width // 5))
            column = _titled(shortened(name, most), [shortened(value, most) for value in values])
            needed = display_width(column[0]) + len(_BETWEEN)
            if needed <= room:
                room -= needed
                shown.append(column)
        left = len(self.parameters) - len(shown)
        used = sum(display_width(column[0]) + len(_BETWEEN) for column in (*fixed, *shown))
        first = _column([_cut(name, max(_LEAST_NAME, min(widest_name, width - used))) for name in names])
        lines = [_BETWEEN.join(line).rstrip() for line in zip(first, *fixed, *shown, strict=True)]
        if left:
            lines[0] += f"{_BETWEEN}(+{left})" if display_width(lines[0]) + 8 <= width else ""
        return lines


def make_listing(snapshot: Snapshot, runs: Sequence[Run], duplicates: Sequence[Duplicates]) -> Listing:
    """The listing of some runs of a snapshot."""
    metric = snapshot.pair[1]
    doubled = {run.key for group in duplicates for run in group.others}
    values = ParameterTable(runs)
    names = snapshot.distinguishing[:_MOST_PARAMETERS]
    if len(runs) < len(snapshot.runs):
        differ = set(values.varying())
        names = [name for name in names if name in differ]
    return Listing(
        [run.name for run in runs],
        [_state(run, doubled=run.key in doubled) for run in runs],
        ["?" if run.rows is None else str(run.rows) for run in runs],
        metric,
        [_last(run, metric) for run in runs],
        {name: _texts(values, name) for name in names},
    )


def list_notes(runs: Sequence[Run], duplicates: Sequence[Duplicates], width: int | None) -> list[str]:
    """The notes of the runs, each once; short lines on a terminal of `width` characters."""
    notes = Notes()
    for run in runs:
        for remark in run.remarks:
            notes.add(run.name, _of_any_file(remark))
        for issue in run.issues:
            notes.add(run.name, _issue_message(issue))
    caption = make_caption([], [*duplicates_note(duplicates), *notes.sentences])
    if not caption.text:
        return []
    if width is None:
        return caption.text.split("\n")
    return [_cut(line, _NOTE_LINES * width) for line in caption.text.split("\n")]


def _of_any_file(remark: str) -> str:
    """A remark without the name of its file."""
    name, _, rest = remark.partition(": ")
    return remark if name.endswith(" cannot be read") else rest or remark


@lru_cache(4096)  # most runs have the same issues
def _issue_message(issue: Issue) -> str:
    """An issue without the names of its files, its number apart."""
    if issue.reason:
        return issue.sentence
    if not issue.columns:
        return Message(issue.template, n=issue.n)
    return Message("{columns}: " + issue.template, columns=first_names(issue.columns), n=issue.n)


def _state(run: Run, *, doubled: bool) -> str:
    state = "superseded" if run.superseded else run.state or "-"
    return f"{state}, duplicate" if doubled else state


def _last(run: Run, metric: str | None) -> str:
    summary = run.summary.get(metric) if metric is not None else None
    return "" if summary is None or summary.last is None else str(display_number(summary.last))


def _texts(values: ParameterTable, name: str) -> list[str]:
    """The values of a parameter as text, "" where a run has none."""
    column = values[name]
    texts = ["" if value is None else text_of(value) for value in column.values]
    return [texts[code] for code in column.codes.tolist()]


def _titled(title: str, cells: Sequence[Any], *, right: bool = False) -> list[str]:
    return _column([title, *map(str, cells)], right=right)


def _column(cells: Sequence[str], *, right: bool = False) -> list[str]:
    """The cells padded to the width of the widest; a Chinese character is two wide."""
    widths = list(map(display_width, cells))
    widest = max(widths, default=0)
    if right:
        return [" " * (widest - width) + cell for cell, width in zip(cells, widths, strict=True)]
    return [cell + " " * (widest - width) for cell, width in zip(cells, widths, strict=True)]


def _cut(text: str, width: int) -> str:
    """The text without its middle, at most `width` wide."""
    most = width
    short_text = shortened(text, most)
    while display_width(short_text) > width:
        most -= 1
        short_text = shortened(text, most)
    return short_text
