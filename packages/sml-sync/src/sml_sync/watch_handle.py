"""Handle of a process that sends a run while it is being written; `watch_process.py` is that process."""

from __future__ import annotations

import base64
import contextlib
import os
import pickle
import subprocess
import sys
from typing import IO, cast

from sml_config import Settings
from sml_config.ssh import environment_without

from . import arguments
from .session import Targets, request_of_settings
from .targets import targets_from, targets_of
from .transfer.push import SyncRequest

# Processes that still send; nobody waits for them any more.
_left_alone: list[subprocess.Popen[bytes]] = []


class Watch:
    """Handle of a process that sends a run; `close` tells it that the run has ended."""

    def __init__(self, targets: Targets, request: SyncRequest, every: float) -> None:
        """`every` is in seconds, or 90, 30m, 2h. Raises ArgumentError, TargetError."""
        target_list = targets_from(targets)
        # With our own process id: we may be gone before that process can ask for its parent.
        task = (target_list, request, arguments.seconds("every", every), os.getpid())
        self._process = subprocess.Popen(
            [sys.executable, "-m", "sml_sync.watch_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment_without(
                *(secret for target in target_list for secret in (target.password, target.passphrase))
            ),
            # A signal to the terminal's or the job's group is not for it.
            start_new_session=True,
            # With -m the current folder is searched first; a file of the user's could stand for a module.
            cwd="/",
        )
        self._orders = cast(IO[bytes], self._process.stdin)
        # As one line, so that nothing that comes later is read along with it.
        self._tell(base64.b64encode(pickle.dumps(task)))

    @property
    def pid(self) -> int:
        """Of the process; a second SIGTERM ends its last tries too."""
        return self._process.pid

    def close(self, patience: float = 5.0) -> bool:
        """End it after a last sync; True if it ended within `patience` seconds, else it continues."""
        self._tell(b"end")
        with contextlib.suppress(OSError):
            self._orders.close()
        try:
            return self._process.wait(patience) == 0
        except subprocess.TimeoutExpired:
            _left_alone.append(self._process)
            return False

    def _tell(self, line: bytes) -> None:
        # If the process has died, the run continues without it; `sml-sync status` reports it.
        with contextlib.suppress(OSError, ValueError):
            self._orders.write(line + b"\n")
            self._orders.flush()


def watch_run(run_folder: str | os.PathLike[str], settings: Settings, every: float) -> Watch:
    """Send a run to the main machine of the settings every `every` seconds, in a process of its own.

    Raises TargetError if the settings name no machine or no path.
    """
    return Watch(targets_of(settings), request_of_settings(run_folder, settings), every)
