"""What tmux panes, Slurm and Dask start: `python -m sml_launch.worker LAUNCH_FILE INDEX …`.

`4-7` are four indices, as far as the launch has them; `at_once=2` runs two of them at a time, each on its
part of the GPUs that CUDA_VISIBLE_DEVICES names; `gpu=N` binds them to a GPU. With `secrets=stdin` standard
input is a JSON object of variables.

Without an index it runs the whole launch, in all its slots: the pool of `submit("local")`.

Exit status: 0 when the task has ended, well or badly, and the next may follow; 1 when a task failed and
the launch is to stop then; 3 when it was stopped; 2 for what cannot be run at all.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from sml_config import SmlConfigError, Task
from sml_config.terminal import escape_what_it_lacks

from .backends.requeue import may_requeue, requeue
from .errors import SmlLaunchError
from .notify import notify
from .process.gpu_slots import held_gpu
from .process.log_mirror import echoed
from .process.pool import Pool
from .shell_words import shown_values
from .state.launch_file import Launch, read_launch
from .state.results import Result
from .tasks.plan_file import find_task, read_tasks
from .terminal import say

STOPPED = 3


def main(arguments: list[str] | None = None) -> int:
    """Run the tasks at these places of a launch, one after the other.

    A worker for some tasks ends with the process that started it, the pool of a whole launch does not.
    """
    words = sys.argv[1:] if arguments is None else arguments
    escape_what_it_lacks()
    options = dict(word.split("=", 1) for word in words[1:] if "=" in word)
    try:
        launch = read_launch(Path(words[0]))
        places = [word for word in words[1:] if "=" not in word]
        indices = [index for word in places for index in _indices(word, len(launch.task_ids))]
        plan = launch.places.plan(launch.plan_id)
        if options.get("secrets") == "stdin":
            os.environ.update(json.load(sys.stdin))
        if places:
            tasks = [find_task(plan, launch.task_ids[index]) for index in indices]
            gpus = _gpus(options.get("gpu"), int(options.get("at_once", 1)))
            if launch.backend == "dask" and launch.gpus:
                with held_gpu(launch.places, launch.gpus, launch.per_gpu) as gpu:
                    return _run(launch, tasks, [gpu], is_pool=False)
        else:
            tasks, gpus = read_tasks(plan, launch.task_ids), [*launch.gpus] or [None] * launch.max_parallel
    except (SmlLaunchError, SmlConfigError, IndexError, ValueError) as error:
        print(f"sml_launch.worker: {error}", file=sys.stderr)  # noqa: T201  a command
        return 2
    return _run(launch, tasks, gpus, is_pool=not places)


def _run(launch: Launch, tasks: Sequence[Task], gpus: Sequence[str | None], *, is_pool: bool) -> int:
    """Run the tasks; returns the exit status."""
    if len(tasks) == 1 and not is_pool:
        ended: list[tuple[Task, Result]] = []
        pool = Pool(launch, gpus, lambda task, result: ended.append((task, result)))
        with echoed(launch.places.log(tasks[0].id)):
            results = pool.run(tasks, watch_parent=True)
        for task, result in ended:  # below what it printed
            _say(task, result)
    else:
        pool = Pool(launch, gpus, _say)
        results = pool.run(tasks, watch_parent=not is_pool)
    if is_pool:
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


def _indices(word: str, count: int) -> range:
    """`5`, or `4-7` as far as there are so many."""
    first, _, last = word.partition("-")
    return range(int(first), min(int(last) + 1, count)) if last else range(int(first), int(first) + 1)


def _gpus(gpu: str | None, at_once: int) -> list[str | None]:
    """The GPUs of each slot: `gpu`, or parts of those that a scheduler gave this process."""
    given = os.environ.get("CUDA_VISIBLE_DEVICES", "")
    if gpu is not None or at_once == 1 or not given:
        return [gpu] * at_once
    names = given.split(",")
    each = max(len(names) // at_once, 1)
    slots = (names[slot * each : (slot + 1) * each] or [names[slot % len(names)]] for slot in range(at_once))
    return [",".join(part) for part in slots]


def _say(task: Task, result: Result) -> None:
    ending = f"{result.seconds:.1f} s" + (f", {result.outcome}: {result.reason}" if result.reason else "")
    say(f"{task.id} {shown_values(task.parameters)}: {ending}")


if __name__ == "__main__":
    sys.exit(main())
