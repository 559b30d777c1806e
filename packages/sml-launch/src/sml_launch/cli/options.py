"""Command line options of `sml-launch FILE …`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from sml_config.conversions import seconds_of
from sml_launch.backends import BUILT_IN, backend_names, get_backend
from sml_launch.command_names import COMMANDS
from sml_launch.errors import SmlLaunchError
from sml_launch.experiment import DEFAULT_FILES

from .launch import LaunchCommand

_EXAMPLES = f"""without FILE the first of these files is used: {", ".join(DEFAULT_FILES)}

examples:
  sml-launch -tn 3 -idx 0              print the first machine's commands, write run_all.json for tmuxp
  sml-launch -tn 3 -idx 0 --run        the same, and load it into tmux
  sml-launch --backend local           run all on this machine, MAX_PARALLEL at a time
  sml-launch --backend slurm -o partition=gpu -o gpus_per_task=1
  sml-launch --backend dask -o scheduler=tcp://head:8786
  sml-launch --backend local --gpus 0,1 --per-gpu 2 --retries 2 --timeout 8h
  sml-launch --backend local --rerun failed
  sml-launch --backend local --only-missing -d home/logfile
  sml-launch status                    running, done, failed, left; more with --coverage, --json, --all

further commands: {", ".join(COMMANDS)}; each has --help"""


def launch(words: Sequence[str]) -> int:
    """Parse the options and run the command; returns the exit status."""
    options = _parser().parse_args(words)
    return LaunchCommand(options, _launch_options(options), _backend_options(options.option)).run()


class _Parser(argparse.ArgumentParser):
    """Loads the backends, plugins among them, only for the help."""

    def format_help(self) -> str:
        """The help, with the options of every backend."""
        self.epilog = f"{_EXAMPLES}\n\n{_backend_options_help()}"
        return super().format_help()


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="sml-launch",
        description="Run every task of a parameter grid exactly once, on this machine or several.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--version", action="version", version=f"sml-launch {metadata.version('sml-launch')}")
    add("file", nargs="?", type=Path, metavar="FILE", help="the experiment file, Python or YAML")
    add("-tn", "--total_machine_num", type=int, default=1, metavar="N", help="number of machines (1)")
    add(
        "-idx",
        "--machine_idx",
        default="0",
        metavar="I",
        help="index of this machine, from 0; 0-3: four shares; -1: all",
    )
    add("--expect", metavar="ID", help="start only if the plan has this id, which another machine printed")
    add("--redeal", action="store_true", help="accept another -tn than before, although tasks may run twice")
    add("--backend", metavar="NAME", help=f"start the tasks at once with {', '.join(BUILT_IN)} or a plugin")
    add(
        "-o",
        "--option",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="option of the backend, see below",
    )
    add("--dry-run", action="store_true", help="print the commands; write and start nothing")
    add("--run", action="store_true", help="load run_all.json into tmux, as --backend tmux does")
    add("--rerun", metavar="WHICH", help="run again: failed, changed, all, or a task id")
    add("--only-missing", action="store_true", help="start only tasks without a finished run below -d")
    add(
        "-d", "--data", action="append", default=[], type=Path, metavar="LOGS", help="folder with run folders"
    )
    add("--detach", action="store_true", help="with --backend local: run in the background")
    add("--notify", metavar="CMD", help="run CMD at the end, with the outcome as last argument (local)")
    add(
        "--carry-env",
        action="append",
        metavar="NAME",
        help="further environment variables for tasks, e.g. WANDB_*",
    )
    add("--fail-fast", action="store_true", help="stop the launch when a task fails")
    add("--max-parallel", type=_positive_number, metavar="N", help="tasks at a time, instead of MAX_PARALLEL")
    add("--gpus", metavar="0,1|free", help="GPUs to use, instead of GPUS; free: those that are idle")
    add("--per-gpu", type=_positive_number, metavar="K", help="at most K tasks per GPU")
    add("--retries", type=_whole_number, metavar="K", help="retry a failed task up to K times")
    add("--timeout", type=_seconds, metavar="T", help="time limit of a task: 90, 30m, 2h, 1d")
    return parser


def _backend_options_help() -> str:
    """The options that -o takes, by backend; a plugin that cannot be loaded is named instead."""
    lines = []
    for name in backend_names():
        try:
            own = get_backend(name).own_options
        except SmlLaunchError as error:
            lines.append(str(error))
            continue
        if own or name not in BUILT_IN:
            lines.append(f"-o NAME=VALUE with --backend {name}:")
        lines += [f"  {option:15} {meaning}" for option, meaning in own.items()]
    return "\n".join(lines)


def _launch_options(options: argparse.Namespace) -> dict[str, Any]:
    """Options of the launch that were passed."""
    given = {
        "fail_fast": options.fail_fast or None,
        "max_parallel": options.max_parallel,
        "gpus": options.gpus or None,
        "per_gpu": options.per_gpu,
        "retries": options.retries,
        "timeout": options.timeout,
        "notify": options.notify,
        "carry_env": options.carry_env,
    }
    return {name: value for name, value in given.items() if value is not None}


def _backend_options(words: list[str]) -> dict[str, str]:
    """`NAME=VALUE` words as a dict. Raises SmlLaunchError."""
    for word in words:
        if "=" not in word:
            raise SmlLaunchError(f"invalid -o {word}; expected NAME=VALUE, e.g. -o partition=gpu")
    return dict(word.split("=", 1) for word in words)


def _whole_number(text: str, least: int = 0) -> int:
    if not text.isdecimal() or int(text) < least:
        raise argparse.ArgumentTypeError(
            f"invalid number {text!r}; expected a whole number of at least {least}"
        )
    return int(text)


def _positive_number(text: str) -> int:
    return _whole_number(text, 1)


def _seconds(text: str) -> float:
    seconds = seconds_of(text)
    if seconds is None:
        raise argparse.ArgumentTypeError(f"invalid duration {text!r}; expected e.g. 90, 30m, 2h or 1d")
    return seconds
