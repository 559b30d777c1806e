"""Worker process of all backends: `python -m sml_launch.worker LAUNCH_FILE INDEX …` runs tasks of a launch.

`4-7` are four indices, as far as the launch has them; `at_once=2` runs two tasks at a time, each on its part
of the GPUs in CUDA_VISIBLE_DEVICES; `gpu=N` binds them to a GPU. With `secrets=stdin`, standard input is a
JSON object of variables. Without an index it runs the whole launch in all its slots: the pool of the local
backend.

Exit status: 0 when the tasks have ended, finished or failed; 1 when a task failed and the launch has
fail_fast; 2 when they cannot be run; 3 when the worker was stopped.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from sml_config import SmlConfigError, Task
from sml_config.terminal import use_backslashreplace

from .backends.requeue import may_requeue, requeue
from .errors import SmlLaunchError
from .notify import notify
from .process.gpu_slots import held_gpu
from .process.launch_alerts import LaunchAlerts
from .process.log_mirror import mirror_output
from .process.pool import Pool
from .shell_words import shown_values
from .state.launch_file import Launch, read_launch
from .state.results import Result
from .tasks.plan_file import find_task, read_tasks
from .terminal import say

STOPPED = 3


def main(arguments: list[str] | None = None) -> int:
    """Run the worker; returns its exit status.

    A worker of some tasks ends with its parent process, unless it leads a session of its own: whoever starts
    it so leaves it running. The pool of a whole launch does not end with its parent.
    """
    words = sys.argv[1:] if arguments is None else arguments
    use_backslashreplace()
    options = dict(word.split("=", 1) for word in words[1:] if "=" in word)
    try:
        launch = read_launch(Path(words[0]))
        index_words = [word for word in words[1:] if "=" not in word]
        indices = [index for word in index_words for index in _indices(word, len(launch.task_ids))]
        plan = launch.state_paths.plan(launch.plan_id)
        if options.get("secrets") == "stdin":
            os.environ.update(json.load(sys.stdin))
        if index_words:
            tasks = [find_task(plan, launch.task_ids[index]) for index in indices]
            gpus = _gpus(options.get("gpu"), int(options.get("at_once", 1)))
            if launch.backend == "dask" and launch.gpus:
                with held_gpu(launch.state_paths, launch.gpus, launch.per_gpu) as gpu:
                    return _run(launch, tasks, [gpu], is_pool=False)
        else:
            tasks, gpus = read_tasks(plan, launch.task_ids), [*launch.gpus] or [None] * launch.max_parallel
    except (SmlLaunchError, SmlConfigError, IndexError, ValueError) as error:
        print(f"sml_launch.worker: {error}", file=sys.stderr)  # noqa: T201  a command
        return 2
    return _run(launch, tasks, gpus, is_pool=not index_words)


def _run(launch: Launch, tasks: Sequence[Task], gpus: Sequence[str | None], *, is_pool: bool) -> int:
    """Run the tasks; returns the exit status."""
    watch_parent = not is_pool and os.getsid(0) != os.getpid()
    with LaunchAlerts(launch, tasks).watching() as alerts:

        def report(task: Task, result: Result) -> None:
            _say(task, result)
            alerts.ended(task, result)

        if len(tasks) == 1 and not is_pool:
            ended: list[tuple[Task, Result]] = []
            pool = Pool(launch, gpus, lambda task, result: ended.append((task, result)))
            with mirror_output(launch.state_paths.log(tasks[0].id)):
                results = pool.run(tasks, watch_parent=watch_parent)
            for task, result in ended:  # after the output of the task
                report(task, result)
        else:
            pool = Pool(launch, gpus, report)
            results = pool.run(tasks, watch_parent=watch_parent)
        if is_pool:
            alerts.done(results)
            notify(launch, results)
    if pool.near_limit and may_requeue(launch):
        why = requeue()
        if why:
            say(f"sml_launch.worker: the job was not requeued: {why}")
    if pool.stopped:
        say(f"sml_launch.worker: {pool.stopped}; run sml-launch again for the remaining tasks")
    if any(result.failed for result in results) and launch.fail_fast:
        return 1
    return STOPPED if pool.stopped else 0


def _indices(word: str, count: int) -> range:
    """Indices from `5` or `4-7`, below `count`."""
    first, _, last = word.partition("-")
    return range(int(first), min(int(last) + 1, count)) if last else range(int(first), int(first) + 1)


def _gpus(gpu: str | None, at_once: int) -> list[str | None]:
    """GPUs of each slot: `gpu`, or a part of those that the scheduler assigned."""
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
