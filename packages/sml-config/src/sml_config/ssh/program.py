"""Find the system's `ssh` program and its version."""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
import sys

# The first with SSH_ASKPASS_REQUIRE: a program answers the questions although there is a terminal.
_OLDEST = (8, 4)
_VERSION_SECONDS = 5.0


def missing_program() -> str:
    """The reason why the system's ssh cannot be used; empty if it can."""
    if sys.platform == "win32":
        return "the ssh of Windows cannot share a connection"
    import pwd  # POSIX only

    installed = version()
    if installed is None:
        return "no ssh in PATH"
    try:
        pwd.getpwuid(os.getuid())
    except KeyError:
        # In a container with an arbitrary user id.
        return f"ssh needs a user name, and user id {os.getuid()} has none"
    if installed < _OLDEST:
        return f"ssh is OpenSSH {installed[0]}.{installed[1]}; {_OLDEST[0]}.{_OLDEST[1]} or later is needed"
    return ""


@functools.lru_cache(maxsize=1)
def version() -> tuple[int, int] | None:
    """Of OpenSSH's ssh; None if there is none, (0, 0) for another program of that name."""
    if (program := shutil.which("ssh")) is None:
        return None
    # The rest of the environment may hold a password.
    environment = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    try:
        done = subprocess.run(
            [program, "-V"],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_VERSION_SECONDS,
            check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.search(rb"OpenSSH\w*_(\d+)\.(\d+)", done.stderr + done.stdout)
    return (int(match[1]), int(match[2])) if match else (0, 0)
