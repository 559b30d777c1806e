"""Which columns of a table a figure will likely need, by their names alone: these are read first."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import partial

from sml_viewer.config.plot_config import Configuration
from sml_viewer.config.typed_options import SelectionOptions

from .metric_names import rank_of_metric
from .step_names import rank_of_steps


def likely_names(names: Sequence[str], pairs: Sequence[Sequence[str]] = ()) -> set[str]:
    """The x and y columns of a figure: those of the configured pairs, else the best by name.

    An x or y that is not configured is "". `choose_pair` may choose others, by the values too.
    """
    steps = [(step, index) for index, name in enumerate(names) if (step := rank_of_steps(name))]
    metrics = [
        (metric, index)
        for index, name in enumerate(names)
        if not rank_of_steps(name) and (metric := rank_of_metric(name))
    ]
    best_x = names[min(steps)[1]] if steps else ""
    best_y = names[min(metrics)[1]] if metrics else ""
    return {name for x, y in pairs or [("", "")] for name in (x or best_x, y or best_y)} & {*names}


def likely_for_figures(configuration: Configuration) -> Callable[[tuple[str, ...]], Collection[str]]:
    """`likely_names` for the figures of a configuration: what `Library.preview` is given."""
    return partial(likely_names, pairs=SelectionOptions.of(configuration).plotting_xy or ())
