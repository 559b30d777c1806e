"""Runs of Sacred's FileStorageObserver: metrics in `metrics.json`, and in `info.json` as PyMARL has them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

import numpy as np

from sml_viewer.model.sources import Group
from sml_viewer.readers.base import MOST_WHOLE, Description, Listing, TableData, TableState
from sml_viewer.readers.file_io import read_small
from sml_viewer.readers.json_object import json_object, read_json_object
from sml_viewer.readers.points import Points, rows_by_step
from sml_viewer.safe_open import Held

_RUN, _CONFIG, _METRICS, _INFO = "run.json", "config.json", "metrics.json", "info.json"
_STEPS = "_T"
# As sacred/run.py has them; killed runs still say RUNNING.
_STATES = {"COMPLETED": "finished", "FAILED": "failed", "INTERRUPTED": "killed", "TIMEOUT": "failed"}


class SacredReader:
    """A row is a step; metrics that were logged at steps of their own are blank between these."""

    name = "sacred"
    title = "a run of Sacred"
    # Sources, resources and artifacts are the run's.
    whole_folder = True
    tells_state = True
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
            Group("" if index == 0 else table.removesuffix(".json"), "", self.name, (table,))
            for index, table in enumerate(tables)
        )

    def read(
        self,
        file: int,
        status: os.stat_result,
        name: str,
        layout: str,  # noqa: ARG002  the protocol's
        state: TableState,
    ) -> TableData:
        """The whole file: Sacred rewrites it at each heartbeat."""
        state = TableState(inode=status.st_ino, offset=status.st_size)
        if name == _RUN:
            return TableData(state)
        content = read_json_object(file, status)
        rows = rows_by_step(dict(_of_metrics(content) if name == _METRICS else _of_info(content)))
        return TableData(state, pieces=(rows,) if rows.count else ())

    def describe(self, folder: str | Held, tables: tuple[str, ...]) -> Description:  # noqa: ARG002
        """The state that `run.json` says, unknown while it runs; parameters are those of `config.json`."""
        run = json_object(read_small(folder, _RUN, MOST_WHOLE))
        status = run.get("status")
        return Description(state=_STATES.get(status) if isinstance(status, str) else None)


def _of_metrics(content: dict[str, Any]) -> Iterator[tuple[str, Points]]:
    for name, metric in content.items():
        if not isinstance(metric, dict):
            continue
        lists = [metric.get(part) for part in ("steps", "timestamps", "values")]
        if all(isinstance(part, list) for part in lists):
            yield _utf8(name), _points(*lists)


def _of_info(content: dict[str, Any]) -> Iterator[tuple[str, Points]]:
    """Lists of numbers with a list of their steps beside them, called as they are with `_T` behind."""
    for name, values in content.items():
        steps = content.get(name + _STEPS)
        if isinstance(values, list) and isinstance(steps, list):
            yield _utf8(name), _points(steps, [None] * len(steps), values)


def _points(steps: Any, times: Any, values: Any) -> Points:
    # A file that is being written may have one list longer than another: what has all is whole.
    points = [
        (at, _seconds(time), number)
        for step, time, value in zip(steps, times, values, strict=False)
        if (at := _number(step)) is not None and (number := _number(value)) is not None and at == at
    ]
    return Points(*np.array(points, np.float64).reshape(-1, 3).T.copy())


def _utf8(name: str) -> str:
    return name.encode("utf-8", "backslashreplace").decode()


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
