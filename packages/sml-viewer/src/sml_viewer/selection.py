"""From all runs of a library to those that are drawn: rules, query, duplicates, names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .configuration import Configuration
from .duplicates import Duplicates, without_duplicates
from .errors import NoRunsError
from .naming import Naming, make_naming, natural, ordered, renamed, varying
from .run import Run
from .select import kept_by_rules, parse_query


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
    def notes(self) -> list[str]:
        """What was left out, in words."""
        found = [group.note for group in self.duplicates]
        if self.superseded:
            found.append(f"{self.superseded} superseded run(s) in the backup folder are not counted")
        return found


def select(runs: Sequence[Run], configuration: Configuration, where: str = "") -> Selection:
    """The runs that a configuration and a query leave. Raises QueryError, and NoRunsError if none is left."""
    current = [run for run in runs if not run.superseded]
    renames = configuration.get("DATA_PARAMETER_RENAME_CONFIG"), configuration.get("DATA_KEY_RENAME_CONFIG")
    if any(renames):
        current = [renamed(run, *renames) for run in current]
    asked = parse_query(where, current).select(current)
    kept = asked
    if asked and (configuration.get("DATA_IGNORE") or configuration.get("DATA_SELECT")):
        # A rule may name an algorithm, and an algorithm is named by what differs before any rule.
        kept = kept_by_rules(asked, configuration, make_naming(asked, configuration).algorithm)
    if not kept:
        raise NoRunsError(_nothing_left(current, where))
    counted, duplicates = without_duplicates(kept)
    naming = make_naming(counted, configuration)
    algorithms = ordered((naming.algorithm(run) for run in counted), configuration.get("PLOTTING_ORDER"))
    titles = sorted({naming.title(run) for run in counted}, key=natural)
    return Selection(
        tuple(counted),
        naming,
        tuple(algorithms),
        tuple(titles),
        tuple(varying(counted)),
        tuple(duplicates),
        len(current) - len(kept),
        len(runs) - len(current),
    )


def _nothing_left(current: Sequence[Run], where: str) -> str:
    if not current:
        return "no runs: no folder there holds a progress.csv or another table of measurements"
    reason = f"the query {where!r}" if where else "the configuration's rules"
    return f"{reason} leaves none of {len(current)} runs; look at them with: sml-viewer list"
