"""Parameter importance: the share of the scores' variance explained by each parameter, with a p-value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sml_viewer.arrays import Floats
from sml_viewer.i18n import Message
from sml_viewer.model.parameter_table import Codes, parameter_table
from sml_viewer.model.results import Pair, ScoreTable
from sml_viewer.stats.hypothesis import holm

_PERMUTATIONS = 999
_SEED = 20_240_229


@dataclass(frozen=True)
class Relevance:
    """Importance of one parameter.

    `values` and `runs` count its distinct values and the runs. `share` is ω² (Hays 1963), which unlike η²
    does not grow with the number of values; None if no value has two runs. `p_value` is that of a
    permutation test within sub-figures, after Holm's correction. `same_as` are the parameters that are
    confounded with it: each of its values goes with one value of theirs.
    """

    name: str
    values: int
    runs: int
    share: float | None
    p_value: float | None
    same_as: tuple[str, ...]


def rank_parameters(table: ScoreTable, keys: Sequence[str]) -> list[Relevance]:
    """The parameters by their share of the variance of scores within sub-figures, largest first."""
    rows = [
        (cell.scores, cell.runs, subfigure)
        for subfigure, row in enumerate(table.rows)
        for cell in row
        if cell
    ]
    scores = np.concatenate([part for part, _, _ in rows])
    subfigures = np.concatenate([np.full(len(part), subfigure) for part, _, subfigure in rows])
    runs = [run for _, part, _ in rows for run in part]
    finite = np.isfinite(scores)
    values = parameter_table([run for run, good in zip(runs, finite, strict=True) if good])
    scores, subfigures = scores[finite], subfigures[finite]
    codes = {key: values[key].codes for key in keys}
    explained = {key: _omega_squared(scores, subfigures, codes[key]) for key in keys}
    corrected = holm({key: result[1] for key, result in explained.items() if result is not None})
    ranked = [
        Relevance(
            key,
            len(np.unique(codes[key])),
            len(scores),
            result[0] if (result := explained[key]) is not None else None,
            corrected.get(key),
            tuple(other for other in keys if other != key and _is_function(codes[key], codes[other])),
        )
        for key in keys
    ]
    return sorted(ranked, key=lambda relevance: 1.0 if relevance.share is None else -relevance.share)


def relevance_caption(pair: Pair, ranked: Sequence[Relevance]) -> str:
    """Caption of the ranking: what it shows and its limits."""
    return Message(
        "Share of the variance of {y} within a sub-figure that goes with each parameter alone "
        "(ω², Hays 1963), {n} runs; permutation test, Holm's correction. "
        "Parameters that were not varied independently cannot be separated, and a share says nothing about "
        "values that were not tried.",
        y=pair[1],
        n=ranked[0].runs if ranked else 0,
    )


def _omega_squared(scores: Floats, subfigures: Codes, codes: Codes) -> tuple[float, float] | None:
    """ω² pooled over sub-figures, (SSb - dfb·MSw) / (SSt + MSw), and the p-value of a permutation test.

    `scores`, `subfigures` and `codes` (of the parameter's values) have shape (runs,). Permutations shuffle
    scores within their sub-figures. None if the variance within or between values is undefined.
    """
    random = np.random.default_rng(_SEED)
    between = np.zeros(1 + _PERMUTATIONS)  # the first is of the scores without shuffling
    total = 0.0
    inner = outer = 0
    for subfigure in np.unique(subfigures):
        inside = subfigures == subfigure
        part = scores[inside] - scores[inside].mean()
        _, which = np.unique(codes[inside], return_inverse=True)
        counts = np.bincount(which)
        shuffled = random.permuted(np.tile(part, (_PERMUTATIONS, 1)), axis=1)
        for group, count in enumerate(counts):
            sums = np.append(part[which == group].sum(), shuffled[:, which == group].sum(axis=1))
            between += sums**2 / count
        total += float((part**2).sum())
        outer += len(counts) - 1
        inner += len(part) - len(counts)
    if inner <= 0 or outer <= 0 or total == 0:
        return None
    within = (total - between[0]) / inner
    share = max(0.0, (between[0] - outer * within) / (total + within))
    as_much = int((between[1:] >= between[0] * (1 - 1e-12)).sum())
    return float(share), (as_much + 1) / (_PERMUTATIONS + 1)


def _is_function(codes: Codes, others: Codes) -> bool:
    """Whether another parameter varies and is a function of this one."""
    pairs = len(np.unique(np.stack([codes, others]), axis=1)[0])
    return pairs == len(np.unique(codes)) and len(np.unique(others)) > 1
