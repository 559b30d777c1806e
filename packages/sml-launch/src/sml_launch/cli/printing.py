"""Prints the commands of a launch before it starts, with folder, environment and GPUs."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from sml_config import Task
from sml_launch.command_text import command_line, gpu_of
from sml_launch.state.launch_file import Launch

_IN_TURN = "tmux"


def print_commands(launch: Launch, tasks: Sequence[Task]) -> None:
    """Print the command of each task to standard output, a line that works in any folder.

    Comments on standard error tell how they run: one after the other in each pane, or how many at a time and
    on which GPUs.
    """
    if launch.backend != _IN_TURN:
        _say(_execution_note(launch, len(tasks)))
        for task in tasks:
            print(command_line(launch, task))
        sys.stdout.flush()
        return
    for pane in range(min(launch.max_parallel, len(tasks))):
        chain = range(pane, len(tasks), launch.max_parallel)
        gpu = f", GPU {launch.gpus[pane]}" if launch.gpus else ""
        many = f"{len(chain)} commands, one after the other" if len(chain) > 1 else "1 command"
        _say(f"# pane {pane}{gpu}: {many}")
        for position in chain:
            print(command_line(launch, tasks[position], gpu_of(launch, position)))
        sys.stdout.flush()


def first_command(launch: Launch, tasks: Sequence[Task]) -> str:
    """A line with the command of the first task."""
    gpu = launch.gpus[0] if launch.gpus else None
    return f"the first command: {command_line(launch, tasks[0], gpu)}"


def _execution_note(launch: Launch, count: int) -> str:
    options = launch.options
    if launch.backend == "local":
        gpus = f", each on a free GPU of {','.join(dict.fromkeys(launch.gpus))}" if launch.gpus else ""
        return f"# {min(launch.max_parallel, count)} at a time, in this order{gpus}"
    if launch.backend == "slurm":
        per_job = f"{options.get('tasks_per_job', 1)} in a job, {options.get('tasks_at_once', 1)} at a time"
        return f"# Slurm jobs on nodes and GPUs that Slurm assigns: {per_job}"
    if launch.backend != "dask":
        return f"# on the backend {launch.backend}"
    gpus = (
        f", on the GPU with the fewest tasks of {','.join(dict.fromkeys(launch.gpus))}" if launch.gpus else ""
    )
    return f"# on the workers of {options.get('scheduler', 'a scheduler')}{gpus}"


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
