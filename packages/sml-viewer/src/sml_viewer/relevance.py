"""Which parameter matters most: how much of the scores' variance goes with each, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .curves import Pair
from .read.cells import Floats
from .scores import ScoreTable
from .significance import holm
from .values import Codes, values_of

_PERMUTATIONS = 999
_SEED = 20_240_229


@dataclass(frozen=True)
class Relevance:
    """One parameter: the share of variance that goes with it, a p-value, and what it cannot be told apart from.

    `share` is ω² (Hays 1963), which unlike η² does not grow with the number of values; None where no value has two
    runs. `p_value` is that of a permutation test within sub-figures, after Holm's correction. `same_as` are
    parameters that change whenever it changes.
    """

    name: str
    values: int
    runs: int
    share: float | None
    p_value: float | None
    same_as: tuple[str, ...]


def rank_parameters(table: ScoreTable, keys: Sequence[str]) -> list[Relevance]:
    """The parameters by the share of the variance of scores within sub-figures, the largest first."""
    rows = [(cell.scores, cell.runs, place) for place, row in enumerate(table.rows) for cell in row if cell]
    scores = np.concatenate([part for part, _, _ in rows])
    places = np.concatenate([np.full(len(part), place) for part, _, place in rows])
    finite = np.isfinite(scores)
    runs = [run for _, part, _ in rows for run in part]
    values = values_of([run for run, good in zip(runs, finite, strict=True) if good])
    scores, places = scores[finite], places[finite]
    codes = {key: values[key].codes for key in keys}
    found = {key: _share(scores, places, codes[key]) for key in keys}
    random = np.random.default_rng(_SEED)
    p_values = {
        key: _p_value(scores, places, codes[key], share, random)
        for key, share in found.items()
        if share is not None
    }
    corrected = holm(p_values)
    ranked = [
        Relevance(
            key,
            len(np.unique(codes[key])),
            len(scores),
            found[key],
            corrected.get(key),
            tuple(other for other in keys if other != key and _moves_with(codes[key], codes[other])),
        )
        for key in keys
    ]
    return sorted(ranked, key=lambda one: -np.inf if one.share is None else -one.share)


def relevance_caption(pair: Pair, ranked: Sequence[Relevance]) -> str:
    """What the ranking says, and what it does not."""
    return (
        f"Share of the variance of {pair[1]} within a sub-figure that goes with each parameter alone (ω², Hays "
        f"1963), {ranked[0].runs if ranked else 0} runs; permutation test, Holm's correction. Parameters that were "
        "not varied independently cannot be told apart, and a share says nothing of runs that were not made."
    )


def _share(scores: Floats, places: Codes, codes: Codes) -> float | None:
    """ω² pooled over sub-figures: (SSb - dfb·MSw) / (SSt + MSw)."""
    total = between = 0.0
    inner = outer = 0
    for place in np.unique(places):
        here = places == place
        part, groups = scores[here], codes[here]
        _, which = np.unique(groups, return_inverse=True)
        counts = np.bincount(which)
        means = np.bincount(which, part) / counts
        between += float((counts * (means - part.mean()) ** 2).sum())
        total += float(((part - part.mean()) ** 2).sum())
        outer += len(counts) - 1
        inner += len(part) - len(counts)
    if inner <= 0 or outer <= 0 or total == 0:
        return None
    within = (total - between) / inner
    return max(0.0, (between - outer * within) / (total + within))


def _p_value(scores: Floats, places: Codes, codes: Codes, share: float, random: np.random.Generator) -> float:
    """How often scores that are shuffled within their sub-figures give a share at least as large."""
    order = np.argsort(places, kind="stable")
    scores, places, codes = scores[order], places[order], codes[order]
    parts = np.split(np.arange(len(scores)), np.flatnonzero(np.diff(places)) + 1)
    hits = 0
    for _ in range(_PERMUTATIONS):
        shuffled = scores[np.concatenate([random.permutation(part) for part in parts])]
        other = _share(shuffled, places, codes)
        hits += other is not None and other >= share
    return (hits + 1) / (_PERMUTATIONS + 1)


def _moves_with(codes: Codes, others: Codes) -> bool:
    """Whether another parameter has one value for each value of this one, and more than one in all."""
    pairs = len(np.unique(np.stack([codes, others]), axis=1)[0])
    return pairs == len(np.unique(codes)) and len(np.unique(others)) > 1
