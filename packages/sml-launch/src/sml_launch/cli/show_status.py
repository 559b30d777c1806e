"""What `sml-launch status` prints: table, failures, matrix, a line for each task, JSON."""

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
from sml_launch.state.state_paths import Places
from sml_launch.status.coverage import cells, find_runs, finished_runs
from sml_launch.status.status import Status, running_for, status_of
from sml_launch.tasks.plan_file import read_items

from . import table
from .sweeps import chosen_launch, plan_of_file, shard_ids, sweep_names

_REFRESH_SECONDS = 1.0
# A scheduler's controller serves others, too.
_SCHEDULER_SECONDS = 10.0


def show_status(options: argparse.Namespace) -> int:
    """Print what the options of the command ask for; returns its exit status."""
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
    plan = plan_of_file(options.directory, options.sweep)
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


def _name_others(places: Places, launch: Launch) -> None:
    """Say which sweep this is where a folder has several."""
    names = sweep_names(launches(places))
    if len(names) > 1:
        ours = next(name for name in names if launch.plan_id in name)
        others = [name for name in names if name != ours]
        more = f" and {len(others) - 3} more" if len(others) > 3 else ""
        print(f"sweep {ours}; also here: {', '.join(others[:3])}{more}", file=sys.stderr)
