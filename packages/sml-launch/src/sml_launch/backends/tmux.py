"""tmux backend: loads `run_all.json` with tmuxp, as `tmuxp load -d run_all.json` does."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from sml_config import Task
from sml_launch.errors import BackendError, UnknownOptionError
from sml_launch.experiment import Experiment
from sml_launch.shell_words import joined
from sml_launch.state.launch_file import Launch, launches

from .base import Backend, read_handle
from .tmux_files import (
    LAYOUTS,
    RUN_ALL,
    forward_secrets,
    panes_have_ended,
    save_session,
    server_words,
    session_id,
    windows_of,
    write_panes,
    write_run_all,
)

_TMUXP = "from tmuxp.cli import cli; cli()"


class TmuxBackend(Backend):
    """One pane per parallel task, in windows of `max_subwindow` panes."""

    name = "tmux"
    runs_here = True
    launch_options = ("max_parallel", "gpus", "per_gpu")
    own_options: ClassVar[Mapping[str, str]] = {
        "session_name": "name of the session",
        "max_subwindow": "panes in a window",
        "socket_name": "name of the tmux server's socket, as of tmux -L",
        "layout": "layout of a window, as tmux names it",
        "run_all": f"path of the file that is written and loaded ({RUN_ALL})",
    }

    def defaults(self, experiment: Experiment) -> dict[str, Any]:
        """Session name and panes per window."""
        return {"session_name": experiment.session_name, "max_subwindow": experiment.max_subwindow}

    def check(self, launch: Launch) -> None:
        """Raise BackendError if tmux is not installed, or a session of this name is in use."""
        if shutil.which("tmux") is None:
            raise BackendError("tmux is not installed: apt-get install tmux, or use --backend local")
        name, server = _session(launch)
        if launch.options.get("layout", "tiled") not in LAYOUTS:
            raise UnknownOptionError("tmux layout", str(launch.options["layout"]), LAYOUTS)
        if not str(launch.options["max_subwindow"]).isdigit() or not int(launch.options["max_subwindow"]):
            raise BackendError(
                f"invalid max_subwindow {launch.options['max_subwindow']!r}; expected a number of panes"
            )
        if not _has_session(name, server):
            return
        handles = ((earlier, read_handle(earlier)) for earlier in launches(launch.state_paths))
        ours = [earlier for earlier, handle in handles if handle.get("session") == name]
        if not ours or not all(map(panes_have_ended, ours)):
            kill = joined(["tmux", *server, "kill-session", "-t", name])
            raise BackendError(
                f"the tmux session {name!r} already exists; end it ({kill}) or choose another session_name"
            )
        # Only idle shells of an earlier launch are left in it.
        _tmux(server, "kill-session", name)

    def submit(self, launch: Launch, tasks: Sequence[Task]) -> None:
        """Write the scripts and `run_all.json`, and load it. Raises BackendError if no session starts."""
        path = prepare(launch, tasks)
        name, server = _session(launch)
        done = _run(sys.executable, "-c", _TMUXP, "load", "-d", "-y", *server, str(path))
        if done.returncode or not _has_session(name, server):
            output = (done.stderr or done.stdout).strip().splitlines()
            # A partial session would run some of the tasks, and its name would block the next launch.
            _tmux(server, "kill-session", name)
            raise BackendError(
                f"tmuxp load -d {path} failed: {output[-1] if output else 'no session'}; nothing was started"
            )

    def is_active(self, launch: Launch) -> bool:
        """Whether its session exists and a pane is not done."""
        handle = read_handle(launch)
        return (
            bool(handle)
            and not panes_have_ended(launch)
            and _has_session(handle["session"], handle["server"])
        )


def prepare(launch: Launch, tasks: Sequence[Task]) -> Path:
    """Write the scripts of the panes, and `run_all.json` into the current folder; returns its path."""
    panes = write_panes(launch, tasks)
    name, server = _session(launch)
    if shutil.which("tmux") is not None:
        forward_secrets(launch, server)
    windows = windows_of(panes, int(launch.options["max_subwindow"]))
    path = Path(launch.options.get("run_all", RUN_ALL)).absolute()
    write_run_all(path, name, windows, launch.options.get("layout", "tiled"))
    save_session(launch, name, launch.options.get("socket_name"))
    return path


def _session(launch: Launch) -> tuple[str, list[str]]:
    """Name of the session, and the tmux options that select its server."""
    return session_id(str(launch.options["session_name"])), server_words(launch.options.get("socket_name"))


def _has_session(name: str, server: Sequence[str]) -> bool:
    return _tmux(server, "has-session", name).returncode == 0


def _tmux(server: Sequence[str], command: str, session: str) -> subprocess.CompletedProcess[str]:
    return _run("tmux", *server, command, "-t", f"={session}")


def _speaks_utf8(environment: Mapping[str, str]) -> bool:
    chosen = next((environment[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if environment.get(name)), "")
    return "utf8" in chosen.lower().replace("-", "")


def _run(*words: str) -> subprocess.CompletedProcess[str]:
    """Run without TMUX: inside tmux, tmuxp would ask whether to append to the current session."""
    environment = {key: value for key, value in os.environ.items() if key not in ("TMUX", "TMUX_PANE")}
    if not _speaks_utf8(environment):
        # tmux replaces characters outside the locale by _, also the separators that tmuxp parses.
        environment["LC_ALL"] = "C.UTF-8"
    return subprocess.run(
        words, check=False, capture_output=True, text=True, env=environment, stdin=subprocess.DEVNULL
    )
