"""Slurm: job arrays, a worker for each task; known by result files and squeue, never by sacct."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from sml_config import Task
from sml_config.run_folder import write_whole
from sml_launch.arguments import whole
from sml_launch.errors import BackendError
from sml_launch.launch import Launch
from sml_launch.requeue import REQUEUES
from sml_launch.words import quoted

from .base import Backend, new_folder, read_handle, save_handle, script_head

if TYPE_CHECKING:
    from sml_launch.experiment import Experiment

_PASSED_ON = {
    "partition": "partition to submit to",
    "account": "account to charge",
    "qos": "quality of service",
    "time": "time limit of a job, as sbatch takes it",
    "mem": "memory of a task",
    "cpus_per_task": "processors of a task",
    "constraint": "features that a node must have",
    "nodelist": "nodes to use",
    "exclude": "nodes not to use",
    "reservation": "reservation to use",
}
_GPU = "CUDA_VISIBLE_DEVICES"
# A number, or a type with its number as Slurm's gres has it: a100:1, 3g.39gb:1.
_GPUS = re.compile(r"(?:[\w.-]+:)?\d+", re.ASCII)


# Seconds before a job's time limit at which its worker is told: a task has ten to end by itself.
_WARNED_SECONDS = 90
# Where tasks, their logs and their ids come from.
_OURS = ("--array", "-a", "--output", "-o", "--wrap", "--parsable", "--job-name", "-J", "--open-mode")


class SlurmBackend(Backend):
    """One array for each MaxArraySize tasks. A job whose node died is queued again by Slurm."""

    name = "slurm"
    launch_options = ("max_parallel",)
    own_options: ClassVar[Mapping[str, str]] = {
        **_PASSED_ON,
        "gpus_per_task": "GPUs that Slurm gives each task",
        "job_name": "name of the jobs",
        "requeues": f"how often a task is queued again before the job's time limit ({REQUEUES})",
        "sbatch": "further options as one types them, such as '--mail-type=END --nice'",
    }

    def split_options(self, options: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """MAX_PARALLEL is a machine's; here only a number that is asked for holds tasks back."""
        how, own = super().split_options(options)
        return how, {**own, **({"throttle": how["max_parallel"]} if how.get("max_parallel") else {})}

    def defaults(self, experiment: Experiment) -> dict[str, Any]:
        """The session's name; a GPU for each task, where the file binds tasks to GPUs."""
        return {"job_name": experiment.session_name, **({"gpus_per_task": 1} if any(experiment.gpus) else {})}

    def environment(self, experiment: Experiment, options: Mapping[str, Any]) -> Mapping[str, str]:
        """Without the file's CUDA_VISIBLE_DEVICES where Slurm says which GPU it is."""
        chosen = {**self.defaults(experiment), **options}
        given = dict(experiment.environment)
        if _has_gpus(chosen):
            given.pop(_GPU, None)
        return given

    def check(self, launch: Launch) -> None:
        """Raise BackendError without sbatch, or if the controller does not answer."""
        if shutil.which("sbatch") is None:
            raise BackendError(
                "sbatch is not installed here; go to the cluster's login node, or use --backend local"
            )
        gpus = str(launch.options.get("gpus_per_task", 0))
        if not _GPUS.fullmatch(gpus):
            raise BackendError(
                f"invalid gpus_per_task {gpus!r}; expected a number, or a type and a number such as a100:1"
            )
        _further(launch.options)
        whole("requeues", launch.options.get("requeues", REQUEUES))
        _max_array_size()

    def submit(self, launch: Launch, tasks: Sequence[Task]) -> None:
        """Submit the arrays; if one is refused those before it are cancelled, and BackendError is raised."""
        folder = new_folder(launch)
        size = _max_array_size()
        jobs: list[str] = []
        for start in range(0, len(tasks), size):
            script = folder / f"array-{len(jobs):03}.sh"
            write_whole(script, _script(launch, start))
            done = subprocess.run(
                _sbatch(launch, script, min(size, len(tasks) - start), jobs[-1:]),
                check=False,
                capture_output=True,
                text=True,
                cwd=launch.directory,
            )
            if done.returncode:
                _scancel(jobs)
                raise BackendError(f"sbatch: {_last_line(done.stderr)}; nothing was started")
            jobs.append(done.stdout.strip().partition(";")[0])
            save_handle(launch, jobs=jobs)

    def is_active(self, launch: Launch) -> bool:
        """Whether one of its jobs waits or runs."""
        jobs = read_handle(launch).get("jobs", [])
        if not jobs:
            return False
        found = _run("squeue", "-h", "-o", "%i", "-j", ",".join(jobs))
        # Jobs that Slurm has forgotten are over; a controller that does not answer says nothing.
        return bool(found.stdout.strip()) or (found.returncode != 0 and "Invalid job id" not in found.stderr)

    def cancel(self, launch: Launch) -> None:
        """Take the waiting jobs out of the queue; running workers see the mark and stop."""
        super().cancel(launch)
        _scancel(read_handle(launch).get("jobs", []), "--state=PENDING")


def _further(options: Mapping[str, Any]) -> list[str]:
    """Words of the option `sbatch`. Raises BackendError for those that the launcher itself has to set."""
    given = options.get("sbatch", "")
    try:
        words = shlex.split(given) if isinstance(given, str) else list(map(str, given))
    except ValueError as error:
        raise BackendError(f"invalid sbatch {given!r}: {error}") from None
    for word in words:
        if not word.startswith("-"):
            raise BackendError(f"invalid sbatch {given!r}: {word!r} is not an option; expected --name=value")
        if word.partition("=")[0] in _OURS:
            raise BackendError(f"invalid sbatch {given!r}: the launcher sets {word.partition('=')[0]} itself")
    return words


def _has_gpus(options: Mapping[str, Any]) -> bool:
    return str(options.get("gpus_per_task", 0)).rpartition(":")[2].strip("0") != ""


def _script(launch: Launch, start: int) -> str:
    """The batch script of one array; `exec` hands Slurm's signals to the worker."""
    worker = f"{quoted(sys.executable)} -m sml_launch.worker {quoted(str(launch.path))}"
    return "\n".join(
        ["#!/bin/bash", *script_head(launch), f"exec {worker} $(({start} + SLURM_ARRAY_TASK_ID))", ""]
    )


def _sbatch(launch: Launch, script: Path, count: int, before: list[str]) -> list[str]:
    options = launch.options
    throttle = options.get("throttle")
    words = [
        "sbatch",
        "--parsable",
        "--requeue",
        "--open-mode=append",
        f"--job-name={options['job_name']}",
        f"--array=0-{count - 1}" + (f"%{throttle}" if throttle else ""),
        f"--output={str(script.parent).replace('%', '%%')}/job-%A_%a.txt",
    ]
    words += [f"--{name.replace('_', '-')}={options[name]}" for name in _PASSED_ON if name in options]
    if _has_gpus(options):
        words.append(f"--gres=gpu:{options['gpus_per_task']}")
    further = _further(options)
    if not any(word.startswith("--signal") for word in further):
        words.append(f"--signal=B:USR1@{_WARNED_SECONDS}")
    words += further
    if throttle and before:
        # The limit is an array's; one array after the other keeps it for all.
        words.append(f"--dependency=afterany:{before[0]}")
    return [*words, str(script)]


def _max_array_size() -> int:
    """How many tasks one array may hold. Raises BackendError if the controller does not answer."""
    found = _run("scontrol", "show", "config")
    match = re.search(r"^MaxArraySize\s*=\s*(\d+)", found.stdout, re.MULTILINE)
    if found.returncode or not match:
        raise BackendError(f"Slurm does not answer: {_last_line(found.stderr or found.stdout)}")
    return max(int(match[1]), 1)


def _scancel(jobs: Sequence[str], *options: str) -> None:
    if jobs:
        _run("scancel", *options, *jobs)


def _run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, check=False, capture_output=True, text=True)


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else "no word"
