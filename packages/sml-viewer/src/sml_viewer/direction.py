"""Whether the largest value of a metric is its best, or the smallest."""

from __future__ import annotations

import re

from .configuration import Configuration

_LOSS = re.compile(r"loss|error|regret|perplexity|(?<![a-z])(?:r?mse|mae|nll)(?![a-z])", re.IGNORECASE)
_SCORE = re.compile(r"return|reward|score|success|accuracy", re.IGNORECASE)


def largest_is_best(configuration: Configuration, pair: tuple[str, str]) -> bool:
    """As TABLE_BOLD_MAX says.

    Where nobody set it, the smallest is best of a metric that was chosen by itself and is a loss by its name.
    """
    if configuration.is_set("TABLE_BOLD_MAX", pair):
        return bool(configuration.get("TABLE_BOLD_MAX", pair))
    asked_for = any(y == pair[1] for _, y in configuration.get("PLOTTING_XY"))
    return asked_for or not is_loss(pair[1])


def is_loss(metric: str) -> bool:
    """Whether a metric is to be made small, by its name."""
    return _LOSS.search(metric) is not None and _SCORE.search(metric) is None
