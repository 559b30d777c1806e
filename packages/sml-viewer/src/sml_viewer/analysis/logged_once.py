"""Metrics that each run has once, such as a test accuracy: drawn as bars, since a curve needs points."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sml_config.run_states import RUNNING
from sml_viewer.i18n import Message, some
from sml_viewer.model.results import Pair
from sml_viewer.model.run import Run
from sml_viewer.model.run_state import state_now

AUTO, BAR = "AUTO", "BAR"


def is_logged_once(runs: Iterable[Run], metrics: Sequence[str]) -> bool:
    """Whether no run has more than one value of a metric, some have one, and no run may still get more."""
    some_have_one = False
    for run in runs:
        for metric in metrics:
            values = _values(run, metric)
            if values not in (0, 1):
                return False
            some_have_one = some_have_one or values == 1
    return some_have_one


def bars_note(pairs: Sequence[Pair]) -> Message:
    """What was guessed, and the option that changes it."""
    text = "Bars (auto): each run has one value of {y}; PLOT_MODE CURVE draws curves"
    return Message(text, y=some(list(dict.fromkeys(y for _, y in pairs))))


def _values(run: Run, metric: str) -> int | None:
    """0 or 1, if a run has no more values and gets no more; else None."""
    summary = run.summary.get(metric)
    if summary is None:
        return 0
    is_final = summary.values == 1 and not run.earlier and state_now(run) != RUNNING
    return 1 if is_final else None
