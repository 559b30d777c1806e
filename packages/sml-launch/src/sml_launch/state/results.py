"""Results of attempts, one line each in a journal per host; the last line of a task counts."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from sml_config.process import host_name as host
from sml_config.tasks.journal import Result as Result
from sml_config.tasks.journal import add_latest, parse_results
from sml_config.tasks.states import FINISHED
from sml_launch.errors import warn_passed_over

from .state_paths import StatePaths


@dataclass
class Journals:
    """The last result of each task, from all journals; `refresh` reads what was appended since."""

    state_paths: StatePaths
    latest: dict[str, Result] = field(default_factory=dict)
    _read: dict[Path, int] = field(default_factory=dict)

    def refresh(self) -> None:
        """Read new complete lines of all journals; damaged lines are skipped with a warning."""
        if not self.state_paths.results.is_dir():
            return
        for entry in os.scandir(self.state_paths.results):
            path = Path(entry.path)
            offset = self._read.get(path, 0)
            if not entry.name.endswith(".jsonl") or entry.stat().st_size <= offset:
                continue
            with path.open("rb") as journal:
                journal.seek(offset)
                data = journal.read()
            results, damaged, whole = parse_results(data)
            self._read[path] = offset + whole
            add_latest(self.latest, results)
            if damaged:
                warn_passed_over(path, f"{damaged} line(s) are not results that this version can read")

    def attempts(self, task_ids: Iterable[str]) -> dict[str, int]:
        """Number of attempts of each of these tasks that was tried."""
        return {task_id: self.latest[task_id].attempt for task_id in task_ids if task_id in self.latest}

    def is_done(self, task_id: str, earlier: int = 0) -> bool:
        """Whether the task finished, after as many `earlier` attempts, and its run folder still exists."""
        result = self.latest.get(task_id)
        if result is None or result.outcome != FINISHED or result.attempt <= earlier:
            return False
        return result.run_folder is None or os.path.isdir(result.run_folder)  # noqa: PTH112  called often, and faster

    def done(self) -> set[str]:
        """Ids of all tasks that finished and whose run folder still exists; lists each parent folder once."""
        names_by_parent: dict[str, set[str]] = {}
        finished = set()
        for task_id, result in self.latest.items():
            if result.outcome != FINISHED:
                continue
            if result.run_folder is not None:
                parent, _, name = result.run_folder.rpartition("/")
                if parent not in names_by_parent:
                    names_by_parent[parent] = _names(parent)
                if name not in names_by_parent[parent]:
                    continue
            finished.add(task_id)
        return finished


def record(paths: StatePaths, result: Result) -> None:
    """Append a result to this host's journal. Raises OSError if the line cannot be written completely."""
    line = json.dumps(result._asdict(), ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"
    handle = os.open(paths.journal(host()), os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        with contextlib.suppress(
            OSError
        ):  # some file systems have no locks; appending a line is atomic there too
            fcntl.flock(handle, fcntl.LOCK_EX)
        size = os.lseek(handle, 0, os.SEEK_END)
        if size and os.pread(handle, 1, size - 1) != b"\n":
            line = b"\n" + line  # the last writer was killed in the middle of a line
        # A full disk takes a part of the line; the next line then begins with a line break and drops it.
        if os.write(handle, line) < len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(paths.journal(host())))
    finally:
        os.close(handle)


def _names(folder: str) -> set[str]:
    try:
        return set(os.listdir(folder))  # noqa: PTH208  names alone, and often
    except OSError:
        return set()
