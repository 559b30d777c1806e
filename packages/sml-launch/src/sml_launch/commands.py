"""`sml-launch status | logs | stop | retry | missing`."""

from __future__ import annotations

import argparse
import gc
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

from . import claims, table
from .coverage import cells, find_runs, uncovered
from .errors import SmlLaunchError
from .evidence import log_tail
from .places import Places
from .plan_file import read_items, read_tasks
from .run import Run
from .status import DONE, RUNNING, Status, last_launch, launches, status_of
from .words import shown_values

_REFRESH_SECONDS = 1.0
_EXAMPLES = {
    "status": """examples:
  sml-launch status                    the table; on a terminal it follows
  sml-launch status --coverage         which seeds of which method in which environment
  sml-launch status --json | jq .failures""",
    "logs": """examples:
  sml-launch logs                      the end of the output of all that failed
  sml-launch logs 4f1c -f              the task whose id begins so, and what it goes on to say""",
    "stop": """examples:
  sml-launch stop --wait               everything, and return when it has ended
  sml-launch stop 4f1c                 one task; status --all has the ids""",
    "retry": """examples:
  sml-launch retry                     all that failed
  sml-launch retry 4f1c                the task whose id begins so, finished or not""",
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
    parser.add_argument("--once", action="store_true", help="on a terminal too, print once and end")
    options = parser.parse_args(words)
    places = Places.under(options.directory)
    launch = last_launch(places)
    # What is read is kept until the end: looking for garbage among it takes longer than reading it.
    collecting = gc.isenabled()
    gc.disable()
    try:
        swept, items = read_items(places.plan(launch.plan_id))
        ids = [item["id"] for item in items]
        found = status_of(places, ids)
    finally:
        if collecting:
            gc.enable()
    if options.json:
        content = {**found.to_dict(), "swept": list(swept), "cells": cells(items, swept, found.states)}
        print(json.dumps(content))
        return 0
    if options.all:
        for item in items:
            print(f"{item['id']} {found.states[item['id']]:7} {shown_values(item['parameters'], swept)}")
    if options.coverage:
        print(table.matrix(cells(items, swept, found.states), swept) + "\n")
    _show(found, places)
    while sys.stdout.isatty() and not options.once and found.running:
        time.sleep(_REFRESH_SECONDS)
        drawn = 2 + len(table.failures(found, places))
        found = status_of(places, ids)
        print(f"\x1b[{drawn}F\x1b[J", end="")
        _show(found, places)
    return 0


def logs(words: list[str]) -> int:
    """Output of a task, by the beginning of its id; without an id, the end of each failed task's output."""
    parser = _parser("logs", logs)
    parser.add_argument("task", nargs="?", help="the beginning of a task's id")
    parser.add_argument("-f", "--follow", action="store_true", help="go on while the task runs")
    options = parser.parse_args(words)
    places = Places.under(options.directory)
    _, items = read_items(places.plan(last_launch(places).plan_id))
    if options.task is None:
        for result in status_of(places, [item["id"] for item in items]).failures:
            print(f"== {result.task_id} {result.outcome}: {result.reason} ({places.log(result.task_id)})")
            print(log_tail(places.log(result.task_id), 2048).rstrip())
        return 0
    task_id = _one(options.task, [item["id"] for item in items])
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
    """End what runs: everything that was launched here, or one task."""
    parser = _parser("stop", stop)
    parser.add_argument("task", nargs="?", help="the beginning of a task's id; without it everything stops")
    parser.add_argument("--wait", action="store_true", help="return when it has ended")
    options = parser.parse_args(words)
    places = Places.under(options.directory)
    if options.task is not None:
        task_id = _one(
            options.task, [item["id"] for item in read_items(places.plan(last_launch(places).plan_id))[1]]
        )
        if task_id not in claims.running(places):
            raise SmlLaunchError(f"task {task_id} is not running")
        places.stop_task(task_id).touch()
        stopped, names = [], [f"task {task_id}"]
        waited_for = {task_id}
    else:
        at_work = claims.launches_at_work(places)
        found = [Run(launch) for launch in launches(places)]
        # Of a session on another machine, or of another server, only the claims tell.
        stopped = [run for run in found if run.id in at_work or run.is_active()]
        names = [f"{run.id} ({run.launch.backend}, {len(run.launch.task_ids)} tasks)" for run in stopped]
        for run in stopped:
            run.cancel()
        waited_for = claims.running(places)
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
    plan = places.plan(launch.plan_id)
    ids = [item["id"] for item in read_items(plan)[1]]
    wanted = (
        [_one(options.task, ids)]
        if options.task
        else [item.task_id for item in status_of(places, ids).failures]
    )
    if not wanted:
        print("nothing has failed")
        return 0
    from .start import start_again  # the other commands need little, and are to be quick

    return start_again(launch, read_tasks(plan, wanted))


def missing(words: list[str]) -> int:
    """The tasks that no finished run covers: by what was launched here, or by run folders below -d."""
    parser = _parser("missing", missing)
    parser.add_argument(
        "-d", "--data", action="append", default=[], type=Path, metavar="LOGS", help="folder of run folders"
    )
    parser.add_argument("--json", action="store_true", help="as JSON, with the cell of each task")
    options = parser.parse_args(words)
    places = Places.under(options.directory)
    launch = last_launch(places)
    plan = places.plan(launch.plan_id)
    tasks = read_tasks(plan)
    if options.data:
        found = uncovered(tasks, find_runs(options.data))
    else:
        states = status_of(places, [task.id for task in tasks]).states
        found = [task for task in tasks if states[task.id] not in (DONE, RUNNING)]
    if options.json:
        swept, _ = read_items(plan)
        print(json.dumps({"swept": swept, "cells": cells([task.to_dict() for task in found], swept, {})}))
    else:
        for task in found:
            print(f"{task.id} {launch.shown(task)}")
        print(f"{len(found)} of {len(tasks)} tasks are missing", file=sys.stderr)
    return 0


COMMANDS: dict[str, Callable[[list[str]], int]] = {
    "status": status,
    "logs": logs,
    "stop": stop,
    "retry": retry,
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


def _show(found: Status, places: Places) -> None:
    print("\n".join([table.summary(found), *table.failures(found, places)]), flush=True)


def _one(beginning: str, ids: list[str]) -> str:
    """The id that begins so."""
    found = [task_id for task_id in ids if task_id.startswith(beginning)]
    if len(found) != 1:
        raise SmlLaunchError(
            f"{len(found)} tasks have an id that begins with {beginning!r}; see sml-launch status --all"
        )
    return found[0]
