"""Slurm: job arrays, a worker for each element; known by result files and squeue."""

from __future__ import annotations

import re
import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from sml_config import Task
from sml_config.run_folder import write_whole
from sml_launch.arguments import whole
from sml_launch.errors import BackendError
from sml_launch.shell_words import quoted
from sml_launch.state.launch_file import Launch

from .base import Backend, new_folder, read_handle, save_handle, script_head
from .requeue import REQUEUES
from .slurm_jobs import run, states_of_jobs

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
# What a job needs as often as it runs tasks at a time.
_OF_A_TASK = ("mem", "cpus_per_task")
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
        "gpus_per_job": "GPUs of a job, which its tasks share (instead of gpus_per_task)",
        "tasks_per_job": "tasks that one job runs, so that short ones wait once (1)",
        "tasks_at_once": "how many of them run at a time, each on its part of the job's GPUs (1)",
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
        for name in ("gpus_per_task", "gpus_per_job"):
            gpus = str(launch.options.get(name, 0))
            if not _GPUS.fullmatch(gpus):
                raise BackendError(
                    f"invalid {name} {gpus!r}; expected a number, or a type and a number such as a100:1"
                )
        at_once, per_job = _at_once(launch.options), _per_job(launch.options)
        if at_once > per_job:
            raise BackendError(f"tasks_at_once is {at_once}, and a job has {per_job}; set tasks_per_job")
        _times("mem", launch.options.get("mem", 0), at_once)
        _further(launch.options)
        whole("requeues", launch.options.get("requeues", REQUEUES))
        _max_array_size()

    def submit(self, launch: Launch, tasks: Sequence[Task]) -> None:
        """Submit the arrays; if one is refused those before it are cancelled, and BackendError is raised."""
        folder = new_folder(launch)
        size = _max_array_size()
        per_job = _per_job(launch.options)
        elements = -(-len(tasks) // per_job)
        jobs: list[str] = []
        for element in range(0, elements, size):
            script = folder / f"array-{len(jobs):03}.sh"
            write_whole(script, _script(launch, element * per_job))
            count = min(size, elements - element)
            done = run(*_sbatch(launch, script, count, jobs[-1:]), folder=launch.directory)
            if done.returncode:
                _scancel(jobs)
                raise BackendError(f"sbatch: {_last_line(done.stderr)}; nothing was started")
            jobs.append(done.stdout.strip().partition(";")[0])
            first = [number * size * per_job for number in range(len(jobs))]
            save_handle(launch, jobs=jobs, first=first, per_job=per_job)

    def is_active(self, launch: Launch) -> bool:
        """Whether one of its jobs waits or runs."""
        jobs = read_handle(launch).get("jobs", [])
        if not jobs:
            return False
        found = run("squeue", "-h", "-o", "%i", "-j", ",".join(jobs))
        # Jobs that Slurm has forgotten are over; a controller that does not answer says nothing.
        return bool(found.stdout.strip()) or (found.returncode != 0 and "Invalid job id" not in found.stderr)

    def scheduled(self, launch: Launch) -> dict[str, str]:
        """What squeue, or sacct for those that it has forgotten, says of the tasks."""
        handle = read_handle(launch)
        jobs, first, per_job = handle.get("jobs", []), handle.get("first", [0]), handle.get("per_job", 1)
        if not jobs or shutil.which("squeue") is None:
            return {}
        begin = dict(zip(jobs, first, strict=False))
        found: dict[str, str] = {}
        for name, state in states_of_jobs(jobs).items():
            job, _, element = name.partition("_")
            if job in begin and element.isdecimal():
                start = begin[job] + int(element) * per_job
                found |= dict.fromkeys(launch.task_ids[start : start + per_job], state)
        return found

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
    given = (str(options.get(name, 0)) for name in ("gpus_per_task", "gpus_per_job"))
    return any(text.rpartition(":")[2].strip("0") for text in given)


def _per_job(options: Mapping[str, Any]) -> int:
    return whole("tasks_per_job", options.get("tasks_per_job", 1), 1)


def _at_once(options: Mapping[str, Any]) -> int:
    return whole("tasks_at_once", options.get("tasks_at_once", 1), 1)


def _times(name: str, amount: Any, factor: int) -> str:
    """What a job needs whose tasks need this amount each: `4G` twice is `8G`, `a100:1` is `a100:2`."""
    if factor == 1:
        return str(amount)
    match = re.fullmatch(r"(.*?)(\d+)([A-Za-z]*)", str(amount), re.ASCII)
    if match is None:
        raise BackendError(
            f"invalid {name} {amount!r}; with tasks_at_once expected a number, such as 4 or 4G"
        )
    return f"{match[1]}{int(match[2]) * factor}{match[3]}"


def _script(launch: Launch, start: int) -> str:
    """The batch script of one array; `exec` hands Slurm's signals to the worker."""
    worker = f"{quoted(sys.executable)} -m sml_launch.worker {quoted(str(launch.path))}"
    per_job = _per_job(launch.options)
    lines = [f"first=$(({start} + SLURM_ARRAY_TASK_ID * {per_job}))"]
    if per_job == 1:
        lines.append(f'exec {worker} "$first"')
    else:
        at_once = _at_once(launch.options)
        lines.append(f'exec {worker} "$first-$((first + {per_job - 1}))" at_once={at_once}')
    return "\n".join(["#!/bin/bash", *script_head(launch), *lines, ""])


def _sbatch(launch: Launch, script: Path, count: int, before: list[str]) -> list[str]:
    options = launch.options
    at_once = _at_once(options)
    # The limit is one of tasks, Slurm's is one of array elements.
    throttle = max(int(options["throttle"]) // at_once, 1) if options.get("throttle") else None
    words = [
        "sbatch",
        "--parsable",
        "--requeue",
        "--open-mode=append",
        f"--job-name={options['job_name']}",
        f"--array=0-{count - 1}" + (f"%{throttle}" if throttle else ""),
        f"--output={str(script.parent).replace('%', '%%')}/job-%A_%a.txt",
    ]
    words += [
        f"--{name.replace('_', '-')}={_times(name, options[name], at_once if name in _OF_A_TASK else 1)}"
        for name in _PASSED_ON
        if name in options
    ]
    if "gpus_per_job" in options:
        gpus = str(options["gpus_per_job"])
    else:
        gpus = _times("gpus_per_task", options.get("gpus_per_task", 0), at_once)
    if _has_gpus(options):
        words.append(f"--gres=gpu:{gpus}")
    further = _further(options)
    if not any(word.startswith("--export") for word in further):
        # As it is by default: an SBATCH_EXPORT of the shell would take the environment away.
        words.append("--export=ALL")
    if not any(word.startswith("--signal") for word in further):
        words.append(f"--signal=B:USR1@{_WARNED_SECONDS}")
    words += further
    if throttle and before:
        # The limit is an array's; one array after the other keeps it for all.
        words.append(f"--dependency=afterany:{before[0]}")
    return [*words, str(script)]


def _max_array_size() -> int:
    """How many tasks one array may hold. Raises BackendError if the controller does not answer."""
    found = run("scontrol", "show", "config")
    match = re.search(r"^MaxArraySize\s*=\s*(\d+)", found.stdout, re.MULTILINE)
    if found.returncode or not match:
        raise BackendError(f"Slurm does not answer: {_last_line(found.stderr or found.stdout)}")
    return max(int(match[1]), 1)


def _scancel(jobs: Sequence[str], *options: str) -> None:
    if jobs:
        run("scancel", *options, *jobs)


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else "no word"
