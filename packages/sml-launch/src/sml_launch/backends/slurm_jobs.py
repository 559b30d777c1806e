"""Job states from squeue and sacct, and why Slurm ends the job of this process."""

from __future__ import annotations

import os
import re
import subprocess
import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from sml_config.tasks.states import CANCELLED, PREEMPTED, QUEUED, REQUEUED, TIMED_OUT
from sml_launch.errors import StateFileWarning
from sml_launch.state.log_tail import log_tail

_SECONDS = 60.0
# State of a task without a result, by the state of its job. A running job may have tasks that wait.
_STATES: Mapping[str, str] = {
    "PENDING": QUEUED,
    "CONFIGURING": QUEUED,
    "RUNNING": QUEUED,
    "REQUEUED": REQUEUED,
    "REQUEUE_FED": REQUEUED,
    "REQUEUE_HOLD": REQUEUED,
    "PREEMPTED": PREEMPTED,
    "TIMEOUT": TIMED_OUT,
    "DEADLINE": TIMED_OUT,
}
# slurmstepd writes this into the job's output before it signals the job.
_NOTICE = re.compile(r"\*\*\* .* CANCELLED AT \S+(?: DUE TO ([A-Z ]+?))? \*\*\*")
_BY_NOTICE: Mapping[str, tuple[str, str]] = {
    "PREEMPTION": (PREEMPTED, "its job was preempted"),
    "JOB REQUEUE": (REQUEUED, "its job was queued again by scontrol requeue"),
    "NODE FAILURE": (REQUEUED, "its job's node failed"),
    "TIME LIMIT": (TIMED_OUT, "stopped at the time limit of its job"),
}
_CANCELLED = (CANCELLED, "its job was cancelled (scancel)")


def states_of_jobs(jobs: Mapping[str, int]) -> dict[str, str]:
    """QUEUED, REQUEUED, PREEMPTED or TIMED_OUT by array element (`JOB_INDEX`); others are left out.

    `jobs` maps each job to the number of its array elements. squeue lists an element until some minutes
    after its end, also while others of its array still run; sacct lists it longer, if accounting is set up.
    """
    words = [
        "squeue",
        "-h",
        "-r",
        "-t",
        "all",
        "-O",
        "JobArrayID:64,State:32,RestartCnt:12",
        "-j",
        ",".join(jobs),
    ]
    done = run(*words)
    if done.returncode and "Invalid job id" not in done.stderr:
        warnings.warn(
            f"squeue does not answer ({_first_line(done.stderr)}); queued tasks are counted as left",
            StateFileWarning,
            stacklevel=2,
        )
        return {}
    rows = [line.split() for line in done.stdout.splitlines()]
    states = {
        fields[0]: REQUEUED if fields[1] == "PENDING" and fields[2] not in ("0", "N/A") else state
        for fields in rows
        if len(fields) == 3 and (state := _STATES.get(fields[1])) is not None
    }
    listed = Counter(fields[0].partition("_")[0] for fields in rows if fields)
    incomplete = sorted(job for job, elements in jobs.items() if listed[job] < elements)
    return {**_accounted(incomplete), **states} if incomplete else states


def parse_accounting(text: str) -> dict[str, str]:
    """PREEMPTED or TIMED_OUT by array element, from the output of `sacct -n -P -X -o JobID,State`."""
    rows = (line.partition("|") for line in text.splitlines())
    states = {job: _STATES.get(state.split()[0]) for job, _, state in rows if state.strip()}
    return {job: state for job, state in states.items() if state in (PREEMPTED, TIMED_OUT)}


def why_ended(output: Path) -> tuple[str, str]:
    """Outcome and reason for the tasks of the job of this process, which got SIGTERM.

    `output` is the output file of the job.
    """
    notices = _NOTICE.findall(log_tail(output))
    if notices and notices[-1] in _BY_NOTICE:
        return _BY_NOTICE[notices[-1]]
    # Nothing has been written yet during a grace time.
    done = run("scontrol", "show", "job", "-o", os.environ.get("SLURM_JOB_ID", ""))
    if re.search(r"\bPreemptTime=\d", done.stdout):
        return _BY_NOTICE["PREEMPTION"]
    restarts = re.search(r"\bRestarts=(\d+)", done.stdout)
    before = os.environ.get("SLURM_RESTART_COUNT", "0")
    if restarts and before.isdecimal() and int(restarts[1]) > int(before):
        return _BY_NOTICE["JOB REQUEUE"]
    return _CANCELLED


def run(*words: str, folder: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command of Slurm; status 127 and an error message if it cannot be started or hangs."""
    try:
        return subprocess.run(
            words, check=False, capture_output=True, text=True, timeout=_SECONDS, cwd=folder
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return subprocess.CompletedProcess(words, 127, "", str(error))


def _accounted(jobs: Sequence[str]) -> dict[str, str]:
    """States from sacct; {} without accounting."""
    done = run("sacct", "-n", "-P", "-X", "-o", "JobID,State", "-j", ",".join(jobs))
    return {} if done.returncode else parse_accounting(done.stdout)


def _first_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[0] if lines else "no output"
