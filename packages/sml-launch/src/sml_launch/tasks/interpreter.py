"""Resolution of a header's `python` to an interpreter."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

_UNQUALIFIED = re.compile(r"python(3(\.\d+)?)?")
_VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"


def launching_python(header: Sequence[str], environment: Mapping[str, str], setup: Sequence[str]) -> str:
    """The path of this interpreter if a header's `python` means it; "" if PATH decides.

    A launcher that is called by its path, from cron or over ssh, has an interpreter that PATH may not have.
    PATH decides if the user selected a Python by it, in an activated environment, in `setup` or in the
    environment of the experiment, and for a header with another version.
    """
    match = _UNQUALIFIED.fullmatch(header[0]) if header else None
    if match is None or setup or "PATH" in environment or (match[2] and match[1] != _VERSION):
        return ""
    executable = shutil.which(header[0])
    if executable is not None and _is_ours(executable):
        return ""
    return "" if executable is not None and _is_activated(executable) else sys.executable


def _is_ours(program: str) -> bool:
    return Path(program).parent == Path(sys.executable).parent


def _is_activated(program: str) -> bool:
    """Whether a program lies in an environment that was activated by hand, as conda's base is not."""
    chosen = [os.environ.get("VIRTUAL_ENV")]
    chosen += [os.environ.get("CONDA_PREFIX")] if os.environ.get("CONDA_DEFAULT_ENV") != "base" else []
    return any(folder and Path(program).is_relative_to(folder) for folder in chosen)
