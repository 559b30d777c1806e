"""Live state of a run: running, lost, silent, finished, …, as far as this host can tell."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any, NamedTuple

from sml_config.process import SILENCE_SECONDS, Process
from sml_config.run_states import FAILED, KILLED, RUNNING

from .run import Run

LOST, SILENT, UNKNOWN = "lost", "silent", "unknown"
# The states of runs that ended before they finished.
BROKEN = frozenset((FAILED, KILLED, LOST))


class RunState(NamedTuple):
    """`state` is the recorded one, or lost, silent, unknown; `heard` is the time of the last sign of life."""

    state: str
    last_heartbeat: float | None


def run_state(run: Run, now: float) -> RunState:
    """The live state of a run at a time in seconds since the epoch.

    A run recorded as running is `lost` if its process has ended, which only its own host can tell; `silent`
    if that is unknown and there was no sign of life for ten minutes. Without a recorded state it is
    `unknown`.
    """
    heard = last_heartbeat_of(run)
    if run.state != RUNNING:
        return RunState(run.state or UNKNOWN, heard)
    process = Process.from_record(dict(run.status))
    lives = None if process is None else process.lives_here()
    if lives is None and (heard is None or now - heard > SILENCE_SECONDS):
        return RunState(SILENT, heard)
    return RunState(LOST if lives is False else RUNNING, heard)


def state_now(run: Run) -> str:
    """The live state of a run now."""
    return run_state(run, time.time()).state if run.state == RUNNING else run.state or UNKNOWN


def last_heartbeat_of(run: Run) -> float | None:
    """The later of the run's heartbeat and the last change of its tables; None without both."""
    signs = [sign for sign in (heartbeat(run), run.modified or None) if sign is not None]
    return max(signs, default=None)


def heartbeat(run: Run) -> float | None:
    """The time of the run's last heartbeat, in seconds since the epoch."""
    return moment(run.status.get("heartbeat"))


def started(run: Run) -> float | None:
    """The start time of the run, in seconds since the epoch."""
    return moment(run.provenance.get("start_time"))


def moment(value: Any) -> float | None:
    """Seconds since the epoch of a number or of a text in ISO format; None for anything else."""
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        # Not NaN, and within the range of datetime.
        return float(value) if 0 <= value < 1e11 else None
    try:
        return datetime.fromisoformat(str(value)).timestamp()
    except (ValueError, OverflowError, OSError):
        return None
