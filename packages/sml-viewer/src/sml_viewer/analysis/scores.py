"""Scores for tables and bars: one number per run; mean, error and test per group of runs."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np

from sml_viewer.analysis.groups import choose_pairs, group_series, long_enough, note_left_out, without_parents
from sml_viewer.arrays import Floats
from sml_viewer.columns.episodes import episodes_note, for_episodes
from sml_viewer.columns.metric_direction import largest_is_best
from sml_viewer.config.plot_config import Configuration
from sml_viewer.config.typed_options import ComparisonOptions, ScoreOptions
from sml_viewer.errors import NoRunsError, OptionError
from sml_viewer.i18n import Message, Notes, joined, some
from sml_viewer.library import Library
from sml_viewer.model.results import Cell, Pair, ScoreTable
from sml_viewer.naming.labels import put_first
from sml_viewer.naming.mixed_parameters import mixed_parameters, repeats
from sml_viewer.report.parse_losses import note_losses
from sml_viewer.report.score_caption import bars_normalised, scores_caption
from sml_viewer.select.selection import Selection
from sml_viewer.series.load import Series, load_series
from sml_viewer.stats.bands import half_width, stratified_iqm
from sml_viewer.stats.digits import digits_of
from sml_viewer.stats.hypothesis import ALPHA, not_worse

from .best_groups import best_groups
from .mixed_units import note_units, units_differ

# A page has room for this many columns of algorithms.
_MOST_COLUMNS = 6
# If there is no score at all, the error lists at most this many reasons.
_REASONS = 3


@np.errstate(over="ignore", invalid="ignore")  # a mean that is too large is infinite, and shown so
def make_tables(
    library: Library, selection: Selection, configuration: Configuration, *, whole: bool = False
) -> list[ScoreTable]:
    """Compute a score table per pair of columns.

    If there are very many algorithms, only the best are in it, unless `whole`. Raises NoRunsError if no run
    has a score, ColumnError if no run has a column, OptionError for TABLE_SCORE at_x without XMAX.
    """
    tables: list[ScoreTable] = []
    empty: list[str] = []
    reasons: list[str] = []
    for chosen in choose_pairs(library, selection.runs, configuration):
        pair = (chosen.x, chosen.y)
        series = load_series(library, selection.runs, *pair)
        notes = Notes()
        note_left_out(selection.runs, {run_series.run.key for run_series in series}, pair, notes)
        series = without_parents(long_enough(series, configuration, notes), pair[1], notes)
        note_losses((run_series.run for run_series in series), pair, notes)
        groups = group_series(series, selection)
        scored = for_episodes(configuration, pair, [run_series.run for run_series in series])
        choice_notes = [*([chosen.note] if chosen.note else []), *episodes_note(configuration, scored)]
        total = len({algorithm for _, algorithm in groups})
        if not whole:
            groups, few = best_groups(
                groups, pair, selection, configuration, _Scores(scored, pair, selection)
            )
            choice_notes = [*few, *choice_notes]
        shown = len({algorithm for _, algorithm in groups})
        table = replace(_table(pair, groups, selection, scored, notes, choice_notes), more=total - shown)
        if table.rows:
            tables.append(table)
        else:
            empty.append(Message("no run has a score of {y} over {x}", y=pair[1], x=pair[0]))
            reasons += notes.sentences
    if not tables:
        remedy = Message("look at the runs' notes with: sml-viewer list")
        raise NoRunsError(joined([*empty, *reasons[:_REASONS], remedy], "; "))
    if empty:
        first = replace(tables[0], notes=(*tables[0].notes, *empty))
        tables[0] = captioned(first, configuration)
    return tables


def captioned(table: ScoreTable, configuration: Configuration, *, bars: bool = False) -> ScoreTable:
    """The table with its caption, worded for a table or, with `bars`, for a bar chart."""
    runs = [run for _, _, cell in table.cells() for run in cell.runs]
    for_runs = for_episodes(configuration, table.pair, runs)
    text, details = scores_caption(table, for_runs, bars=bars)
    return replace(table, caption=text, details=details)


def for_bars(table: ScoreTable, configuration: Configuration) -> ScoreTable:
    """The table that a bar chart shows: without sub-figures in different units if bars are normalised."""
    if table.mixed and bars_normalised(table, configuration):
        remaining = [position for position in range(len(table.titles)) if position not in table.mixed]
        names = [table.titles[position] for position in sorted(table.mixed)]
        text = "{names}: no normalised bars, as its algorithms give {y} in different units"
        table = replace(
            table,
            titles=tuple(table.titles[position] for position in remaining),
            rows=tuple(table.rows[position] for position in remaining),
            notes=(*table.notes, Message(text, names=some(names), y=table.y_column)),
            mixed=frozenset(),
        )
    return captioned(table, configuration, bars=True)


def score(series: Series, rule: str, *, x_max: float | None, last_k: int, largest: bool) -> float | None:
    """Score one run from its rows up to `x_max`; None if it has no such row.

    `rule` is last (last value), last_k (mean of the last `last_k` values), best (largest or smallest value),
    average (mean of all values) or at_x: the last value at or before `x_max`, None for a run that did not
    reach it. Raises OptionError for at_x without `x_max`.
    """
    y = series.y if x_max is None else series.y[series.x <= x_max]
    if not len(y):
        return None
    if rule == "at_x":
        if x_max is None:
            raise OptionError(Message("TABLE_SCORE at_x needs XMAX, the x to report at"))
        return float(y[-1]) if series.x[-1] >= x_max else None
    if rule == "best":
        return float(y.max() if largest else y.min())
    if rule == "last":
        return float(y[-1])
    return float(np.mean(y if rule == "average" else y[-last_k:]))


def normalised(cell: Cell | None, zero_at: float, one_at: float) -> Floats:
    """The finite scores of a cell, scaled so that `zero_at` becomes 0 and `one_at` becomes 1."""
    scores = np.array([]) if cell is None else cell.scores
    return np.asarray((scores[np.isfinite(scores)] - zero_at) / (one_at - zero_at))


def scale_of(row: Sequence[Cell | None]) -> float:
    """Divisor of a sub-figure's bars when they are normalised: its largest absolute mean, or 1."""
    largest = max(
        (abs(cell.mean) for cell in row if cell is not None and np.isfinite(cell.mean)), default=0.0
    )
    return largest or 1.0


def legend_names(table: ScoreTable, selection: Selection, configuration: Configuration) -> list[str]:
    """The algorithms in legend order: as in LEGEND_ORDER, or by mean relative performance, best first.

    Relative performance is 0 for the worst mean of a sub-figure and 1 for the best.
    """
    preferred = selection.legend_order
    names = put_first(table.algorithms, preferred)
    if not ComparisonOptions.of(configuration, table.pair).sort_by_performance_order:
        return names
    means = np.array([[np.nan if cell is None else cell.mean for cell in row] for row in table.rows])
    means[~np.isfinite(means)] = np.nan
    if not largest_is_best(configuration, table.pair):
        means = -means
    performance: dict[str, list[float]] = {}
    for position, row in enumerate(means):
        if position in table.mixed:
            continue
        finite = row[np.isfinite(row)]
        span = np.ptp(finite) if len(finite) else 0.0
        for name, value in zip(table.algorithms, row, strict=True):
            if np.isfinite(value):
                performance.setdefault(name, []).append((value - finite.min()) / span if span else 1.0)
    return sorted(names, key=lambda name: -float(np.mean(performance.get(name, [-1.0]))))


def _table(
    pair: Pair,
    groups: Mapping[tuple[tuple[str, ...], str], list[Series]],
    selection: Selection,
    configuration: Configuration,
    notes: Notes,
    choice_notes: Sequence[str],
) -> ScoreTable:
    cells: dict[tuple[str, ...], dict[str, Cell]] = {}
    shown: dict[tuple[str, ...], list[Series]] = {}
    titles: dict[tuple[str, ...], str] = {}
    for (group, algorithm), series in groups.items():
        title = titles.setdefault(group, selection.naming.title(series[0].run))
        cell = _cell(series, pair, title, selection, configuration, notes)
        if cell is not None:
            cells.setdefault(group, {})[algorithm] = cell
            shown.setdefault(group, []).extend(series)
    mixed = note_units(shown, titles, pair[1], notes)
    algorithms = [name for name in selection.algorithms if any(name in row for row in cells.values())]
    largest = largest_is_best(configuration, pair)
    options = ComparisonOptions.of(configuration, pair)
    marked = {
        group: row
        if group in mixed
        else _marked(row, largest, options.excluded, ScoreOptions.of(configuration, pair, titles[group]))
        for group, row in cells.items()
    }
    table = ScoreTable(
        pair,
        tuple(titles[group] for group in marked),
        tuple(algorithms),
        tuple(tuple(row.get(name) for name in algorithms) for row in marked.values()),
        "",
        transposed=_transposed(len(titles), len(algorithms), options),
        notes=(*selection.notes, *notes.sentences),
        chosen=tuple(choice_notes),
        binned=tuple(selection.naming.bins),
        mixed=frozenset(position for position, group in enumerate(marked) if group in mixed),
    )
    if not table.rows:
        return table
    ranges = options.table_normalize
    if lacking := [title for title in table.titles if ranges and title not in ranges]:
        note = Message("TABLE_NORMALIZE lacks {names}, so it is not used", names=some(lacking))
        table = replace(table, notes=(*table.notes, note))
    table = replace(table, average=_average(table, ranges))
    return captioned(table, configuration)


def _transposed(titles: int, algorithms: int, options: ComparisonOptions) -> bool:
    """Whether algorithms are rows: as configured, else if there are too many for the columns of a page."""
    chosen = options.table_alg_sort_by_row
    return algorithms > max(titles, _MOST_COLUMNS) if chosen is None else chosen


def run_scores(
    library: Library, selection: Selection, configuration: Configuration, pair: Pair, notes: Notes
) -> tuple[dict[tuple[int, int], float], Configuration, list[str]]:
    """The score of each run that has one, by the run's key, as in tables; and the scoring that was used.

    A score may be NaN or infinite. Runs without a score are noted. The third value tells the sub-figures that
    have none since their runs give the metric in different units.
    """
    series = load_series(library, selection.runs, *pair)
    note_left_out(selection.runs, {run_series.run.key for run_series in series}, pair, notes)
    series = without_parents(long_enough(series, configuration, notes), pair[1], notes)
    scored = for_episodes(configuration, pair, [run_series.run for run_series in series])
    largest = largest_is_best(configuration, pair)
    options: dict[str, ScoreOptions] = {}
    scores: dict[tuple[int, int], float] = {}
    figures: dict[tuple[str, ...], list[Series]] = {}
    for run_series in series:
        figures.setdefault(selection.naming.group(run_series.run), []).append(run_series)
    titles = {group: selection.naming.title(first.run) for group, (first, *_) in figures.items()}
    units = Notes()
    for group in note_units(figures, titles, pair[1], units):
        del figures[group]
    for run_series in (run_series for several in figures.values() for run_series in several):
        title = selection.naming.title(run_series.run)
        if title not in options:
            options[title] = ScoreOptions.of(scored, pair, title)
        value = _score(run_series, options[title], largest=largest)
        if value is not None:
            scores[run_series.run.key] = value
    return scores, scored, units.sentences


class _Scores:
    """Compute the mean score of a group, the same as in its cell; NaN if no run has a score."""

    def __init__(self, configuration: Configuration, pair: Pair, selection: Selection) -> None:
        self._configuration, self._pair, self._selection = configuration, pair, selection
        self._largest = largest_is_best(configuration, pair)

    def __call__(self, series: Sequence[Series]) -> float:
        title = self._selection.naming.title(series[0].run)
        options = ScoreOptions.of(self._configuration, self._pair, title)
        scores = [
            value
            for run_series in series
            if (value := _score(run_series, options, largest=self._largest)) is not None
        ]
        return float(np.mean(scores)) if scores else math.nan


def _score(series: Series, options: ScoreOptions, *, largest: bool) -> float | None:
    """A run's score; None if it has none."""
    return score(series, options.rule, x_max=options.xmax, last_k=options.table_last_k, largest=largest)


def _cell(
    series: Sequence[Series],
    pair: Pair,
    title: str,
    selection: Selection,
    configuration: Configuration,
    notes: Notes,
) -> Cell | None:
    if (mixed := units_differ(series, pair[1])) is not None:
        notes.add(title or pair[1], mixed)
        return None
    options = ScoreOptions.of(configuration, pair, title)
    limit = options.xmax
    largest = largest_is_best(configuration, pair)
    scored = []
    for run_series in series:
        for note in run_series.notes:
            notes.add(run_series.run.name, note)
        value = _score(run_series, options, largest=largest)
        if value is None:
            notes.add(
                run_series.run.name, Message("no row at {x} {limit:g}; left out", x=pair[0], limit=limit)
            )
        else:
            scored.append((run_series.run, value, _end(run_series, limit)))
    if not scored:
        return None
    runs, ends = tuple(run for run, _, _ in scored), [end for _, _, end in scored]
    values = np.array([value for _, value, _ in scored])
    with np.errstate(invalid="ignore"):
        error = float(half_width(values, options.table_error))
        mean = float(values.mean())
    return Cell(
        values,
        mean,
        error,
        runs,
        digits_of(mean, error) if options.table_valid_bits is None else options.table_valid_bits,
        mixed_parameters(runs, selection.varying, selection.naming.roles),
        unfinished=sum(not run.finished for run in runs),
        ends=(min(ends), max(ends)),
        repeats=repeats(runs),
    )


def _end(series: Series, limit: float | None) -> float:
    """The x of the last row that is scored."""
    rows = len(series.x) if limit is None else int(np.searchsorted(series.x, limit, "right"))
    return float(series.x[rows - 1])


def _marked(
    row: Mapping[str, Cell], largest: bool, excluded: Collection[str], options: ScoreOptions
) -> dict[str, Cell]:
    """The row with the best cell marked, and the cells that are not significantly worse."""
    able = {name: cell for name, cell in row.items() if name not in excluded and np.isfinite(cell.mean)}
    if not able:
        return dict(row)
    best = (max if largest else min)(able, key=lambda name: able[name].mean)
    values = not_worse({name: cell.scores for name, cell in able.items()}, best, options.table_test)
    return {
        name: replace(
            cell,
            best=name in able and cell.mean == able[best].mean,
            with_best=name in able and (name == best or values.get(name, 0.0) >= ALPHA),
        )
        for name, cell in row.items()
    }


def _average(
    table: ScoreTable, ranges: Mapping[str, Sequence[float]]
) -> tuple[tuple[float, float, float] | None, ...]:
    """(IQM, low, high) of normalised scores per algorithm; empty unless `ranges` names every sub-figure."""
    if not ranges or table.mixed or not set(table.titles) <= set(ranges):
        return ()
    averages = []
    for column in range(len(table.algorithms)):
        scores = [
            normalised(row[column], *ranges[title])
            for title, row in zip(table.titles, table.rows, strict=True)
        ]
        averages.append(stratified_iqm(scores) if all(map(len, scores)) else None)
    return tuple(averages)
