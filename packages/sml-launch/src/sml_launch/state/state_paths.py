"""Paths of the state files below `.sml-launch/`, beside the experiment file."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sml_config.run_folder import safe_name, write_atomic
from sml_config.tasks.tasks import CLAIMS, PLANS, RESULTS, STATE_FOLDER


@dataclass(frozen=True)
class StatePaths:
    """All paths below `.sml-launch/`; `create_folders` creates the folders that a launch needs."""

    root: Path

    @classmethod
    def under(cls, directory: Path) -> StatePaths:
        """The state paths of experiments that run in `directory`."""
        return cls(Path(os.path.abspath(directory)) / STATE_FOLDER)  # noqa: PTH100  resolve() would follow links

    def create_folders(self) -> None:
        """Create the folders."""
        for folder in (self.plans, self.launches, self.tasks, self.claims, self.results):
            # Launch files contain the experiment's environment, which may be private.
            folder.mkdir(mode=0o700 if folder == self.launches else 0o777, parents=True, exist_ok=True)

    @property
    def plans(self) -> Path:
        """Folder of the plan files: immutable, one per grid."""
        return self.root / PLANS

    def plan(self, plan_id: str) -> Path:
        """A plan file."""
        return self.plans / f"{plan_id}.json"

    @property
    def launches(self) -> Path:
        """Folder of the launch files."""
        return self.root / "launches"

    @property
    def deals(self) -> Path:
        """The file of deals, see `deals.py`."""
        return self.root / "deals.json"

    def launch(self, launch_id: str) -> Path:
        """A launch file, immutable."""
        return self.launches / f"{launch_id}.json"

    def handle(self, launch_id: str) -> Path:
        """What identifies a launch for its backend: a pid, job ids, a session."""
        return self.launches / f"{launch_id}.handle"

    def stop_mark(self, launch_id: str) -> Path:
        """The stop file of a launch: its workers end their tasks once it exists."""
        return self.launches / f"{launch_id}.stop"

    def backend_files(self, launch_id: str) -> Path:
        """Folder of the scripts and logs of the launch itself."""
        return self.launches / launch_id

    @property
    def tasks(self) -> Path:
        """Folder of the tasks' folders."""
        return self.root / "tasks"

    def task(self, task_id: str) -> Path:
        """Folder of a task: its parameters and output."""
        return self.tasks / task_id

    def log(self, task_id: str, attempt: int | None = None) -> Path:
        """Log of the last attempt of a task, or of an earlier one."""
        return self.task(task_id) / ("log.txt" if attempt is None else f"log-{attempt}.txt")

    def attempt(self, task_id: str) -> Path:
        """File with the number of the last attempt."""
        return self.task(task_id) / "attempt"

    def started(self, task_id: str) -> Path:
        """File with time, host and GPU of the start of the last attempt."""
        return self.task(task_id) / "started.json"

    def stop_task(self, task_id: str) -> Path:
        """The stop file of one task."""
        return self.task(task_id) / "stop"

    @property
    def claims(self) -> Path:
        """Folder of claims: one file per running task, named by its id."""
        return self.root / CLAIMS

    @property
    def results(self) -> Path:
        """Folder of journals: one file per host, one line per ended attempt."""
        return self.root / RESULTS

    def journal(self, host: str) -> Path:
        """The journal that the launchers of a host append to."""
        return self.results / f"{safe_name(host)}.jsonl"


def write_lines(path: Path, head: dict[str, Any], key: str, items: Iterator[str]) -> None:
    """Write a JSON object whose last member is a list with one item per line: fast to search."""
    opening = json.dumps(head, ensure_ascii=False)[:-1]
    start = f'{opening}, "{key}": [\n' if head else f'{{"{key}": [\n'
    text = start + ",\n".join(items) + "\n]}\n"
    write_atomic(path, text.encode("utf-8", "surrogatepass"))
