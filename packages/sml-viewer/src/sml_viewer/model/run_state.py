"""How a run stands now, as far as that can be known from here."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any, NamedTuple

from sml_config.process import SILENCE_SECONDS, Process

from .run import Run

RUNNING, LOST, SILENT, UNKNOWN = "running", "lost", "silent", "unknown"


class Standing(NamedTuple):
    """`state` is what the run says of itself, or lost, silent, unknown; `heard` when it last gave a sign."""

    state: str
    heard: float | None


def standing(run: Run, now: float) -> Standing:
    """How a run stands at a time.

    A run that says running is `lost` if its process is gone, which only its own host can tell; `silent` if
    that cannot be told and it was not heard for ten minutes. A run that says nothing is `unknown`.
    """
    heard = last_heard(run)
    if run.state != RUNNING:
        return Standing(run.state or UNKNOWN, heard)
    process = Process.from_record(dict(run.status))
    lives = None if process is None else process.lives_here()
    if lives is None and (heard is None or now - heard > SILENCE_SECONDS):
        return Standing(SILENT, heard)
    return Standing(LOST if lives is False else RUNNING, heard)


def state_now(run: Run) -> str:
    """The state of a run's standing at this moment."""
    return standing(run, time.time()).state if run.state == RUNNING else run.state or UNKNOWN


def last_heard(run: Run) -> float | None:
    """The later of the run's heartbeat and the last change of its tables; None if there is neither."""
    signs = [sign for sign in (heartbeat(run), run.modified or None) if sign is not None]
    return max(signs, default=None)


def heartbeat(run: Run) -> float | None:
    """When the run last said that it lives, in seconds since the epoch."""
    return moment(run.status.get("heartbeat"))


def started(run: Run) -> float | None:
    """When the run began."""
    return moment(run.provenance.get("start_time"))


def moment(value: Any) -> float | None:
    """Seconds since the epoch of a number or of a text in ISO format; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        # Not NaN, and a time that a calendar holds.
        return float(value) if 0 <= value < 1e11 else None
    try:
        return datetime.fromisoformat(str(value)).timestamp()
    except (ValueError, OverflowError, OSError):
        return None
