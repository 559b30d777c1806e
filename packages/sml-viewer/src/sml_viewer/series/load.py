"""Load series: one y over one x of one run, independent of gaps in its other columns."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from itertools import filterfalse
from typing import NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from sml_viewer.arrays import Floats
from sml_viewer.columns.axes import HOURS as HOURS
from sml_viewer.columns.axes import ROW as ROW
from sml_viewer.columns.axes import Places, columns_for, x_values
from sml_viewer.columns.choose import choose_x as choose_x
from sml_viewer.columns.choose import choose_y as choose_y
from sml_viewer.columns.choose import known_columns as known_columns
from sml_viewer.i18n import Message, joined
from sml_viewer.library import Library
from sml_viewer.model.run import Run

_OVERHEAD = 500
# Event files and trackers have it; seconds.
_WALL_TIME = "wall_time"
_ENDS = "no number of {y} in its last {n} row(s), up to {x:g}"


class Series(NamedTuple):
    """One y over one x of one run.

    `x` rises strictly; `x` and `y` have shape (points,) and no NaN. `notes` list what was repaired or left
    out.
    """

    run: Run
    x: Floats
    y: Floats
    notes: tuple[str, ...] = ()

    @property
    def note(self) -> str | None:
        """All notes as one text, None without notes."""
        return joined(self.notes, "; ") if self.notes else None


def load_series(library: Library, runs: Sequence[Run], x: str, y: str) -> list[Series]:
    """Load the series of each run that has both columns, in order; other runs are left out."""
    having = [run for run in runs if y in run.summary]
    memory = library.memory
    keys = [(*run.key, run.version, run.aliases.get(x, x), run.aliases.get(y, y)) for run in having]
    cached = [memory.get(key) for key in keys]
    missing = [index for index, item in enumerate(cached) if item is None]
    for index, new_series in zip(
        missing, _loaded(library, [having[index] for index in missing], x, y), strict=True
    ):
        memory.put(keys[index], new_series, _OVERHEAD + (2 * new_series.y.nbytes if new_series else 0))
        cached[index] = (new_series,)
    with_columns = [(run, item[0]) for run, item in zip(having, cached, strict=True) if item is not None]
    loaded = [
        series if series.run is run else series._replace(run=run)
        for run, series in with_columns
        if isinstance(series, Series) and len(series.x)
    ]
    return [_with_earlier(library, series, x, y) if series.run.earlier else series for series in loaded]


def _with_earlier(library: Library, series: Series, x: str, y: str) -> Series:
    """Prepend the rows of the runs that this run continues, up to its first x."""
    parts = [*load_series(library, series.run.earlier, x, y), series]
    ends = [part.x[0] for part in parts[1:]]
    keep = [part.x < end for part, end in zip(parts, ends, strict=False)]
    return series._replace(
        x=np.concatenate([*(part.x[k] for part, k in zip(parts, keep, strict=False)), series.x]),
        y=np.concatenate([*(part.y[k] for part, k in zip(parts, keep, strict=False)), series.y]),
        notes=tuple(note for part in parts for note in part.notes),
    )


class _Axis(NamedTuple):
    """The x of each row of a run.

    `rises` tells whether `values`, of shape (rows,), rise strictly and have no NaN.
    """

    values: Floats
    rises: bool
    note: str | None = None


def _loaded(library: Library, runs: Sequence[Run], x: str, y: str) -> Iterator[Series | None]:
    metrics = [run.aliases.get(y, y) for run in runs]
    for run, (values, axis) in zip(runs, _with_axes(library, runs, x, metrics), strict=True):
        if values is None or axis is None:
            yield None
            continue
        axis_notes = () if axis.note is None else (axis.note,)
        if axis.rises and not np.isnan(values).any():
            yield Series(run, axis.values, values, axis_notes)
        else:
            series = make_series(run, axis.values, values, y)
            if any(map(_tells_of_an_end, series.notes)) and _goes_on(library, run, axis.values, values, y):
                series = series._replace(notes=tuple(filterfalse(_tells_of_an_end, series.notes)))
            yield series._replace(notes=(*axis_notes, *series.notes))


def _tells_of_an_end(note: str) -> bool:
    return isinstance(note, Message) and note.template == _ENDS


def _goes_on(library: Library, run: Run, x: Floats, y: Floats, name: str) -> bool:
    """Whether the rows beyond the last number of a metric were written before its next was due.

    Keras counts epochs and batches in one column of steps: after the last epoch only batches follow.
    """
    clock = run.beside(_WALL_TIME, run.aliases.get(name, name))
    times = None if clock is None else library.columns([run], [clock])[0].get(clock)
    if times is None or len(times) != len(y):
        return False
    has_number, is_timed = ~np.isnan(y), np.isfinite(times)
    measured = np.sort(times[has_number & is_timed])
    behind = times[(x > x[has_number & np.isfinite(x)].max()) & is_timed]
    if not len(measured) or not len(behind):
        return False
    return bool(behind.max() - measured[-1] <= np.diff(measured).max(initial=0.0))


def _with_axes(
    library: Library, runs: Sequence[Run], x: str, metrics: Sequence[str]
) -> list[tuple[Floats | None, _Axis | None]]:
    """The metric of each run and its axis of the same length; None where a run lacks one of them.

    Axes are cached, since all metrics of a table share one. If an axis is not cached or rows were added
    since, axis and metric are read together.
    """
    # Each source of a run has its own axis.
    sources = [run.source_of(metric) for run, metric in zip(runs, metrics, strict=True)]
    keys = [
        ("axis", *run.key, run.version, run.aliases.get(x, x), source and source.name)
        for run, source in zip(runs, sources, strict=True)
    ]
    axes = [library.memory.get(key) for key in keys]
    known = [index for index, axis in enumerate(axes) if axis is not None]
    pairs: list[tuple[Floats | None, _Axis | None]] = [(None, None)] * len(runs)
    columns_of_runs = library.columns(
        [runs[index] for index in known], sorted({metrics[index] for index in known})
    )
    for index, columns in zip(known, columns_of_runs, strict=True):
        values, (axis,) = columns.get(metrics[index]), cast("tuple[_Axis | None]", axes[index])
        pairs[index] = values, axis
        if values is not None and axis is not None and len(values) != len(axis.values):
            axes[index] = None
    lacking = [index for index, axis in enumerate(axes) if axis is None]
    names = {metrics[index] for index in lacking}.union(
        *(columns_for(runs[index], x, metrics[index]) for index in lacking)
    )
    same: dict[tuple[float, ...], _Axis] = {}
    columns_of_runs = library.columns([runs[index] for index in lacking], sorted(names))
    for index, columns in zip(lacking, columns_of_runs, strict=True):
        values = columns.get(metrics[index])
        along = x_values(runs[index], x, metrics[index], columns, 0 if values is None else len(values))
        axis = None if along is None else _shared(along, same)
        if values is not None:
            library.memory.put(keys[index], axis, _OVERHEAD + (0 if axis is None else axis.values.nbytes))
        pairs[index] = values, axis
    return pairs


def _shared(along: Places, same: dict[tuple[float, ...], _Axis]) -> _Axis:
    """The axis, sharing one array between seeds with equal x, which makes comparing them free."""
    values = along.values
    key = (len(values), zlib.crc32(values.tobytes()))
    known = same.get(key)
    if known is None or not np.array_equal(known.values, values):
        rises = bool(np.isfinite(values).all() and (values[1:] > values[:-1]).all())
        known = same[key] = _Axis(values, rises)
    return known if known.note == along.note else known._replace(note=along.note)


def make_series(run: Run, x: Floats, y: Floats, name: str = "y") -> Series:
    """Build a series from the rows that have both values, sorted by x; of equal x the last written counts.

    `x` and `y` have shape (rows,) and may have NaN. `name` is the name of y in the notes.
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
    # Reversed, so that the first of equal x is the one written last.
    unique, last = np.unique(x[::-1], return_index=True)
    if back:
        notes.append(Message("x goes back {n} time(s); the rows written last count", n=back))
    else:
        text = "{n} row(s) have the same x as a later row, which counts"
        notes.append(Message(text, n=len(x) - len(unique)))
    return Series(run, unique, y[::-1][last], tuple(notes))


def _without_number(x: Floats, blank: NDArray[np.bool_], name: str) -> list[str]:
    """Notes on rows that have x or y only, unless that is the metric's regular interval.

    A metric that is written every k rows has gaps between its values, and fewer than k rows after the last.
    A metric that ends with a longer gap than any before has stopped, for example with nan.
    """
    placed = np.isfinite(x)
    notes: list[str] = []
    if nowhere := int((~blank & ~placed).sum()):
        notes.append(Message("{n} row(s) with {y} (has|have) no x; left out", n=nowhere, y=name))
    measured, everywhere = np.unique(x[placed & ~blank]), np.unique(x[placed])
    if len(measured) and measured[-1] < everywhere[-1]:
        places = np.searchsorted(everywhere, measured)
        behind = len(everywhere) - 1 - int(places[-1])
        if behind > (np.diff(places, prepend=-1) - 1).max():
            notes.append(
                Message(
                    _ENDS,
                    y=name,
                    n=behind,
                    x=everywhere[-1],
                )
            )
    return notes
