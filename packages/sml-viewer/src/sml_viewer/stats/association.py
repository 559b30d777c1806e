"""Rank association of a score with one parameter: adjusted R², direction, and a permutation test."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from sml_viewer.arrays import Floats, Indices

Shape = Literal["rising", "falling", "peak", "dip", ""]

# With fewer configurations nothing is claimed: most orders of them look like an effect.
LEAST = 6
_SEED = 20_240_229  # fixed, so that the same data always gives the same p-value
_MOST_PERMUTATIONS, _LEAST_PERMUTATIONS = 9_999, 999
_MOST_CELLS = 4_000_000
_EQUAL = 1 - 1e-9  # sums in another order differ by rounding


@dataclass(frozen=True)
class Association:
    """Association of scores with a parameter.

    `n` is the number of configurations. `share` is the adjusted R² of the ranks, 0 to 1. `p_value` is not
    corrected for other parameters. Of a number, `rho` is Spearman's correlation, and `shape` tells where
    scores are high: at large values (rising), at small ones (falling), between (peak) or at both ends (dip).
    """

    n: int
    share: float
    p_value: float
    rho: float | None = None
    shape: Shape = ""


class RankTests:
    """Permutation tests of one score per configuration; permutations are shared between parameters.

    `scores` and `strata` have shape (configurations,); scores may be infinite, not NaN. Configurations are
    exchanged and compared within their stratum only. A configuration is one combination of parameters, with
    the mean of its seeds as score: seeds of one combination are not independent trials of it.
    """

    def __init__(self, scores: Floats, strata: Indices) -> None:
        self._scores, self._strata = scores, strata
        self._shuffled: tuple[bytes, Floats, Floats] | None = None

    def of_number(self, values: Floats) -> Association | None:
        """The association with a number; NaN marks configurations without one, which are left out.

        Ranks of scores are regressed on the ranks of the values and their squares, so that an optimum
        between the ends is seen too (rank transform: Conover & Iman 1981; of the linear part alone the root
        is Spearman's ρ, 1904). The share is R² adjusted for the number of terms (Ezekiel 1930). The p-value
        is (b + 1)/(m + 1) of m permutations, b of them with at least as large an R² (Phipson & Smyth 2010).
        None if there are too few configurations or the values are all equal.
        """
        known = np.isfinite(values)
        if len(np.unique(values[known])) < 2:
            return None
        ranks = average_ranks(values[known])
        centred = ranks - ranks.mean()
        result = self._regressed(known, np.stack([centred, centred**2], axis=1))
        if result is None:
            return None
        association, parts = result
        linear = parts[0] ** 2
        curved = parts[1] ** 2 if len(parts) > 1 else 0.0
        shape: Shape = "rising" if parts[0] > 0 else "falling"
        if curved > linear:
            shape = "peak" if parts[1] < 0 else "dip"
        return Association(association.n, association.share, association.p_value, float(parts[0]), shape)

    def of_categories(self, codes: Indices) -> Association | None:
        """The association with a category; negative codes mark configurations without one, left out.

        The statistic is that of Kruskal & Wallis (1952), H = (n - 1)·R² of the ranks, and the share is ε²
        (Kelley 1935), which is the adjusted R². None if there are too few configurations, a single category,
        or none with two configurations. The p-value is as in `of_number`.
        """
        known = codes >= 0
        _, dense = np.unique(codes[known], return_inverse=True)
        if dense.max(initial=0) == 0:
            return None
        result = self._regressed(known, np.eye(dense.max() + 1)[dense][:, 1:])
        return result and result[0]

    def _regressed(self, known: np.ndarray, design: Floats) -> tuple[Association, Floats] | None:
        """The association, and the correlation with each orthogonal column of the design, in its order."""
        strata = self._strata[known]
        design = np.column_stack([_centred(column, strata) for column in design.T])
        basis = _orthonormal(design)
        groups = len(np.unique(strata))
        free = len(strata) - groups  # degrees of freedom of the scores
        terms = basis.shape[1]
        if terms == 0 or _comparable(strata) < LEAST or free <= terms:
            return None
        ranks, shuffled = self._permuted(known)
        total = float(ranks @ ranks)
        if total == 0:
            return None
        parts = (ranks @ basis) / np.sqrt(total)
        explained = float(parts @ parts)
        others = ((shuffled @ basis) ** 2).sum(axis=1) / total
        as_much = int((others >= explained * _EQUAL).sum())
        share = 1 - (1 - explained) * free / (free - terms)
        p_value = (as_much + 1) / (len(others) + 1)
        return Association(_comparable(strata), min(1.0, max(0.0, share)), p_value), parts

    def _permuted(self, known: np.ndarray) -> tuple[Floats, Floats]:
        """Ranks of the scores without their stratum's mean, shape (n,), and permutations of them, (m, n)."""
        key = known.tobytes()
        if self._shuffled is None or self._shuffled[0] != key:
            strata = self._strata[known]
            ranks = _centred(average_ranks(self._scores[known]), strata)
            count = int(np.clip(_MOST_CELLS // len(ranks), _LEAST_PERMUTATIONS, _MOST_PERMUTATIONS))
            random = np.random.default_rng(_SEED)
            shuffled = np.empty((count, len(ranks)))
            for members in _members(strata):
                shuffled[:, members] = random.permuted(np.tile(ranks[members], (count, 1)), axis=1)
            self._shuffled = (key, ranks, shuffled)
        return self._shuffled[1:]


def average_ranks(values: Floats) -> Floats:
    """Ranks from 1; equal values share the mean of theirs."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return np.asarray(ends - (counts - 1) / 2)[inverse.reshape(-1)]


def _members(strata: Indices) -> Iterator[Indices]:
    for stratum in np.unique(strata):
        yield np.flatnonzero(strata == stratum)


def _centred(values: Floats, strata: Indices) -> Floats:
    """The values without the mean of their stratum."""
    result = np.array(values, np.float64)
    for members in _members(strata):
        result[members] -= result[members].mean()
    return result


def _comparable(strata: Indices) -> int:
    """The number of configurations that have another one in their stratum."""
    counts = np.unique(strata, return_counts=True)[1]
    return int(counts[counts > 1].sum())


def _orthonormal(design: Floats) -> Floats:
    """Orthonormal columns that span the design's, shape (n, rank); each points along the column it adds."""
    columns: list[Floats] = []
    for column in design.T:
        rest = column.copy()
        for _ in range(2):  # again, against rounding
            for other in columns:
                rest -= (other @ rest) * other
        size = np.linalg.norm(rest)
        if size > 1e-9 * max(1.0, float(np.linalg.norm(column))):
            columns.append(rest / size)
    return np.stack(columns, axis=1) if columns else np.empty((len(design), 0))
