"""What tmux panes, Slurm and Dask start: `python -m sml_launch.worker LAUNCH_FILE INDEX …`.

Without an index it runs the whole launch, in all its slots: the pool of `submit("local")`.

Exit status: 0 when the task has ended, well or badly, and the next may follow; 1 when a task failed and
the launch is to stop then; 3 when it was stopped; 2 for what cannot be run at all.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from sml_config import SmlConfigError, Task
from sml_config.terminal import escape_what_it_lacks

from .echo import echoed
from .errors import SmlLaunchError
from .launch import read_launch
from .notify import notify
from .plan_file import find_task, read_tasks
from .pool import Pool
from .requeue import may_requeue, requeue
from .results import Result
from .terminal import say
from .words import shown_values

STOPPED = 3


def main(arguments: list[str] | None = None) -> int:
    """Run the tasks at these places of a launch, one after the other; `gpu=N` binds them to a GPU.

    A worker for some tasks ends with the process that started it, the pool of a whole launch does not.
    """
    words = sys.argv[1:] if arguments is None else arguments
    escape_what_it_lacks()
    gpu = next((word.removeprefix("gpu=") for word in words if word.startswith("gpu=")), None)
    try:
        launch = read_launch(Path(words[0]))
        indices = [int(word) for word in words[1:] if not word.startswith("gpu=")]
        plan = launch.places.plan(launch.plan_id)
        gpus: Sequence[str | None] = [gpu]
        if indices:
            tasks = [find_task(plan, launch.task_ids[index]) for index in indices]
        else:
            tasks, gpus = read_tasks(plan, launch.task_ids), launch.gpus or [None] * launch.max_parallel
    except (SmlLaunchError, SmlConfigError, IndexError, ValueError) as error:
        print(f"sml_launch.worker: {error}", file=sys.stderr)  # noqa: T201  a command
        return 2
    if len(indices) == 1:
        ended: list[tuple[Task, Result]] = []
        pool = Pool(launch, gpus, lambda task, result: ended.append((task, result)))
        with echoed(launch.places.log(tasks[0].id)):
            results = pool.run(tasks, watch_parent=True)
        for task, result in ended:  # below what it printed
            _say(task, result)
    else:
        pool = Pool(launch, gpus, _say)
        results = pool.run(tasks, watch_parent=bool(indices))
    if not indices:
        notify(launch, results)
    if pool.near_limit and may_requeue(launch):
        why = requeue()
        if why:
            say(f"sml_launch.worker: not queued again: {why}")
    if pool.stopped:
        say(f"sml_launch.worker: {pool.stopped}; call sml-launch again to run what is left")
    if any(result.failed for result in results) and launch.fail_fast:
        return 1
    return STOPPED if pool.stopped else 0


def _say(task: Task, result: Result) -> None:
    ending = f"{result.seconds:.1f} s" + (f", {result.outcome}: {result.reason}" if result.reason else "")
    say(f"{task.id} {shown_values(task.parameters)}: {ending}")


if __name__ == "__main__":
    sys.exit(main())
