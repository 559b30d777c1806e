"""Whether a metric's largest value is its best or its smallest: one rule for everything that shows it."""

from __future__ import annotations

from sml_viewer.config.plot_config import Configuration
from sml_viewer.model.run import Summary

from .metric_names import smaller_is_better
from .step_names import rank_of_steps


def largest_is_best(configuration: Configuration, pair: tuple[str, str]) -> bool:
    """As TABLE_BOLD_MAX says; where nobody set it, by the metric's name, whoever chose the metric."""
    if configuration.is_set("TABLE_BOLD_MAX", pair):
        return bool(configuration.get("TABLE_BOLD_MAX", pair))
    return not is_loss(pair[1])


def best_of(metric: str, column: Summary) -> float | None:
    """The best value of a metric that a run ever had; None while its table is not read."""
    return column.low if is_loss(metric) else column.high


def is_loss(metric: str) -> bool:
    """Whether a metric is to be made small, by its name: losses, errors, distances, costs, durations."""
    return rank_of_steps(metric) is None and smaller_is_better(metric)
