"""Requeueing of Slurm jobs near their time limit, and results of tasks whose job is ended."""

from __future__ import annotations

import os
from pathlib import Path

from sml_config import RunFolder
from sml_config.run_folder import read_json
from sml_config.tasks.states import FINISHED, REQUEUED, TIMED_OUT
from sml_launch.state.launch_file import Launch
from sml_launch.state.results import Result

from .slurm_jobs import run, why_ended

REQUEUES = 3
TIME_LIMIT = "before the time limit of its job"


def in_job() -> bool:
    """Whether this process runs in a Slurm job."""
    return "SLURM_JOB_ID" in os.environ


def restarts() -> int:
    """How often the Slurm job of this process was requeued."""
    text = os.environ.get("SLURM_RESTART_COUNT", "0")
    return int(text) if text.isdecimal() else 0


def may_requeue(launch: Launch) -> bool:
    """Whether this process runs in a job that may be requeued once more."""
    allowed = str(launch.options.get("requeues", REQUEUES))
    return in_job() and restarts() < (int(allowed) if allowed.isdecimal() else REQUEUES)


def requeue() -> str | None:
    """Requeue the job of this process, which ends it. Returns an error message, or None."""
    done = run("scontrol", "requeue", os.environ["SLURM_JOB_ID"])
    return (done.stderr.strip() or "scontrol requeue failed") if done.returncode else None


def time_limit_result(launch: Launch, result: Result) -> Result:
    """The result of a task that was stopped shortly before the time limit of its job."""
    if may_requeue(launch):
        return result._replace(outcome=REQUEUED, reason=f"stopped {TIME_LIMIT}; queued again")
    return result._replace(outcome=TIMED_OUT, reason=f"stopped {TIME_LIMIT}, which was the last")


def interrupted_result(launch: Launch, result: Result) -> Result:
    """The result of a task whose job got SIGTERM, with the reason that Slurm reports; unless it had finished.

    A task that saves a checkpoint and exits has not finished, whatever its exit status.
    """
    if result.outcome == TIMED_OUT or (result.outcome == FINISHED and _run_has_finished(result)):
        return result
    outcome, reason = why_ended(job_output(launch))
    return result._replace(outcome=outcome, reason=reason)


def job_output(launch: Launch) -> Path:
    """The output file of the Slurm job of this process."""
    job, index = (os.environ.get(f"SLURM_ARRAY_{name}_ID", "") for name in ("JOB", "TASK"))
    return launch.state_paths.backend_files(launch.id) / f"job-{job}_{index}.txt"


def _run_has_finished(result: Result) -> bool:
    status = read_json(RunFolder(Path(result.run_folder)).status) if result.run_folder else None
    return isinstance(status, dict) and status.get("state") == FINISHED
