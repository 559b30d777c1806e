"""Merge duplicate runs: of copies the best counts, segments are joined, and notes report both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from sml_config.run_states import FINISHED
from sml_viewer.i18n import Message, some
from sml_viewer.model.run import Run

from . import equal_data
from .equal_data import Columns

REMEDY = Message("change one parameter.json if they are not, for instance with: sml-config modify-config")
COPY, SEGMENT, EQUAL = "copy", "segment", "equal"
# What makes runs duplicates: equal data, or, as in the tutorial, equal parameters alone.
BY_DATA, BY_PARAMETERS = "by data", "one"
_WHY = {
    COPY: "{names} hold the same measurements and count as one run",
    SEGMENT: "{names} continue where another ends and are joined into one run; {remedy}",
    EQUAL: "{names} have equal parameters and count as one run; {remedy}",
}
_WHY_MANY = {
    COPY: "{n} runs hold the same measurements as another and count as one run with it, such as {names}",
    SEGMENT: "{n} runs continue where another ends and are joined with it, such as {names}; {remedy}",
    EQUAL: "{n} runs have another's parameters and count as one run with it, such as {names}; {remedy}",
}


class Duplicates(NamedTuple):
    """Runs that count as one: `kept` counts in statistics, `others` do not, or are its earlier segments.

    `why` is COPY, SEGMENT or EQUAL.
    """

    counted: Run
    others: tuple[Run, ...]
    why: str = EQUAL

    @property
    def note(self) -> str:
        """The note on this group, with the remedy if its runs are not duplicates."""
        names = some([self.counted.name, *(run.name for run in self.others)])
        return Message(_WHY[self.why], names=names, remedy=REMEDY)


def duplicates_note(groups: Sequence[Duplicates]) -> list[str]:
    """Notes on all groups, one sentence for each reason; empty without groups."""
    sentences: list[str] = []
    for why, text in _WHY_MANY.items():
        same_reason = [group for group in groups if group.why == why]
        if len(same_reason) == 1:
            sentences.append(same_reason[0].note)
        elif same_reason:
            count = sum(len(group.others) for group in same_reason)
            pair = some([same_reason[0].counted.name, same_reason[0].others[0].name])
            sentences.append(Message(text, n=count, names=pair, remedy=REMEDY))
    return sentences


def without_duplicates(
    runs: Sequence[Run], library: Columns | None = None, rule: str = BY_DATA
) -> tuple[list[Run], list[Duplicates]]:
    """The runs that count, in their order, and the groups of duplicates.

    With the rule BY_DATA, duplicates are runs with equal parameters whose tables are equal, or one of which
    is the beginning or the continuation of the other, and runs without parameters whose tables are equal.
    With BY_PARAMETERS equal parameters are enough. Of copies one that recorded that it finished counts first,
    then the one with the most rows, then the newest; of segments the last, with the others as its beginning.
    `library` reads the rows that have to be compared.
    """
    return counted_of(runs, equal_groups(runs, library, rule))


def equal_groups(
    runs: Sequence[Run], library: Columns | None = None, rule: str = BY_DATA
) -> list[tuple[str, list[int]]]:
    """The groups of duplicates as (reason, indices of `runs`); see `without_duplicates`."""
    if rule == BY_PARAMETERS:
        return [(EQUAL, indices) for indices in equal_data.same_parameters(runs)]
    keys = equal_data.merge_keys(runs)
    groups = [(COPY, indices) for indices in equal_data.copies(runs, library, keys)]
    # Segments are searched for among the runs left after merging copies.
    dropped = {
        run.key for _, indices in groups for run in merge_group([runs[index] for index in indices]).others
    }
    left = [index for index, run in enumerate(runs) if run.key not in dropped]
    joined = equal_data.segments([runs[index] for index in left], [keys[index] for index in left])
    return groups + [(SEGMENT, [left[index] for index in indices]) for indices in joined]


def counted_of(
    runs: Sequence[Run], groups: Sequence[tuple[str, Sequence[int]]]
) -> tuple[list[Run], list[Duplicates]]:
    """The runs that count, in their order, and the groups of duplicates, given as (reason, indices)."""
    if not groups:
        return list(runs), []
    duplicates = [merge_group([runs[index] for index in indices], why) for why, indices in groups]
    dropped = {run.key for group in duplicates for run in group.others}
    joined = {group.counted.key: group.counted for group in duplicates if group.why == SEGMENT}
    return [joined.get(run.key, run) for run in runs if run.key not in dropped], duplicates


def merge_group(group: Sequence[Run], why: str = EQUAL) -> Duplicates:
    """Choose the run that counts of a group of duplicates; of segments, which are in order, the last."""
    if why == SEGMENT:
        return Duplicates(replace(group[-1], earlier=tuple(group[:-1])), tuple(group[:-1]), why)
    best = max(group, key=lambda run: (run.state == FINISHED, run.rows or 0, run.finished, run.modified))
    return Duplicates(best, tuple(run for run in group if run is not best), why)
