"""How attempts ended: one line each in a journal per host; the last line of a task counts."""

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

from .state_paths import Places


@dataclass
class Journals:
    """The last result of each task. `refresh` reads only what was added since."""

    places: Places
    latest: dict[str, Result] = field(default_factory=dict)
    _read: dict[Path, int] = field(default_factory=dict)

    def refresh(self) -> None:
        """Read new lines of all journals; a line that is not whole yet is left for the next time."""
        if not self.places.results.is_dir():
            return
        for entry in os.scandir(self.places.results):
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
                warn_passed_over(path, f"{damaged} line(s) hold no result that this version can read")

    def attempts(self, task_ids: Iterable[str]) -> dict[str, int]:
        """How often each of these was tried, where it was."""
        return {task_id: self.latest[task_id].attempt for task_id in task_ids if task_id in self.latest}

    def is_done(self, task_id: str, launch: str | None = None) -> bool:
        """Whether the task finished, in this launch if one is named, and its run folder is still there."""
        result = self.latest.get(task_id)
        if result is None or result.outcome != FINISHED or launch not in (None, result.launch):
            return False
        return result.run_folder is None or os.path.isdir(result.run_folder)  # noqa: PTH112  often, and quicker so

    def done(self) -> set[str]:
        """Ids of all tasks that finished and whose run folders are still there; one look at each parent."""
        there: dict[str, set[str]] = {}
        found = set()
        for task_id, result in self.latest.items():
            if result.outcome != FINISHED:
                continue
            if result.run_folder is not None:
                parent, _, name = result.run_folder.rpartition("/")
                if parent not in there:
                    there[parent] = _names(parent)
                if name not in there[parent]:
                    continue
            found.add(task_id)
        return found


def record(places: Places, result: Result) -> None:
    """Append a result to this host's journal, whole."""
    line = json.dumps(result._asdict(), ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"
    handle = os.open(places.journal(host()), os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        with contextlib.suppress(OSError):  # some file systems have no locks; an append is whole there too
            fcntl.flock(handle, fcntl.LOCK_EX)
        size = os.lseek(handle, 0, os.SEEK_END)
        if size and os.pread(handle, 1, size - 1) != b"\n":
            line = b"\n" + line  # whoever wrote last was killed in the middle of a line
        # A disk that fills up takes a part; what comes next begins with a line end, and leaves that part out.
        if os.write(handle, line) < len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(places.journal(host())))
    finally:
        os.close(handle)


def _names(folder: str) -> set[str]:
    try:
        return set(os.listdir(folder))  # noqa: PTH208  names alone, and often
    except OSError:
        return set()
