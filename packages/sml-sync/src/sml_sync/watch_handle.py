"""Handle of a process that sends a run while it is being written; `watch_process.py` is that process."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from sml_config import Settings
from sml_config.ssh import environment_without

from . import arguments
from .session import Targets, request_of_settings
from .targets import Target, targets_from, targets_of
from .transfer.push import SyncRequest

# Processes that still send; nobody waits for them any more.
_left_alone: list[subprocess.Popen[bytes]] = []


class Watch:
    """Handle of a process that sends a run; `close` tells it that the run has ended."""

    def __init__(self, targets: Targets, request: SyncRequest, every: float) -> None:
        """`every` is in seconds, or 90, 30m, 2h. Raises ArgumentError, TargetError."""
        target_list = targets_from(targets)
        described = _described(target_list, request, arguments.seconds("every", every))
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
        self._tell(json.dumps(described))

    @property
    def pid(self) -> int:
        """Of the process; a second SIGTERM ends its last tries too."""
        return self._process.pid

    def close(self, patience: float = 5.0) -> bool:
        """End it after a last sync; whether it had ended within `patience` seconds. It goes on if not."""
        self._tell("end")
        pipe = self._process.stdin
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()
        try:
            return self._process.wait(patience) == 0
        except subprocess.TimeoutExpired:
            _left_alone.append(self._process)
            return False

    def _tell(self, line: str) -> None:
        pipe = self._process.stdin
        if pipe is not None:
            # If it is gone, the run goes on without it; `sml-sync status` tells.
            with contextlib.suppress(OSError, ValueError):
                pipe.write(line.encode() + b"\n")
                pipe.flush()


def watch_run(run_folder: str | os.PathLike[str], settings: Settings, every: float) -> Watch:
    """Send a run to the main machine of the settings every `every` seconds, in a process of its own.

    Raises TargetError if the settings name no machine or no path.
    """
    return Watch(targets_of(settings), request_of_settings(run_folder, settings), every)


def _described(targets: Iterable[Target], request: SyncRequest, every: float) -> dict[str, Any]:
    """For the process, as JSON says it."""
    described = {
        **asdict(request),
        "local": str(request.local),
        "backups": str(request.backups) if request.backups else None,
    }
    paths = ("known_hosts", "ssh_config")
    return {
        "every": every,
        # It may be gone before that process can ask for it.
        "parent": os.getpid(),
        "wish": described,
        "targets": [
            {name: str(value) if name in paths and value else value for name, value in asdict(target).items()}
            for target in targets
        ],
    }
