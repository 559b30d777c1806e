"""Runs in MLflow's file store: `mlruns/<experiment>/<run>/` with a file for each metric and parameter."""

from __future__ import annotations

import contextlib
import os
import re
import zlib
from collections import Counter
from typing import Any

import numpy as np

from sml_viewer.model.sources import Group
from sml_viewer.readers.base import Description, Listing, Rows, TableData, TableState, read_at
from sml_viewer.readers.file_io import read_small
from sml_viewer.readers.plain_values import value_of
from sml_viewer.readers.safe_yaml import load_yaml
from sml_viewer.safe_open import Held

_META = "meta.yaml"
_METRICS, _PARAMETERS = "metrics", "params"
_RUN = re.compile(r"[0-9a-f]{32}")
_DELETED = re.compile(rb"^lifecycle_stage: *deleted", re.MULTILINE)
# As RunStatus of mlflow/entities/run_status.py; one that is running may as well have been killed.
_STATES = {
    3: "finished",
    4: "failed",
    5: "killed",
    "FINISHED": "finished",
    "FAILED": "failed",
    "KILLED": "killed",
}
_STEP, _TIME = "step", "wall_time"
_DEPTH = 6
_TAIL = 256
_MOST_META, _MOST_PARAMETER, _MOST_PARAMETERS = 100_000, 64_000, 2_000


class MlflowStoreReader:
    """Each metric is a source of its own: its rows have the steps at which it was logged."""

    name = "mlflow"
    title = "a run of MLflow's file store"
    # Artifacts are the run's, whatever they hold.
    whole_folder = True
    described_bytes = 0
    described_files = (_META, _PARAMETERS)

    def claim(self, listing: Listing) -> tuple[str, ...]:
        """The metrics of a run that was not deleted; models have other names than runs."""
        if _META not in listing.files or _METRICS not in listing.folders:
            return ()
        if not _RUN.fullmatch(listing.path.rpartition("/")[2]) or _DELETED.search(
            listing.head(_META, _MOST_META)
        ):
            return ()
        names = sorted(listing.files_in(_METRICS, _DEPTH))
        return tuple(f"{_METRICS}/{name}" for name in names if name.isprintable())

    def groups(
        self,
        tables: tuple[str, ...],
        *,
        own: bool,  # noqa: ARG002  the protocol's
    ) -> tuple[Group, ...]:
        """One for each metric."""
        return tuple(
            Group("" if place == 0 else _metric(table), "", self.name, (table,))
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
        """Lines of milliseconds, value and step; those since the last time alone."""
        length = min(_TAIL, state.offset)
        grew = (
            state.offset > 0
            and status.st_ino == state.inode
            and status.st_size >= state.offset
            and zlib.crc32(read_at(file, length, state.offset - length)) == state.crc
        )
        begin = state.offset if grew else 0
        data = read_at(file, status.st_size - begin, begin)
        data = data[: data.rfind(b"\n") + 1]
        end = begin + len(data)
        length = min(_TAIL, end)
        after = TableState(status.st_ino, end, zlib.crc32(read_at(file, length, end - length)))
        rows = _rows(data, _metric(name))
        return TableData(after, grew, (rows,) if rows.count or rows.notes else ())

    def describe(self, folder: str | Held, tables: tuple[str, ...]) -> Description:  # noqa: ARG002
        """Parameters are what stands in their files; the state that of `meta.yaml`, unknown while running."""
        meta = load_yaml(read_small(folder, _META, _MOST_META))
        status = meta.get("status") if isinstance(meta, dict) else None
        parameters: dict[str, Any] = {}
        for name in _files_in(str(folder), _PARAMETERS, _DEPTH):
            with contextlib.suppress(OSError):
                text = read_small(folder, f"{_PARAMETERS}/{name}", _MOST_PARAMETER).decode("utf-8", "replace")
                parameters[name] = value_of(text)
        return Description(parameters, _STATES.get(status) if isinstance(status, (int, str)) else None)


def _metric(table: str) -> str:
    name = table.removeprefix(f"{_METRICS}/")
    return f"{name} (metric)" if name in (_STEP, _TIME) else name


def _files_in(folder: str, below: str, depth: int) -> list[str]:
    with contextlib.suppress(OSError):
        return sorted(Listing(folder, frozenset(), frozenset()).files_in(below, depth))[:_MOST_PARAMETERS]
    return []


def _rows(data: bytes, metric: str) -> Rows:
    notes: Counter[str] = Counter()
    rows: list[tuple[float, float, float]] = []
    for line in data.decode("ascii", "replace").splitlines():
        cells = line.split(" ")
        try:
            time, value = int(cells[0]), float(cells[1])
            step = int(cells[2]) if len(cells) > 2 else len(rows)
            rows.append((float(step), time / 1e3, value))
        except (ValueError, IndexError, OverflowError):
            notes["bad_lines"] += 1
    if not rows:
        return Rows(0, {}, notes)
    steps, times, values = np.array(rows).T.copy()
    columns = {_STEP: steps, _TIME: times}
    if np.isnan(values).any():
        notes["nan"] = int(np.isnan(values).sum())
    if not np.isnan(values).all():
        columns[metric] = values
    return Rows(len(rows), columns, notes)
