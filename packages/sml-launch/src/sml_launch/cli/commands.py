"""`sml-launch status | logs | stop | retry | resume | wait | missing`."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from sml_config import Task
from sml_config.process import TASK_FOLDER_VARIABLE
from sml_config.tasks.states import DONE, QUEUED, REQUEUED, UNDER_WAY
from sml_launch.command_text import command_line
from sml_launch.errors import SmlLaunchError
from sml_launch.processes import start_guard
from sml_launch.run import Run
from sml_launch.state import claims
from sml_launch.state.launch_file import Launch, last_launch, launches
from sml_launch.state.log_tail import log_tail
from sml_launch.state.state_paths import StatePaths
from sml_launch.status.coverage import cells, find_runs, uncovered
from sml_launch.status.status import Status, status_of
from sml_launch.tasks.plan_file import read_items, read_tasks

from . import table
from .show_status import show_status
from .sweeps import chosen_launch, plan_of_file

_REFRESH_SECONDS = 1.0
_EXAMPLES = {
    "status": """examples:
  sml-launch status                    the table; on a terminal it is refreshed
  sml-launch status --coverage         state of each seed by method and environment
  sml-launch status -d home/logfile    including runs collected from other machines
  sml-launch status --json | jq .failures""",
    "logs": """examples:
  sml-launch logs                      the end of the output of every failed task
  sml-launch logs 4f1c -f              follow the task whose id begins with 4f1c""",
    "stop": """examples:
  sml-launch stop --wait               everything; return when all has ended
  sml-launch stop sweep.py             one of several sweeps of this folder
  sml-launch stop 4f1c                 one task; status --all has the ids""",
    "retry": """examples:
  sml-launch retry                     all failed tasks
  sml-launch retry 4f1c                the task whose id begins with 4f1c, finished or not""",
    "resume": """examples:
  sml-launch resume                    after a reboot: unfinished tasks of the last launch
  sml-launch resume sweep.py           the same for another sweep of this folder""",
    "wait": """examples:
  sml-launch sweep.py --backend local --detach && sml-launch wait && sml-viewer table""",
    "missing": """examples:
  sml-launch missing                   tasks that have not finished here
  sml-launch missing -d home/logfile   tasks without a finished run among collected runs""",
}


def status(words: list[str]) -> int:
    """Show the progress of the sweep; on a terminal the table is refreshed while tasks run."""
    parser = _parser("status", status)
    parser.add_argument(
        "--json", action="store_true", help="print counts, states, failures and cells as JSON"
    )
    parser.add_argument(
        "--coverage", action="store_true", help="method × environment × seed, with the state of each task"
    )
    parser.add_argument("--all", action="store_true", help="one line per task, with its id")
    _add_data(parser)
    parser.add_argument("--once", action="store_true", help="print once and exit, also on a terminal")
    _add_sweep(parser)
    options = parser.parse_args(words)
    return show_status(options)


def logs(words: list[str]) -> int:
    """Print the output of a task, or without an id, the end of the output of each failed task."""
    parser = _parser("logs", logs)
    parser.add_argument("task", nargs="?", help="prefix of a task id")
    parser.add_argument("-f", "--follow", action="store_true", help="follow the output while the task runs")
    options = parser.parse_args(words)
    paths = StatePaths.under(options.directory)
    if options.task is None:
        _, items = read_items(paths.plan(last_launch(paths).plan_id))
        for result in status_of(paths, [item["id"] for item in items]).failures:
            print(f"== {result.task_id} {result.outcome}: {result.reason} ({paths.log(result.task_id)})")
            print(log_tail(paths.log(result.task_id), 2048).rstrip())
        return 0
    task_id = _task_id_by_prefix(options.task, _launched_task_ids(paths))
    path = paths.log(task_id)
    if not path.is_file():
        raise SmlLaunchError(f"task {task_id} has no output: it has not been started; see sml-launch status")
    with path.open(encoding="utf-8", errors="replace") as log:
        while True:
            sys.stdout.write(log.read())
            sys.stdout.flush()
            if not options.follow or not claims.is_alive(paths.claims / task_id):
                sys.stdout.write(log.read())
                return 0
            time.sleep(_REFRESH_SECONDS / 4)


def stop(words: list[str]) -> int:
    """Stop everything that was launched here, one sweep, or one task."""
    parser = _parser("stop", stop)
    parser.add_argument(
        "task", nargs="?", help="prefix of a task id, or experiment file of a sweep (all sweeps)"
    )
    parser.add_argument("--wait", action="store_true", help="return when the tasks have ended")
    options = parser.parse_args(words)
    paths = StatePaths.under(options.directory)
    plan_id = None if options.task is None else _plan_of_sweep(paths, options.task)
    if options.task is not None and plan_id is None:
        task_id = _task_id_by_prefix(options.task, _launched_task_ids(paths))
        if task_id not in claims.running(paths):
            raise SmlLaunchError(f"task {task_id} is not running; see sml-launch status --all")
        paths.stop_task(task_id).touch()
        errors: list[str] = []
        names = [f"task {task_id}"]
        waited_for = {task_id}
    else:
        stopped, errors = _cancel_launches(paths, plan_id)
        names = [f"{run.id} ({run.launch.backend}, {len(run.launch.task_ids)} tasks)" for run in stopped]
        waited_for = {task_id for run in stopped for task_id in run.launch.task_ids} & claims.running(paths)
    for error in errors:
        print(f"sml-launch: {error}", file=sys.stderr)
    if names or not errors:
        print("\n".join(f"stopping {name}" for name in names) or "nothing is running")
    _end_orphans(paths, waited_for)
    while options.wait and waited_for & claims.running(paths):
        time.sleep(_REFRESH_SECONDS / 4)
    return 2 if errors else 0


def _end_orphans(paths: StatePaths, task_ids: set[str]) -> None:
    """End those of these tasks that have no launcher which would do so."""
    folders = (paths.task(task_id) for task_id in task_ids & claims.orphaned(paths))
    marks = [f"{TASK_FOLDER_VARIABLE}={folder}" for folder in folders]
    if marks:
        start_guard(marks, os.environ, subprocess.DEVNULL)


def _cancel_launches(paths: StatePaths, plan_id: str | None) -> tuple[list[Run], list[str]]:
    """Cancel the launches that may still run, of one plan or of all.

    Returns them, and an error for each whose backend failed; its workers see the stop file all the same.
    """
    active = claims.active_launches(paths)
    stopped, errors = [], []
    for launch in launches(paths):
        if plan_id not in (None, launch.plan_id):
            continue
        run = Run(launch)
        try:
            # A session on another machine, or of another server, shows in its claims alone.
            if run.id in active or run.is_active():
                run.cancel()
                stopped.append(run)
        except SmlLaunchError as error:
            paths.stop_mark(run.id).touch()
            errors.append(f"launch {run.id}: {error}; only workers that see its stop file will stop")
    return stopped, errors


def retry(words: list[str]) -> int:
    """Start failed tasks again with the options of the last launch; or one task."""
    parser = _parser("retry", retry)
    parser.add_argument("task", nargs="?", help="prefix of a task id (all failed tasks)")
    options = parser.parse_args(words)
    paths = StatePaths.under(options.directory)
    launch = last_launch(paths)
    if options.task:
        task_ids = [_task_id_by_prefix(options.task, _launched_task_ids(paths))]
        launch = next(item for item in reversed(launches(paths)) if task_ids[0] in item.task_ids)
    plan = paths.plan(launch.plan_id)
    if not options.task:
        ids = [item["id"] for item in read_items(plan)[1]]
        task_ids = [item.task_id for item in status_of(paths, ids).failures]
    if not task_ids:
        print("no task has failed")
        return 0
    from .launch import start_again  # slow, and not needed by the other commands

    last = next(item for item in reversed(launches(paths)) if item.plan_id == launch.plan_id)
    unfinished = _unfinished(last, status_of(paths, _tasks_of(last), last))
    rest = {task_id: attempts for task_id, attempts in unfinished.items() if task_id not in task_ids}
    chain = (*last.resumed, last.id)
    launch = replace(launch, commands={**last.commands, **launch.commands})
    return start_again(launch, read_tasks(plan, task_ids), rerun=True, resumed=chain, rest=rest)


def resume(words: list[str]) -> int:
    """Start unfinished tasks of the last launch, or of a sweep, with the same options: after a reboot."""
    parser = _parser("resume", resume)
    _add_sweep(parser)
    options = parser.parse_args(words)
    paths = StatePaths.under(options.directory)
    launch = chosen_launch(paths, options.sweep)
    # Before the results, which are recorded before a claim is released. What a dead launcher left running
    # may end without a record, or be cut: the new one waits for it.
    held = claims.held(paths)
    current = status_of(paths, _tasks_of(launch), launch)
    unfinished = _unfinished(launch, current)
    queued = {task_id for task_id in unfinished if current.states[task_id] in (QUEUED, REQUEUED)}
    busy = held | queued | current.in_queue
    left = [task_id for task_id in unfinished if task_id not in busy]
    rest = {task_id: attempts for task_id, attempts in unfinished.items() if task_id in busy}
    if not left:
        waiting = f"; in the scheduler's queue: {len(current.in_queue)}" if current.in_queue else ""
        print(f"all tasks of launch {launch.id} have finished or are running{waiting}")
        return 0
    from .launch import start_again  # slow, and not needed by the other commands

    if rest:
        count = "1 task is" if len(rest) == 1 else f"{len(rest)} tasks are"
        print(f"{count} running or queued, and not started again", file=sys.stderr)
    tasks = read_tasks(paths.plan(launch.plan_id), left)
    chain = (*launch.resumed, launch.id)
    return start_again(launch, tasks, rerun=launch.rerun, resumed=chain, rest=rest)


def _tasks_of(launch: Launch) -> tuple[str, ...]:
    """Ids of the tasks that `resume` is about after a launch."""
    return tuple(dict.fromkeys((*launch.task_ids, *launch.rest)))


def _unfinished(launch: Launch, current: Status) -> dict[str, int]:
    """The tasks that have not finished, with the number of their attempts before they were launched."""
    return {
        task_id: launch.attempts.get(task_id, 0) for task_id, state in current.states.items() if state != DONE
    }


def wait(words: list[str]) -> int:
    """Wait for the end of the last launch, or of a sweep; the exit status is 1 if a task failed."""
    parser = _parser("wait", wait)
    _add_sweep(parser)
    options = parser.parse_args(words)
    launch = chosen_launch(StatePaths.under(options.directory), options.sweep)
    final_status = Run(launch).wait()
    print("\n".join(table.summary([("", final_status)])))
    return 0 if final_status.done == len(launch.task_ids) else 1


def missing(words: list[str]) -> int:
    """List tasks without a finished run, among those launched here or the run folders below -d."""
    parser = _parser("missing", missing)
    _add_data(parser)
    parser.add_argument("--json", action="store_true", help="print JSON, with the cell of each task")
    _add_sweep(parser)
    options = parser.parse_args(words)
    paths = StatePaths.under(options.directory)
    if options.data and not launches(paths):
        return _missing_from_file(options)
    launch = chosen_launch(paths, options.sweep)
    plan = paths.plan(launch.plan_id)
    tasks = read_tasks(plan)
    if options.data:
        missing_tasks = uncovered(tasks, find_runs(options.data))
    else:
        states = status_of(paths, [task.id for task in tasks]).states
        missing_tasks = [task for task in tasks if states[task.id] not in UNDER_WAY | {DONE}]
    swept, _ = read_items(plan)
    _print_missing(options, missing_tasks, len(tasks), swept, launch)
    return 0


def _missing_from_file(options: argparse.Namespace) -> int:
    """Missing tasks by the experiment file, on a machine that collects runs and launched nothing."""
    plan = plan_of_file(options.directory, options.sweep)
    missing_tasks = uncovered(plan.tasks, find_runs(options.data))
    launch = plan.launch(missing_tasks, "local", {}, {})
    _print_missing(options, missing_tasks, len(plan.tasks), plan.swept, launch)
    return 0


def _print_missing(
    options: argparse.Namespace,
    missing_tasks: list[Task],
    total: int,
    swept: tuple[str, ...],
    launch: Launch,
) -> None:
    if options.json:
        print(
            json.dumps(
                {"swept": swept, "cells": cells([task.to_dict() for task in missing_tasks], swept, {})}
            )
        )
        return
    for task in missing_tasks:
        print(f"{task.id} {command_line(launch, task)}")
    print(f"{len(missing_tasks)} of {total} tasks are missing", file=sys.stderr)


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
        "-C", "--directory", type=Path, default=Path(), help="folder that the tasks run in (the current one)"
    )
    return parser


def _add_sweep(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "sweep",
        nargs="?",
        metavar="SWEEP",
        help="experiment file of the sweep, or prefix of its plan id (the last)",
    )


def _add_data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-d", "--data", action="append", default=[], type=Path, metavar="LOGS",
        help="folder with collected run folders; tasks with a finished run count as done",
    )  # fmt: skip


def _plan_of_sweep(paths: StatePaths, name: str) -> str | None:
    """Id of the last plan of this experiment file; None if no launch has a file of this name."""
    plans = [launch.plan_id for launch in launches(paths) if launch.file and Path(launch.file).name == name]
    return plans[-1] if plans else None


def _launched_task_ids(paths: StatePaths) -> list[str]:
    """Ids of all tasks launched here, in any sweep, and of the last plan."""
    planned = [item["id"] for item in read_items(paths.plan(last_launch(paths).plan_id))[1]]
    return list(dict.fromkeys([*planned, *(task for launch in launches(paths) for task in launch.task_ids)]))


def _task_id_by_prefix(prefix: str, ids: list[str]) -> str:
    """The only id with this prefix. Raises SmlLaunchError."""
    matches = [task_id for task_id in ids if task_id.startswith(prefix)]
    if len(matches) != 1:
        raise SmlLaunchError(
            f"{len(matches)} task ids begin with {prefix!r}, expected one; see sml-launch status --all"
        )
    return matches[0]
