"""Writer of the tmuxp workspace `run_all.json` and of the scripts that its panes run.

tmuxp types the command of a pane into a shell, which may expand, truncate or drop long or unusual text. So
the command of a pane is a short line that starts a script file.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sml_config import Task
from sml_config.run_folder import write_atomic
from sml_launch.command_text import command_line, gpu_of
from sml_launch.errors import BackendError
from sml_launch.shell_words import quoted
from sml_launch.state.launch_file import Launch

from .base import new_folder, read_handle, save_handle, script_head

LAYOUTS = ("even-horizontal", "even-vertical", "main-horizontal", "main-vertical", "tiled")
RUN_ALL = "run_all.json"


class PaneCommand(str):
    """The command of a pane, with its launch and tasks."""

    __slots__ = ("launch", "tasks")
    launch: Launch
    tasks: list[dict[str, str]]


def write_panes(launch: Launch, tasks: Sequence[Task]) -> list[PaneCommand]:
    """Write a script per pane, which runs its tasks in turn; returns the commands of the panes."""
    folder = new_folder(launch)
    if "$" in str(folder):
        raise BackendError(f"{folder}: tmuxp would expand the $ in this path; use a directory without $")
    worker = f"{quoted(sys.executable)} -m sml_launch.worker {quoted(str(launch.path))}"
    head = ["#!/bin/bash", *script_head(launch)]
    commands = []
    for pane in range(min(launch.max_parallel, len(tasks))):
        indices = range(pane, len(tasks), launch.max_parallel)
        gpu = f" gpu={quoted(launch.gpus[pane])}" if launch.gpus else ""
        script = folder / f"pane-{pane:03}.sh"
        lines = [*head, f"# {len(indices)} tasks, one after the other" if len(indices) > 1 else "# 1 task"]
        lines += [f"sleep {pane * launch.interval:g}"] if launch.interval and pane else []
        lines += [" &&\n".join(f"{worker} {index}{gpu}" for index in indices), "status=$?"]
        # Marks the pane as done.
        lines += [f": >{quoted(str(_ended(script)))}", "exit $status"]
        write_atomic(script, "\n".join(lines) + "\n")
        script.chmod(0o600)
        command = PaneCommand(f"bash {quoted(str(script))}")
        command.launch = launch
        command.tasks = [
            {"id": tasks[index].id, "command": command_line(launch, tasks[index], gpu_of(launch, index))}
            for index in indices
        ]
        commands.append(command)
    return commands


def panes_have_ended(launch: Launch) -> bool:
    """Whether every pane of a launch is done."""
    scripts = sorted(launch.state_paths.backend_files(launch.id).glob("pane-*.sh"))
    return all(_ended(script).exists() for script in scripts)


def windows_of(panes: Sequence[PaneCommand], per_window: int) -> list[list[Any]]:
    """The panes grouped into windows."""
    return [list(panes[start : start + per_window]) for start in range(0, len(panes), per_window)]


def write_run_all(
    path: Path,
    session_name: str,
    windows: Sequence[Sequence[Any]],
    layout: str = "tiled",
    window_names: Sequence[str] | None = None,
) -> None:
    """Write a tmuxp workspace, JSON or YAML by the suffix of the path; `tasks` lists what its panes run."""
    if layout not in LAYOUTS:
        raise BackendError(f"invalid layout {layout!r}; expected one of: {', '.join(LAYOUTS)}")
    if window_names is not None and len(window_names) != len(windows):
        raise BackendError(
            f"{len(window_names)} window_names for {len(windows)} windows; pass one name per window"
        )
    names = window_names or [f"window-{index}" for index in range(len(windows))]
    content: Mapping[str, Any] = {
        "session_name": session_id(session_name),
        # A detached session is small by default, too small for all panes of its first windows.
        "options": {"default-size": "400x200"},
        "windows": [
            {"window_name": name, "layout": layout, "panes": [_pane(pane) for pane in panes]}
            for name, panes in zip(names, windows, strict=True)
        ],
        "tasks": [task for panes in windows for pane in panes for task in getattr(pane, "tasks", [])],
    }
    if path.suffix == ".json":
        write_atomic(
            path, json.dumps(content, indent=1, ensure_ascii=False).encode("utf-8", "backslashreplace")
        )
        return
    import yaml

    write_atomic(path, yaml.safe_dump(dict(content), sort_keys=False, allow_unicode=True))


def session_id(name: str) -> str:
    """A valid session name: characters that tmux, tmuxp or a shell would interpret become `_`.

    `.` and `:` address windows and panes, tmuxp expands `$NAME` and `~`, tmux expands `#{…}`, and a name must
    not begin with `$`, `@`, `%`, `=` or `-`.
    """
    safe = re.sub(r"[^\w +,=@-]", "_", name.strip()) or "sml"
    return safe if re.match(r"\w", safe) else f"_{safe[1:]}"


def server_words(socket_name: str | None = None) -> list[str]:
    """Options of tmux that select a server: by socket name, else the enclosing one, else the default."""
    inside = os.environ.get("TMUX", "").partition(",")[0]
    if socket_name:
        return ["-L", socket_name]
    return ["-S", inside] if inside else []


def forward_secrets(launch: Launch, server: Sequence[str]) -> None:
    """Let new sessions of a running tmux server inherit the launch's secrets from the client.

    A server keeps the environment that it was started with, except for names in `update-environment`. Values
    appear in no file and no command. A server that tmuxp starts inherits all of them anyway.
    """
    if not launch.secrets:
        return
    option = ["tmux", *server, "show-options", "-gv", "update-environment"]
    known = subprocess.run(option, check=False, capture_output=True, text=True).stdout.split()
    for name in launch.secrets:
        if known and name not in known:
            words = ["tmux", *server, "set-option", "-ga", "update-environment", f" {name}"]
            subprocess.run(words, check=False, capture_output=True)


def save_session(launch: Launch, session_name: str, socket_name: str | None = None) -> None:
    """Save the session and the server of a launch."""
    server = server_words(socket_name)
    save_handle(launch, **{**read_handle(launch), "session": session_id(session_name), "server": server})


def _pane(pane: Any) -> Any:
    """A pane without the attributes that tmuxp does not know."""
    return str(pane) if isinstance(pane, str) else pane


def _ended(script: Path) -> Path:
    return script.with_suffix(".ended")
