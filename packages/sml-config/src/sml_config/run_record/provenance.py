"""Provenance of a run: commit, host, process, command line, versions."""

from __future__ import annotations

import contextlib
import os
import platform
import re
import shlex
import socket
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from sml_config.project_settings.secrets import active_redactor
from sml_config.redaction import Redactor, searched

from .git import Checkout, GitQuery

# NAME-VERSION.dist-info, NAME-VERSION-py3.10.egg-info
_INSTALLED = re.compile(r"(?P<name>.+?)-(?P<version>[^-]+)(?:-py[\d.]+)?\.(?:dist-info|egg-info)")


def provenance(base_path: Path) -> dict[str, Any]:
    """Provenance of this process and the code below `base_path`, secrets redacted; unknown values are None.

    Waits for git, at most five seconds.
    """
    git_query = GitQuery(base_path)
    return {**process_facts(), **checkout_facts(git_query.result() or Checkout())}


def process_facts() -> dict[str, Any]:
    """Process, host and packages, without waiting for git."""
    return {
        "start_time": datetime.now(timezone.utc).astimezone().isoformat(timespec="seconds"),
        "host": socket.gethostname(),
        "ip": own_address(),
        "pid": os.getpid(),
        "command": _command_line(active_redactor()),
        "cwd": active_redactor().text(str(Path.cwd())),
        "python": platform.python_version(),
        "platform": platform.platform(terse=True),
        "packages": installed_packages(),
        "gpus": gpu_names(),
    }


def checkout_facts(checkout: Checkout) -> dict[str, Any]:
    """Commit and dirty flag; both None if unknown."""
    return {"commit_id": checkout.commit, "dirty": checkout.dirty}


def installed_packages() -> dict[str, str]:
    """Versions of installed distributions by name, from folder names only: opening each file is slow."""
    packages: dict[str, str] = {}
    for folder in sys.path:
        with contextlib.suppress(OSError):
            names = sorted(entry.name for entry in os.scandir(folder or ".") if entry.name[-5:] == "-info")
            for match in filter(None, map(_INSTALLED.fullmatch, names)):
                packages.setdefault(match["name"].replace("_", "-").lower(), match["version"])
    return dict(sorted(packages.items()))


def gpu_names() -> list[str] | None:
    """Names of the GPUs, from the driver's files; None if there are none."""
    if not Path("/sys").is_dir():
        return None
    names = []
    for card in sorted(Path("/proc/driver/nvidia/gpus").glob("*/information")):
        with contextlib.suppress(OSError):
            names += re.findall(
                r"^Model:\s*(.+)$", card.read_text(encoding="utf-8", errors="replace"), re.MULTILINE
            )
    for product in sorted(Path("/sys/class/drm").glob("card[0-9]*/device/product_name")):
        with contextlib.suppress(OSError):
            names.append(product.read_text(encoding="utf-8", errors="replace").strip())
    return [name.strip() for name in names if name.strip()] or None


def _command_line(redactor: Redactor) -> str:
    """The command line of this process, quoted for a shell; secrets are redacted before and after quoting."""
    words = sys.orig_argv or [sys.executable, *sys.argv]
    return redactor.text(shlex.join(searched(words, redactor)))


def own_address() -> str | None:
    """The source address of this host's connections; connecting a datagram socket sends nothing."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))
        return str(probe.getsockname()[0])
    return None
