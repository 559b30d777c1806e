"""Interface of a backend: check, submit, query and cancel a launch."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from sml_config import Task
from sml_config.run_folder import read_json, write_atomic
from sml_launch.errors import UnknownOptionError
from sml_launch.shell_words import quoted
from sml_launch.state.launch_file import Launch

if TYPE_CHECKING:
    from sml_launch.experiment import Experiment

# Options of the launch that every backend takes.
COMMON = ("retries", "timeout", "fail_fast", "carry_env")


class Backend(ABC):
    """Starts the tasks of a launch by `python -m sml_launch.worker LAUNCH_FILE INDEX …`.

    `submit` saves what `is_active` and `cancel` need with `save_handle`: they may run in another process.
    """

    name: ClassVar[str]
    # Tasks run on this machine: their program, script and folder are checked before the launch.
    runs_here: ClassVar[bool] = False
    # Tasks share the GPUs of the host that they are scheduled on, instead of being bound to slots.
    shares_gpus: ClassVar[bool] = False
    # Options of the launch that this backend takes in addition to COMMON.
    launch_options: ClassVar[tuple[str, ...]] = ()
    # Its own options and their help texts.
    own_options: ClassVar[Mapping[str, str]] = {}

    def split_options(self, options: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Split into options of the launch and of the backend. Raises UnknownOptionError."""
        common = (*COMMON, *self.launch_options)
        for name in options:
            if name not in common and name not in self.own_options:
                known = sorted((*common, *self.own_options))
                raise UnknownOptionError("option", name, known, f"backend {self.name}")
        return (
            {name: value for name, value in options.items() if name in common},
            {name: value for name, value in options.items() if name not in common},
        )

    def defaults(self, experiment: Experiment) -> dict[str, Any]:  # noqa: ARG002  most take nothing from it
        """Default values of its own options, from the experiment file."""
        return {}

    def environment(self, experiment: Experiment, options: Mapping[str, Any]) -> Mapping[str, str]:  # noqa: ARG002
        """The environment of the tasks, from the experiment file."""
        return experiment.environment

    def check(self, launch: Launch) -> None:  # noqa: B027  optional
        """Raise BackendError if the launch cannot be submitted; called before anything is started."""

    @abstractmethod
    def submit(self, launch: Launch, tasks: Sequence[Task]) -> None:
        """Start the tasks of a saved launch and return at once. Raises BackendError."""

    @abstractmethod
    def is_active(self, launch: Launch) -> bool:
        """Whether a task of the launch may still run or wait in a queue."""

    def scheduled(self, launch: Launch) -> Mapping[str, str]:  # noqa: ARG002  only a scheduler knows more
        """Scheduler states of tasks by id, see `sml_config.tasks.states.task_state`; default: {}."""
        return {}

    def cancel(self, launch: Launch) -> None:
        """End the launch: by default its workers see the stop file and end their tasks."""
        launch.state_paths.stop_mark(launch.id).touch()


def save_handle(launch: Launch, **values: Any) -> None:
    """Save what identifies the submitted launch later: a process id, job ids, a session."""
    write_atomic(launch.state_paths.handle(launch.id), json.dumps(values) + "\n")


def read_handle(launch: Launch) -> dict[str, Any]:
    """The saved handle; {} if the launch was never submitted."""
    values = read_json(launch.state_paths.handle(launch.id))
    return values if isinstance(values, dict) else {}


def script_head(launch: Launch) -> list[str]:
    """First lines of a shell script for workers: environment and folder of the launch."""
    return [f"export {name}={quoted(value)}" for name, value in launch.shell.items()] + [
        f"cd {quoted(launch.directory)} || exit 2"
    ]


def new_folder(launch: Launch) -> Path:
    """Create the folder for the scripts and logs of a launch, readable by its owner alone."""
    folder = launch.state_paths.backend_files(launch.id)
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    return folder
