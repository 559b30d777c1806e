"""Score episodes of monitors by the mean of the last hundred, since a single one is too noisy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sml_viewer.config.plot_config import Configuration
from sml_viewer.config.typed_options import ScoreOptions
from sml_viewer.i18n import Message
from sml_viewer.model.run import Run

from .axes import is_of_episodes

_SCORE, _ROWS = "TABLE_SCORE", "TABLE_LAST_K"
_LAST_EPISODES = 100


def for_episodes(configuration: Configuration, pair: tuple[str, str], runs: Sequence[Run]) -> Configuration:
    """The configuration, with the score of episodes if all runs have episodes and none is set."""
    if (
        ScoreOptions.of(configuration, pair).is_set("table_score")
        or not runs
        or not all(is_of_episodes(run, pair[1]) for run in runs)
    ):
        return configuration
    return replace(configuration, values={_ROWS: _LAST_EPISODES, **configuration.values, _SCORE: "last_k"})


def episodes_note(configuration: Configuration, changed: Configuration) -> list[str]:
    """The note for captions if `for_episodes` changed the configuration."""
    if changed is configuration:
        return []
    text = "Rows are episodes, whose last {k} are averaged for each run (auto; TABLE_SCORE=last takes one)"
    return [Message(text, k=ScoreOptions.of(changed).table_last_k)]
