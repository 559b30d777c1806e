"""Runs of TorchRL's CSVLogger: `<run>/scalars/<metric>.csv` with a step and a value in each line."""

from __future__ import annotations

import contextlib
import math
import os
from typing import Any

import numpy as np

from sml_viewer.arrays import Floats
from sml_viewer.i18n import Message
from sml_viewer.model.sources import Group
from sml_viewer.readers.base import Description, Listing, TableData, TableState
from sml_viewer.readers.file_io import read_small
from sml_viewer.readers.plain_values import value_of
from sml_viewer.safe_open import Held

from .metric_files import groups_of_metrics, metric_column, plain_lines, read_metric_file

_SCALARS, _TEXTS = "scalars", "texts"
_ENDING = ".csv"
_DEPTH = 4
_HEAD = 256
_MOST_TEXT = 1_000_000


class TorchrlReader:
    """Each scalar is a source of its own: its rows have the steps at which it was logged."""

    name = "torchrl"
    title = "a run of TorchRL's CSVLogger"
    # Videos and texts are the run's.
    whole_folder = True
    described_bytes = 0
    described_files = (_TEXTS,)

    def claim(self, listing: Listing) -> tuple[str, ...]:
        """The files of scalars, if they are what the logger writes."""
        if _SCALARS not in listing.folders:
            return ()
        names = sorted(name for name in listing.files_in(_SCALARS, _DEPTH) if name.endswith(_ENDING))
        tables = tuple(f"{_SCALARS}/{name}" for name in names if name.isprintable())
        return tables if tables and _is_scalar(listing.head(tables[0], _HEAD)) else ()

    def groups(
        self,
        tables: tuple[str, ...],
        *,
        own: bool,  # noqa: ARG002  the protocol's
    ) -> tuple[Group, ...]:
        """One for each scalar."""
        return groups_of_metrics(tables, self.name, _metric)

    def read(
        self,
        file: int,
        status: os.stat_result,
        name: str,
        layout: str,  # noqa: ARG002  the protocol's
        state: TableState,
    ) -> TableData:
        """Lines of step and value; those since the last time alone."""
        return read_metric_file(file, status, state, _metric(name), _parsed, _plain)

    def describe(self, folder: str | Held, tables: tuple[str, ...]) -> Description:  # noqa: ARG002
        """The hyperparameters that were logged: lines of `name: value`."""
        parameters: dict[str, Any] = {}
        listing = Listing(str(folder), frozenset(), frozenset())
        for name in sorted(listing.files_in(_TEXTS)):
            if not name.startswith("hparams"):
                continue
            with contextlib.suppress(OSError):
                text = read_small(folder, f"{_TEXTS}/{name}", _MOST_TEXT).decode("utf-8", "replace")
                pairs = (line.partition(": ") for line in text.splitlines())
                parameters |= {key.strip(): value_of(value) for key, colon, value in pairs if colon}
        return Description(parameters)


def _metric(table: str) -> str:
    return metric_column(table.removeprefix(f"{_SCALARS}/").removesuffix(_ENDING))


def _is_scalar(head: bytes) -> bool:
    line = head.partition(b"\n")[0].decode("ascii", "replace")
    try:
        _parsed(line, 0)
    except ValueError:
        return not head  # nothing was logged yet
    return True


def _plain(data: bytes) -> Floats | None:
    cells = plain_lines(data, b",", 2)
    if cells is None:
        return None
    steps, values = np.fromiter(cells, np.float64, len(cells)).reshape(-1, 2).T
    return np.array([steps, np.full(len(steps), np.nan), values])


def _parsed(line: str, before: int) -> tuple[float, float, float]:  # noqa: ARG001  the protocol's
    step, comma, value = line.partition(",")
    if not comma or "," in value:
        raise ValueError(Message("expected a step and a value"))
    # A step that was not given is written as None.
    return (math.nan if step == "None" else float(step)), math.nan, float(value)
