"""A Slurm job near its time limit: its task is stopped, and the job queued again while that is allowed."""

from __future__ import annotations

import os
import subprocess

from .launch import Launch

REQUEUES = 3
_SECONDS = 60.0


def may_requeue(launch: Launch) -> bool:
    """Whether this process runs in a job that may be queued once more."""
    restarts = os.environ.get("SLURM_RESTART_COUNT", "0")
    allowed = str(launch.options.get("requeues", REQUEUES))
    before = int(restarts) if restarts.isdecimal() else 0
    return "SLURM_JOB_ID" in os.environ and before < (int(allowed) if allowed.isdecimal() else REQUEUES)


def requeue() -> str | None:
    """Queue the job of this process again, which ends it. Returns why not, or None."""
    try:
        done = subprocess.run(
            ["scontrol", "requeue", os.environ["SLURM_JOB_ID"]],
            check=False, capture_output=True, text=True, timeout=_SECONDS,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return (done.stderr.strip() or "scontrol requeue failed") if done.returncode else None
