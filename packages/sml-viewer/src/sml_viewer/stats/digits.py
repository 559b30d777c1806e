"""Number of digits that a mean and its error are shown with."""

from __future__ import annotations

import math

import numpy as np

from .hypothesis import ROUNDING

_LEAST_DIGITS, _MOST_DIGITS = 2, 12


def digits_of(mean: float, error: float) -> int:
    """Digits after the point: two significant ones of the error, or of the mean without an error; at least 2.

    An error that is only the rounding of equal scores counts as no error.
    """
    size = abs(mean) if np.isnan(error) or error <= ROUNDING * abs(mean) else error
    if not 0 < size < np.inf:
        return _LEAST_DIGITS
    return min(max(_LEAST_DIGITS, 1 - math.floor(math.log10(size))), _MOST_DIGITS)
