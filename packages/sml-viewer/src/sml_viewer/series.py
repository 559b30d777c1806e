"""One y over one x of one run: its own rows, whatever the other columns lack."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from .along import HOURS as HOURS
from .along import MADE, MADE_AS_SHOWN, TIMESTEPS, columns_for, has_hours, is_monitor, places
from .along import ROW as ROW
from .errors import ColumnError, NoRunsError
from .library import Library
from .phrases import Phrase, joined
from .read.cells import Floats
from .run import Run

_STEPS = (
    "timestep",
    "time-step",
    "time_step",
    "totalenvinteracts",
    "step",
    "frame",
    "iteration",
    "itr",
    "iter",
    "epoch",
    "episode",
)
_SCORES = ("return", "epret", "reward", "ep_rew", "score")
_NOT_SCORES = ("std", "min", "max", "num", "discount", "scale")
# What is asked for where nothing is rewarded; and what is never asked for.
_MEASURES = ("success", "accuracy", "loss", "mse", "error")
_COUNTS = (*_STEPS, "sample", "time", "fps", "pid", "learning_rate")
# A return that hardly any run has is not what a folder is about.
_COMMON = 0.2
_SAMPLE = 24
_OVERHEAD = 500


@dataclass(frozen=True)
class Series:
    """`x` rises strictly; `x` and `y` have shape (points,) and no blanks.

    `notes` say what was set right or left out.
    """

    run: Run
    x: Floats
    y: Floats
    notes: tuple[str, ...] = ()

    @property
    def note(self) -> str | None:
        """The notes in one."""
        return joined(self.notes, "; ") if self.notes else None


def load_series(library: Library, runs: Sequence[Run], x: str, y: str) -> list[Series]:
    """The series of each run that has both columns, in order; runs without are left out."""
    having = [run for run in runs if y in run.summary]
    memory = library.memory
    keys = [(*run.key, run.version, run.aliases.get(x, x), run.aliases.get(y, y)) for run in having]
    kept = [memory.get(key) for key in keys]
    missing = [place for place, item in enumerate(kept) if item is None]
    for place, made in zip(missing, _loaded(library, [having[p] for p in missing], x, y), strict=True):
        memory.put(keys[place], made, _OVERHEAD + (2 * made.y.nbytes if made else 0))
        kept[place] = (made,)
    found = [(run, item[0]) for run, item in zip(having, kept, strict=True) if item is not None]
    loaded = [
        one if one.run is run else replace(one, run=run)
        for run, one in found
        if isinstance(one, Series) and len(one.x)
    ]
    return [_with_earlier(library, one, x, y) if one.run.earlier else one for one in loaded]


def _with_earlier(library: Library, series: Series, x: str, y: str) -> Series:
    """A run's rows behind those of the runs that it goes on from, as far as they lie before its first."""
    parts = [*load_series(library, series.run.earlier, x, y), series]
    ends = [part.x[0] for part in parts[1:]]
    keep = [part.x < end for part, end in zip(parts, ends, strict=False)]
    return replace(
        series,
        x=np.concatenate([*(part.x[k] for part, k in zip(parts, keep, strict=False)), series.x]),
        y=np.concatenate([*(part.y[k] for part, k in zip(parts, keep, strict=False)), series.y]),
        notes=tuple(note for part in parts for note in part.notes),
    )


class _Axis(NamedTuple):
    """Where along x each row of a run stands; whether that rises strictly and has no blanks."""

    places: Floats
    rises: bool


def _loaded(library: Library, runs: Sequence[Run], x: str, y: str) -> Iterator[Series | None]:
    metrics = [run.aliases.get(y, y) for run in runs]
    for run, (values, axis) in zip(runs, _with_axes(library, runs, x, metrics), strict=True):
        if values is None or axis is None:
            yield None
        elif axis.rises and not np.isnan(values).any():
            yield Series(run, axis.places, values)
        elif x == TIMESTEPS:  # episodes end in another order than their environments' files have them
            order = np.argsort(axis.places, kind="stable")
            yield make_series(run, axis.places[order], values[order], y)
        else:
            yield make_series(run, axis.places, values, y)


def _with_axes(
    library: Library, runs: Sequence[Run], x: str, metrics: Sequence[str]
) -> list[tuple[Floats | None, _Axis | None]]:
    """A metric of each run and its axis, as long as that; None where a run lacks it or nothing says it.

    The axis is remembered, for every metric has the same. Where it is not, or where a row came since, both
    are asked for at once.
    """
    keys = [("axis", *run.key, run.version, run.aliases.get(x, x)) for run in runs]
    axes = [library.memory.get(key) for key in keys]
    known = [place for place, axis in enumerate(axes) if axis is not None]
    pairs: list[tuple[Floats | None, _Axis | None]] = [(None, None)] * len(runs)
    found = library.columns([runs[place] for place in known], sorted({metrics[place] for place in known}))
    for place, columns in zip(known, found, strict=True):
        values, (axis,) = columns.get(metrics[place]), cast("tuple[_Axis | None]", axes[place])
        pairs[place] = values, axis
        if values is not None and axis is not None and len(values) != len(axis.places):
            axes[place] = None
    lacking = [place for place, axis in enumerate(axes) if axis is None]
    names = {metrics[place] for place in lacking}.union(*(columns_for(runs[p], x) for p in lacking))
    same: dict[tuple[float, ...], _Axis] = {}
    found = library.columns([runs[place] for place in lacking], sorted(names))
    for place, columns in zip(lacking, found, strict=True):
        values = columns.get(metrics[place])
        along = places(runs[place], x, columns, 0 if values is None else len(values))
        axis = None if along is None else _shared(along, same)
        if values is not None:
            library.memory.put(keys[place], axis, _OVERHEAD + (0 if along is None else along.nbytes))
        pairs[place] = values, axis
    return pairs


def _shared(along: Floats, same: dict[tuple[float, ...], _Axis]) -> _Axis:
    """An axis; seeds mostly share theirs, and one array for all makes comparing them free."""
    key = (len(along), zlib.crc32(along.tobytes()))
    known = same.get(key)
    if known is not None and np.array_equal(known.places, along):
        return known
    made = _Axis(along, rises=bool(np.isfinite(along).all() and (along[1:] > along[:-1]).all()))
    same[key] = made
    return made


def make_series(run: Run, x: Floats, y: Floats, name: str = "y") -> Series:
    """The rows that have both values, in rising x; of rows with the same x the last written counts.

    `name` is what the notes call y.
    """
    notes: list[str] = []
    blank = np.isnan(y)
    if blank.any() or not np.isfinite(x).all():
        keep = ~blank & np.isfinite(x)
        notes = _without_number(x, blank, name)
        x, y = x[keep], y[keep]
    if len(x) < 2 or (x[1:] > x[:-1]).all():
        return Series(run, x, y, tuple(notes))
    back = int((x[1:] < x[:-1]).sum())
    # Sorted from the last row back, so that the first of equal x is the one written last.
    unique, last = np.unique(x[::-1], return_index=True)
    if back:
        notes.append(Phrase("x goes back {n} time(s); the rows written last count", n=back))
    else:
        notes.append(Phrase("{n} row(s) have the x of a later row, which counts", n=len(x) - len(unique)))
    return Series(run, unique, y[::-1][last], tuple(notes))


def _without_number(x: Floats, blank: NDArray[np.bool_], name: str) -> list[str]:
    """Which rows of a run have a number in one column only, where that is more than a metric's rhythm.

    A metric that is written every k rows leaves blanks between its numbers, and fewer than k behind them.
    What ends with more blanks than it ever had before has ended, such as with nan.
    """
    placed = np.isfinite(x)
    notes: list[str] = []
    if nowhere := int((~blank & ~placed).sum()):
        notes.append(Phrase("{n} row(s) with {y} have no x; left out", n=nowhere, y=name))
    measured, everywhere = np.unique(x[placed & ~blank]), np.unique(x[placed])
    if len(measured) and measured[-1] < everywhere[-1]:
        places = np.searchsorted(everywhere, measured)
        behind = len(everywhere) - 1 - int(places[-1])
        if behind > (np.diff(places, prepend=-1) - 1).max():
            notes.append(
                Phrase(
                    "no number of {y} in its last {n} row(s), up to {x:g}",
                    y=name,
                    n=behind,
                    x=everywhere[-1],
                )
            )
    return notes


def known_columns(runs: Sequence[Run]) -> list[str]:
    """Every column that some run has values in, in the order of their first appearance."""
    return list(_counts(runs))


def _counts(runs: Sequence[Run]) -> dict[str, int]:
    """How many runs have values in each column; quick, for most runs have the same columns."""
    counts: dict[str, int] = {}
    for names, having in Counter(tuple(run.summary) for run in runs).items():
        for name in names:
            counts[name] = counts.get(name, 0) + having
    return counts


def choose_x(library: Library, runs: Sequence[Run], wanted: str | None = None) -> str:
    """The column along x: the one asked for, else a rising one that counts steps, else the row number.

    Raises NoRunsError if no run has a row, ColumnError if no run has the column.
    """
    known = known_columns(runs)
    if not known:
        raise NoRunsError(
            Phrase(
                "no run has a row yet; wait for the first, or look at the runs' notes with: sml-viewer list"
            )
        )
    if wanted is not None:
        if wanted not in known:
            wanted = MADE_AS_SHOWN.get(wanted, wanted)
        if wanted == HOURS and not any(map(has_hours, runs)):
            raise ColumnError(
                Phrase(
                    "{hours} are not known: no run has a column of times, nor an event for each row; "
                    "log the seconds since the start as time_elapsed, or take {row}, which is always there",
                    hours=HOURS,
                    row=ROW,
                )
            )
        return wanted if wanted in MADE else _existing(wanted, known)
    if 2 * sum(map(is_monitor, runs)) > len(runs):
        return TIMESTEPS
    scores = set(_holding(_SCORES, known))
    named = [name for name in _holding(_STEPS, known) if name not in scores]
    some = _sample([run for run in runs if run.summary])

    # A column that few runs have would leave the others out; if all are such, the one that leaves out least.
    def rank(name: str) -> tuple[int, bool]:
        having = sum(name in run.summary for run in some)
        return (0 if 2 * having >= len(some) else -having + len(some)), "eval" in name.lower()

    common = sorted(named, key=rank)
    for name in common:
        having = [run for run in some if name in run.summary]
        names = [run.aliases.get(name, name) for run in having]
        columns = library.columns(having, sorted(set(names)))
        if having and all(_rises(found.get(own)) for own, found in zip(names, columns, strict=True)):
            return name
    return ROW


def choose_y(runs: Sequence[Run], x: str, wanted: str | None = None) -> str:
    """The column along y.

    The one asked for, else a return, reward or score, else an accuracy or a loss, else what most runs have;
    of the runs that have x.

    Raises ColumnError if no run has the column.
    """
    if wanted is not None:
        return _existing(wanted, known_columns(runs))
    runs = [run for run in runs if x in run.summary] or runs
    counts = _counts(runs)
    known = list(counts)
    if 2 * sum(map(is_monitor, runs)) > len(runs):
        return "r"
    others = [name for name in known if name != x] or known
    least = _COMMON * sum(bool(run.summary) for run in runs)
    scores = _holding(_SCORES, [name for name in others if counts[name] >= least])
    plain = [name for name in scores if not _holding(_NOT_SCORES, [name])]

    def rank(name: str) -> tuple[int, int]:
        word = next(place for place, word in enumerate(_SCORES) if word in name.lower())
        # Evaluation is what one asks for, and a word for it comes before the rest.
        return (-counts[name], word - (4 if "eval" in name.lower() or "mean" in name.lower() else 0))

    if plain or scores:
        return min(plain or scores, key=rank)
    measures = [name for name in _holding(_MEASURES, others) if 2 * counts[name] >= max(counts.values())]
    counting = set(_holding(_COUNTS, others))
    return max(
        measures or [name for name in others if name not in counting] or others, key=lambda name: counts[name]
    )


def _holding(words: Sequence[str], names: Sequence[str]) -> list[str]:
    """The names that hold one of the words, in the order of the words."""
    return list(dict.fromkeys(name for word in words for name in names if word in name.lower()))


def _existing(name: str, known: Sequence[str]) -> str:
    if name not in known:
        columns = ", ".join([*known, *MADE])
        raise ColumnError(
            Phrase("no run has a column {name}; there are: {columns}", name=repr(name), columns=columns)
        )
    return name


def _sample(runs: Sequence[Run]) -> list[Run]:
    step = max(1, len(runs) // _SAMPLE)
    return list(runs[::step])


def _rises(values: Floats | None) -> bool:
    """Whether the values go up, but for where a run went back to a checkpoint.

    One row alone may be a count too.
    """
    if values is None:
        return False
    present = values[~np.isnan(values)]
    if len(present) < 2:
        return True
    steps = np.diff(present)
    return bool((steps > 0).any() and (steps < 0).mean() < 0.2 and np.isfinite(present).all())
