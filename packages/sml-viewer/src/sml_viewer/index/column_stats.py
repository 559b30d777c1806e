"""What is known of columns without their rows, as the store keeps it: their names and their numbers."""

from __future__ import annotations

import functools
import json
from array import array
from collections.abc import Mapping

import numpy as np

from sml_viewer.arrays import Floats
from sml_viewer.model.run import Summaries

# Of one column: last, least, largest, count.
Column = tuple[float, float, float, float]


def summarise(columns: Mapping[str, Floats]) -> dict[str, Column]:
    """The summaries of columns of one length, each with at least one number."""
    if not columns:
        return {}
    values = np.stack(list(columns.values()))
    blank = np.isnan(values)
    if not blank.any():
        count = np.full(len(values), float(values.shape[1]))
        last = values[:, -1]
    else:
        count = (~blank).sum(axis=1).astype(np.float64)
        ends = values.shape[1] - 1 - (~blank[:, ::-1]).argmax(axis=1)
        last = values[np.arange(len(values)), ends]
    numbers = np.stack([last, np.fmin.reduce(values, axis=1), np.fmax.reduce(values, axis=1), count], axis=1)
    return dict(zip(columns, map(tuple, numbers.tolist()), strict=True))


def merge(into: dict[str, Column], more: Mapping[str, Column], prefix: str = "") -> None:
    """Add later rows to what is known of earlier ones; `prefix` goes before the later ones' names."""
    for plain, new in more.items():
        name = prefix + plain
        old = into.get(name)
        into[name] = (
            new if old is None else (new[0], min(old[1], new[1]), max(old[2], new[2]), old[3] + new[3])
        )


def encode(summary: Mapping[str, Column]) -> tuple[str, bytes]:
    """The names as JSON, and the numbers, of shape (4, columns)."""
    return _names(tuple(summary)), np.array(list(summary.values()), np.float64).T.tobytes()


def encode_last(last: Mapping[str, float]) -> tuple[str, bytes]:
    """The same for columns of which only the last value is known: numbers of shape (1, columns)."""
    return _names(tuple(last)), array("d", last.values()).tobytes()


def decode(names: str, numbers: bytes) -> dict[str, Column]:
    """What `encode` was given."""
    known = places(names)
    columns = np.frombuffer(numbers).reshape(-1, len(known)).T.tolist() if known else []
    return dict(zip(known, map(tuple, columns), strict=True))


def load(names: str, numbers: bytes) -> Summaries:
    """What either encoded, for a run."""
    return Summaries(places(names), numbers)


@functools.lru_cache(4096)
def places(names: str) -> dict[str, int]:
    """Names as `encode` wrote them, numbered; runs with the same columns share one."""
    return {name: index for index, name in enumerate(json.loads(names))}


@functools.lru_cache(4096)
def _names(names: tuple[str, ...]) -> str:
    return json.dumps(names)
