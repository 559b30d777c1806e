"""Direction of metrics, maximise or minimise: one rule for all tables, bars and lists."""

from __future__ import annotations

from sml_viewer.config.plot_config import Configuration
from sml_viewer.config.typed_options import ComparisonOptions
from sml_viewer.model.run import Summary

from .metric_names import smaller_is_better
from .step_names import rank_of_steps


def largest_is_best(configuration: Configuration, pair: tuple[str, str]) -> bool:
    """Whether the largest value is best: by TABLE_BOLD_MAX if set, else by the metric's name."""
    chosen = ComparisonOptions.of(configuration, pair).table_bold_max
    return not is_loss(pair[1]) if chosen is None else chosen


def best_of(metric: str, column: Summary) -> float | None:
    """The best value of a metric in a run; None while its table is not indexed."""
    return column.low if is_loss(metric) else column.high


def is_loss(metric: str) -> bool:
    """Whether a metric is minimised, by its name: losses, errors, distances, costs, durations."""
    return rank_of_steps(metric) is None and smaller_is_better(metric)
