"""What `sml-launch FILE …` does: choose the tasks, then print, write or run them."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from sml_config import Task
from sml_config.tasks.states import QUEUED, REQUEUED
from sml_launch.backends import NAMES, backend
from sml_launch.backends.local import save_pool
from sml_launch.backends.tmux import prepare
from sml_launch.environment import carried_environment, check_declared
from sml_launch.errors import SmlLaunchError, UnknownOptionError
from sml_launch.experiment import load_experiment
from sml_launch.notify import notify
from sml_launch.plan import Plan
from sml_launch.preflight import check_start
from sml_launch.process.gpus import FREE
from sml_launch.process.pool import Pool
from sml_launch.shell_words import shown_values
from sml_launch.state.equivalents import differences
from sml_launch.state.launch_file import Launch, new_id
from sml_launch.state.results import Journals, Result
from sml_launch.status.coverage import find_runs, uncovered
from sml_launch.status.scheduled import scheduler_states
from sml_launch.status.status import duration
from sml_launch.terminal import say

from .printing import first_command, print_commands


class Start:
    """One call of the command."""

    def __init__(self, options: argparse.Namespace, how: Mapping[str, Any], own: Mapping[str, str]) -> None:
        self.options = options
        self.how = dict(how)
        self.own = dict(own)
        if options.backend is not None and options.backend not in NAMES:
            raise UnknownOptionError("the backend", options.backend, NAMES)
        if options.data and not options.only_missing:
            raise SmlLaunchError("-d goes with --only-missing, which compares the plan with its runs")
        if options.only_missing and not options.data:
            raise SmlLaunchError("--only-missing needs -d LOGS, the folder that the runs came home to")
        if options.only_missing and options.rerun is not None:
            raise SmlLaunchError("--rerun and --only-missing are two ways to choose the tasks; give one")
        if options.gpus == FREE and options.backend == "dask":
            raise SmlLaunchError(
                "--gpus free are those of this machine; name those of the Dask workers: --gpus 0,1"
            )
        if options.run and options.backend not in (None, "tmux"):
            raise SmlLaunchError(
                f"--run loads into tmux; leave it out, --backend {options.backend} starts at once"
            )

    def run(self) -> int:
        """Returns the exit status."""
        options = self.options
        total, index = options.total_machine_num, options.machine_idx
        plan = Plan.of(load_experiment(options.file, total, index))
        share = plan.part(total, index)
        self._check_deal(plan)
        due = self._missing(share) if options.only_missing else plan.due(share, options.rerun)
        skipped = len(share) - len(due)
        if skipped and not options.only_missing and options.rerun is None:
            print(f"{skipped} of {len(share)} tasks have finished before and are skipped", flush=True)
            self._name_equivalents(plan, share)
        if options.rerun is None:
            due = _without_queued(plan, due)
        name = "tmux" if options.run or options.backend is None else options.backend
        chosen = backend(name)
        how, own = chosen.split_options({**self.how, **self.own})
        how["rerun"] = options.rerun is not None or options.only_missing
        launch = plan.launch(due, name, how, own, (total, index))
        if due and not options.dry_run:
            self._check(launch, due)
        if options.dry_run or options.backend is None:
            print_commands(launch, due)
        if options.dry_run or not due:
            print(f"{len(due)} of {len(plan.tasks)} tasks to run", file=sys.stderr)
            return 0
        plan.remember(total)
        if not options.only_missing and options.rerun is None:
            plan.record_equivalents(share)
        plan.save()
        launch.save()
        if options.backend is None and not options.run:
            return self._write_run_all(plan, launch, due)
        if name == "local" and not options.detach:
            return run_here(launch, due)
        chosen.submit(launch, due)
        print(first_command(launch, due), file=sys.stderr)
        print(
            f"{len(due)} tasks started, {name}; sml-launch status shows them, sml-launch wait waits for them",
            file=sys.stderr,
        )
        return 0

    def _check(self, launch: Launch, due: list[Task]) -> None:
        """Raise SmlLaunchError for what keeps the launch from starting."""
        chosen = backend(launch.backend)
        check_declared(launch.carry_env, launch.environment)
        if chosen.runs_here:
            check_start(launch, due[0].header)
        if self.options.backend is not None or self.options.run:
            chosen.check(launch)

    def _check_deal(self, plan: Plan) -> None:
        """Print which deal this is. Raises SmlLaunchError if it is not the expected one, or repeats tasks."""
        options = self.options
        total, index = options.total_machine_num, options.machine_idx
        deal_id = plan.deal_id(total)
        if options.expect is not None and options.expect != deal_id:
            raise SmlLaunchError(
                f"--expect {options.expect}: this is plan {deal_id}. {os.path.relpath(plan.places.deals)} or "
                "the experiment file differs from that of the machine that printed the other; "
                "copy them from there"
            )
        if total > 1:
            print(
                f"plan {deal_id}: {len(plan.tasks)} tasks, share {index} of {total} has "
                f"{len(plan.part(total, index))}; other machines check that theirs is the same with: "
                f"--expect {deal_id}",
                file=sys.stderr,
            )
        if not options.redeal and not options.only_missing:
            confirm_deal(plan, total, index, ask=not options.dry_run)

    def _name_equivalents(self, plan: Plan, share: list[Task]) -> None:
        found = plan.equivalents(share)
        if found:
            shown = differences(found)
            more = f" and {len(shown) - 3} more" if len(shown) > 3 else ""
            count = "1 of them was" if len(found) == 1 else f"{len(found)} of them were"
            print(
                f"{count} given the same under another spelling ({'; '.join(shown[:3])}{more}); "
                "--rerun changed runs them again",
                flush=True,
            )

    def _missing(self, share: list[Task]) -> list[Task]:
        runs = find_runs(self.options.data)
        due = uncovered(share, runs)
        unknown = sum(run.state is None for run in runs)
        note = (
            f"; {unknown} run folders do not say whether they finished, and do not count" if unknown else ""
        )
        print(
            f"{len(share) - len(due)} of {len(share)} tasks are covered by {len(runs)} run folders{note}",
            flush=True,
        )
        return due

    def _write_run_all(self, plan: Plan, launch: Launch, due: list[Task]) -> int:
        path = prepare(launch, due)
        panes = min(launch.max_parallel, len(due))
        shown = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
        print(
            f"{len(due)} of {len(plan.tasks)} tasks, {panes} at a time, are in {shown}; start them with:\n"
            f"  tmuxp load -d {shown}\nor call this again with --run; --backend local runs them without tmux",
            file=sys.stderr,
        )
        return 0


def _without_queued(plan: Plan, due: list[Task]) -> list[Task]:
    """Those that no scheduler will start by itself; says how many others there are."""
    journals = Journals(plan.places)
    journals.refresh()
    states = scheduler_states(plan.places, journals)
    left = [task for task in due if states.get(task.id) not in (QUEUED, REQUEUED)]
    if len(left) < len(due):
        count = len(due) - len(left)
        tasks = "1 task is" if count == 1 else f"{count} tasks are"
        print(
            f"{tasks} with a scheduler already and not started again; sml-launch stop ends that", flush=True
        )
    return left


def confirm_deal(plan: Plan, total: int, index: int | str, *, ask: bool = True) -> None:
    """Tell what another number of machines than before would repeat, and ask.

    Raises SmlLaunchError for a no.
    """
    for earlier, count in plan.dealt_otherwise(total, index).items():
        text = (
            f"this sweep was dealt to {earlier} machines before (-tn {earlier}); of the share {index} of "
            f"{total} {count} tasks were another machine's then, and may have run there"
        )
        if not ask:
            print(text, file=sys.stderr)
            continue
        if sys.stdin.isatty() and sys.stderr.isatty():
            print(f"{text}. Start them all the same? [y/N] ", end="", file=sys.stderr, flush=True)
            if sys.stdin.readline().strip().lower() in ("y", "yes"):
                continue
        raise SmlLaunchError(
            f"{text}; keep -tn {earlier}, or start what is missing with --only-missing -d LOGS, "
            "or repeat them with --redeal"
        )


def start_again(launch: Launch, tasks: list[Task], *, rerun: bool) -> int:
    """Start tasks of an earlier launch as that did; `rerun`: also those that turn out to have finished."""
    journals = Journals(launch.places)
    journals.refresh()
    again = replace(
        launch,
        attempts=journals.attempts(task.id for task in tasks),
        task_ids=tuple(task.id for task in tasks),
        rerun=rerun,
        shell=carried_environment(
            launch.carry_env, launch.environment, here=backend(launch.backend).runs_here
        ),
        created=time.time(),
        id=new_id(),
    )
    chosen = backend(launch.backend)
    check_declared(again.carry_env, again.environment)
    chosen.check(again)
    again.save()
    if launch.backend == "local":
        return run_here(again, tasks)
    chosen.submit(again, tasks)
    print(
        f"{len(tasks)} tasks started again, {launch.backend}; look with: sml-launch status", file=sys.stderr
    )
    return 0


def run_here(launch: Launch, tasks: list[Task]) -> int:
    """Run them in this process, with a line as each ends; returns the exit status."""
    save_pool(launch, os.getpid())
    progress = _Progress(len(tasks), launch)
    progress.begin(tasks)
    pool = Pool(launch, launch.gpus or (None,) * launch.max_parallel, progress, progress.wait)
    results = pool.run(tasks)
    notify(launch, results)
    if pool.stopped:
        print(f"sml-launch: {pool.stopped}; what has finished will be skipped next time", file=sys.stderr)
        return 130 if pool.signalled else 1
    if len(results) < len(tasks):
        print(f"{len(tasks) - len(results)} tasks were run by another launcher; see: sml-launch status")
    return 1 if any(result.failed for result in results) else 0


class _Progress:
    """Prints a line as each task ends; a failed one with its reason and where its output is."""

    def __init__(self, total: int, launch: Launch) -> None:
        self.total = total
        self.launch = launch
        self.places = launch.places
        self.done = 0

    def begin(self, tasks: list[Task]) -> None:
        """What starts, before anything ends."""
        part = f"share {self.launch.index} of {self.launch.total}, " if self.launch.total > 1 else ""
        many = "1 task" if self.total == 1 else f"{self.total} tasks"
        gpus = f", GPUs {','.join(dict.fromkeys(self.launch.gpus))}" if self.launch.gpus else ""
        say(
            f"{part}{many}, {min(self.launch.max_parallel, self.total)} at a time{gpus}; launch "
            f"{self.launch.id}; from another terminal: sml-launch status"
        )
        say(first_command(self.launch, tasks))

    def wait(self, running: int, seconds: float) -> None:
        """Each minute until the first task ends."""
        if not self.done:
            say(f"[{0:{len(str(self.total))}}/{self.total}] {running} running for {duration(seconds)}")

    def __call__(self, task: Task, result: Result) -> None:
        self.done += 1
        shown = shown_values(task.parameters) or "no parameters"
        ending = f"{result.seconds:.1f} s"
        if result.failed:
            ending = f"FAILED after {ending}: {result.reason}, see {self.places.log(task.id)}"
        elif result.reason:
            ending = f"{result.outcome} after {ending}: {result.reason}"
        say(f"[{self.done:{len(str(self.total))}}/{self.total}] {shown}: {ending}")
