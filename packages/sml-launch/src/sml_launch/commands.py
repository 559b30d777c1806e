"""`sml-launch status | logs | stop | retry | resume | wait | missing`."""

from __future__ import annotations

import argparse
import gc
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sml_config import Task
from sml_config.grid_axes import GridAxes, grid_cells
from sml_config.task_states import DONE, LEFT, RUNNING, UNDER_WAY
from sml_config.tasks import swept_parameters

from . import claims, table
from .coverage import cells, find_runs, finished_runs, uncovered
from .errors import SmlLaunchError
from .evidence import log_tail
from .launch import Launch
from .places import Places
from .plan_file import read_items, read_tasks
from .run import Run
from .status import Status, last_launch, launches, running_for, status_of
from .sweeps import chosen_launch, shard_ids, sweep_names
from .words import shown_values

if TYPE_CHECKING:
    from .plan import Plan

_REFRESH_SECONDS = 1.0
# A scheduler's controller serves others, too.
_SCHEDULER_SECONDS = 10.0
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
    places = Places.under(options.directory)
    if options.data and not launches(places):
        return _status_of_file(options)
    launch = chosen_launch(places, options.sweep)
    if options.sweep is None and not options.json:
        _name_others(places, launch)
    # What is read is kept until the end: looking for garbage among it takes longer than reading it.
    collecting = gc.isenabled()
    gc.disable()
    try:
        swept, items = read_items(places.plan(launch.plan_id))
        ids = [item["id"] for item in items]
        found = status_of(places, ids)
        share = shard_ids(places, launch, ids)
    finally:
        if collecting:
            gc.enable()
    if options.data:
        tasks = [Task.known(tuple(item["header"]), item["parameters"], item["id"]) for item in items]
        return _show_covered(options, found, tasks)
    if options.json:
        content = {**found.to_dict(), "swept": list(swept), "cells": cells(items, swept, found.states)}
        content["share"] = {"total": launch.total, "index": launch.index}
        if share is not None:
            content["share"] |= {"tasks": share, **found.part(share).counts}
        print(json.dumps(content))
        return 0
    if options.all:
        mine = None if share is None else set(share)
        for item in items:
            state = found.states[item["id"]]
            if mine is not None and item["id"] not in mine and state == LEFT:
                state = "elsewhere"
            about = running_for(places, item["id"]) if state == RUNNING else ""
            print(f"{item['id']} {state:9} {shown_values(item['parameters'], swept)}{about}")
    if options.coverage:
        tasks = [Task.known(tuple(item["header"]), item["parameters"], item["id"]) for item in items]
        _print_matrix(tasks, swept, found)
    drawn = _show(found, places, launch, share)
    while sys.stdout.isatty() and not options.once and found.running:
        time.sleep(_REFRESH_SECONDS if not found.in_queue else _SCHEDULER_SECONDS)
        found = status_of(places, ids)
        print(f"\x1b[{drawn}F\x1b[J", end="")
        drawn = _show(found, places, launch, share)
    return 0


def _status_of_file(options: argparse.Namespace) -> int:
    """On the machine that the runs come home to nothing was launched: the experiment file is the plan."""
    plan = _plan_of_file(options)
    return _show_covered(options, status_of(plan.places, [task.id for task in plan.tasks]), plan.tasks)


def _show_covered(options: argparse.Namespace, found: Status, tasks: Sequence[Task]) -> int:
    """The status by what is known here and by run folders; says which tasks have run more than once."""
    counts = finished_runs(tasks, find_runs(options.data))
    found = found.covered(task_id for task_id, count in counts.items() if count)
    twice = [task_id for task_id, count in counts.items() if count > 1]
    swept = swept_parameters(task.parameters for task in tasks)
    grid = cells([task.to_dict() for task in tasks], swept, found.states)
    if options.json:
        print(json.dumps({**found.to_dict(), "swept": list(swept), "cells": grid, "finished_runs": counts}))
        return 0
    if options.all:
        for task in tasks:
            print(f"{task.id} {found.states[task.id]:9} {shown_values(task.parameters, swept)}")
    if options.coverage:
        _print_matrix(tasks, swept, found)
    print("\n".join(table.summary([("", found)])))
    if twice:
        print(f"{len(twice)} tasks have more than one finished run: {', '.join(twice[:5])}")
    return 0


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
    from .start import start_again  # the other commands need little, and are to be quick

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
        waiting = f"; {len(found.in_queue)} tasks wait in the scheduler's queue" if found.in_queue else ""
        print(f"nothing is left of it{waiting}")
        return 0
    from .start import start_again  # the other commands need little, and are to be quick

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
    _print_missing(options, found, len(tasks), swept, launch.shown)
    return 0


def _missing_of_file(options: argparse.Namespace) -> int:
    """On the machine that the runs come home to nothing was launched: the experiment file is the plan."""
    plan = _plan_of_file(options)
    found = uncovered(plan.tasks, find_runs(options.data))
    launch = plan.launch(found, "local", {}, {})
    _print_missing(options, found, len(plan.tasks), plan.swept, launch.shown)
    return 0


def _plan_of_file(options: argparse.Namespace) -> Plan:
    from .experiment import default_file  # the other commands need little, and are to be quick
    from .plan import Plan

    file = options.directory / options.sweep if options.sweep else None
    return Plan.from_file(file or default_file(options.directory))


def _print_missing(
    options: argparse.Namespace,
    found: list[Task],
    total: int,
    swept: tuple[str, ...],
    shown: Callable[[Task], str],
) -> None:
    if options.json:
        print(json.dumps({"swept": swept, "cells": cells([task.to_dict() for task in found], swept, {})}))
        return
    for task in found:
        print(f"{task.id} {shown(task)}")
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


def _show(found: Status, places: Places, launch: Launch, share: list[str] | None) -> int:
    """Print the table and the failures; returns the number of lines."""
    rows = [("", found)]
    if share is not None:
        # Of the other machines' tasks only what is shared with this one is known here.
        rows = [
            (f"share {launch.index} of {launch.total}", found.part(share)),
            ("whole sweep, as known here", found),
        ]
    lines = [*table.summary(rows), *table.notes(found), *table.failures(found, places)]
    print("\n".join(lines), flush=True)
    return len(lines)


def _print_matrix(tasks: Sequence[Task], swept: Sequence[str], found: Status) -> None:
    axes = GridAxes.of(swept)
    print(table.matrix(grid_cells(tasks, axes, found.states), axes) + "\n")


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


def _name_others(places: Places, launch: Launch) -> None:
    """Say which sweep this is where a folder has several."""
    names = sweep_names(launches(places))
    if len(names) > 1:
        ours = next(name for name in names if launch.plan_id in name)
        others = [name for name in names if name != ours]
        more = f" and {len(others) - 3} more" if len(others) > 3 else ""
        print(f"sweep {ours}; also here: {', '.join(others[:3])}{more}", file=sys.stderr)


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
