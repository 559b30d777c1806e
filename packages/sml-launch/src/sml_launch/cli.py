"""The command `sml-launch`, and what an experiment file calls at its end."""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path

from sml_config import Task

from .errors import SmlLaunchError
from .experiment import DEFAULT_FILE, load_experiment
from .grid import shard
from .local import Result, is_finished, run_local, task_folder

_EXAMPLES = f"""examples:
  sml-launch                               print the commands of {DEFAULT_FILE}
  sml-launch --backend local               run them here, MAX_PARALLEL at a time
  sml-launch sweep.py -tn 3 -idx 0         the first of three machines' share"""


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns its exit status: 0, 1 if a task failed, 2 if nothing could be started."""
    parser = argparse.ArgumentParser(
        prog="sml-launch",
        description="Turn a grid of parameters into runs.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", nargs="?", type=Path, default=Path(DEFAULT_FILE), help="the experiment file")
    parser.add_argument("--total_machine_num", "-tn", type=int, default=1, help="number of machines")
    parser.add_argument(
        "--machine_idx", "-idx", type=int, default=0, help="this machine, from 0; -1: all tasks"
    )
    parser.add_argument(
        "--backend", choices=["local"], help="where to run; without it the commands are printed"
    )
    options = parser.parse_args(arguments)
    try:
        experiment = load_experiment(options.file)
        tasks = shard(experiment.grid.tasks(), options.total_machine_num, options.machine_idx)
        if options.backend is None:
            for task in tasks:
                print(shlex.join(task.command))
            print(f"{len(tasks)} tasks; add --backend local to run them here", file=sys.stderr)
            return 0
        left = [task for task in tasks if not is_finished(experiment.directory, task)]
        if len(left) < len(tasks):
            print(f"{len(tasks) - len(left)} of {len(tasks)} tasks have finished before and are skipped")
        progress = _Progress(len(left), experiment.directory)
        results = run_local(experiment, left, progress)
    except SmlLaunchError as error:
        print(f"sml-launch: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("sml-launch: stopped; what has finished will be skipped next time", file=sys.stderr)
        return 130
    return 1 if any(result.status for result in results) else 0


class _Progress:
    """Prints a line as each task ends; a failed one with where its output is."""

    def __init__(self, total: int, directory: Path) -> None:
        self.total = total
        self.directory = directory
        self.done = 0

    def __call__(self, task: Task, result: Result) -> None:
        self.done += 1
        values = " ".join(f"{name}={value}" for name, value in task.parameters.items())
        ending = f"{result.seconds:.1f} s"
        if result.status:
            ending = (
                f"FAILED with status {result.status}, see {task_folder(self.directory, task) / 'log.txt'}"
            )
        print(f"[{self.done:{len(str(self.total))}}/{self.total}] {values}: {ending}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
