"""From all runs of a library to those that are drawn: rules, query, duplicates, names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .configuration import Configuration
from .duplicates import Duplicates, without_duplicates
from .errors import NoRunsError
from .naming import Naming, looks, make_naming, natural, ordered, renamed
from .run import Run
from .select import kept_by_rules, parse_query
from .values import Values, values_of


@dataclass(frozen=True)
class Selection:
    """The runs that count, how they are called, and what was left out.

    `algorithms` are all names in their order: an algorithm's place decides its colour in every figure.
    """

    runs: tuple[Run, ...]
    naming: Naming
    algorithms: tuple[str, ...]
    titles: tuple[str, ...]
    varying: tuple[str, ...]
    duplicates: tuple[Duplicates, ...]
    filtered: int
    superseded: int

    @property
    def looks(self) -> dict[str, tuple[str, str]]:
        """Colour and line style of every algorithm, drawn or not."""
        return looks(self.algorithms)

    @property
    def notes(self) -> list[str]:
        """What was left out, in words."""
        found = [group.note for group in self.duplicates]
        if self.superseded:
            found.append(f"{self.superseded} superseded run(s) in the backup folder are not counted")
        return found


def select(runs: Sequence[Run], configuration: Configuration, where: str = "") -> Selection:
    """The runs that a configuration and a query leave. Raises QueryError, and NoRunsError if none is left."""
    stages = narrowed(runs, configuration, where)
    counted = stages.counted
    if not counted.runs:
        raise NoRunsError(_nothing_left(stages.current.runs, where))
    naming = make_naming(counted, configuration)
    algorithms = ordered(naming.algorithms(counted)[1], configuration.get("PLOTTING_ORDER"))
    examples = [counted.runs[place] for place in counted.combined(naming.separators)[1]]
    titles = sorted({naming.title(run) for run in examples}, key=natural)
    return Selection(
        tuple(counted.runs),
        naming,
        tuple(algorithms),
        tuple(titles),
        tuple(counted.varying()),
        stages.duplicates,
        len(stages.current.runs) - len(stages.kept.runs),
        len(runs) - len(stages.current.runs),
    )


@dataclass(frozen=True)
class Stages:
    """The runs on their way: not superseded, asked for, kept by the rules, counted in statistics.

    `before` are the names that the rules were asked with.
    """

    current: Values
    asked: Values
    before: Naming
    kept: Values
    counted: Values
    duplicates: tuple[Duplicates, ...]


def narrowed(runs: Sequence[Run], configuration: Configuration, where: str = "") -> Stages:
    """What a query, the rules and the rule of equality leave; that may be nothing. Raises QueryError."""
    current = current_values(runs, configuration)
    asked = asked_for(current, where)
    # A rule may name an algorithm, and an algorithm is named by what differs before any rule.
    before = make_naming(asked, configuration)
    kept = asked.part(kept_by_rules(asked, configuration, before))
    counted, duplicates = counted_once(kept)
    return Stages(current, asked, before, kept, counted, tuple(duplicates))


def current_values(runs: Sequence[Run], configuration: Configuration) -> Values:
    """The runs that are not superseded, under the configuration's names for parameters and columns."""
    current = [run for run in runs if not run.superseded]
    renames = configuration.get("DATA_PARAMETER_RENAME_CONFIG"), configuration.get("DATA_KEY_RENAME_CONFIG")
    if any(renames):
        current = [renamed(run, *renames) for run in current]
    return values_of(current)


def asked_for(values: Values, where: str) -> Values:
    """The runs that a query takes. Raises QueryError."""
    if not where.strip():
        return values
    taken = {run.key for run in parse_query(where, values.runs).select(values.runs)}
    return values.part(np.array([run.key in taken for run in values.runs], np.bool_))


def counted_once(values: Values) -> tuple[Values, list[Duplicates]]:
    """The runs that count in statistics, and the groups of duplicates."""
    counted, duplicates = without_duplicates(values.runs)
    if not duplicates:
        return values, duplicates
    there = {run.key for run in counted}
    return values.part(np.array([run.key in there for run in values.runs], np.bool_)), duplicates


def _nothing_left(current: Sequence[Run], where: str) -> str:
    if not current:
        return "no runs: no folder there holds a progress.csv or another table of measurements"
    reason = f"the query {where!r}" if where else "the configuration's rules"
    return f"{reason} leaves none of {len(current)} runs; look at them with: sml-viewer list"
