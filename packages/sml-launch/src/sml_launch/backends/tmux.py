"""tmux, by tmuxp: what `tmuxp load -d run_all.json` does, typed for you."""

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
    panes_have_ended,
    pass_secrets_on,
    remember_session,
    server_words,
    session_id,
    windows_of,
    write_panes,
    write_run_all,
)

_TMUXP = "from tmuxp.cli import cli; cli()"


class TmuxBackend(Backend):
    """One pane for each task that runs at a time, in windows of `max_subwindow` panes."""

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
        """The session's name and the size of windows."""
        return {"session_name": experiment.session_name, "max_subwindow": experiment.max_subwindow}

    def check(self, launch: Launch) -> None:
        """Raise BackendError without tmux, or if a session of this name is at work."""
        if shutil.which("tmux") is None:
            raise BackendError("tmux is not installed: apt-get install tmux, or use --backend local")
        name, server = _session(launch)
        if launch.options.get("layout", "tiled") not in LAYOUTS:
            raise UnknownOptionError("the layout", str(launch.options["layout"]), LAYOUTS)
        if not str(launch.options["max_subwindow"]).isdigit() or not int(launch.options["max_subwindow"]):
            raise BackendError(
                f"max_subwindow is {launch.options['max_subwindow']!r}; expected a number of panes"
            )
        if not _has_session(name, server):
            return
        handles = ((earlier, read_handle(earlier)) for earlier in launches(launch.places))
        ours = [earlier for earlier, handle in handles if handle.get("session") == name]
        if not ours or not all(map(panes_have_ended, ours)):
            kill = joined(["tmux", *server, "kill-session", "-t", name])
            raise BackendError(
                f"a tmux session {name!r} is there already; end it ({kill}) or choose another session_name"
            )
        # What our earlier launch left is shells that have nothing to do.
        _tmux(server, "kill-session", name)

    def submit(self, launch: Launch, tasks: Sequence[Task]) -> None:
        """Write the scripts and `run_all.json`, and load it; BackendError if there is no session then."""
        path = prepare(launch, tasks)
        name, server = _session(launch)
        done = _run(sys.executable, "-c", _TMUXP, "load", "-d", "-y", *server, str(path))
        if done.returncode or not _has_session(name, server):
            output = (done.stderr or done.stdout).strip().splitlines()
            # Half a session would run a part of the tasks, and block the next call by its name.
            _tmux(server, "kill-session", name)
            raise BackendError(
                f"tmuxp load -d {path} failed: {output[-1] if output else 'no session'}; no session is left"
            )

    def is_active(self, launch: Launch) -> bool:
        """Whether its session is there and one of its panes has not come to its end."""
        handle = read_handle(launch)
        return (
            bool(handle)
            and not panes_have_ended(launch)
            and _has_session(handle["session"], handle["server"])
        )


def prepare(launch: Launch, tasks: Sequence[Task]) -> Path:
    """Write the panes' scripts and `run_all.json` into the current folder; returns its path."""
    panes = write_panes(launch, tasks)
    name, server = _session(launch)
    if shutil.which("tmux") is not None:
        pass_secrets_on(launch, server)
    windows = windows_of(panes, int(launch.options["max_subwindow"]))
    path = Path(launch.options.get("run_all", RUN_ALL)).absolute()
    write_run_all(path, name, windows, launch.options.get("layout", "tiled"))
    remember_session(launch, name, launch.options.get("socket_name"))
    return path


def _session(launch: Launch) -> tuple[str, list[str]]:
    """Its name, and the words that choose its server."""
    return session_id(str(launch.options["session_name"])), server_words(launch.options.get("socket_name"))


def _has_session(name: str, server: Sequence[str]) -> bool:
    return _tmux(server, "has-session", name).returncode == 0


def _tmux(server: Sequence[str], command: str, session: str) -> subprocess.CompletedProcess[str]:
    return _run("tmux", *server, command, "-t", f"={session}")


def _speaks_utf8(environment: Mapping[str, str]) -> bool:
    chosen = next((environment[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if environment.get(name)), "")
    return "utf8" in chosen.lower().replace("-", "")


def _run(*words: str) -> subprocess.CompletedProcess[str]:
    """Inside tmux, tmuxp would ask whether to append to the present session, and tmux mean its own server."""
    environment = {key: value for key, value in os.environ.items() if key not in ("TMUX", "TMUX_PANE")}
    if not _speaks_utf8(environment):
        # tmux writes _ for what the locale has not, and tmuxp reads its separators back.
        environment["LC_ALL"] = "C.UTF-8"
    return subprocess.run(
        words, check=False, capture_output=True, text=True, env=environment, stdin=subprocess.DEVNULL
    )
