"""Which points of a long curve are drawn."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .read.cells import Floats

Places = NDArray[np.int64]


def shown_points(x: Floats, most: int, low: float = -np.inf, high: float = np.inf) -> tuple[Places, int]:
    """The places of at most about so many points between two x, evenly taken, and how many each stands for.

    The nearest point on either side is among them, so that a line leads out of the view; so is the last.
    """
    first = max(0, int(np.searchsorted(x, low, "left")) - 1)
    last = min(len(x), int(np.searchsorted(x, high, "right")) + 1)
    every = max(1, -(-(last - first) // max(2, most)))
    return every_so_many(first, last, every), every


def every_so_many(first: int, last: int, every: int) -> Places:
    """Every so many-th place from `first` to before `last`, and the one before `last`."""
    places = np.arange(first, last, every)
    if len(places) and places[-1] != last - 1:
        places = np.append(places, last - 1)
    return places
