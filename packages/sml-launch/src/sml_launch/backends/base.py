"""The contract of a backend: check, submit at once, say whether anything goes on, cancel."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from sml_config import Task
from sml_config.run_folder import read_json, write_whole
from sml_launch.errors import UnknownOptionError
from sml_launch.shell_words import quoted
from sml_launch.state.launch_file import Launch

if TYPE_CHECKING:
    from sml_launch.experiment import Experiment

# Options that the launch itself takes, by name.
COMMON = ("retries", "timeout", "fail_fast", "carry_env")


class Backend(ABC):
    """One place to run. It starts `sml_launch.worker`, or a pool, and keeps a handle beside the launch."""

    name: ClassVar[str]
    # Whether tasks run on this machine, so that their program must be here.
    runs_here: ClassVar[bool] = False
    # Whether tasks take turns at the GPUs of whatever machine they come to, instead of having slots.
    shares_gpus: ClassVar[bool] = False
    # Options of the launch that make sense here, besides COMMON.
    launch_options: ClassVar[tuple[str, ...]] = ()
    # Its own options, with what they mean.
    own_options: ClassVar[Mapping[str, str]] = {}

    def split_options(self, options: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """The launch's options and the backend's own. Raises UnknownOptionError, with the valid ones."""
        common = (*COMMON, *self.launch_options)
        for name in options:
            if name not in common and name not in self.own_options:
                known = sorted((*common, *self.own_options))
                raise UnknownOptionError(f"the option of the backend {self.name}", name, known)
        return (
            {name: value for name, value in options.items() if name in common},
            {name: value for name, value in options.items() if name not in common},
        )

    def defaults(self, experiment: Experiment) -> dict[str, Any]:  # noqa: ARG002  many take nothing from it
        """Own options that the experiment file gives."""
        return {}

    def environment(self, experiment: Experiment, options: Mapping[str, Any]) -> Mapping[str, str]:  # noqa: ARG002
        """The environment that the experiment file gives its tasks, as far as it holds here."""
        return experiment.environment

    def check(self, launch: Launch) -> None:  # noqa: B027  many have nothing to check
        """Raise BackendError if it cannot run here; nothing has been started yet."""

    @abstractmethod
    def submit(self, launch: Launch, tasks: Sequence[Task]) -> None:
        """Start the tasks of a saved launch; returns at once."""

    @abstractmethod
    def is_active(self, launch: Launch) -> bool:
        """Whether anything of the launch may still run."""

    def scheduled(self, launch: Launch) -> Mapping[str, str]:  # noqa: ARG002  only a scheduler knows more
        """What a scheduler says of tasks by their id, see `sml_config.tasks.states.task_state`."""
        return {}

    def cancel(self, launch: Launch) -> None:
        """End the launch; by default its workers see the mark and stop."""
        launch.places.stop_mark(launch.id).touch()


def save_handle(launch: Launch, **values: Any) -> None:
    """Keep how to find a launch again."""
    write_whole(launch.places.handle(launch.id), json.dumps(values) + "\n")


def read_handle(launch: Launch) -> dict[str, Any]:
    """What was kept; empty if the launch never got so far."""
    values = read_json(launch.places.handle(launch.id))
    return values if isinstance(values, dict) else {}


def script_head(launch: Launch) -> list[str]:
    """First lines of a shell script that workers start in: the environment of the launching shell."""
    return [f"export {name}={quoted(value)}" for name, value in launch.shell.items()] + [
        f"cd {quoted(launch.directory)} || exit 2"
    ]


def new_folder(launch: Launch) -> Path:
    """A folder for the scripts and logs of a launch."""
    folder = launch.places.backend_files(launch.id)
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    return folder
