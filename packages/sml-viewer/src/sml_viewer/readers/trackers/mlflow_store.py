"""Runs in MLflow's file store: `mlruns/<experiment>/<run>/` with a file for each metric and parameter."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from sml_viewer.arrays import Floats
from sml_viewer.model.sources import Group
from sml_viewer.readers.base import Description, Listing, TableData, TableState
from sml_viewer.readers.file_io import read_small
from sml_viewer.readers.plain_values import value_of
from sml_viewer.safe_open import Held

from .metric_files import groups_of_metrics, metric_column, plain_lines, read_metric_file

_META = "meta.yaml"
_METRICS, _PARAMETERS, _TAGS = "metrics", "params", "tags"
_RUN_NAME = "mlflow.runName"
NOTE = "mlflow.note.content"
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
_DEPTH = 6
_MOST_META, _MOST_PARAMETER, _MOST_PARAMETERS = 100_000, 64_000, 2_000
MOST_NOTE = 64_000
MOST_TAG_TEXT = 250


class MlflowStoreReader:
    """Each metric is a source of its own: its rows have the steps at which it was logged."""

    name = "mlflow"
    title = "a run of MLflow's file store"
    # Artifacts are the run's, whatever they hold.
    whole_folder = True
    tells_state = True
    described_bytes = 0
    described_files = (_META, _PARAMETERS, _TAGS)

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
        return groups_of_metrics(tables, self.name, _metric)

    def read(
        self,
        file: int,
        status: os.stat_result,
        name: str,
        layout: str,  # noqa: ARG002  the protocol's
        state: TableState,
    ) -> TableData:
        """Lines of milliseconds, value and step; those since the last time alone."""
        return read_metric_file(file, status, state, _metric(name), _parsed, _plain)

    def describe(self, folder: str | Held, tables: tuple[str, ...]) -> Description:  # noqa: ARG002
        """Parameters and tags from their files, names and state from `meta.yaml`.

        The state is unknown while that says running.
        """
        meta = _object(folder)
        status = meta.get("status")
        tags = dict(_texts_below(folder, _TAGS, MOST_NOTE))
        called = tags.get(_RUN_NAME) or meta.get("run_name")
        experiment = _object(str(folder).rpartition("/")[0]).get("name") if called else None
        return Description(
            {name: value_of(text) for name, text in _texts_below(folder, _PARAMETERS, _MOST_PARAMETER)},
            _STATES.get(status) if isinstance(status, (int, str)) else None,
            called=tuple(str(name) for name in (experiment, called) if name),
            tags=filterable_tags(tags),
            note=tags.get(NOTE, ""),
        )


def filterable_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """Tags as they are selected: `tags.NAME`; without the note, and long ones, which are MLflow's logs."""
    return {
        f"{_TAGS}.{name}": text for name, text in tags.items() if len(text) <= MOST_TAG_TEXT and name != NOTE
    }


def _object(folder: str | Held) -> dict[str, Any]:
    """What a `meta.yaml` says; nothing if it cannot be read."""
    from sml_viewer.readers.safe_yaml import load_yaml  # late: slow to load

    with contextlib.suppress(OSError, ValueError):
        meta = load_yaml(read_small(folder, _META, _MOST_META))
        return meta if isinstance(meta, dict) else {}
    return {}


def _texts_below(folder: str | Held, below: str, most: int) -> Iterator[tuple[str, str]]:
    """The files of a folder by their names, and their texts."""
    for name in _files_in(str(folder), below, _DEPTH):
        with contextlib.suppress(OSError, ValueError):
            yield name, read_small(folder, f"{below}/{name}", most).decode("utf-8", "replace")


def _metric(table: str) -> str:
    return metric_column(table.removeprefix(f"{_METRICS}/"))


def _files_in(folder: str, below: str, depth: int) -> list[str]:
    with contextlib.suppress(OSError):
        return sorted(Listing(folder, frozenset(), frozenset()).files_in(below, depth))[:_MOST_PARAMETERS]
    return []


def _plain(data: bytes) -> Floats | None:
    cells = plain_lines(data, b" ", 3)
    if cells is None or {*map(type, cells[::3]), *map(type, cells[2::3])} != {int}:
        return None
    times, values, steps = np.fromiter(cells, np.float64, len(cells)).reshape(-1, 3).T
    return np.array([steps, times / 1e3, values])


def _parsed(line: str, before: int) -> tuple[float, float, float]:
    cells = line.split(" ")
    step = int(cells[2]) if len(cells) > 2 else before
    return float(step), int(cells[0]) / 1e3, float(cells[1])
