"""Which Python a header means that says `python` without a path."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

_BARE = re.compile(r"python(3(\.\d+)?)?")
_VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"


def launching_python(header: Sequence[str], environment: Mapping[str, str], setup: Sequence[str]) -> str:
    """The path of the interpreter that launches, where a header's `python` means it; else the empty text.

    A launcher that is called by its path, from cron or over ssh, has an interpreter that PATH may not name.
    PATH decides where the user chose by it: in an activated environment, in `setup`, in the experiment's
    own PATH. A version that is another one is looked for in PATH as well.
    """
    match = _BARE.fullmatch(header[0]) if header else None
    if match is None or setup or "PATH" in environment or (match[2] and match[1] != _VERSION):
        return ""
    found = shutil.which(header[0])
    if found is not None and _is_ours(found):
        return ""
    return "" if found is not None and _is_activated(found) else sys.executable


def _is_ours(program: str) -> bool:
    return Path(program).parent == Path(sys.executable).parent


def _is_activated(program: str) -> bool:
    """Whether a program lies in an environment that was activated by hand, as conda's base is not."""
    chosen = [os.environ.get("VIRTUAL_ENV")]
    chosen += [os.environ.get("CONDA_PREFIX")] if os.environ.get("CONDA_DEFAULT_ENV") != "base" else []
    return any(folder and Path(program).is_relative_to(folder) for folder in chosen)
