"""Where a run comes from: commit, host, process, command line, versions."""

from __future__ import annotations

import os
import platform
import shlex
import socket
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

_GIT_SECONDS = 5.0


def provenance(base_path: Path) -> dict[str, Any]:
    """Facts about this process and the code under `base_path`; what cannot be known is None."""
    commit = _git(base_path, "rev-parse", "HEAD")
    changes = _git(base_path, "status", "--porcelain", "--untracked-files=no") if commit else None
    return {
        "start_time": datetime.now(timezone.utc).astimezone().isoformat(timespec="seconds"),
        "commit_id": commit,
        "dirty": None if changes is None else bool(changes),
        "host": socket.gethostname(),
        "ip": _own_address(),
        "pid": os.getpid(),
        "command": shlex.join([sys.executable, *sys.argv]),
        "python": platform.python_version(),
    }


def _git(folder: Path, *arguments: str) -> str | None:
    """What git prints, or None: no git, no repository, no commit, no answer in time."""
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=_GIT_SECONDS,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _own_address() -> str | None:
    """The address that this host would send from; connecting a datagram socket sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
            return str(probe.getsockname()[0])
        except OSError:
            return None
