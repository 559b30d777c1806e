"""A task of a sweep, its identity, and how a run and its launcher find each other."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .run_folder import write_whole

# Set by a launcher for each task it starts.
TASK_ID_VARIABLE = "SML_TASK_ID"
TASK_FOLDER_VARIABLE = "SML_TASK_FOLDER"
# Counts from 1; a task's newer attempt takes over what an older one still holds.
TASK_ATTEMPT_VARIABLE = "SML_TASK_ATTEMPT"

_RUN_FOLDER_NOTE = "run_folder"


@dataclass(frozen=True)
class Task:
    """One command with one set of parameters."""

    header: tuple[str, ...]
    parameters: dict[str, Any]

    @property
    def command(self) -> tuple[str, ...]:
        """The words to execute: the header, then `--name value` for each parameter.

        True gives `--name` alone, False and None give nothing, a list gives several words.
        """
        words = list(self.header)
        for name, value in self.parameters.items():
            if value is False or value is None:
                continue
            words.append(f"--{name}")
            if value is not True:
                words += [str(item) for item in (value if isinstance(value, (list, tuple)) else [value])]
        return tuple(words)

    @property
    def id(self) -> str:
        """Twelve hex digits that depend on header and parameters alone, not on the parameters' order."""
        content = json.dumps([self.header, self.parameters], sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(content.encode()).hexdigest()[:12]


def announce_run_folder(folder: Path) -> None:
    """Tell the launcher, if one started this process, which run folder the task writes."""
    task_folder = os.environ.get(TASK_FOLDER_VARIABLE)
    if task_folder and Path(task_folder).is_dir():
        write_whole(Path(task_folder) / _RUN_FOLDER_NOTE, str(folder.absolute()))


def announced_run_folder(task_folder: Path) -> Path | None:
    """The run folder that a task announced, or None."""
    note = task_folder / _RUN_FOLDER_NOTE
    return Path(note.read_text(encoding="utf-8")) if note.exists() else None
