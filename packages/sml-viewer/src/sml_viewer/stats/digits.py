"""How many digits of a mean and its error are shown."""

from __future__ import annotations

import math

import numpy as np

from .hypothesis import ROUNDING

_LEAST_DIGITS, _MOST_DIGITS = 2, 12


def digits_of(mean: float, error: float) -> int:
    """Digits after the point that show two of the error's, or of the mean's where there is none; at least 2.

    An error that is only the rounding of equal scores counts as none.
    """
    size = abs(mean) if np.isnan(error) or error <= ROUNDING * abs(mean) else error
    if not 0 < size < np.inf:
        return _LEAST_DIGITS
    return min(max(_LEAST_DIGITS, 1 - math.floor(math.log10(size))), _MOST_DIGITS)
