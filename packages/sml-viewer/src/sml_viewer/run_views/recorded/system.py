"""Use of CPU, memory, disks, network and GPUs while a run lasted, from `system.csv`."""

from __future__ import annotations

import csv
import io
from array import array
from typing import BinaryIO

import numpy as np

from sml_config.run_folder import SYSTEM as SYSTEM
from sml_viewer.arrays import Floats
from sml_viewer.series.downsample import thinned

from .schemas import SystemAnswer, SystemCurve

TIME, STEP = "wall_time", "step"
_MOST_BYTES = 32_000_000
_MOST_COLUMNS = 200


def system_metrics(file: BinaryIO, points: int) -> SystemAnswer:
    """Each column along the time, at most `points` of it with its extremes, by rows with a time."""
    names, table = _read(file)
    if TIME not in names:
        return {"samples": 0, "start": None, "curves": []}
    time = table[:, names.index(TIME)]
    table = table[np.isfinite(time)]
    # After a resume on a machine whose clock is behind.
    table = table[np.argsort(table[:, names.index(TIME)], kind="stable")]
    time = table[:, names.index(TIME)]
    shown = [(number, name) for number, name in enumerate(names) if name not in (TIME, STEP)]
    curves = [_curve(name, time, table[:, number], points) for number, name in shown]
    return {
        "samples": len(time),
        "start": float(time[0]) if len(time) else None,
        "curves": [curve for curve in curves if curve["peak"] is not None],
    }


def _curve(name: str, time: Floats, values: Floats, points: int) -> SystemCurve:
    values = np.where(np.isfinite(values), values, np.nan)
    measured = values[~np.isnan(values)]
    # Where all are shown, the gaps are too.
    places = np.arange(len(values)) if len(values) <= points else thinned(values, points)
    return {
        "name": name,
        "time": [round(moment, 3) for moment in time[places].tolist()],
        "values": [None if np.isnan(value) else value for value in values[places].tolist()],
        "peak": float(measured.max()) if len(measured) else None,
        "last": float(measured[-1]) if len(measured) else None,
    }


def _read(file: BinaryIO) -> tuple[list[str], Floats]:
    """The columns' names, and the complete rows, of shape (rows, columns)."""
    data = file.read(_MOST_BYTES)
    lines = data[: data.rfind(b"\n") + 1].decode("utf-8", "replace")
    rows = csv.reader(io.StringIO(lines, newline=""))
    try:
        names = next(rows, [])[:_MOST_COLUMNS]
        width = len(names)
        cells = array("d")
        for row in rows:
            if len(row) >= width:
                cells.extend(map(_number, row[:width]))
    except csv.Error:
        return [], np.empty((0, 0))
    return names, np.frombuffer(cells, np.float64).reshape(-1, max(1, width))


def _number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return np.nan
