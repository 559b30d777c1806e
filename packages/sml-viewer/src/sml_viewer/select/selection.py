"""Select the runs of a figure from all runs of a library: query, rules, duplicates, names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from sml_viewer.config.legacy_names import in_older_order
from sml_viewer.config.plot_config import Configuration
from sml_viewer.config.typed_options import SelectionOptions
from sml_viewer.errors import NoRunsError
from sml_viewer.i18n import Message, joined, some
from sml_viewer.model.parameter_table import ParameterTable, parameter_table
from sml_viewer.model.run import Run
from sml_viewer.naming.anonymize import anonymous_runs, hosts_of, masked
from sml_viewer.naming.labels import (
    Naming,
    make_naming,
    natural,
    ordered,
    palette,
    renamed,
    without_run_names,
)
from sml_viewer.naming.parameter_names import GUESSED

from .duplicates import Duplicates, counted_of, duplicates_note, equal_groups
from .equal_data import Columns
from .inferred_parameters import with_inferred
from .query import AnnotationLookup, no_annotations, parse_query, rules_mask
from .unmatched_options import unmatched_options

_UNREAD = "{n} of {total} runs (is|are) still being read: curves and means may change"


@dataclass(frozen=True)
class Selection:
    """The runs that count in statistics, their names, and what was left out.

    `algorithms` are all names in order; an algorithm's position decides its colour in every figure.
    `legend_order` are the names in LEGEND_ORDER. `unmet` are notes on options that match no run. `filtered`,
    `superseded` and `hidden` count the runs left out by rules, as earlier attempts, and because they are
    hidden. `everything` are all runs of the folder, from which names are derived. `palette` are the
    algorithms and the free positions among them; see `naming.labels.palette`. `colours` are those of
    CURVE_COLORS by current name.
    """

    runs: tuple[Run, ...]
    naming: Naming
    algorithms: tuple[str, ...]
    titles: tuple[str, ...]
    varying: tuple[str, ...]
    duplicates: tuple[Duplicates, ...]
    filtered: int
    superseded: int
    hidden: int = 0
    unmet: tuple[str, ...] = ()
    legend_order: tuple[str, ...] = ()
    everything: tuple[Run, ...] = ()
    palette: tuple[str, ...] = ()
    colours: Mapping[str, str] = field(default_factory=dict)

    @property
    def notes(self) -> list[str]:
        """Notes on what was left out or guessed."""
        notes = [*self._unread, *self.unmet, *hidden_note(self.hidden), *duplicates_note(self.duplicates)]
        notes += [*self._guesses, *self._apart]
        if self.superseded:
            notes.append(
                Message("{n} superseded run(s) in the backup folder (is|are) not counted", n=self.superseded)
            )
        return notes

    @property
    def _unread(self) -> list[str]:
        """Note that tables of some runs are not in the index yet, or only some of their columns."""
        unread = sum(run.rows is None for run in self.runs)
        return [Message(_UNREAD, n=unread, total=len(self.runs))] if unread else []

    @property
    def _guesses(self) -> list[str]:
        """Note that names derive from folder names, if they do."""
        named = {*self.naming.separators, *self.naming.keys} & GUESSED
        count = sum(not named.isdisjoint(run.flat) for run in self.runs)
        if not count:
            return []
        return [Message("{n} run(s) are named by (its folder|their folders), which is a guess", n=count)]

    @property
    def _apart(self) -> list[str]:
        """Note that runs of different seeds are not averaged because other parameters differ too."""
        naming = self.naming
        if "DATA_MERGER" not in naming.automatic or not naming.roles.seeds or len(self.runs) < 3:
            return []
        if naming.bins:
            return []
        groups = parameter_table(self.runs).combined([*naming.separators, *naming.keys])[1]
        if len(groups) < len(self.runs):
            return []
        return [
            Message(
                "No two runs differ in the seed alone, so they are kept apart by {names}",
                names=some(list(naming.keys), 6),
            )
        ]


def is_unread_note(note: str) -> bool:
    """Whether a note tells that runs are still being read."""
    return isinstance(note, Message) and note.template == _UNREAD


def select(
    runs: Sequence[Run],
    configuration: Configuration,
    where: str = "",
    annotation_of: AnnotationLookup = no_annotations,
    library: Columns | None = None,
) -> Selection:
    """Select the runs that match a configuration and a query.

    `annotation_of` gives the annotation of a run, for queries on tags and notes. `library` reads rows if
    they are needed to recognise copies. Raises QueryError, and NoRunsError if no run is left.
    """
    stages = apply_filters(runs, configuration, where, annotation_of, library)
    counted = stages.counted
    if not counted.runs:
        raise NoRunsError(_nothing_left(stages.current.runs, where, stages.hidden))
    selection = _named(
        stages.before,
        stages.current,
        counted,
        configuration,
        stages.duplicates,
        filtered=len(stages.current.runs) - stages.hidden - len(stages.unfiltered.runs),
        superseded=len(runs) - len(stages.current.runs),
        hidden=stages.hidden,
    )
    return replace(selection, unmet=tuple(unmatched_options(configuration, selection.naming, stages.current)))


def without_names(selection: Selection, configuration: Configuration) -> Selection:
    """The same selection with anonymous ids in place of run names, users and hosts."""
    duplicates = tuple(
        Duplicates(anonymous_runs([group.counted])[0], tuple(anonymous_runs(group.others)))
        for group in selection.duplicates
    )
    everything = parameter_table(anonymous_runs(selection.everything))
    counted_keys = {run.key for run in selection.runs}
    anonymous = _named(
        without_run_names(make_naming(everything, configuration), everything),
        everything,
        everything.part(np.array([run.key in counted_keys for run in everything.runs], np.bool_)),
        configuration,
        duplicates,
        filtered=selection.filtered,
        superseded=selection.superseded,
        hidden=selection.hidden,
    )
    hosts = hosts_of(selection.everything)
    return replace(anonymous, unmet=tuple(masked(note, hosts) for note in selection.unmet))


def _named(
    naming: Naming,
    everything: ParameterTable,
    counted: ParameterTable,
    configuration: Configuration,
    duplicates: tuple[Duplicates, ...],
    **facts: Any,
) -> Selection:
    older = naming.by_older_name(counted)
    options = SelectionOptions.of(configuration)
    preferred = current_names(options.plotting_order, older)
    algorithms = ordered(naming.algorithms(counted)[1], preferred)
    examples = [counted.runs[index] for index in counted.combined(naming.separators)[1]]
    titles = sorted({naming.title(run) for run in examples}, key=natural)
    return Selection(
        tuple(counted.runs),
        naming,
        tuple(algorithms),
        tuple(titles),
        naming.differs(counted),
        duplicates,
        everything=tuple(everything.runs),
        palette=tuple(palette(algorithms, preferred)),
        legend_order=tuple(current_names(options.legend_order, older)),
        colours=colours_of(options, older),
        **facts,
    )


def current_names(names: Sequence[str], older: Mapping[str, str]) -> list[str]:
    """The names of algorithms in a configured order, with legacy names replaced by current ones."""
    return [older.get(in_older_order(name), name) for name in names]


def colours_of(options: SelectionOptions, older: Mapping[str, str]) -> dict[str, str]:
    """The colours of CURVE_COLORS by current name; a legacy name counts unless the current one is listed."""
    colours = dict(options.curve_colors)
    return {**dict(zip(current_names(list(colours), older), colours.values(), strict=True)), **colours}


class FilterStages(NamedTuple):
    """Runs left after each filter.

    `current` are not superseded, `asked` match the query, `kept` pass the rules, `counted` are without
    duplicates. `before` is the naming that the rules were applied with; `hidden` counts the runs that match
    the query but are hidden.
    """

    current: ParameterTable
    matched: ParameterTable
    before: Naming
    unfiltered: ParameterTable
    counted: ParameterTable
    duplicates: tuple[Duplicates, ...]
    hidden: int = 0


def apply_filters(
    runs: Sequence[Run],
    configuration: Configuration,
    where: str = "",
    annotation_of: AnnotationLookup = no_annotations,
    library: Columns | None = None,
) -> FilterStages:
    """Apply the query, the rules and the removal of duplicates; no run may be left. Raises QueryError."""
    current = current_table(runs, configuration)
    after_query, hidden = filter_by_query(current, where, annotation_of)
    # A rule may name an algorithm, and an algorithm is named by what differs in the whole folder.
    before = make_naming(current, configuration)
    after_rules = after_query.part(rules_mask(after_query, configuration, before))
    rule = SelectionOptions.of(configuration).equal_parameters
    groups = current.get_or_compute(
        ("equal", rule, library is None), lambda: equal_groups(current.runs, library, rule)
    )
    counted, duplicates = merge_duplicates(current, after_rules, groups)
    return FilterStages(current, after_query, before, after_rules, counted, tuple(duplicates), hidden)


def current_table(runs: Sequence[Run], configuration: Configuration) -> ParameterTable:
    """The runs that are not superseded, with inferred parameters and the configuration's renames applied."""
    current = [run for run in runs if not run.superseded]
    options = SelectionOptions.of(configuration)
    renames = options.data_parameter_rename_config, options.data_key_rename_config
    if any(renames):
        current = [renamed(run, *renames) for run in current]
    return parameter_table(with_inferred(current))


def seen_runs(runs: Sequence[Run], where: str, annotation_of: AnnotationLookup) -> tuple[list[Run], int]:
    """The runs that match a query, and the number of matching runs that are hidden. Raises QueryError.

    Hidden runs are left out unless the query includes them: `hidden = true`, or `hidden = *` for all.
    """
    taken, any_hidden = list(runs), False
    if where.strip():
        query = parse_query(where, runs, annotation_of=annotation_of)
        taken, any_hidden = query.select(runs), query.asks_hidden
    seen = taken if any_hidden else [run for run in taken if not annotation_of(run).hidden]
    return seen, len(taken) - len(seen)


def filter_by_query(
    values: ParameterTable, where: str, annotation_of: AnnotationLookup = no_annotations
) -> tuple[ParameterTable, int]:
    """Like `seen_runs`, for a parameter table. Raises QueryError."""
    seen, hidden = seen_runs(values.runs, where, annotation_of)
    if len(seen) < len(values.runs):
        seen_keys = {run.key for run in seen}
        values = values.part(np.array([run.key in seen_keys for run in values.runs], np.bool_))
    return values, hidden


def merge_duplicates(
    everything: ParameterTable, remaining: ParameterTable, groups: Sequence[tuple[str, Sequence[int]]]
) -> tuple[ParameterTable, list[Duplicates]]:
    """The `remaining` runs without duplicates, and the groups of duplicates among them.

    `groups` are the duplicates among all runs, as (reason, indices of `everything`).
    """
    if not groups:
        return remaining, []
    index_of = {run.key: index for index, run in enumerate(remaining.runs)}
    keys = [(why, [everything.runs[index].key for index in indices]) for why, indices in groups]
    kept_groups = [(why, [index_of[key] for key in members if key in index_of]) for why, members in keys]
    counted, duplicates = counted_of(
        remaining.runs, [(why, indices) for why, indices in kept_groups if len(indices) > 1]
    )
    if not duplicates:
        return remaining, []
    counted_keys = {run.key for run in counted}
    part = remaining.part(np.array([run.key in counted_keys for run in remaining.runs], np.bool_))
    return (parameter_table(counted) if any(run.earlier for run in counted) else part), duplicates


def hidden_note(hidden: int) -> list[str]:
    """A note with the number of hidden runs and how to show them; empty if there are none."""
    text = "{n} hidden run(s) are not counted; the query hidden = true shows (it|them)"
    return [Message(text, n=hidden)] if hidden else []


def _nothing_left(current: Sequence[Run], where: str, hidden: int) -> str:
    if not current:
        return Message("no runs: no folder contains a progress.csv or another table of measurements")
    if hidden == len(current):
        if hidden == 1:
            return Message("the only run is hidden; the query hidden = true shows it")
        return Message("all {n} runs are hidden; the query hidden = true shows them", n=hidden)
    reason = Message("the query '{where}'", where=where) if where else Message("the configuration's rules")
    text = "{reason} leaves none of {n} run(s); list them with: sml-viewer list"
    left = Message(text, reason=reason, n=len(current))
    return joined([left, *hidden_note(hidden)], "; ")
