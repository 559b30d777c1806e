"""What is printed before a start, so that one can check it: commands, folder, environment, GPUs, chains."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from sml_config import Task
from sml_launch.command_text import gpu_of, typed
from sml_launch.state.launch_file import Launch

_IN_TURN = "tmux"


def print_commands(launch: Launch, tasks: Sequence[Task]) -> None:
    """Each task's command on standard output, a line that can be typed in any folder.

    How they are run is said on standard error: what each pane runs one after the other, or how many run at a
    time and where their GPUs come from.
    """
    if launch.backend != _IN_TURN:
        _say(_how(launch, len(tasks)))
        for task in tasks:
            print(typed(launch, task))
        sys.stdout.flush()
        return
    for pane in range(min(launch.max_parallel, len(tasks))):
        chain = range(pane, len(tasks), launch.max_parallel)
        gpu = f", GPU {launch.gpus[pane]}" if launch.gpus else ""
        many = f"{len(chain)} commands, one after the other" if len(chain) > 1 else "1 command"
        _say(f"# pane {pane}{gpu}: {many}")
        for position in chain:
            print(typed(launch, tasks[position], gpu_of(launch, position)))
        sys.stdout.flush()


def first_command(launch: Launch, tasks: Sequence[Task]) -> str:
    """The first of the commands, as one would type it, for a line at the start."""
    gpu = launch.gpus[0] if launch.gpus else None
    return f"the first command: {typed(launch, tasks[0], gpu)}"


def _how(launch: Launch, count: int) -> str:
    options = launch.options
    if launch.backend == "local":
        gpus = f", on the GPU that is free of {','.join(dict.fromkeys(launch.gpus))}" if launch.gpus else ""
        return f"# {min(launch.max_parallel, count)} at a time, in this order{gpus}"
    if launch.backend == "slurm":
        per_job = f"{options.get('tasks_per_job', 1)} in a job, {options.get('tasks_at_once', 1)} at a time"
        return f"# jobs of Slurm, which chooses node and GPU: {per_job}"
    gpus = (
        f", on the GPU with the fewest tasks of {','.join(dict.fromkeys(launch.gpus))}" if launch.gpus else ""
    )
    return f"# on the workers of {options.get('scheduler', 'a scheduler')}{gpus}"


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
