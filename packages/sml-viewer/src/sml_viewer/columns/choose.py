"""Which columns stand along x and y where nobody says so, and what else they could be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple

import numpy as np

from sml_viewer.arrays import Floats
from sml_viewer.errors import ColumnError, NoRunsError
from sml_viewer.i18n import Phrase, some
from sml_viewer.library import Library
from sml_viewer.model.run import Run, kind_of_columns

from .axes import (
    EPISODE,
    HOURS,
    MADE,
    MADE_AS_SHOWN,
    ROW,
    TIMESTEPS,
    has_hours,
    is_monitor,
    is_of_episodes,
    label_of,
)
from .blank import blank_columns
from .clocks import parts_of_clock, unknown_clock
from .metric_names import MetricRank, rank_of_metric
from .step_names import counts_whole, rank_of_steps
from .words import words_of

# A return that hardly any run has is not what a folder is about; of other metrics those of most runs count.
_COMMON, _MOST = 0.2, 0.5
# A metric that nearly all runs have is not passed over for one that all have.
_NEARLY = 0.8
_SAMPLE = 24
_RUNNERS_UP = 3
_TRIED = 5
# Tiers of `MetricRank`.
_UNKNOWN, _ODD = 2, 3


class Chosen(NamedTuple):
    """The columns of a figure; `by_itself` tells of x and of y whether nobody named it.

    `other_x` and `other_y` are what else could be there, the likeliest first.
    """

    x: str
    y: str
    by_itself: tuple[bool, bool]
    other_x: tuple[str, ...] = ()
    other_y: tuple[str, ...] = ()

    @property
    def note(self) -> str | None:
        """What was chosen and what else there is, for captions; None if nothing was."""
        chosen = [name for name, auto in zip((self.y, self.x), self.by_itself[::-1], strict=True) if auto]
        if not chosen:
            return None
        what = Phrase("Chosen (auto): {names}", names=some([label_of(name) for name in chosen]))
        for text, others in (
            ("{what}; also for y: {others}", self.other_y),
            ("{what}; also for x: {others}", self.other_x),
        ):
            if others:
                shown = some(others[:_RUNNERS_UP], _RUNNERS_UP)
                what = Phrase(text, what=what, others=shown)
        return what


def known_columns(runs: Sequence[Run]) -> list[str]:
    """Every column that some run has values in, in the order of their first appearance."""
    return list(_counts(runs))


def choose_pair(library: Library, runs: Sequence[Run], x: str | None = None, y: str | None = None) -> Chosen:
    """The columns along x and y: those asked for, else chosen by their names and values (docs/columns.md).

    Raises NoRunsError if no run has a row, ColumnError if no run has a column that is asked for, or none has
    a metric.
    """
    known = known_columns(runs)
    if not known:
        raise NoRunsError(
            Phrase(
                "no run has a row yet; wait for the first, or look at the runs' notes with: sml-viewer list"
            )
        )
    along = None if x is None else _wanted_x(x, runs, known)
    metrics = _metrics(runs, along) if y is None else [_existing(y, runs, known)]
    if y is None and along is not None and along not in MADE:
        metrics = _drawable_first(_Sample(library, runs, along), along, metrics)
    metric = metrics[0]
    counting: list[str] = []
    if along is None:
        sample = _Sample(library, runs, metric)
        counting = [name for name in _counting(runs, sample.runs) if name != metric]
        counting.sort(key=lambda name: sample.elsewhere(name, metric))
        along = _along(sample, metric, counting)
        rising = (name for name in counting if name != along and sample.rises(name, metric))
        counting = list(islice(rising, _RUNNERS_UP))
    others = [
        (odd, place, name)
        for place, name in enumerate(metrics[1:])
        if name != along and (odd := _oddness(name)) is not None
    ]
    return Chosen(
        along, metric, (x is None, y is None), tuple(counting), tuple(name for *_, name in sorted(others))
    )


def choose_x(library: Library, runs: Sequence[Run], wanted: str | None = None) -> str:
    """The column along x: the one asked for, else one that counts steps, else the row number.

    Raises as `choose_pair`.
    """
    if wanted is not None:
        return _wanted_x(wanted, runs, known_columns(runs))
    return choose_pair(library, runs).x


def choose_y(runs: Sequence[Run], x: str, wanted: str | None = None) -> str:
    """The column along y, by names and summaries alone. Raises as `choose_pair`."""
    if wanted is not None:
        return _existing(wanted, runs, known_columns(runs))
    return _metrics(runs, x)[0]


def likely_columns(runs: Sequence[Run]) -> tuple[list[str], list[str]]:
    """All columns as one would look for them along x, and along y: the likeliest first."""
    known = known_columns(runs)
    sample = _sample([run for run in runs if run.summary])
    counting, metrics = _counting(runs, sample), _ranked(runs, sample)
    return list(dict.fromkeys([*counting, *known])), list(dict.fromkeys([*metrics, *known]))


def _counts(runs: Sequence[Run]) -> dict[str, int]:
    """How many runs have values in each column; quick, for most runs have the same columns."""
    counts: dict[str, int] = {}
    alike = Counter(kind_of_columns(run.summary) for run in runs)
    examples = {kind_of_columns(run.summary): run for run in reversed(runs)}
    for kind, having in alike.items():
        for name in examples[kind].summary:
            counts[name] = counts.get(name, 0) + having
    return counts


def _wanted_x(wanted: str, runs: Sequence[Run], known: Sequence[str]) -> str:
    if wanted not in known:
        wanted = MADE_AS_SHOWN.get(wanted, wanted)
    if wanted == HOURS and not any(map(has_hours, runs)):
        clocks = sorted({clock for run in runs if (clock := unknown_clock(run)) is not None})
        if clocks:
            raise ColumnError(
                Phrase(
                    "{hours} are not known: {clocks} is neither seconds since the start nor s, ms, µs or ns "
                    "since 1970; take {row}, which is always there",
                    hours=HOURS,
                    clocks=some(clocks),
                    row=ROW,
                )
            )
        raise ColumnError(
            Phrase(
                "{hours} are not known: no run has a column of times, nor an event for each row; "
                "log the seconds since the start as time_elapsed, or take {row}, which is always there",
                hours=HOURS,
                row=ROW,
            )
        )
    if wanted in MADE or (wanted not in known and _in_some_source(wanted, runs)):
        return wanted
    return _existing(wanted, runs, known)


def _in_some_source(local: str, runs: Sequence[Run]) -> bool:
    """Whether a table of a run with several calls a column so: each y is then drawn over its own table's."""
    return any(source.column(local) is not None for run in runs for source in run.sources)


def _existing(name: str, runs: Sequence[Run], known: Sequence[str]) -> str:
    if name in known:
        return name
    if name in _blank(runs):
        raise ColumnError(
            Phrase("{name} has no number in any run: its cells are blank, nan or text", name=repr(name))
        )
    columns = ", ".join([*known, *MADE])
    raise ColumnError(
        Phrase("no run has a column {name}; there are: {columns}", name=repr(name), columns=columns)
    )


def _metrics(runs: Sequence[Run], x: str | None) -> list[str]:
    """What could be along y, the likeliest first. Raises ColumnError if there is nothing."""
    monitors = [run for run in runs if (run.monitors if x == TIMESTEPS else is_monitor(run))]
    if 2 * len(monitors) > len(runs) or (monitors and x == TIMESTEPS):
        source = monitors[0].monitors
        return [own for name in EPISODE if source and (own := source.column(name))]
    having = [run for run in runs if x in run.summary] or runs
    sample = _sample([run for run in having if run.summary])
    ranked = [name for name in _ranked(having, sample) if name != x]
    if not ranked or (_oddness(ranked[0]) is None and any(map(_is_metric, _blank(runs)))):
        raise _without_metric(runs)
    return ranked


def _drawable_first(sample: _Sample, x: str, metrics: Sequence[str]) -> list[str]:
    """The metrics, the first with x in one of its rows before all others."""
    first = next((name for name in metrics[:_TRIED] if sample.share(x, name)), metrics[0])
    return [first, *(name for name in metrics if name != first)]


def _without_metric(runs: Sequence[Run]) -> ColumnError:
    known = known_columns(runs)
    if blank := _blank(runs):
        return ColumnError(
            Phrase(
                "{names}: no number in any run, only blanks, nan or text; "
                "there is nothing to draw over {known}",
                names=some(blank),
                known=some(known),
            )
        )
    return ColumnError(
        Phrase("no run has a metric, only {known}; name one of these with -y to draw it", known=some(known))
    )


def _ranked(runs: Sequence[Run], sample: Sequence[Run]) -> list[str]:
    """The columns that could be along y, by name, by how many runs have them, and by whether they vary."""
    counts = _counts(runs)
    having = sum(bool(run.summary) for run in runs)
    most = max(counts.values(), default=0)
    ranked = []
    for place, (name, count) in enumerate(counts.items()):
        rank = rank_of_metric(name)
        if rank is None or (rank.tier and rank_of_steps(name) is not None) or _is_clock(name, rank, sample):
            continue
        common = count >= (_COMMON * having if rank.group == 0 else _MOST * most)
        missing = 0.0 if count >= _NEARLY * most else round(1.0 - count / most, 1)
        tier = rank.tier if _varies(name, sample) else max(rank.tier + 0.5, _ODD - 0.5)
        ranked.append(((not common, tier, rank.group, rank.odd, missing, *rank[3:], place), name))
    return [name for _, name in sorted(ranked)]


def _varies(name: str, runs: Sequence[Run]) -> bool:
    """Whether a column has two different values in some of the runs; True where that is not known yet."""
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
    """Whether a name that says nothing is of a clock, by its values."""
    if rank.tier != _UNKNOWN:
        return False
    columns = [run.summary[name] for run in runs if name in run.summary]
    return bool(columns) and all(
        one.low is not None and one.high is not None and parts_of_clock(one.low, one.high) is not None
        for one in columns
    )


def _counting(runs: Sequence[Run], sample: Sequence[Run]) -> list[str]:
    """The columns that count steps by their names and are not constant, the likeliest first."""
    ranked = [
        ((rank, place), name)
        for place, name in enumerate(_counts(runs))
        if (rank := rank_of_steps(name)) is not None and _varies(name, sample)
    ]
    return [name for _, name in sorted(ranked)]


class _Sample:
    """Some of the runs that have a column, with their columns."""

    def __init__(self, library: Library, runs: Sequence[Run], having: str) -> None:
        self.runs = _sample([run for run in runs if having in run.summary])
        self._library = library

    def columns(self, x: str, y: str | None = None) -> list[Floats | None]:
        """A column of each of the runs; None where one lacks it, or its table was not read yet.

        Beside a metric it is the column of that name in the metric's own table.
        """
        own = [run.aliases.get(x, x) for run in self.runs]
        if y is not None:
            own = [
                run.beside(name, run.aliases.get(y, y)) or name
                for name, run in zip(own, self.runs, strict=True)
            ]
        found = self._library.columns(self.runs, sorted(set(own)))
        return [columns.get(key) for key, columns in zip(own, found, strict=True)]

    def elsewhere(self, x: str, y: str) -> int:
        """How many of the runs have a column in another table than a metric."""
        sources = [(run, run.source_of(run.aliases.get(y, y))) for run in self.runs]
        return sum(not source.has(run.aliases.get(x, x)) for run, source in sources if source is not None)

    def rises(self, x: str, y: str) -> bool:
        """Whether a column goes up in all of the runs that have it beside a metric."""
        columns = [column for column in self.columns(x, y) if column is not None]
        return bool(columns) and all(map(_rises, columns))

    def share(self, x: str, y: str) -> float:
        """The part of a metric's numbers that have an x: the mean over the runs that have the metric."""
        shares = []
        for along, values in zip(self.columns(x, y), self.columns(y), strict=True):
            if values is not None:
                there = ~np.isnan(values)
                fits = along is not None and len(along) == len(values)
                both = int((there & np.isfinite(along)).sum()) if along is not None and fits else 0
                shares.append(both / max(1, int(there.sum())))
        return float(np.mean(shares)) if shares else 0.0


def _along(sample: _Sample, y: str, counting: Sequence[str]) -> str:
    """The first that rises and has most rows of the metric, else the one that has the most of them."""
    if 2 * sum(is_of_episodes(run, y) for run in sample.runs) > len(sample.runs):
        return TIMESTEPS
    rising: list[str] = []
    parts: list[str] = []
    for name in counting:
        if sample.rises(name, y):
            columns = [column for column in sample.columns(name, y) if column is not None]
            whole = not counts_whole(name) or all(map(_is_whole, columns))
            if not whole and "time" in words_of(name).leaf:
                continue  # seconds per step, as d3rlpy's time_step
            (rising if whole else parts).append(name)
            if whole and sample.share(name, y) >= _MOST:
                return name
    shares = {name: sample.share(name, y) for name in (*rising, *parts)}
    best = max(shares, key=lambda name: shares[name], default=ROW)
    return best if shares.get(best) else ROW


def _blank(runs: Sequence[Run]) -> list[str]:
    return blank_columns(_sample(runs))


def _is_metric(name: str) -> bool:
    rank = rank_of_metric(name)
    return rank is not None and rank.tier < _UNKNOWN


def _oddness(name: str) -> int | None:
    """How far a metric is from what one would look at; None of settings and diagnostics."""
    rank = rank_of_metric(name)
    return None if rank is None or rank.tier >= _ODD else rank.odd


def _sample(runs: Sequence[Run]) -> list[Run]:
    step = max(1, len(runs) // _SAMPLE)
    return list(runs[::step])


def _rises(values: Floats) -> bool:
    """Whether the values go up, but for where a run went back to a checkpoint.

    One row alone may be a count too.
    """
    present = values[~np.isnan(values)]
    if len(present) < 2:
        return True
    steps = np.diff(present)
    return bool((steps > 0).any() and (steps < 0).mean() < 0.2 and np.isfinite(present).all())


def _is_whole(values: Floats) -> bool:
    """Whether the values count in whole steps, or in means of such: by half a step a row at least."""
    present = values[np.isfinite(values)]
    if not len(present) or (present == np.floor(present)).all():
        return True
    rise = present[-1] - present[0] if len(present) > 1 else present[0]
    return bool(rise / max(1, len(present) - 1) >= 0.5)
