"""How attempts ended: one line each in a journal per host; the last line of a task counts."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import socket
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from sml_config.task_states import FINISHED, has_failed

from .errors import warn_passed_over
from .places import Places


class Result(NamedTuple):
    """How one attempt of a task ended; `status` is negative for a signal, `started` is POSIX time.

    `retried`: the launcher that ran it will try again.
    """

    task_id: str
    attempt: int
    outcome: str
    status: int
    reason: str
    started: float
    seconds: float
    host: str
    gpu: str | None
    run_folder: str | None
    launch: str
    retried: bool = False

    @property
    def failed(self) -> bool:
        """Whether the task ended badly by itself."""
        return has_failed(self.outcome)


# What a line may leave out, as lines of older versions do; the first four make it a result.
_DEFAULTS: dict[str, Any] = {
    **dict.fromkeys(("task_id", "attempt", "outcome", "started")),
    "status": 0, "reason": "", "seconds": 0.0, "host": "", "gpu": None, "run_folder": None, "launch": "",
    "retried": False,
}  # fmt: skip
_DEFAULTS = {name: _DEFAULTS[name] for name in Result._fields}
_TEXT_OR_NONE = (str, type(None))
_KINDS: tuple[type | tuple[type, ...], ...] = (
    str, int, str, int, str, (int, float), (int, float), str, _TEXT_OR_NONE, _TEXT_OR_NONE, str, bool,
)  # fmt: skip


_NEVER = 1e15  # seconds


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
            whole = data.rfind(b"\n") + 1
            self._read[path] = offset + whole
            results, damaged = _results(data[:whole])
            for result in results:
                self._add(result)
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

    def _add(self, result: Result) -> None:
        earlier = self.latest.get(result.task_id)
        if earlier is None or (earlier.attempt, earlier.started) <= (result.attempt, result.started):
            self.latest[result.task_id] = result


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


def host() -> str:
    """This machine's name."""
    return socket.gethostname()


def _results(data: bytes) -> tuple[list[Result], int]:
    """The results of JSON lines, and how many lines hold none: cut by a kill, or of another hand."""
    lines = data.splitlines()
    try:
        objects: list[Any] = json.loads(b"[" + b",".join(lines) + b"]")  # all at once, which is quick
    except (ValueError, RecursionError):
        objects = [_parsed(line) for line in lines]
    found = [result for item in objects if (result := _result(item)) is not None]
    return found, len(objects) - len(found)


def _parsed(line: bytes) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _result(values: Any) -> Result | None:
    """The result of a line; None if a value is not of its kind. Keys of a newer version are left out."""
    if not isinstance(values, dict):
        return None
    given = [values.get(name, default) for name, default in _DEFAULTS.items()]
    if not all(map(isinstance, given, _KINDS)):
        return None
    result = Result._make(given)
    # Neither NaN nor infinity nor a number that no clock shows.
    return result if abs(result.started) < _NEVER and abs(result.seconds) < _NEVER else None


def _names(folder: str) -> set[str]:
    try:
        return set(os.listdir(folder))  # noqa: PTH208  names alone, and often
    except OSError:
        return set()
