"""This machine: a pool in a process of its own."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Sequence

from sml_config import Task
from sml_config.process import boot_id, process_start
from sml_config.process import host_name as host
from sml_launch.processes import send
from sml_launch.state.launch_file import Launch

from .base import Backend, new_folder, read_handle, save_handle


class LocalBackend(Backend):
    """So many tasks at a time, here."""

    name = "local"
    runs_here = True
    launch_options = ("max_parallel", "gpus", "per_gpu", "notify")

    def submit(self, launch: Launch, tasks: Sequence[Task]) -> None:  # noqa: ARG002  the pool reads them
        """Start the pool's process, which goes on when this one ends."""
        with (new_folder(launch) / "log.txt").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "sml_launch.worker", str(launch.path)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        save_pool(launch, process.pid)
        # Reaped when it ends, if this process lives so long.
        threading.Thread(target=process.wait, daemon=True).start()

    def is_active(self, launch: Launch) -> bool:
        """Whether its pool lives."""
        handle = read_handle(launch)
        if not handle or handle["host"] != host():
            return bool(handle)
        return bool(handle["boot"] == boot_id() and process_start(handle["pid"]) == handle["start"])

    def cancel(self, launch: Launch) -> None:
        """Leave the mark, and wake the pool if it is here."""
        super().cancel(launch)
        handle = read_handle(launch)
        if handle and handle["host"] == host() and self.is_active(launch):
            send([handle["pid"]], signal.SIGTERM)


def save_pool(launch: Launch, pid: int) -> None:
    """Keep which process is the pool of a launch."""
    save_handle(launch, host=host(), boot=boot_id(), pid=pid, start=process_start(pid))
