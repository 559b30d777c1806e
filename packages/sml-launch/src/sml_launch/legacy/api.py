"""API of older releases for `generate_parallel_tasks.py`: `make_cmd_array` and `generate_tmuxp_file`.

`sml-launch FILE` loads the same files and runs their tasks on any backend.
"""

from __future__ import annotations

import contextlib
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sml_config import SmlConfigError
from sml_config.terminal import use_backslashreplace
from sml_launch.backends.tmux_files import (
    PaneCommand,
    forward_secrets,
    save_session,
    server_words,
    session_id,
    windows_of,
    write_panes,
    write_run_all,
)
from sml_launch.capture import capture
from sml_launch.cli.launch import confirm_deal
from sml_launch.command_text import command_line, gpu_of
from sml_launch.errors import SmlLaunchError
from sml_launch.experiment import Experiment
from sml_launch.plan import Plan
from sml_launch.shell_words import without_quotes
from sml_launch.tasks.grid import Grid


def make_cmd_array(
    directory: str,
    session_name: str,
    start_up_header: str,
    parameters_base: Mapping[str, Any],
    environment_dict: Mapping[str, Any],
    aligned_candidates: Mapping[str, Any],
    exclusive_candidates: Mapping[str, Any],
    GPUS: Sequence[Any],  # noqa: N803  the name that files pass
    max_parallel_process: int,
    max_subwindow: int = 6,
    machine_idx: int | str = -1,
    total_machine: int = 8,
    task_is_valid: Callable[[dict[str, Any]], bool] | None = None,
    split_all: bool = False,  # noqa: ARG001  every pane runs a script; there is no long line to split
    cmd_post_process: Callable[[str], str] | None = None,
    sleep_before: float = 0.0,
    sleep_after: float = 0.0,
    error_stop: bool = False,
    rnd_seed: int | None = 42,
    equality_assign: bool = False,
    task_time_interval: float = 0.0,
) -> tuple[list[list[Any]], str]:
    """The commands of the panes by window, and the session name with `information` appended.

    Prints the command of every task. Times are in seconds; `task_time_interval` is the delay between the
    starts of two panes. An invalid grid ends the script with a message and status 2, and writes nothing.
    """
    experiment = Experiment(
        Grid(start_up_header, parameters_base, exclusive_candidates, aligned_candidates, task_is_valid),
        Path(directory).absolute(),
        _named(session_name, aligned_candidates),
        environment={str(name): without_quotes(value) for name, value in environment_dict.items()},
        gpus=tuple(map(without_quotes, GPUS)),
        max_parallel=max_parallel_process,
        max_subwindow=max_subwindow,
        shuffle_seed=rnd_seed,
        equality_assign=equality_assign,
        fail_fast=error_stop,
        sleep_before=sleep_before,
        sleep_after=sleep_after,
        interval=task_time_interval,
        post_process=cmd_post_process,
    )
    if capture(experiment):
        return [], experiment.session_name
    use_backslashreplace()
    with _errors_end_the_script():
        return _written(experiment, total_machine, machine_idx), experiment.session_name


def generate_tmuxp_file(
    session_name: str,
    cmd_array: Sequence[Sequence[Any]],
    use_json: bool = False,
    layout: str = "tiled",
    window_names: Sequence[str] | None = None,
) -> None:
    """Write `run_all.json` or `run_all.yaml` into the current folder, and print how to load it."""
    path = Path("run_all.json" if use_json else "run_all.yaml")
    with _errors_end_the_script():
        write_run_all(path, session_name, cmd_array, layout, window_names)
    ours = [pane for panes in cmd_array for pane in panes if isinstance(pane, PaneCommand)]
    if ours:
        save_session(ours[0].launch, session_name)
    _note(f"session {session_id(session_name)}: tmuxp load -d {path}")


def _written(experiment: Experiment, total: int, index: int | str) -> list[list[Any]]:
    """Write plan, launch and pane scripts, print the commands; returns the panes by window."""
    plan = Plan.of(experiment)
    share = plan.part(total, index)
    confirm_deal(plan, total, index)
    if total > 1:
        _note(f"plan {plan.deal_id(total)}: every machine must print the same id")
    tasks = plan.due(share)
    launch = plan.launch(tasks, "tmux", {}, {})
    for position, task in enumerate(tasks):
        print(command_line(launch, task, gpu_of(launch, position)))
    _note(f"{len(tasks)} of {len(plan.tasks)} tasks, {min(launch.max_parallel, len(tasks))} at a time")
    if len(tasks) < len(share):
        _note(f"{len(share) - len(tasks)} tasks of this machine have finished before and are skipped")
    plan.remember(total)
    plan.save()
    launch.save()
    if shutil.which("tmux") is not None:
        forward_secrets(launch, server_words())
    return windows_of(write_panes(launch, tasks), experiment.max_subwindow)


def _named(session_name: str, aligned: Mapping[str, Any]) -> str:
    """The session name with the candidates of `information` appended."""
    information = aligned.get("information", "")
    parts = information if isinstance(information, (list, tuple)) else [information]
    return session_id(session_name + "_".join(map(str, parts)))


@contextlib.contextmanager
def _errors_end_the_script() -> Iterator[None]:
    """Print errors of sml-launch and exit with status 2: old files do not handle them."""
    try:
        yield
    except (SmlLaunchError, SmlConfigError) as error:
        _note(f"sml-launch: {error}")
        raise SystemExit(2) from None


def _note(text: str) -> None:
    print(text, file=sys.stderr)
