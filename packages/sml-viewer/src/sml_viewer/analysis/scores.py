"""One number per run, and what is said of each group of runs: for tables and bars."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from sml_viewer.analysis.groups import choices, grouped, long_enough, note_left_out
from sml_viewer.arrays import Floats
from sml_viewer.columns.episodes import episodes_note, for_episodes
from sml_viewer.columns.metric_direction import largest_is_best
from sml_viewer.config.plot_config import Configuration
from sml_viewer.errors import NoRunsError, OptionError
from sml_viewer.i18n import Notes, Phrase, joined, some
from sml_viewer.library import Library
from sml_viewer.model.results import Cell, Pair, ScoreTable
from sml_viewer.naming.labels import put_first
from sml_viewer.naming.mixed_parameters import pooled, repeats
from sml_viewer.report.parse_losses import note_losses
from sml_viewer.report.score_caption import excluded_names, scores_caption
from sml_viewer.select.selection import Selection
from sml_viewer.series.load import Series, load_series
from sml_viewer.stats.digits import digits_of
from sml_viewer.stats.estimators import half_width, stratified_iqm
from sml_viewer.stats.hypothesis import ALPHA, not_worse

from .best_groups import best_groups

# How many algorithms a page has columns for.
_MOST_COLUMNS = 6
# How many notes say why there is no score at all.
_REASONS = 3


@np.errstate(over="ignore", invalid="ignore")  # a mean that is too large is infinite, and shown so
def make_tables(
    library: Library, selection: Selection, configuration: Configuration, *, whole: bool = False
) -> list[ScoreTable]:
    """A table per pair of columns, of the best algorithms where there are very many, unless `whole`.

    Raises NoRunsError, ColumnError, OptionError.
    """
    tables: list[ScoreTable] = []
    empty: list[str] = []
    reasons: list[str] = []
    for chosen in choices(library, selection.runs, configuration):
        pair = (chosen.x, chosen.y)
        series = load_series(library, selection.runs, *pair)
        notes = Notes()
        note_left_out(selection.runs, {run_series.run.key for run_series in series}, pair, notes)
        series = long_enough(series, configuration, notes)
        note_losses((run_series.run for run_series in series), pair, notes)
        groups = grouped(series, selection)
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
            empty.append(Phrase("no run has a score of {y} over {x}", y=pair[1], x=pair[0]))
            reasons += notes.sentences
    if not tables:
        look = Phrase("look at the runs' notes with: sml-viewer list")
        raise NoRunsError(joined([*empty, *reasons[:_REASONS], look], "; "))
    if empty:
        first = replace(tables[0], notes=(*tables[0].notes, *empty))
        tables[0] = captioned(first, configuration)
    return tables


def captioned(table: ScoreTable, configuration: Configuration, *, bars: bool = False) -> ScoreTable:
    """The table with the caption of a table, or of bars."""
    runs = [run for _, _, cell in table.cells() for run in cell.runs]
    for_runs = for_episodes(configuration, table.pair, runs)
    text, details = scores_caption(table, for_runs, bars=bars)
    return replace(table, caption=text, details=details)


def score(series: Series, rule: str, *, x_max: float | None, last_k: int, largest: bool) -> float | None:
    """A run's score by a rule: last, last_k, best, at_x or average, of its rows up to `x_max`.

    None if it has none.

    at_x is the last value at or before `x_max` of a run that reached it. Raises OptionError for at_x without
    `x_max`.
    """
    y = series.y if x_max is None else series.y[series.x <= x_max]
    if not len(y):
        return None
    if rule == "at_x":
        if x_max is None:
            raise OptionError(Phrase("TABLE_SCORE at_x needs XMAX, the x to report at"))
        return float(y[-1]) if series.x[-1] >= x_max else None
    if rule == "best":
        return float(y.max() if largest else y.min())
    if rule == "last":
        return float(y[-1])
    return float(np.mean(y if rule == "average" else y[-last_k:]))


def normalised(cell: Cell | None, zero_at: float, one_at: float) -> Floats:
    """A cell's finite scores, so that `zero` becomes 0 and `one` 1; a run that diverged has none."""
    scores = np.array([]) if cell is None else cell.scores
    return np.asarray((scores[np.isfinite(scores)] - zero_at) / (one_at - zero_at))


def scale_of(row: Sequence[Cell | None]) -> float:
    """What a group's bars are divided by when they are normalised: its largest absolute mean."""
    largest = max(
        (abs(cell.mean) for cell in row if cell is not None and np.isfinite(cell.mean)), default=0.0
    )
    return largest or 1.0


def legend_names(table: ScoreTable, selection: Selection, configuration: Configuration) -> list[str]:
    """The algorithms as a legend lists them: as LEGEND_ORDER has them, or by mean relative performance.

    Performance is where a mean lies between the worst (0) and the best (1) of its sub-figure.
    """
    preferred = selection.legend_order
    names = put_first(table.algorithms, preferred)
    if not configuration.get("SORT_BY_PERFORMANCE_ORDER", table.pair):
        return names
    means = np.array([[np.nan if cell is None else cell.mean for cell in row] for row in table.rows])
    means[~np.isfinite(means)] = np.nan
    if not largest_is_best(configuration, table.pair):
        means = -means
    performance: dict[str, list[float]] = {}
    for row in means:
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
    titles: dict[tuple[str, ...], str] = {}
    for (group, algorithm), series in groups.items():
        title = titles.setdefault(group, selection.naming.title(series[0].run))
        cell = _cell(series, pair, title, selection, configuration, notes)
        if cell is not None:
            cells.setdefault(group, {})[algorithm] = cell
    algorithms = [name for name in selection.algorithms if any(name in row for row in cells.values())]
    largest = largest_is_best(configuration, pair)
    excluded = excluded_names(configuration, pair)
    marked = {
        group: _marked(row, largest, configuration.get("TABLE_TEST", pair, titles[group]), excluded)
        for group, row in cells.items()
    }
    table = ScoreTable(
        pair,
        tuple(titles[group] for group in marked),
        tuple(algorithms),
        tuple(tuple(row.get(name) for name in algorithms) for row in marked.values()),
        "",
        transposed=_transposed(len(titles), len(algorithms), configuration, pair),
        notes=(*selection.notes, *notes.sentences),
        chosen=tuple(choice_notes),
        binned=tuple(selection.naming.bins),
    )
    if not table.rows:
        return table
    ranges = configuration.get("TABLE_NORMALIZE")
    if lacking := [title for title in table.titles if ranges and title not in ranges]:
        note = Phrase("TABLE_NORMALIZE lacks {names}, so it is not used", names=some(lacking))
        table = replace(table, notes=(*table.notes, note))
    table = replace(table, average=_average(table, ranges))
    return captioned(table, configuration)


def _transposed(titles: int, algorithms: int, configuration: Configuration, pair: Pair) -> bool:
    """Whether algorithms are rows: as set, else where they are too many for the columns of a page."""
    if configuration.is_set("TABLE_ALG_SORT_BY_ROW", pair):
        return bool(configuration.get("TABLE_ALG_SORT_BY_ROW", pair))
    return algorithms > max(titles, _MOST_COLUMNS)


class _Scores:
    """The mean score of a group, as its cell will have it; NaN if it has none."""

    def __init__(self, configuration: Configuration, pair: Pair, selection: Selection) -> None:
        self._configuration, self._pair, self._selection = configuration, pair, selection
        self._largest = largest_is_best(configuration, pair)

    def __call__(self, series: Sequence[Series]) -> float:
        rule = _Rule.of(self._configuration, self._pair, self._selection.naming.title(series[0].run))
        scores = [
            value
            for run_series in series
            if (value := rule.score(run_series, largest=self._largest)) is not None
        ]
        return float(np.mean(scores)) if scores else math.nan


class _Rule(NamedTuple):
    """How the runs of a sub-figure are scored."""

    name: str
    x_max: float | None
    last_k: int

    @classmethod
    def of(cls, configuration: Configuration, pair: Pair, title: str) -> _Rule:
        """The rule that holds for a sub-figure."""
        average = configuration.get("TABLE_SHOW_AVERAGE", pair, title)
        return cls(
            "average" if average else configuration.get("TABLE_SCORE", pair, title),
            configuration.get("XMAX", pair, title),
            configuration.get("TABLE_LAST_K", pair, title),
        )

    def score(self, series: Series, *, largest: bool) -> float | None:
        """A run's score; None if it has none."""
        return score(series, self.name, x_max=self.x_max, last_k=self.last_k, largest=largest)


def _cell(
    series: Sequence[Series],
    pair: Pair,
    title: str,
    selection: Selection,
    configuration: Configuration,
    notes: Notes,
) -> Cell | None:
    rule = _Rule.of(configuration, pair, title)
    limit = rule.x_max
    largest = largest_is_best(configuration, pair)
    scored = []
    for run_series in series:
        for note in run_series.notes:
            notes.add(run_series.run.name, note)
        value = rule.score(run_series, largest=largest)
        if value is None:
            notes.add(
                run_series.run.name, Phrase("no row at {x} {limit:g}; left out", x=pair[0], limit=limit)
            )
        else:
            scored.append((run_series.run, value, _end(run_series, limit)))
    if not scored:
        return None
    runs, ends = tuple(run for run, _, _ in scored), [end for _, _, end in scored]
    values = np.array([value for _, value, _ in scored])
    with np.errstate(invalid="ignore"):
        error = float(half_width(values, configuration.get("TABLE_ERROR", pair, title)))
        mean = float(values.mean())
    return Cell(
        values,
        mean,
        error,
        runs,
        configuration.get("TABLE_VALID_BITS", pair, title)
        if configuration.is_set("TABLE_VALID_BITS", pair, title)
        else digits_of(mean, error),
        pooled(runs, selection.varying, selection.naming.roles),
        unfinished=sum(not run.finished for run in runs),
        ends=(min(ends), max(ends)),
        repeats=repeats(runs),
    )


def _end(series: Series, limit: float | None) -> float:
    """The x of the last row that counts."""
    rows = len(series.x) if limit is None else int(np.searchsorted(series.x, limit, "right"))
    return float(series.x[rows - 1])


def _marked(row: Mapping[str, Cell], largest: bool, test: str, excluded: set[str]) -> dict[str, Cell]:
    """The row with its best marked, and with what is not significantly worse."""
    able = {name: cell for name, cell in row.items() if name not in excluded and np.isfinite(cell.mean)}
    if not able:
        return dict(row)
    best = (max if largest else min)(able, key=lambda name: able[name].mean)
    values = not_worse({name: cell.scores for name, cell in able.items()}, best, test)
    return {
        name: Cell(
            **{
                **vars(cell),
                "best": name in able and cell.mean == able[best].mean,
                "with_best": name in able and (name == best or values.get(name, 0.0) >= ALPHA),
            }
        )
        for name, cell in row.items()
    }


def _average(
    table: ScoreTable, ranges: Mapping[str, Sequence[float]]
) -> tuple[tuple[float, float, float] | None, ...]:
    """Interquartile means of normalised scores; nothing unless every sub-figure has its normalisation."""
    if not ranges or not set(table.titles) <= set(ranges):
        return ()
    averages = []
    for column in range(len(table.algorithms)):
        scores = [
            normalised(row[column], *ranges[title])
            for title, row in zip(table.titles, table.rows, strict=True)
        ]
        averages.append(stratified_iqm(scores) if all(map(len, scores)) else None)
    return tuple(averages)
