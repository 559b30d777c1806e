"""When each row of a run was written, by the clock of its TensorBoard files."""

from __future__ import annotations

import itertools
import math
import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from sml_config.run_folder import EVENTS
from sml_viewer.arrays import Floats

from .file_io import read_small
from .tfevents.messages import varint
from .tfevents.records import records

_NAMES = "events.out.tfevents.*"
_TIME = struct.Struct("<d")
# Tags of tensorflow/core/util/event.proto: wall_time, step, summary, session_log.
_WALL_TIME, _STEP, _SUMMARY, _SESSION = 0x09, 0x10, 0x2A, 0x3A
_MOST_BYTES = 200_000_000
_MOST_EVENTS = 2_000_000


def row_times(run: Path, rows: int) -> Floats | None:
    """Seconds since the epoch of each row, shape (rows,).

    None unless the events are as many as the rows: one for each row, or several of one step for each.
    """
    events: list[tuple[int, int, float]] = []
    for file in event_files(run):
        try:
            data = read_small(run, file.relative_to(run).as_posix(), _MOST_BYTES)
        except (OSError, ValueError):
            return None
        events += itertools.islice(_events(data), _MOST_EVENTS + 1 - len(events))
        if len(events) > _MOST_EVENTS:
            return None
    times: list[tuple[int, float]] = []
    limit: float = math.inf
    for kind, step, time in reversed(events):
        if kind == _SESSION:  # a resumed run rewrites the steps from here on
            limit = min(limit, step)
        elif kind == _SUMMARY and step < limit:
            times.append((step, time))
    times.reverse()
    if len(times) != rows:
        times = list({step: (step, time) for step, time in times}.values())
    return np.array([time for _, time in times]) if rows and len(times) == rows else None


def event_files(run: Path) -> list[Path]:
    """The event files of a run's folder, in the order in which they were begun."""
    return sorted({*run.glob(_NAMES), *(run / EVENTS).glob(_NAMES)}, key=lambda path: path.name)


def _events(data: bytes) -> Iterator[tuple[int, int, float]]:
    """Kind, step and time of each whole event; nothing beyond the first that is none."""
    block = records(data)
    for start, length in zip(block.starts.tolist(), block.lengths.tolist(), strict=True):
        if length < 1 + _TIME.size or data[start] != _WALL_TIME:
            return
        (time,) = _TIME.unpack_from(data, start + 1)
        at, end, step = start + 1 + _TIME.size, start + length, 0
        if at < end and data[at] == _STEP:
            try:
                step, at = varint(data, at + 1, end)
            except ValueError:
                return
        if at < end:
            yield data[at], step, time
