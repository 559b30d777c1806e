"""Choose the columns to compare, and group the series of runs by sub-figure and algorithm."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from sml_viewer.columns.choose import Chosen, choose_pair
from sml_viewer.config.plot_config import Configuration
from sml_viewer.config.typed_options import CurveOptions, SelectionOptions
from sml_viewer.errors import OptionError
from sml_viewer.i18n import Message, Notes
from sml_viewer.library import Library
from sml_viewer.model.parameter_table import parameter_table
from sml_viewer.model.results import Pair
from sml_viewer.model.run import Run
from sml_viewer.naming.labels import natural
from sml_viewer.select.selection import Selection
from sml_viewer.series.load import Series

# The values of the separators, which identify a sub-figure, and the algorithm.
Group = tuple[tuple[str, ...], str]

_PARENT = "tags.mlflow.parentRunId"


def chosen_pairs(library: Library, runs: Sequence[Run], configuration: Configuration) -> list[Pair]:
    """The (x, y) columns that are configured, else a pair chosen from the runs. Raises ColumnError."""
    return [(choice.x, choice.y) for choice in choose_pairs(library, runs, configuration)]


def choose_pairs(library: Library, runs: Sequence[Run], configuration: Configuration) -> list[Chosen]:
    """The column pairs without repeats, each with its note on alternatives. Raises ColumnError."""
    configured = SelectionOptions.of(configuration).plotting_xy or [["", ""]]
    chosen = [choose_pair(library, runs, x or None, y or None) for x, y in configured]
    return list({(choice.x, choice.y): choice for choice in chosen[::-1]}.values())[::-1]


def group_of_runs(selection: Selection) -> dict[tuple[int, int], Group]:
    """The sub-figure and the algorithm of each run, by the run's key."""
    naming = selection.naming
    codes, examples = parameter_table(selection.runs).combined([*naming.separators, *naming.keys])
    names = [(naming.group(run), naming.algorithm(run)) for run in map(selection.runs.__getitem__, examples)]
    return {run.key: names[code] for run, code in zip(selection.runs, codes.tolist(), strict=True)}


def in_order(groups: Iterable[Group], selection: Selection) -> list[Group]:
    """Groups sorted by sub-figure, and by the selection's order of algorithms."""
    rank_of = {name: rank for rank, name in enumerate(selection.algorithms)}
    return sorted(groups, key=lambda key: ([natural(part) for part in key[0]], rank_of[key[1]]))


def group_series(series: Sequence[Series], selection: Selection) -> dict[Group, list[Series]]:
    """The series by sub-figure and algorithm; sub-figures sorted, algorithms in the selection's order."""
    group_of = group_of_runs(selection)
    groups: dict[Group, list[Series]] = {}
    for run_series in series:
        groups.setdefault(group_of[run_series.run.key], []).append(run_series)
    return {key: groups[key] for key in in_order(groups, selection)}


def long_enough(series: list[Series], configuration: Configuration, notes: Notes) -> list[Series]:
    """The series with at least MINIMUM_DATA_POINT_NUM points; the others are noted."""
    least = SelectionOptions.of(configuration).minimum_data_point_num
    if least is None:
        return series
    short = [run_series for run_series in series if len(run_series.x) < least]
    if short:
        for run_series in short:
            notes.add(run_series.run.name, Message("fewer than {n} point(s); left out", n=least))
    return [run_series for run_series in series if len(run_series.x) >= least]


def without_parents(series: list[Series], y: str, notes: Notes) -> list[Series]:
    """The series without those of parents of nested runs that have the metric `y` too; these are noted.

    MLflow's searches and cross-validations log the best or mean value of their nested runs in the parent.
    """
    parents = {str(item.run.settings[_PARENT]) for item in series if _PARENT in item.run.settings}
    if not parents:
        return series
    remaining = []
    for item in series:
        if (item.run.run_in_file or item.run.path.name) in parents:
            notes.add(item.run.name, Message("parent of nested runs that have {y}, too; left out", y=y))
        else:
            remaining.append(item)
    return remaining


def note_left_out(runs: Sequence[Run], drawn: Collection[tuple[int, int]], pair: Pair, notes: Notes) -> None:
    """Add a note for each run without a series; the selection notes those that are still being read."""
    for run in runs:
        if run.key not in drawn and run.rows is not None:
            notes.add(run.name, Message("no row with both {x} and {y}; left out", x=pair[0], y=pair[1]))


def center_and_error(options: CurveOptions) -> tuple[str, str]:
    """The kinds of centre and band. Raises OptionError if CURVE_ERROR does not suit CURVE_CENTER."""
    middle, kind = options.curve_center, options.curve_error
    if middle != "mean" and kind in ("se", "sd", "t"):
        if options.is_set("curve_error"):
            raise OptionError(
                Message(
                    "CURVE_ERROR: {kind} needs a mean; with CURVE_CENTER {middle} choose bootstrap or minmax",
                    kind=kind,
                    middle=middle,
                )
            )
        kind = "bootstrap"
    return middle, kind
