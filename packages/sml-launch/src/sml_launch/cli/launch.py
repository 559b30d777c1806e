"""`sml-launch FILE …`: select the tasks of a shard, then print, write or run them."""

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
from sml_launch.backends import get_backend, plugin_errors
from sml_launch.backends.local import save_pool
from sml_launch.backends.tmux import prepare
from sml_launch.environment import carried_environment, check_declared
from sml_launch.errors import SmlLaunchError
from sml_launch.experiment import load_experiment
from sml_launch.notify import notify
from sml_launch.plan import Plan
from sml_launch.preflight import check_start
from sml_launch.process.gpus import FREE
from sml_launch.process.launch_alerts import LaunchAlerts
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


class LaunchCommand:
    """One call of `sml-launch FILE …`. Raises SmlLaunchError for options that contradict each other."""

    def __init__(
        self,
        options: argparse.Namespace,
        launch_options: Mapping[str, Any],
        backend_options: Mapping[str, str],
    ) -> None:
        self.options = options
        self.backend_name = "tmux" if options.run or options.backend is None else options.backend
        self.backend = get_backend(options.backend or self.backend_name)
        self.given_options = {**launch_options, **backend_options}
        if options.data and not options.only_missing:
            raise SmlLaunchError("-d needs --only-missing, which compares the plan with the runs below it")
        if options.only_missing and not options.data:
            raise SmlLaunchError("--only-missing needs -d LOGS, the folder with the collected runs")
        if options.only_missing and options.rerun is not None:
            raise SmlLaunchError("--rerun and --only-missing both select tasks; pass only one of them")
        if options.gpus == FREE and options.backend == "dask":
            raise SmlLaunchError(
                "--gpus free means the GPUs of this machine; pass those of the Dask workers, --gpus 0,1"
            )
        if options.run and options.backend not in (None, "tmux"):
            raise SmlLaunchError(
                f"--run starts tasks in tmux; omit it, --backend {options.backend} starts them itself"
            )

    def run(self) -> int:
        """Print, write or start the tasks; returns the exit status."""
        options = self.options
        total, index = options.total_machine_num, options.machine_idx
        plan = Plan.of(load_experiment(options.file, total, index))
        share = plan.part(total, index)
        self._check_deal(plan)
        due = self._missing(share) if options.only_missing else plan.due(share, options.rerun)
        skipped = len(share) - len(due)
        if skipped and not options.only_missing and options.rerun is None:
            print(f"{skipped} of {len(share)} tasks have finished before and are skipped", flush=True)
            self._print_equivalents(plan, share)
        if options.rerun is None:
            due = _without_queued(plan, due)
        launch_options, backend_options = self.backend.split_options(self.given_options)
        launch_options["rerun"] = options.rerun is not None or options.only_missing
        launch = plan.launch(due, self.backend_name, launch_options, backend_options, (total, index))
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
        if self.backend_name == "local" and not options.detach:
            return run_here(launch, due)
        with plugin_errors(self.backend, "submit"):
            self.backend.submit(launch, due)
        print(first_command(launch, due), file=sys.stderr)
        print(
            f"{len(due)} tasks started, {self.backend_name}; sml-launch status shows them, "
            "sml-launch wait waits for them",
            file=sys.stderr,
        )
        return 0

    def _check(self, launch: Launch, due: list[Task]) -> None:
        """Raise SmlLaunchError if the launch cannot start."""
        check_declared(launch.carry_env, launch.environment)
        if self.backend.runs_here:
            check_start(launch, due[0].header)
        if self.options.backend is not None or self.options.run:
            with plugin_errors(self.backend, "check"):
                self.backend.check(launch)

    def _check_deal(self, plan: Plan) -> None:
        """Print the plan id. Raises SmlLaunchError if it is not --expect, or tasks may be run twice."""
        options = self.options
        total, index = options.total_machine_num, options.machine_idx
        deal_id = plan.deal_id(total)
        deals_file = os.path.relpath(plan.state_paths.deals)
        if options.expect is not None and options.expect != deal_id:
            raise SmlLaunchError(
                f"--expect {options.expect}: this is plan {deal_id}. {deals_file} or the experiment file "
                "differs from those of the machine that printed the expected id; copy both from there"
            )
        if total > 1:
            print(
                f"plan {deal_id}: {len(plan.tasks)} tasks, share {index} of {total} has "
                f"{len(plan.part(total, index))}; check for the same plan on the other machines with "
                f"--expect {deal_id}",
                file=sys.stderr,
            )
        if not options.redeal and not options.only_missing:
            confirm_deal(plan, total, index, ask=not options.dry_run)

    def _print_equivalents(self, plan: Plan, share: list[Task]) -> None:
        matches = plan.equivalents(share)
        if matches:
            shown = differences(matches)
            more = f" and {len(shown) - 3} more" if len(shown) > 3 else ""
            count = "1 of them was" if len(matches) == 1 else f"{len(matches)} of them were"
            print(
                f"{count} run with the same parameters, written differently ({'; '.join(shown[:3])}{more}); "
                "--rerun changed runs them again",
                flush=True,
            )

    def _missing(self, share: list[Task]) -> list[Task]:
        runs = find_runs(self.options.data)
        due = uncovered(share, runs)
        unknown = sum(run.state is None for run in runs)
        note = f"; {unknown} run folders have no state and are not counted" if unknown else ""
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
            f"{shown} has {len(due)} of {len(plan.tasks)} tasks, {panes} at a time; start them with:\n"
            f"  tmuxp load -d {shown}\n"
            "or repeat this command with --run; --backend local runs them without tmux",
            file=sys.stderr,
        )
        return 0


def _without_queued(plan: Plan, due: list[Task]) -> list[Task]:
    """The tasks that are in no scheduler's queue; prints how many are."""
    journals = Journals(plan.state_paths)
    journals.refresh()
    states = scheduler_states(plan.state_paths, journals)
    left = [task for task in due if states.get(task.id) not in (QUEUED, REQUEUED)]
    if len(left) < len(due):
        count = len(due) - len(left)
        tasks = "1 task is" if count == 1 else f"{count} tasks are"
        print(
            f"{tasks} already queued by a scheduler and not started again; sml-launch stop cancels that",
            flush=True,
        )
    return left


def confirm_deal(plan: Plan, total: int, index: int | str, *, ask: bool = True) -> None:
    """Ask before starting tasks that an earlier -tn assigned to another machine.

    Raises SmlLaunchError if the answer is no, or there is no terminal to ask on.
    """
    for earlier, count in plan.dealt_otherwise(total, index).items():
        text = (
            f"this sweep was distributed over {earlier} machines before (-tn {earlier}); {count} tasks of "
            f"share {index} of {total} belonged to another machine then, and may have run there"
        )
        if not ask:
            print(text, file=sys.stderr)
            continue
        if sys.stdin.isatty() and sys.stderr.isatty():
            print(f"{text}. Start them anyway? [y/N] ", end="", file=sys.stderr, flush=True)
            if sys.stdin.readline().strip().lower() in ("y", "yes"):
                continue
        raise SmlLaunchError(
            f"{text}; keep -tn {earlier}, start only missing tasks with --only-missing -d LOGS, "
            "or pass --redeal to start them again"
        )


def start_again(
    launch: Launch,
    tasks: list[Task],
    *,
    rerun: bool,
    resumed: tuple[str, ...] = (),
    rest: Mapping[str, int],
) -> int:
    """Start tasks with the options of an earlier launch.

    `rerun`: also those that had finished before. `resumed`: see Launch. `rest`: other unfinished tasks, which
    the next resume includes, with the number of their attempts before they were launched.
    """
    backend = get_backend(launch.backend)
    journals = Journals(launch.state_paths)
    journals.refresh()
    again = replace(
        launch,
        attempts={**rest, **journals.attempts(task.id for task in tasks)},
        task_ids=tuple(task.id for task in tasks),
        resumed=resumed,
        rest=tuple(rest),
        rerun=rerun,
        shell=carried_environment(launch.carry_env, launch.environment, here=backend.runs_here),
        created=time.time(),
        id=new_id(),
    )
    check_declared(again.carry_env, again.environment)
    with plugin_errors(backend, "check"):
        backend.check(again)
    again.save()
    if launch.backend == "local":
        return run_here(again, tasks)
    with plugin_errors(backend, "submit"):
        backend.submit(again, tasks)
    print(f"{len(tasks)} tasks started again, {launch.backend}; see: sml-launch status", file=sys.stderr)
    return 0


def run_here(launch: Launch, tasks: list[Task]) -> int:
    """Run the tasks in this process and print a line as each ends; returns the exit status."""
    save_pool(launch, os.getpid())
    progress = _Progress(len(tasks), launch)
    progress.begin(tasks)
    with LaunchAlerts(launch, tasks).watching() as alerts:

        def report(task: Task, result: Result) -> None:
            progress(task, result)
            alerts.ended(task, result)

        pool = Pool(launch, launch.gpus or (None,) * launch.max_parallel, report, progress.wait)
        results = pool.run(tasks)
        alerts.done(results)
        notify(launch, results)
    if pool.stopped:
        print(f"sml-launch: {pool.stopped}; finished tasks will be skipped next time", file=sys.stderr)
        return 130 if pool.signalled else 1
    if len(results) < len(tasks):
        print(f"{len(tasks) - len(results)} tasks were run by another launcher; see: sml-launch status")
    return 1 if any(result.failed for result in results) else 0


class _Progress:
    """Prints a line as each task ends; for a failed one with the reason and its log file."""

    def __init__(self, total: int, launch: Launch) -> None:
        self.total = total
        self.launch = launch
        self.state_paths = launch.state_paths
        self.done = 0

    def begin(self, tasks: list[Task]) -> None:
        """Announce what is started."""
        part = f"share {self.launch.index} of {self.launch.total}, " if self.launch.total > 1 else ""
        many = "1 task" if self.total == 1 else f"{self.total} tasks"
        gpus = f", GPUs {','.join(dict.fromkeys(self.launch.gpus))}" if self.launch.gpus else ""
        say(
            f"{part}{many}, {min(self.launch.max_parallel, self.total)} at a time{gpus}; launch "
            f"{self.launch.id}; from another terminal: sml-launch status"
        )
        say(first_command(self.launch, tasks))

    def wait(self, running: int, seconds: float) -> None:
        """Called each minute; prints until the first task ends that tasks are running."""
        if not self.done:
            say(f"[{0:{len(str(self.total))}}/{self.total}] {running} running for {duration(seconds)}")

    def __call__(self, task: Task, result: Result) -> None:
        self.done += 1
        shown = shown_values(task.parameters) or "no parameters"
        ending = f"{result.seconds:.1f} s"
        if result.failed:
            ending = f"FAILED after {ending}: {result.reason}, see {self.state_paths.log(task.id)}"
        elif result.reason:
            ending = f"{result.outcome} after {ending}: {result.reason}"
        say(f"[{self.done:{len(str(self.total))}}/{self.total}] {shown}: {ending}")
