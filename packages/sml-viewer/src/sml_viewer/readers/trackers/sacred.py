"""Runs of Sacred's FileStorageObserver: metrics in `metrics.json`, and in `info.json` as PyMARL has them."""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

import numpy as np

from sml_viewer.jsonio import is_deep, loads
from sml_viewer.model.sources import Group
from sml_viewer.readers.base import MOST_WHOLE, Description, Listing, Rows, TableData, TableState, read_at
from sml_viewer.readers.file_io import read_small
from sml_viewer.safe_open import Held

_RUN, _CONFIG, _METRICS, _INFO = "run.json", "config.json", "metrics.json", "info.json"
_STEP, _TIME = "step", "wall_time"
_STEPS = "_T"
# As sacred/run.py has them; RUNNING is said by runs that were killed, too.
_STATES = {"COMPLETED": "finished", "FAILED": "failed", "INTERRUPTED": "killed", "TIMEOUT": "failed"}
_MOST_CELLS = 20_000_000

Point = tuple[float, float, float]  # step, time, value


class SacredReader:
    """A row is a step; metrics that were logged at steps of their own are blank between these."""

    name = "sacred"
    title = "a run of Sacred"
    # Sources, resources and artifacts are the run's.
    whole_folder = True
    described_bytes = 0
    described_files = (_RUN,)

    def claim(self, listing: Listing) -> tuple[str, ...]:
        """The files of metrics beside `run.json` and `config.json`; the run itself, if it has none yet."""
        if not {_RUN, _CONFIG} <= listing.files:
            return ()
        return tuple(name for name in (_METRICS, _INFO) if name in listing.files) or (_RUN,)

    def groups(
        self,
        tables: tuple[str, ...],
        *,
        own: bool,  # noqa: ARG002  the protocol's
    ) -> tuple[Group, ...]:
        """A source for each file; what `info.json` repeats is not shown twice."""
        return tuple(
            Group("" if place == 0 else table.removesuffix(".json"), "", self.name, (table,))
            for place, table in enumerate(tables)
        )

    def read(
        self,
        file: int,
        status: os.stat_result,
        name: str,
        layout: str,  # noqa: ARG002  the protocol's
        state: TableState,
    ) -> TableData:
        """All of it: Sacred writes its files anew at each heartbeat."""
        if status.st_size > MOST_WHOLE:
            raise ValueError(f"larger than {MOST_WHOLE // 1_000_000} MB")
        state = TableState(inode=status.st_ino, offset=status.st_size)
        if name == _RUN:
            return TableData(state)
        content = _object(read_at(file, status.st_size, 0))
        points = dict(_of_metrics(content) if name == _METRICS else _of_info(content))
        rows = _rows(points)
        return TableData(state, pieces=(rows,) if rows.count else ())

    def describe(self, folder: str | Held, tables: tuple[str, ...]) -> Description:  # noqa: ARG002
        """The state that `run.json` says, unknown while it runs; parameters are those of `config.json`."""
        run = _object(read_small(folder, _RUN, MOST_WHOLE))
        status = run.get("status")
        return Description(state=_STATES.get(status) if isinstance(status, str) else None)


def _object(data: bytes) -> dict[str, Any]:
    try:
        content = loads(data)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(content, dict) or is_deep(content):
        raise ValueError("not a JSON object")
    return content


def _of_metrics(content: dict[str, Any]) -> Iterator[tuple[str, list[Point]]]:
    for name, metric in content.items():
        if not isinstance(metric, dict):
            continue
        lists = [metric.get(part) for part in ("steps", "timestamps", "values")]
        if all(isinstance(part, list) for part in lists):
            yield name, list(_points(*lists))


def _of_info(content: dict[str, Any]) -> Iterator[tuple[str, list[Point]]]:
    """Lists of numbers with a list of their steps beside them, called as they are with `_T` behind."""
    for name, values in content.items():
        steps = content.get(name + _STEPS)
        if isinstance(values, list) and isinstance(steps, list):
            yield name, list(_points(steps, [None] * len(steps), values))


def _points(steps: Any, times: Any, values: Any) -> Iterator[Point]:
    # A file that is being written may have one list longer than another: what has all is whole.
    for step, time, value in zip(steps, times, values, strict=False):
        where, number = _number(step), _number(value)
        if where is not None and number is not None:
            yield where, _seconds(time), number


def _number(value: Any) -> float | None:
    """A number, as it is or as jsonpickle wraps those of NumPy."""
    if isinstance(value, dict):
        value = value.get("value")
    if isinstance(value, (int, float)):
        with contextlib.suppress(OverflowError):
            return float(value)
    return None


def _seconds(time: Any) -> float:
    """Seconds since the epoch; Sacred writes UTC without saying so."""
    with contextlib.suppress(TypeError, ValueError, OverflowError):
        moment = datetime.fromisoformat(time)
        return (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).timestamp()
    return float("nan")


def _rows(points: dict[str, list[Point]]) -> Rows:
    """A row for each step; a metric that has a step twice takes a second row."""
    keys: dict[tuple[float, int], int] = {}
    cells: dict[str, list[tuple[tuple[float, int], float]]] = {}
    times: dict[tuple[float, int], float] = {}
    for name, listed in points.items():
        seen: Counter[float] = Counter()
        for step, time, value in listed:
            key = step, seen[step]
            seen[step] += 1
            keys[key] = 0
            cells.setdefault(f"{name} (metric)" if name in (_STEP, _TIME) else name, []).append((key, value))
            if time == time:
                times[key] = max(time, times.get(key, time))
    if len(keys) * len(cells) > max(_MOST_CELLS, 4 * len(keys)):
        raise ValueError(f"{len(cells)} metrics at {len(keys)} steps are too many for one table")
    ordered = sorted(keys)
    place = {key: row for row, key in enumerate(ordered)}
    columns = {_STEP: np.array([step for step, _ in ordered])}
    columns[_TIME] = np.array([times.get(key, np.nan) for key in ordered])
    for name, items in cells.items():
        columns[name] = np.full(len(ordered), np.nan)
        columns[name][[place[key] for key, _ in items]] = [value for _, value in items]
    kept = {
        name.encode("utf-8", "backslashreplace").decode(): values
        for name, values in columns.items()
        if not np.isnan(values).all()
    }
    return Rows(len(ordered), kept if ordered else {}, Counter())
