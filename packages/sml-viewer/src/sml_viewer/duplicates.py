"""Runs with exactly equal parameters are one run: the best of them counts, the others are told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .phrases import Phrase, some
from .run import Run

REMEDY = Phrase("change one parameter.json if they are not, for instance with: sml-config modify-config")


@dataclass(frozen=True)
class Duplicates:
    """Runs that stand for one: `kept` counts in statistics, `others` do not."""

    kept: Run
    others: tuple[Run, ...]

    @property
    def note(self) -> str:
        """What was done and how to undo it."""
        names = some([self.kept.name, *(run.name for run in self.others)])
        return Phrase(
            "{names} have equal parameters and count as one run; {remedy}", names=names, remedy=REMEDY
        )


def duplicates_note(groups: Sequence[Duplicates]) -> list[str]:
    """What was done with all of them, in one sentence; nothing if there are none."""
    if len(groups) < 2:
        return [group.note for group in groups]
    count = sum(len(group.others) for group in groups)
    pair = some([groups[0].kept.name, groups[0].others[0].name])
    return [
        Phrase(
            "{n} runs have another's parameters and count as one run with it, such as {pair}; {remedy}",
            n=count,
            pair=pair,
            remedy=REMEDY,
        )
    ]


def without_duplicates(runs: Sequence[Run]) -> tuple[list[Run], list[Duplicates]]:
    """The runs that count, in their order, and the groups of duplicates.

    Of equal ones a finished run counts before an unfinished, then the one with the most rows, then the
    newest. Runs without parameters are told apart by path, so none of them is a duplicate.
    """
    duplicates = [duplicates_of([runs[place] for place in places]) for places in equal_runs(runs)]
    dropped = {run.key for group in duplicates for run in group.others}
    return [run for run in runs if run.key not in dropped], duplicates


def equal_runs(runs: Sequence[Run]) -> list[list[int]]:
    """The places of runs that have equal parameters with another."""
    groups: dict[str, list[int]] = {}
    for place, run in enumerate(runs):
        if run.identity is not None:
            groups.setdefault(run.identity, []).append(place)
    return [places for places in groups.values() if len(places) > 1]


def duplicates_of(group: Sequence[Run]) -> Duplicates:
    """Which of some runs with equal parameters counts."""
    kept = max(group, key=lambda run: (run.finished, run.rows or 0, run.modified))
    return Duplicates(kept, tuple(run for run in group if run is not kept))
