"""Dask backend: one call of the worker per task, on a running scheduler."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

from sml_config import Task
from sml_launch.errors import BackendError
from sml_launch.state.launch_file import Launch

from .base import Backend, read_handle, save_handle

_CONNECT_SECONDS = 10


class DaskBackend(Backend):
    """Runs as many tasks at a time as the scheduler's workers have threads; needs a shared file system."""

    name = "dask"
    shares_gpus = True
    launch_options = ("gpus", "per_gpu")
    own_options: ClassVar[Mapping[str, str]] = {"scheduler": "address of the scheduler, tcp://host:8786"}

    def check(self, launch: Launch) -> None:
        """Raise BackendError if distributed is not installed or the scheduler does not answer."""
        if not launch.options.get("scheduler"):
            raise BackendError(
                "the dask backend needs the address of its scheduler, as `dask scheduler` prints it: "
                "-o scheduler=tcp://host:8786"
            )
        with _client(launch.options["scheduler"]):
            pass

    def submit(self, launch: Launch, tasks: Sequence[Task]) -> None:
        """Submit one call per task to the scheduler, which keeps them when this process ends.

        The call is `subprocess.run`, so workers need only the interpreter. Secrets are passed on standard
        input. `sh` keeps a call from failing: Dask would log a failed call with its input.
        """
        address = launch.options["scheduler"]
        with _client(address) as client:
            worker = [sys.executable, "-m", "sml_launch.worker", str(launch.path), "secrets=stdin"]
            calls = [["/bin/sh", "-c", 'exec "$@"', "sh", *worker, str(index)] for index in range(len(tasks))]
            keys = [f"{launch.id}-{task.id}" for task in tasks]
            secrets = json.dumps({name: os.environ[name] for name in launch.secrets}).encode()
            futures = client.map(
                subprocess.run, calls, key=keys, pure=False, input=secrets, cwd=launch.directory
            )
            client.publish_dataset(futures, name=launch.id)
        save_handle(launch, scheduler=address)

    def is_active(self, launch: Launch) -> bool:
        """Whether the scheduler answers and has a pending call."""
        address = read_handle(launch).get("scheduler")
        if not address:
            return False
        try:
            with _client(address) as client:
                futures = client.get_dataset(launch.id, default=[])
                return any(future.status == "pending" for future in futures)
        except BackendError:
            return False  # the launch ends with its scheduler

    def cancel(self, launch: Launch) -> None:
        """Cancel pending calls; running workers see the stop file."""
        super().cancel(launch)
        address = read_handle(launch).get("scheduler")
        if address:
            with _client(address) as client:
                client.cancel(client.get_dataset(launch.id, default=[]))


@contextmanager
def _client(address: str) -> Iterator[Any]:
    """A connection to the scheduler. Raises BackendError."""
    try:
        distributed = importlib.import_module("distributed")
    except ModuleNotFoundError:
        raise BackendError("the dask backend is not installed; pip install 'sml-launch[dask]'") from None
    try:
        client = distributed.Client(address, timeout=_CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise BackendError(f"no Dask scheduler answers at {address}: {error}") from None
    with client:
        yield client
