"""Local backend: a pool of slots in a background process on this machine."""

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
    """Runs `max_parallel` tasks at a time on this machine."""

    name = "local"
    runs_here = True
    launch_options = ("max_parallel", "gpus", "per_gpu", "notify")

    def submit(self, launch: Launch, tasks: Sequence[Task]) -> None:  # noqa: ARG002  the pool reads them
        """Start the process of the pool, which outlives this one."""
        with (new_folder(launch) / "log.txt").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "sml_launch.worker", str(launch.path)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        save_pool(launch, process.pid)
        # Reap it when it ends before this process does.
        threading.Thread(target=process.wait, daemon=True).start()

    def is_active(self, launch: Launch) -> bool:
        """Whether the process of its pool is alive."""
        handle = read_handle(launch)
        if not handle or handle["host"] != host():
            return bool(handle)
        return bool(handle["boot"] == boot_id() and process_start(handle["pid"]) == handle["start"])

    def cancel(self, launch: Launch) -> None:
        """Create the stop file, and signal the pool if it runs on this host."""
        super().cancel(launch)
        handle = read_handle(launch)
        if handle and handle["host"] == host() and self.is_active(launch):
            send([handle["pid"]], signal.SIGTERM)


def save_pool(launch: Launch, pid: int) -> None:
    """Save which process is the pool of a launch."""
    save_handle(launch, host=host(), boot=boot_id(), pid=pid, start=process_start(pid))
