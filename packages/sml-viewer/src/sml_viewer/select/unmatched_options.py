"""Warn about options that match no run and therefore have no effect."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sml_viewer.columns.axes import DERIVED_AXES
from sml_viewer.config.legacy_names import in_older_order
from sml_viewer.config.plot_config import Configuration, pair_of_key
from sml_viewer.config.plot_options import OVERRIDES
from sml_viewer.config.typed_options import ComparisonOptions, NamingOptions, SelectionOptions
from sml_viewer.i18n import Message, some
from sml_viewer.model.parameter_table import ParameterTable
from sml_viewer.naming.labels import PLACEHOLDER, Naming, is_renamed
from sml_viewer.series.load import known_columns

from .rules import SHORT_NAME


def unmatched_options(configuration: Configuration, naming: Naming, everything: ParameterTable) -> list[str]:
    """A note for each option that names parameters, algorithms, sub-figures or columns that no run has.

    `everything` are the runs before query and rules, so that options may name what these leave out.
    """
    notes: list[str] = [
        Message("no run has the parameter {name}", name=name)
        for name in _parameters(configuration, everything)
    ]
    for option, absent in _algorithms(configuration, naming, everything):
        if absent:
            notes.append(
                Message("{option}: no algorithm is called {names}", option=option, names=some(absent))
            )
    for option, absent in _titles(configuration, naming, everything):
        if absent:
            notes.append(
                Message("{option}: no sub-figure is called {names}", option=option, names=some(absent))
            )
    if pairs := _pairs(configuration, everything):
        text = "{option}: no pair of columns is called {names}"
        notes.append(Message(text, option=OVERRIDES, names=some(pairs)))
    return notes


def _parameters(configuration: Configuration, everything: ParameterTable) -> list[str]:
    """The configured parameters that no run has, not even as a default or a setting."""
    options, names = SelectionOptions.of(configuration), NamingOptions.of(configuration)
    named = [
        *(names.figure_separation or ()),
        *names.data_merger,
        *(name for rule in options.rules(options.active_side).rules for name in rule if name != SHORT_NAME),
    ]
    more = {name for run in everything.runs for name in (*run.defaults, *run.settings)} if named else set()
    known = {*everything.names, *more}
    return [name for name in dict.fromkeys(named) if name not in known]


def _algorithms(
    configuration: Configuration, naming: Naming, everything: ParameterTable
) -> Iterator[tuple[str, list[str]]]:
    options = SelectionOptions.of(configuration)
    ordered = {"PLOTTING_ORDER": options.plotting_order, "LEGEND_ORDER": options.legend_order}
    comparison = ComparisonOptions.of(configuration)
    marked = {
        "BAR_HOLLOW_ALG_NAME": [comparison.bar_hollow_alg_name or ""],
        "BAR_MAXIMUM_EXCLUDE": [*comparison.excluded],
    }
    if not (any(ordered.values()) or any(map(any, marked.values())) or naming.renames):
        return
    runs = [everything.runs[index] for index in everything.combined(naming.keys)[1]]
    names = {naming.algorithm(run) for run in runs}
    before = [(naming.original(run), naming.older(run)) for run in runs]
    older = {name for _, known in before for name in known}
    for option, configured in ordered.items():
        absent = [name for name in configured if name not in names and in_older_order(name) not in older]
        yield option, [name for name in absent if name != PLACEHOLDER]
    for option, configured in marked.items():
        yield option, [name.strip() for name in configured if name.strip() and name.strip() not in names]
    yield (
        "SHORT_NAME_FROM_CONFIG",
        [
            old
            for old, _, wildcard in naming.renames
            if not any(is_renamed(name, known, old, wildcard=wildcard) for name, known in before)
        ],
    )


def _titles(
    configuration: Configuration, naming: Naming, everything: ParameterTable
) -> Iterator[tuple[str, list[str]]]:
    named: dict[str, Iterable[str]] = {
        "TABLE_NORMALIZE": ComparisonOptions.of(configuration).table_normalize,
        OVERRIDES: [
            *configuration.titles,
            *(title for inner in configuration.subfigures.values() for title in inner),
        ],
    }
    if not any(named.values()):
        return
    titles = {naming.title(everything.runs[index]) for index in everything.combined(naming.separators)[1]}
    for option, configured in named.items():
        yield option, [title for title in dict.fromkeys(configured) if title not in titles]


def _pairs(configuration: Configuration, everything: ParameterTable) -> list[str]:
    """The pairs of the overrides that are not two columns; in `x-y` both names may contain a `-`."""
    named = dict.fromkeys((*configuration.pairs, *configuration.subfigures))
    columns = {*known_columns(everything.runs), *DERIVED_AXES} if named else set()
    return [key for key in named if not any(columns.issuperset(pair) for pair in _pairs_of_key(key))]


def _pairs_of_key(key: str) -> list[tuple[str, str]]:
    """All pairs that a key of the overrides may name."""
    if pair := pair_of_key(key):
        return [pair]
    return [(key[:position], key[position + 1 :]) for position, letter in enumerate(key) if letter == "-"]
