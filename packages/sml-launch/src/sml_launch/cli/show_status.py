"""Output of `sml-launch status`: table, failures, matrix, one line per task, JSON."""

from __future__ import annotations

import argparse
import gc
import json
import sys
import time
from collections.abc import Sequence

from sml_config import Task
from sml_config.tasks.grid_axes import GridAxes, grid_cells
from sml_config.tasks.states import LEFT, RUNNING
from sml_config.tasks.tasks import swept_parameters
from sml_launch.shell_words import shown_values
from sml_launch.state.launch_file import Launch, launches
from sml_launch.state.state_paths import StatePaths
from sml_launch.status.coverage import cells, find_runs, finished_runs
from sml_launch.status.status import Status, running_note, status_of
from sml_launch.tasks.plan_file import read_items

from . import table
from .sweeps import chosen_launch, plan_of_file, shard_ids, sweep_names

_REFRESH_SECONDS = 1.0
# Be gentle with the controller of the scheduler, which serves others too.
_SCHEDULER_SECONDS = 10.0


def show_status(options: argparse.Namespace) -> int:
    """Print the status in the form that the options select; returns the exit status."""
    paths = StatePaths.under(options.directory)
    if options.data and not launches(paths):
        return _status_from_file(options)
    launch = chosen_launch(paths, options.sweep)
    if options.sweep is None and not options.json:
        _print_other_sweeps(paths, launch)
    # Collecting garbage among what is read, all of it in use, takes longer than reading it.
    collecting = gc.isenabled()
    gc.disable()
    try:
        swept, items = read_items(paths.plan(launch.plan_id))
        ids = [item["id"] for item in items]
        status = status_of(paths, ids)
        share = shard_ids(paths, launch, ids)
    finally:
        if collecting:
            gc.enable()
    if options.data:
        tasks = [Task.known(tuple(item["header"]), item["parameters"], item["id"]) for item in items]
        return _print_covered(options, status, tasks)
    if options.json:
        content = {**status.to_dict(), "swept": list(swept), "cells": cells(items, swept, status.states)}
        content["share"] = {"total": launch.total, "index": launch.index}
        if share is not None:
            content["share"] |= {"tasks": share, **status.part(share).counts}
        print(json.dumps(content))
        return 0
    if options.all:
        own_ids = None if share is None else set(share)
        for item in items:
            state = status.states[item["id"]]
            if own_ids is not None and item["id"] not in own_ids and state == LEFT:
                state = "elsewhere"
            about = running_note(paths, item["id"]) if state == RUNNING else ""
            print(f"{item['id']} {state:9} {shown_values(item['parameters'], swept)}{about}")
    if options.coverage:
        tasks = [Task.known(tuple(item["header"]), item["parameters"], item["id"]) for item in items]
        _print_matrix(tasks, swept, status)
    printed_lines = _print_summary(status, paths, launch, share)
    while sys.stdout.isatty() and not options.once and status.running:
        time.sleep(_REFRESH_SECONDS if not status.in_queue else _SCHEDULER_SECONDS)
        status = status_of(paths, ids)
        print(f"\x1b[{printed_lines}F\x1b[J", end="")
        printed_lines = _print_summary(status, paths, launch, share)
    return 0


def _status_from_file(options: argparse.Namespace) -> int:
    """Status by the experiment file, on a machine that collects runs and launched nothing."""
    plan = plan_of_file(options.directory, options.sweep)
    return _print_covered(options, status_of(plan.state_paths, [task.id for task in plan.tasks]), plan.tasks)


def _print_covered(options: argparse.Namespace, status: Status, tasks: Sequence[Task]) -> int:
    """Print the status by local results and collected runs, with tasks that ran more than once."""
    counts = finished_runs(tasks, find_runs(options.data))
    status = status.covered(task_id for task_id, count in counts.items() if count)
    twice = [task_id for task_id, count in counts.items() if count > 1]
    swept = swept_parameters(task.parameters for task in tasks)
    grid = cells([task.to_dict() for task in tasks], swept, status.states)
    if options.json:
        print(json.dumps({**status.to_dict(), "swept": list(swept), "cells": grid, "finished_runs": counts}))
        return 0
    if options.all:
        for task in tasks:
            print(f"{task.id} {status.states[task.id]:9} {shown_values(task.parameters, swept)}")
    if options.coverage:
        _print_matrix(tasks, swept, status)
    print("\n".join(table.summary([("", status)])))
    if twice:
        print(f"{len(twice)} tasks have more than one finished run: {', '.join(twice[:5])}")
    return 0


def _print_summary(status: Status, paths: StatePaths, launch: Launch, share: list[str] | None) -> int:
    """Print the table and the failures; returns the number of lines."""
    rows = [("", status)]
    if share is not None:
        # Tasks of other machines are known here only if they share this folder.
        rows = [
            (f"share {launch.index} of {launch.total}", status.part(share)),
            ("whole sweep, as known here", status),
        ]
    lines = [*table.summary(rows), *table.notes(status), *table.failures(status, paths)]
    print("\n".join(lines), flush=True)
    return len(lines)


def _print_matrix(tasks: Sequence[Task], swept: Sequence[str], status: Status) -> None:
    axes = GridAxes.of(swept)
    print(table.matrix(grid_cells(tasks, axes, status.states), axes) + "\n")


def _print_other_sweeps(paths: StatePaths, launch: Launch) -> None:
    """Print which sweep is shown if a folder has several."""
    names = sweep_names(launches(paths))
    if len(names) > 1:
        ours = next(name for name in names if launch.plan_id in name)
        others = [name for name in names if name != ours]
        more = f" and {len(others) - 3} more" if len(others) > 3 else ""
        print(f"sweep {ours}; also here: {', '.join(others[:3])}{more}", file=sys.stderr)
