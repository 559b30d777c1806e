"""`sml-launch status | logs | stop | retry | resume | wait | missing`."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

from sml_config import Task
from sml_config.tasks.states import DONE, UNDER_WAY
from sml_launch.command_text import typed
from sml_launch.errors import SmlLaunchError
from sml_launch.run import Run
from sml_launch.state import claims
from sml_launch.state.exit_reason import log_tail
from sml_launch.state.launch_file import Launch, last_launch, launches
from sml_launch.state.state_paths import Places
from sml_launch.status.coverage import cells, find_runs, uncovered
from sml_launch.status.status import status_of
from sml_launch.tasks.plan_file import read_items, read_tasks

from . import table
from .show_status import show_status
from .sweeps import chosen_launch, plan_of_file

_REFRESH_SECONDS = 1.0
_EXAMPLES = {
    "status": """examples:
  sml-launch status                    the table; on a terminal it follows
  sml-launch status --coverage         which seeds of which method in which environment
  sml-launch status -d home/logfile    with the runs that came home from other machines
  sml-launch status --json | jq .failures""",
    "logs": """examples:
  sml-launch logs                      the end of the output of all that failed
  sml-launch logs 4f1c -f              the task whose id begins so, and what it goes on to say""",
    "stop": """examples:
  sml-launch stop --wait               everything, and return when it has ended
  sml-launch stop sweep.py             one of several sweeps of this folder
  sml-launch stop 4f1c                 one task; status --all has the ids""",
    "retry": """examples:
  sml-launch retry                     all that failed
  sml-launch retry 4f1c                the task whose id begins so, finished or not""",
    "resume": """examples:
  sml-launch resume                    after a reboot: what the last launch did not finish
  sml-launch resume sweep.py           the same of another sweep of this folder""",
    "wait": """examples:
  sml-launch sweep.py --backend local --detach && sml-launch wait && sml-viewer table""",
    "missing": """examples:
  sml-launch missing                   what has not finished here
  sml-launch missing -d home/logfile   what no finished run that came home covers""",
}


def status(words: list[str]) -> int:
    """Where the sweep stands; on a terminal the table stays and follows while tasks run."""
    parser = _parser("status", status)
    parser.add_argument(
        "--json", action="store_true", help="all of it as JSON: counts, states, failures, cells"
    )
    parser.add_argument(
        "--coverage", action="store_true", help="method × environment × seed, a mark for each task"
    )
    parser.add_argument("--all", action="store_true", help="a line for each task, with its id")
    _add_data(parser)
    parser.add_argument("--once", action="store_true", help="on a terminal too, print once and end")
    _add_sweep(parser)
    options = parser.parse_args(words)
    return show_status(options)


def logs(words: list[str]) -> int:
    """Output of a task, by the beginning of its id; without an id, the end of each failed task's output."""
    parser = _parser("logs", logs)
    parser.add_argument("task", nargs="?", help="the beginning of a task's id")
    parser.add_argument("-f", "--follow", action="store_true", help="go on while the task runs")
    options = parser.parse_args(words)
    places = Places.under(options.directory)
    if options.task is None:
        _, items = read_items(places.plan(last_launch(places).plan_id))
        for result in status_of(places, [item["id"] for item in items]).failures:
            print(f"== {result.task_id} {result.outcome}: {result.reason} ({places.log(result.task_id)})")
            print(log_tail(places.log(result.task_id), 2048).rstrip())
        return 0
    task_id = _one(options.task, _launched(places))
    path = places.log(task_id)
    if not path.is_file():
        raise SmlLaunchError(f"task {task_id} has no output yet: it has not been started")
    with path.open(encoding="utf-8", errors="replace") as log:
        while True:
            sys.stdout.write(log.read())
            sys.stdout.flush()
            if not options.follow or not claims.is_alive(places.claims / task_id):
                sys.stdout.write(log.read())
                return 0
            time.sleep(_REFRESH_SECONDS / 4)


def stop(words: list[str]) -> int:
    """End what runs: everything that was launched here, one sweep, or one task."""
    parser = _parser("stop", stop)
    parser.add_argument(
        "task", nargs="?", help="the beginning of a task's id, or a sweep's experiment file (all sweeps)"
    )
    parser.add_argument("--wait", action="store_true", help="return when it has ended")
    options = parser.parse_args(words)
    places = Places.under(options.directory)
    plan_id = None if options.task is None else _plan_of_sweep(places, options.task)
    if options.task is not None and plan_id is None:
        task_id = _one(options.task, _launched(places))
        if task_id not in claims.running(places):
            raise SmlLaunchError(f"task {task_id} is not running")
        places.stop_task(task_id).touch()
        stopped, names = [], [f"task {task_id}"]
        waited_for = {task_id}
    else:
        at_work = claims.launches_at_work(places)
        found = [Run(launch) for launch in launches(places) if plan_id in (None, launch.plan_id)]
        # Of a session on another machine, or of another server, only the claims tell.
        stopped = [run for run in found if run.id in at_work or run.is_active()]
        names = [f"{run.id} ({run.launch.backend}, {len(run.launch.task_ids)} tasks)" for run in stopped]
        for run in stopped:
            run.cancel()
        waited_for = {task_id for run in stopped for task_id in run.launch.task_ids} & claims.running(places)
    print("\n".join(f"stopping {name}" for name in names) or "nothing is running")
    while options.wait and waited_for & claims.running(places):
        time.sleep(_REFRESH_SECONDS / 4)
    return 0


def retry(words: list[str]) -> int:
    """Start what failed again, as the last launch did; or one task."""
    parser = _parser("retry", retry)
    parser.add_argument("task", nargs="?", help="the beginning of a task's id; without it, all that failed")
    options = parser.parse_args(words)
    places = Places.under(options.directory)
    launch = last_launch(places)
    if options.task:
        wanted = [_one(options.task, _launched(places))]
        launch = next(item for item in reversed(launches(places)) if wanted[0] in item.task_ids)
    plan = places.plan(launch.plan_id)
    if not options.task:
        ids = [item["id"] for item in read_items(plan)[1]]
        wanted = [item.task_id for item in status_of(places, ids).failures]
    if not wanted:
        print("nothing has failed")
        return 0
    from .launch import start_again  # the other commands need little, and are to be quick

    return start_again(launch, read_tasks(plan, wanted), rerun=True)


def resume(words: list[str]) -> int:
    """Start what is left of the last launch, or of a named sweep's, with the same options: after a reboot."""
    parser = _parser("resume", resume)
    _add_sweep(parser)
    options = parser.parse_args(words)
    places = Places.under(options.directory)
    launch = chosen_launch(places, options.sweep)
    found = status_of(places, launch.task_ids, launch)
    left = [
        task_id
        for task_id in launch.task_ids
        if found.states[task_id] not in UNDER_WAY | {DONE} and task_id not in found.in_queue
    ]
    if not left:
        waiting = f"; in the scheduler's queue: {len(found.in_queue)}" if found.in_queue else ""
        print(f"nothing is left of it{waiting}")
        return 0
    from .launch import start_again  # the other commands need little, and are to be quick

    return start_again(launch, read_tasks(places.plan(launch.plan_id), left), rerun=launch.rerun)


def wait(words: list[str]) -> int:
    """Return when the last launch, or a named sweep's, has ended; the exit status is 1 if a task failed."""
    parser = _parser("wait", wait)
    _add_sweep(parser)
    options = parser.parse_args(words)
    launch = chosen_launch(Places.under(options.directory), options.sweep)
    found = Run(launch).wait()
    print("\n".join(table.summary([("", found)])))
    return 0 if found.done == len(launch.task_ids) else 1


def missing(words: list[str]) -> int:
    """The tasks that no finished run covers: by what was launched here, or by run folders below -d."""
    parser = _parser("missing", missing)
    _add_data(parser)
    parser.add_argument("--json", action="store_true", help="as JSON, with the cell of each task")
    _add_sweep(parser)
    options = parser.parse_args(words)
    places = Places.under(options.directory)
    if options.data and not launches(places):
        return _missing_of_file(options)
    launch = chosen_launch(places, options.sweep)
    plan = places.plan(launch.plan_id)
    tasks = read_tasks(plan)
    if options.data:
        found = uncovered(tasks, find_runs(options.data))
    else:
        states = status_of(places, [task.id for task in tasks]).states
        found = [task for task in tasks if states[task.id] not in UNDER_WAY | {DONE}]
    swept, _ = read_items(plan)
    _print_missing(options, found, len(tasks), swept, launch)
    return 0


def _missing_of_file(options: argparse.Namespace) -> int:
    """On the machine that the runs come home to nothing was launched: the experiment file is the plan."""
    plan = plan_of_file(options.directory, options.sweep)
    found = uncovered(plan.tasks, find_runs(options.data))
    launch = plan.launch(found, "local", {}, {})
    _print_missing(options, found, len(plan.tasks), plan.swept, launch)
    return 0


def _print_missing(
    options: argparse.Namespace,
    found: list[Task],
    total: int,
    swept: tuple[str, ...],
    launch: Launch,
) -> None:
    if options.json:
        print(json.dumps({"swept": swept, "cells": cells([task.to_dict() for task in found], swept, {})}))
        return
    for task in found:
        print(f"{task.id} {typed(launch, task)}")
    print(f"{len(found)} of {total} tasks are missing", file=sys.stderr)


COMMANDS: dict[str, Callable[[list[str]], int]] = {
    "status": status,
    "logs": logs,
    "stop": stop,
    "retry": retry,
    "resume": resume,
    "wait": wait,
    "missing": missing,
}


def _parser(name: str, function: Callable[[list[str]], int]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"sml-launch {name}",
        description=function.__doc__,
        epilog=_EXAMPLES[name],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "-C", "--directory", type=Path, default=Path(), help="the folder that the tasks run in (this one)"
    )
    return parser


def _add_sweep(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "sweep",
        nargs="?",
        metavar="SWEEP",
        help="its experiment file, or the beginning of its plan's id (the last)",
    )


def _add_data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-d", "--data", action="append", default=[], type=Path, metavar="LOGS",
        help="folder of run folders that came home: tasks that a finished one covers are done",
    )  # fmt: skip


def _plan_of_sweep(places: Places, name: str) -> str | None:
    """The id of the plan that an experiment file's name, not a task's id, stands for."""
    plans = [launch.plan_id for launch in launches(places) if launch.file and Path(launch.file).name == name]
    return plans[-1] if plans else None


def _launched(places: Places) -> list[str]:
    """Ids of all tasks that were launched here, of whatever sweep; of the last one's plan, too."""
    planned = [item["id"] for item in read_items(places.plan(last_launch(places).plan_id))[1]]
    return list(dict.fromkeys([*planned, *(task for launch in launches(places) for task in launch.task_ids)]))


def _one(beginning: str, ids: list[str]) -> str:
    """The id that begins so."""
    found = [task_id for task_id in ids if task_id.startswith(beginning)]
    if len(found) != 1:
        raise SmlLaunchError(
            f"{len(found)} tasks have an id that begins with {beginning!r}; see sml-launch status --all"
        )
    return found[0]
