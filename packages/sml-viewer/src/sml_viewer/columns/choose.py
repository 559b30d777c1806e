"""Choose the x and y columns of a figure, with alternatives; check columns that the user named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import chain, islice
from typing import NamedTuple

import numpy as np

from sml_viewer.arrays import Floats
from sml_viewer.errors import ColumnError, NoRunsError
from sml_viewer.i18n import Message, some
from sml_viewer.library import Library
from sml_viewer.model.run import Run, Summary, kind_of_columns
from sml_viewer.model.table_layouts import name_by_position

from .axes import (
    AXIS_ALIASES,
    DERIVED_AXES,
    EPISODE,
    HOURS,
    ROW,
    TIME,
    TIMESTEPS,
    has_hours,
    has_time,
    is_monitor,
    is_of_episodes,
    label_of,
)
from .blank import blank_columns
from .clocks import parts_of_clock, unknown_clock
from .metric_names import MetricRank, rank_of_metric
from .sample import Sample, sample_of
from .step_names import counts_whole, rank_of_steps
from .words import words_of

# The share of runs that must have a return to choose it, and that of other metrics.
_COMMON, _MOST = 0.2, 0.5
# A metric that this share of runs has competes equally with one that all runs have.
_NEARLY = 0.8
_RUNNERS_UP = 3
_TRIED = 5
# Tiers of `MetricRank`.
_UNKNOWN, _ODD = 2, 3
_FIRST_COLUMN = name_by_position(1)


class Chosen(NamedTuple):
    """The columns of a figure; `automatic` tells for x and y whether they were chosen automatically.

    `other_x` and `other_y` are the alternatives, the most likely first.
    """

    x: str
    y: str
    automatic: tuple[bool, bool]
    other_x: tuple[str, ...] = ()
    other_y: tuple[str, ...] = ()

    @property
    def note(self) -> str | None:
        """The automatic choice and its alternatives, for captions; None without an automatic choice."""
        chosen = [name for name, auto in zip((self.y, self.x), self.automatic[::-1], strict=True) if auto]
        if not chosen:
            return None
        note = Message("Chosen (auto): {names}", names=some([label_of(name) for name in chosen]))
        for text, others in (
            ("{what}; also for y: {others}", self.other_y),
            ("{what}; also for x: {others}", self.other_x),
        ):
            if others:
                shown = some(others[:_RUNNERS_UP], _RUNNERS_UP)
                note = Message(text, what=note, others=shown)
        return note


def known_columns(runs: Sequence[Run]) -> list[str]:
    """All columns with values in some run, in the order of their first appearance."""
    return list(column_counts(runs))


def choose_pair(library: Library, runs: Sequence[Run], x: str | None = None, y: str | None = None) -> Chosen:
    """The x and y columns: as given, else chosen by names and values (docs/columns.md).

    Raises NoRunsError if no run has a row, ColumnError if no run has a given column, or none has a metric.
    """
    known = known_columns(runs)
    if not known:
        raise _without_column(runs)
    along = None if x is None else _existing_x(x, runs, known, y)
    metrics = _metrics(runs, along) if y is None else [_existing(y, runs, known)]
    if y is None and along is not None and along not in DERIVED_AXES:
        metrics = _drawable_first(Sample(library, runs, along), along, metrics)
    metric = metrics[0]
    counting: list[str] = []
    if along is None:
        sample = Sample(library, runs, metric)
        # Of a metric with a table of its own, such as d3rlpy's time_step, no other can be drawn over.
        apart = {name: sample.apart(name, metric) for name in _step_columns(runs, sample.runs)}
        counting = [
            name for name, where in apart.items() if where.lacking < len(sample.runs) and name != metric
        ]
        counting.sort(key=apart.__getitem__)
        along = _choose_x_column(sample, metric, counting)
        rising = (
            name
            for name in counting
            if name != along and sample.is_increasing(name, metric) and not _is_duration(sample, name, metric)
        )
        counting = list(islice(rising, _RUNNERS_UP))
    others = [
        (odd, position, name)
        for position, name in enumerate(metrics[1:])
        if name != along and (odd := _oddness(name)) is not None
    ]
    return Chosen(
        along, metric, (x is None, y is None), tuple(counting), tuple(name for *_, name in sorted(others))
    )


def choose_x(library: Library, runs: Sequence[Run], name: str | None = None) -> str:
    """The x column: as given, else a step counter, else the row number. Raises as `choose_pair`."""
    if name is not None:
        return _existing_x(name, runs, known_columns(runs))
    return choose_pair(library, runs).x


def choose_y(runs: Sequence[Run], x: str, name: str | None = None) -> str:
    """The y column: as given, else chosen by names and summaries alone. Raises as `choose_pair`."""
    if name is not None:
        return _existing(name, runs, known_columns(runs))
    return _metrics(runs, x)[0]


def likely_columns(runs: Sequence[Run]) -> tuple[list[str], list[str]]:
    """All columns sorted for a choice of x, and for a choice of y: the most likely first."""
    known = known_columns(runs)
    sample = sample_of([run for run in runs if run.summary])
    counting, metrics = _step_columns(runs, sample), _ranked(runs, sample)
    return list(dict.fromkeys([*counting, *known])), list(dict.fromkeys([*metrics, *known]))


def column_counts(runs: Sequence[Run]) -> dict[str, int]:
    """The number of runs with values per column; fast, since most runs have the same columns."""
    kinds = [kind_of_columns(run.summary) for run in runs]
    # In the order of the first run of each kind.
    examples = dict(zip(reversed(kinds), reversed(runs), strict=True))
    counts: dict[str, int] = {}
    for kind, number in Counter(kinds).items():
        for name in examples[kind].summary:
            counts[name] = counts.get(name, 0) + number
    return counts


def _without_column(runs: Sequence[Run]) -> NoRunsError:
    if filled := [run.name for run in runs if run.rows]:
        return NoRunsError(
            Message(
                "{runs}: no number in any row; columns have to be separated by commas, tabs or semicolons",
                runs=some(filled),
            )
        )
    return NoRunsError(
        Message("no run has a row yet; wait for the first, or look at the runs' notes with: sml-viewer list")
    )


def _existing_x(name: str, runs: Sequence[Run], known: Sequence[str], y: str | None = None) -> str:
    if name not in known or (y is not None and not _is_beside(name, y, runs)):
        name = AXIS_ALIASES.get(name, name)
    if name == HOURS and not any(map(has_hours, runs)):
        clocks = sorted({clock for run in runs if (clock := unknown_clock(run)) is not None})
        if clocks:
            raise ColumnError(
                Message(
                    "{hours} are not known: {clocks} is neither seconds since the start nor s, ms, µs or ns "
                    "since 1970; take {row}, which is always there",
                    hours=HOURS,
                    clocks=some(clocks),
                    row=ROW,
                )
            )
        raise ColumnError(
            Message(
                "{hours} are not known: no run has a column of times, nor an event for each row; "
                "log the seconds since the start as time_elapsed, or take {row}, which is always there",
                hours=HOURS,
                row=ROW,
            )
        )
    if name == TIME and not any(map(has_time, runs)):
        raise ColumnError(
            Message(
                "{time} is not known: no run has a column of clock times (s, ms, µs or ns since 1970), "
                "nor an event for each row; log time.time() as timestamp, or take {row}, which is always "
                "there",
                time=TIME,
                row=ROW,
            )
        )
    if name in DERIVED_AXES or (name not in known and _in_some_source(name, runs)):
        return name
    return _existing(name, runs, known)


def _is_beside(x: str, y: str, runs: Sequence[Run]) -> bool:
    """Whether a run has a column x in the table of the metric y."""
    return any(run.beside(run.aliases.get(x, x), run.aliases.get(y, y)) is not None for run in runs)


def _in_some_source(local: str, runs: Sequence[Run]) -> bool:
    """Whether a run with several tables has a column of this name in one; each y uses its own table's."""
    return any(source.column(local) is not None for run in runs for source in run.sources)


def _existing(name: str, runs: Sequence[Run], known: Sequence[str]) -> str:
    if name in known:
        return name
    if name in _blank(runs):
        raise ColumnError(
            Message("{name} has no number in any run: its cells are blank, nan or text", name=repr(name))
        )
    columns = ", ".join([*known, *DERIVED_AXES])
    raise ColumnError(
        Message("no run has a column {name}; there are: {columns}", name=repr(name), columns=columns)
    )


def _metrics(runs: Sequence[Run], x: str | None) -> list[str]:
    """The candidates for y, the most likely first. Raises ColumnError without any."""
    monitors = [run for run in runs if (run.monitors if x == TIMESTEPS else is_monitor(run))]
    if 2 * len(monitors) > len(runs) or (monitors and x == TIMESTEPS):
        source = monitors[0].monitors
        return [own for name in EPISODE if source and (own := source.column(name))]
    having = [run for run in runs if x in run.summary] or runs
    sample = sample_of([run for run in having if run.summary])
    ranked = [name for name in _ranked(having, sample) if name != x]
    if not ranked or (_oddness(ranked[0]) is None and any(map(_is_metric, _blank(runs)))):
        raise _without_metric(runs)
    return ranked


def _drawable_first(sample: Sample, x: str, metrics: Sequence[str]) -> list[str]:
    """The metrics, with the first one that has x values moved to the front."""
    first = next((name for name in metrics[:_TRIED] if sample.share(x, name)), metrics[0])
    return [first, *(name for name in metrics if name != first)]


def _without_metric(runs: Sequence[Run]) -> ColumnError:
    known = known_columns(runs)
    if blank := _blank(runs):
        return ColumnError(
            Message(
                "{names}: no number in any run, only blanks, nan or text; "
                "there is nothing to draw over {known}",
                names=some(blank),
                known=some(known),
            )
        )
    return ColumnError(
        Message("no run has a metric, only {known}; name one of these with -y to draw it", known=some(known))
    )


def _ranked(runs: Sequence[Run], sample: Sequence[Run]) -> list[str]:
    """The candidates for y, ranked by name, by the number of runs that have them, and by variation."""
    counts = column_counts(runs)
    having = sum(bool(run.summary) for run in runs)
    most = max(counts.values(), default=0)
    ranked = []
    for position, (name, count) in enumerate(counts.items()):
        rank = rank_of_metric(name)
        if rank is None or (rank.tier and rank_of_steps(name) is not None) or _is_clock(name, rank, sample):
            continue
        if name == _FIRST_COLUMN and len(counts) > 1 and _may_count(sample):
            continue
        common = count >= (_COMMON * having if rank.group == 0 else _MOST * most)
        missing = 0.0 if count >= _NEARLY * most else round(1.0 - count / most, 1)
        tier = rank.tier if _varies(name, sample) else max(rank.tier + 0.5, _ODD - 0.5)
        ranked.append(((not common, tier, rank.group, rank.odd, missing, *rank[3:], position), name))
    return [name for _, name in sorted(ranked)]


def _varies(name: str, runs: Sequence[Run]) -> bool:
    """Whether a column has different values in some of the runs; True while that is unknown."""
    seen: float | None = None
    for run in runs:
        column = run.summary.get(name)
        if column is None:
            continue
        if column.low is None or column.low != column.high or (seen is not None and column.last != seen):
            return True
        seen = column.last
    return False


def _is_clock(name: str, rank: MetricRank, runs: Sequence[Run]) -> bool:
    """Whether a column with an unknown name is a clock, by its values."""
    if rank.tier != _UNKNOWN:
        return False
    # One by one: most columns are seen not to be one by their first run, and each may have to be read.
    columns = (run.summary[name] for run in runs if name in run.summary)
    first = next(columns, None)
    return first is not None and all(map(_is_clock_summary, chain([first], columns)))


def _is_clock_summary(column: Summary) -> bool:
    return (
        column.low is not None
        and column.high is not None
        and parts_of_clock(column.low, column.high) is not None
    )


def _step_columns(runs: Sequence[Run], sample: Sequence[Run]) -> list[str]:
    """The step counters by name that are not constant, the most likely first."""
    ranked = [
        ((rank, position), name)
        for position, name in enumerate(column_counts(runs))
        if (rank := rank_of_steps(name)) is not None and _varies(name, sample)
    ]
    counting = [name for _, name in sorted(ranked)]
    return [*counting, _FIRST_COLUMN] if _may_count(sample) else counting


def _may_count(runs: Sequence[Run]) -> bool:
    """Whether the first column, in tables that give it no name, is a count of steps by its summaries."""
    columns = [column for run in runs if (column := run.summary.get(_FIRST_COLUMN)) is not None]
    return bool(columns) and all(
        column.low is not None
        and 0 <= column.low < column.last == column.high
        and column.low.is_integer()
        and column.last.is_integer()
        for column in columns
    )


def _choose_x_column(sample: Sample, y: str, counting: Sequence[str]) -> str:
    """The first increasing counter that covers most rows of the metric, else the one that covers most."""
    if 2 * sum(is_of_episodes(run, y) for run in sample.runs) > len(sample.runs):
        return TIMESTEPS
    recorded = Counter(run.recorded_axis(run.aliases.get(y, y)) for run in sample.runs).most_common(1)
    if recorded and recorded[0][0] is not None and 2 * recorded[0][1] > len(sample.runs):
        return recorded[0][0]
    rising: list[str] = []
    parts: list[str] = []
    for name in counting:
        if sample.is_increasing(name, y):
            if _is_duration(sample, name, y):
                continue
            whole = _has_whole_steps(sample, name, y)
            (rising if whole else parts).append(name)
            if whole and sample.share(name, y) >= _MOST:
                return name
    shares = {name: sample.share(name, y) for name in (*rising, *parts)}
    best = max(shares, key=lambda name: shares[name], default=ROW)
    return best if shares.get(best) else ROW


def _is_duration(sample: Sample, name: str, y: str) -> bool:
    """Whether a column is the seconds per step, as d3rlpy's `time_step`, by its values."""
    return "time" in words_of(name).leaf and not _has_whole_steps(sample, name, y)


def _has_whole_steps(sample: Sample, name: str, y: str) -> bool:
    columns = [column for column in sample.columns(name, y) if column is not None]
    return not counts_whole(name) or all(map(_is_whole, columns))


def _blank(runs: Sequence[Run]) -> list[str]:
    return blank_columns(sample_of(runs))


def _is_metric(name: str) -> bool:
    rank = rank_of_metric(name)
    return rank is not None and rank.tier < _UNKNOWN


def _oddness(name: str) -> int | None:
    """How unusual a metric is for a figure; None for settings and diagnostics."""
    rank = rank_of_metric(name)
    return None if rank is None or rank.tier >= _ODD else rank.odd


def _is_whole(values: Floats) -> bool:
    """Whether the values are whole steps, or means of these: at least half a step per row."""
    present = values[np.isfinite(values)]
    if not len(present) or (present == np.floor(present)).all():
        return True
    rise = present[-1] - present[0] if len(present) > 1 else present[0]
    return bool(rise / max(1, len(present) - 1) >= 0.5)
