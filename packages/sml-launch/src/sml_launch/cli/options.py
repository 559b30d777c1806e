"""The options of `sml-launch FILE …`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from sml_config.durations import seconds_of
from sml_launch.backends import NAMES, backend
from sml_launch.command_names import COMMANDS
from sml_launch.errors import SmlLaunchError
from sml_launch.experiment import DEFAULT_FILES

from .launch import Start

_EXAMPLES = f"""without FILE the first of these is taken: {", ".join(DEFAULT_FILES)}

examples:
  sml-launch -tn 3 -idx 0              print the first machine's commands, write run_all.json for tmuxp
  sml-launch -tn 3 -idx 0 --run        the same, and load it
  sml-launch --backend local           run all here, MAX_PARALLEL at a time
  sml-launch --backend slurm -o partition=gpu -o gpus_per_task=1
  sml-launch --backend dask -o scheduler=tcp://head:8786
  sml-launch --backend local --gpus 0,1 --per-gpu 2 --retries 2 --timeout 8h
  sml-launch --backend local --rerun failed
  sml-launch --backend local --only-missing -d home/logfile
  sml-launch status                    running, done, failed, left; more with --coverage, --json, --all

further commands: {", ".join(COMMANDS)}; each has --help"""


def launch(words: Sequence[str]) -> int:
    """Parse the options and do what they say; returns the exit status."""
    options = _parser().parse_args(words)
    return Start(options, _how(options), _own(options.option)).run()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sml-launch",
        description="Turn a grid of parameters into runs, each exactly once, here or on several machines.",
        epilog=f"{_EXAMPLES}\n\n{_options_of_backends()}",
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
        help="this machine, from 0; 0-3: four shares; -1: all",
    )
    add("--expect", metavar="ID", help="start only if the plan, as all machines print it, has this id")
    add("--redeal", action="store_true", help="another -tn than before, though tasks may run a second time")
    add("--backend", metavar="NAME", help=f"start at once, there: {', '.join(NAMES)}")
    add(
        "-o",
        "--option",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="an option of the backend, see below",
    )
    add("--dry-run", action="store_true", help="print the commands and write nothing")
    add("--run", action="store_true", help="load run_all.json into tmux, as --backend tmux does")
    add("--rerun", metavar="WHICH", help="run again: failed, changed, all, or the id of a task")
    add("--only-missing", action="store_true", help="only what no finished run below -d covers")
    add("-d", "--data", action="append", default=[], type=Path, metavar="LOGS", help="folder of run folders")
    add("--detach", action="store_true", help="with --backend local: start, and return at once")
    add("--notify", metavar="CMD", help="run CMD at the end, with the outcome as one more word (local)")
    add("--carry-env", action="append", metavar="NAME", help="further variables that tasks get: WANDB_*")
    add("--fail-fast", action="store_true", help="a failed task stops the launch")
    add("--max-parallel", type=_count, metavar="N", help="tasks at a time, instead of MAX_PARALLEL")
    add("--gpus", metavar="0,1|free", help="GPUs to bind to, instead of GPUS; free: those that nobody uses")
    add("--per-gpu", type=_count, metavar="K", help="no more than K tasks on one GPU")
    add("--retries", type=_whole, metavar="K", help="try a failed task up to K times more")
    add("--timeout", type=_seconds, metavar="T", help="time limit of a task: 90, 30m, 2h, 1d")
    return parser


def _options_of_backends() -> str:
    """What -o takes, by backend."""
    lines = []
    for name in NAMES:
        own = backend(name).own_options
        lines += [f"-o NAME=VALUE with --backend {name}:"] if own else []
        lines += [f"  {option:15} {meaning}" for option, meaning in own.items()]
    return "\n".join(lines)


def _how(options: argparse.Namespace) -> dict[str, Any]:
    """The options of the launch that were given."""
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


def _own(words: list[str]) -> dict[str, str]:
    """`NAME=VALUE` words as a mapping."""
    for word in words:
        if "=" not in word:
            raise SmlLaunchError(f"-o {word}: expected NAME=VALUE, such as -o partition=gpu")
    return dict(word.split("=", 1) for word in words)


def _whole(text: str, least: int = 0) -> int:
    if not text.isdecimal() or int(text) < least:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number of at least {least}")
    return int(text)


def _count(text: str) -> int:
    return _whole(text, 1)


def _seconds(text: str) -> float:
    seconds = seconds_of(text)
    if seconds is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no time; expected 90, 30m, 2h or 1d")
    return seconds
