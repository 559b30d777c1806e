"""Slurm backend: job arrays with one worker per element; state from result files and squeue."""

from __future__ import annotations

import re
import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from sml_config import Task
from sml_config.run_folder import write_atomic
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
# Multiplied by the number of tasks that a job runs at a time.
_PER_TASK = ("mem", "cpus_per_task")
_GPU = "CUDA_VISIBLE_DEVICES"
# A number, or a type with its number as Slurm's gres has it: a100:1, 3g.39gb:1.
_GPUS = re.compile(r"(?:[\w.-]+:)?\d+", re.ASCII)


# Seconds before a job's time limit at which Slurm signals its worker; a task then has ten to end by itself.
_WARNED_SECONDS = 90
# Set by this backend: they decide which tasks run and where their logs are.
_RESERVED_OPTIONS = (
    "--array",
    "-a",
    "--output",
    "-o",
    "--wrap",
    "--parsable",
    "--job-name",
    "-J",
    "--open-mode",
)


class SlurmBackend(Backend):
    """One job array per MaxArraySize elements. Slurm requeues a job whose node fails."""

    name = "slurm"
    launch_options = ("max_parallel",)
    own_options: ClassVar[Mapping[str, str]] = {
        **_PASSED_ON,
        "gpus_per_task": "GPUs that Slurm gives each task",
        "gpus_per_job": "GPUs of a job, which its tasks share (instead of gpus_per_task)",
        "tasks_per_job": "tasks that one job runs, so that short ones wait once (1)",
        "tasks_at_once": "how many of them run at a time, each on its part of the job's GPUs (1)",
        "job_name": "name of the jobs",
        "requeues": f"how often a job is requeued near its time limit ({REQUEUES})",
        "sbatch": "further options of sbatch, such as '--mail-type=END --nice'",
    }

    def split_options(self, options: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """MAX_PARALLEL is a limit of one machine; here only an explicit max_parallel throttles the array."""
        launch_options, backend_options = super().split_options(options)
        return launch_options, {
            **backend_options,
            **({"throttle": launch_options["max_parallel"]} if launch_options.get("max_parallel") else {}),
        }

    def defaults(self, experiment: Experiment) -> dict[str, Any]:
        """The job name from the session's name; one GPU per task if the file binds tasks to GPUs."""
        return {"job_name": experiment.session_name, **({"gpus_per_task": 1} if any(experiment.gpus) else {})}

    def environment(self, experiment: Experiment, options: Mapping[str, Any]) -> Mapping[str, str]:
        """The environment without CUDA_VISIBLE_DEVICES if Slurm assigns the GPUs."""
        chosen = {**self.defaults(experiment), **options}
        given = dict(experiment.environment)
        if _has_gpus(chosen):
            given.pop(_GPU, None)
        return given

    def check(self, launch: Launch) -> None:
        """Raise BackendError without sbatch, for invalid options, or if the controller does not answer."""
        if shutil.which("sbatch") is None:
            raise BackendError(
                "sbatch is not installed on this machine; use a login node of the cluster, or --backend local"
            )
        for name in ("gpus_per_task", "gpus_per_job"):
            gpus = str(launch.options.get(name, 0))
            if not _GPUS.fullmatch(gpus):
                raise BackendError(
                    f"invalid {name} {gpus!r}; expected a number, or a type and a number such as a100:1"
                )
        at_once, per_job = _at_once(launch.options), _per_job(launch.options)
        if at_once > per_job:
            raise BackendError(
                f"tasks_at_once is {at_once}, but a job has only {per_job} task(s); increase tasks_per_job"
            )
        _scaled_amount("mem", launch.options.get("mem", 0), at_once)
        _extra_sbatch_words(launch.options)
        whole("requeues", launch.options.get("requeues", REQUEUES))
        _max_array_size()

    def submit(self, launch: Launch, tasks: Sequence[Task]) -> None:
        """Submit the arrays. If one is rejected, cancel those before it and raise BackendError."""
        folder = new_folder(launch)
        size = _max_array_size()
        per_job = _per_job(launch.options)
        elements = -(-len(tasks) // per_job)
        jobs: list[str] = []
        for element in range(0, elements, size):
            script = folder / f"array-{len(jobs):03}.sh"
            write_atomic(script, _script(launch, element * per_job))
            count = min(size, elements - element)
            done = run(*_sbatch(launch, script, count, jobs[-1:]), folder=launch.directory)
            if done.returncode:
                _scancel(jobs)
                raise BackendError(f"sbatch: {_last_line(done.stderr)}; nothing was started")
            jobs.append(done.stdout.strip().partition(";")[0])
            first = [number * size * per_job for number in range(len(jobs))]
            save_handle(launch, jobs=jobs, first=first, per_job=per_job)

    def is_active(self, launch: Launch) -> bool:
        """Whether one of its jobs is pending or running."""
        jobs = read_handle(launch).get("jobs", [])
        if not jobs:
            return False
        completed = run("squeue", "-h", "-o", "%i", "-j", ",".join(jobs))
        # Jobs that Slurm no longer lists have ended; if the controller does not answer, they may still run.
        return bool(completed.stdout.strip()) or (
            completed.returncode != 0 and "Invalid job id" not in completed.stderr
        )

    def scheduled(self, launch: Launch) -> dict[str, str]:
        """States of the tasks from squeue, or from sacct for jobs that squeue no longer lists."""
        handle = read_handle(launch)
        jobs, first, per_job = handle.get("jobs", []), handle.get("first", [0]), handle.get("per_job", 1)
        if not jobs or shutil.which("squeue") is None:
            return {}
        begin = dict(zip(jobs, first, strict=False))
        ends = [*first[1:], len(launch.task_ids)]
        elements = {job: -(-(end - begin[job]) // per_job) for job, end in zip(begin, ends, strict=False)}
        task_states: dict[str, str] = {}
        for name, state in states_of_jobs(elements).items():
            job, _, element = name.partition("_")
            if job in begin and element.isdecimal():
                start = begin[job] + int(element) * per_job
                task_states |= dict.fromkeys(launch.task_ids[start : start + per_job], state)
        return task_states

    def cancel(self, launch: Launch) -> None:
        """Cancel pending jobs; running workers see the stop file."""
        super().cancel(launch)
        _scancel(read_handle(launch).get("jobs", []), "--state=PENDING")


def _extra_sbatch_words(options: Mapping[str, Any]) -> list[str]:
    """Words of the option `sbatch`. Raises BackendError for those that this backend sets itself."""
    given = options.get("sbatch", "")
    try:
        words = shlex.split(given) if isinstance(given, str) else list(map(str, given))
    except ValueError as error:
        raise BackendError(f"invalid sbatch {given!r}: {error}") from None
    for word in words:
        if not word.startswith("-"):
            raise BackendError(
                f"invalid sbatch {given!r}: {word!r} is not an option; expected e.g. --name=value"
            )
        if word.partition("=")[0] in _RESERVED_OPTIONS:
            raise BackendError(
                f"invalid sbatch {given!r}: the launcher sets {word.partition('=')[0]} itself; remove it"
            )
    return words


def _has_gpus(options: Mapping[str, Any]) -> bool:
    given = (str(options.get(name, 0)) for name in ("gpus_per_task", "gpus_per_job"))
    return any(text.rpartition(":")[2].strip("0") for text in given)


def _per_job(options: Mapping[str, Any]) -> int:
    return whole("tasks_per_job", options.get("tasks_per_job", 1), 1)


def _at_once(options: Mapping[str, Any]) -> int:
    return whole("tasks_at_once", options.get("tasks_at_once", 1), 1)


def _scaled_amount(name: str, amount: Any, factor: int) -> str:
    """`factor` times an amount with unit or type: twice `4G` is `8G`, twice `a100:1` is `a100:2`."""
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
    # max_parallel counts tasks, the throttle of an array its elements.
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
    for name in _PASSED_ON:
        if name in options:
            amount = _scaled_amount(name, options[name], at_once if name in _PER_TASK else 1)
            words.append(f"--{name.replace('_', '-')}={amount}")
    if "gpus_per_job" in options:
        gpus = str(options["gpus_per_job"])
    else:
        gpus = _scaled_amount("gpus_per_task", options.get("gpus_per_task", 0), at_once)
    if _has_gpus(options):
        words.append(f"--gres=gpu:{gpus}")
    further = _extra_sbatch_words(options)
    if not any(word.startswith("--export") for word in further):
        # The default, made explicit: SBATCH_EXPORT of the shell could drop the environment.
        words.append("--export=ALL")
    if not any(word.startswith("--signal") for word in further):
        words.append(f"--signal=B:USR1@{_WARNED_SECONDS}")
    words += further
    if throttle and before:
        # A throttle limits one array; arrays that run one after the other keep it for all.
        words.append(f"--dependency=afterany:{before[0]}")
    return [*words, str(script)]


def _max_array_size() -> int:
    """Slurm's MaxArraySize. Raises BackendError if the controller does not answer."""
    completed = run("scontrol", "show", "config")
    match = re.search(r"^MaxArraySize\s*=\s*(\d+)", completed.stdout, re.MULTILINE)
    if completed.returncode or not match:
        raise BackendError(
            f"the Slurm controller does not answer: {_last_line(completed.stderr or completed.stdout)}"
        )
    return max(int(match[1]), 1)


def _scancel(jobs: Sequence[str], *options: str) -> None:
    if jobs:
        run("scancel", *options, *jobs)


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else "no output"
