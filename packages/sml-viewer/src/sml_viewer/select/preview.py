"""Preview the effect of a configuration: runs per filter rule, parameter, algorithm and sub-figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sml_viewer.config.plot_config import Configuration
from sml_viewer.config.typed_options import SelectionOptions
from sml_viewer.model.distinct_values import Mask
from sml_viewer.model.parameter_table import ParameterTable
from sml_viewer.model.run import Run
from sml_viewer.naming.labels import Naming, is_renamed, line_styles, natural, ordered, palette, put_first
from sml_viewer.naming.mixed_parameters import mixed_parameters

from .equal_data import Columns
from .query import AnnotationLookup, no_annotations, rule_matches
from .rules import SHORT_NAME
from .selection import FilterStages, apply_filters, colours_of, current_names

SIDES = ("IGNORE", "SELECT")


@dataclass(frozen=True)
class RuleCount:
    """Number of runs that a rule matches, and of those that no other rule of its side matches (`alone`)."""

    caught: int
    alone: int


@dataclass(frozen=True)
class Key:
    """A parameter that algorithms may be named by: number of distinct values, and of runs that have it.

    `unique` tells whether every run has its own value.
    """

    name: str
    distinct: int
    runs: int
    unique: bool
    examples: tuple[str, ...]


@dataclass(frozen=True)
class Algorithm:
    """An algorithm: number of runs, colour and dashes, names before renaming (`originals`).

    `pools` has (sub-figure, mixed parameters) for each sub-figure where more than seeds differ.
    """

    name: str
    runs: int
    colour: str
    dashes: str
    originals: tuple[str, ...]
    pools: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Overview:
    """Effect of a configuration on the runs.

    `rules` and `binned` count per side the active rules and those in the recycle bin. `filtered` are (run,
    indices of the rules that match it); `titles` are (sub-figure, number of runs). `originals` are (name of
    an algorithm before renaming, its legacy names, number of runs). `order` has the entries of
    PLOTTING_ORDER with the algorithm that each refers to; `legend` is the order of the legend.
    """

    stages: FilterStages
    superseded: int
    rules: dict[str, list[RuleCount]]
    binned: dict[str, list[RuleCount]]
    keys: tuple[Key, ...]
    naming: Naming
    algorithms: tuple[Algorithm, ...]
    titles: tuple[tuple[str, int], ...]
    filtered: tuple[tuple[Run, tuple[int, ...]], ...]
    originals: tuple[tuple[str, frozenset[str], int], ...] = ()
    order: tuple[tuple[str, str | None], ...] = ()
    legend: tuple[str, ...] = ()

    def renamed(self, old: str, *, wildcard: bool) -> int:
        """Number of runs that a rename rule would match if it were the only one."""
        return sum(
            runs for name, known, runs in self.originals if is_renamed(name, known, old, wildcard=wildcard)
        )


def make_overview(
    runs: Sequence[Run],
    configuration: Configuration,
    where: str = "",
    annotation_of: AnnotationLookup = no_annotations,
    library: Columns | None = None,
) -> Overview:
    """Compute the preview of a configuration; it may be empty. Raises QueryError."""
    stages = apply_filters(runs, configuration, where, annotation_of, library)
    naming = stages.before
    options = SelectionOptions.of(configuration)
    matches = {side: rule_matches(stages.matched, options.rules(side), stages.before) for side in SIDES}
    binned = {
        side: rule_matches(stages.matched, options.rules(side, recycled=True), stages.before)
        for side in SIDES
    }
    algorithms = _algorithms(stages.counted, naming, configuration)
    names = [algorithm.name for algorithm in algorithms]
    older = naming.by_older_name(stages.counted)
    order = options.plotting_order
    return Overview(
        stages,
        len(runs) - len(stages.current.runs),
        {side: _counts(matched) for side, matched in matches.items()},
        {side: _counts(matched) for side, matched in binned.items()},
        tuple(_keys(stages.counted)),
        naming,
        tuple(algorithms),
        tuple(_titles(stages.counted, naming)),
        tuple(_filtered(stages, matches[options.active_side])),
        tuple(_originals(stages.counted, naming)),
        tuple(
            (entry, name if name in names else None)
            for entry, name in zip(order, current_names(order, older), strict=True)
        ),
        tuple(put_first(names, current_names(options.legend_order, older))),
    )


def parameter_values(
    stages: FilterStages, name: str, search: str = "", most: int = 100
) -> tuple[int, list[tuple[str, int]]]:
    """Number of values of a parameter that contain `search`, and the `most` frequent as (text, runs).

    Values of all runs that match the query count, also of those that rules leave out.
    """
    if name == SHORT_NAME:
        codes, texts = stages.before.algorithms(stages.matched)
    else:
        codes, texts = stages.matched[name].codes, stages.matched[name].texts
    counts = np.bincount(codes, minlength=len(texts)).tolist()
    word = search.casefold()
    matching = [item for item in zip(texts, counts, strict=True) if item[1] and word in item[0].casefold()]
    return len(matching), sorted(matching, key=lambda item: (-item[1], natural(item[0])))[:most]


def _counts(matches: Mask) -> list[RuleCount]:
    rules_per_run = matches.sum(axis=0)
    return [RuleCount(int(matched.sum()), int((matched & (rules_per_run == 1)).sum())) for matched in matches]


def _keys(values: ParameterTable) -> list[Key]:
    """Every parameter of the counted runs; those that vary come first."""
    keys = []
    for name in (*values.names, *values.settings):
        column = values[name]
        used = np.flatnonzero(column.counts)
        distinct, total = len(used), len(values.runs)
        if not distinct:
            continue
        lacking = int(sum(column.counts[code] for code in used if column.values[code] is None))
        examples = tuple(sorted((column.texts[code] for code in used[:50]), key=natural)[:3])
        keys.append(Key(name, distinct, total - lacking, distinct == total > 2, examples))
    return sorted(keys, key=lambda key: key.distinct == 1)


def _algorithms(values: ParameterTable, naming: Naming, configuration: Configuration) -> list[Algorithm]:
    codes, names = naming.algorithms(values)
    counts = np.bincount(codes, minlength=len(names))
    originals: dict[str, dict[str, None]] = {name: {} for name in names}
    for index in values.combined(naming.keys)[1]:
        run = values.runs[index]
        originals[naming.algorithm(run)][naming.original(run)] = None
    pools: dict[str, dict[str, str]] = {name: {} for name in names}
    varying = naming.differs(values)
    for title, name, group in _groups(values, naming):
        if mixed := mixed_parameters(group, varying, naming.roles):
            pools[name][title] = mixed
    options, older = SelectionOptions.of(configuration), naming.by_older_name(values)
    preferred = current_names(options.plotting_order, older)
    order = ordered(names, preferred)
    colours = line_styles(palette(order, preferred), colours=colours_of(options, older))
    numbers = dict(zip(names, counts.tolist(), strict=True))
    return [
        Algorithm(name, numbers[name], *colours[name], tuple(originals[name]), tuple(pools[name].items()))
        for name in order
    ]


def _originals(values: ParameterTable, naming: Naming) -> list[tuple[str, frozenset[str], int]]:
    codes, examples = values.combined(naming.keys)
    counts = np.bincount(codes, minlength=len(examples)).tolist()
    runs = [values.runs[index] for index in examples]
    return [
        (naming.original(run), frozenset(naming.older(run)), count)
        for run, count in zip(runs, counts, strict=True)
    ]


def _groups(values: ParameterTable, naming: Naming) -> list[tuple[str, str, list[Run]]]:
    """(sub-figure, algorithm, runs) of each curve."""
    codes, examples = values.combined([*naming.separators, *naming.keys])
    groups: dict[tuple[tuple[str, ...], str], list[Run]] = {}
    titles: dict[tuple[str, ...], str] = {}
    keys = []
    for index in examples:
        run = values.runs[index]
        keys.append((naming.group(run), naming.algorithm(run)))
        titles[keys[-1][0]] = naming.title(run)
    for code, run in zip(codes.tolist(), values.runs, strict=True):
        groups.setdefault(keys[code], []).append(run)
    return [(titles[group], name, runs) for (group, name), runs in groups.items()]


def _titles(values: ParameterTable, naming: Naming) -> list[tuple[str, int]]:
    codes, examples = values.combined(naming.separators)
    counts: dict[str, int] = {}
    for count, index in zip(np.bincount(codes, minlength=len(examples)), examples, strict=True):
        title = naming.title(values.runs[index])
        counts[title] = counts.get(title, 0) + int(count)
    return sorted(counts.items(), key=lambda item: natural(item[0]))


def _filtered(stages: FilterStages, matches: Mask) -> list[tuple[Run, tuple[int, ...]]]:
    """The runs that the rules leave out, with the indices of the rules that match them, if any."""
    kept_keys = {run.key for run in stages.unfiltered.runs}
    left_out = [index for index, run in enumerate(stages.matched.runs) if run.key not in kept_keys]
    return [
        (stages.matched.runs[index], tuple(np.flatnonzero(matches[:, index]).tolist())) for index in left_out
    ]
