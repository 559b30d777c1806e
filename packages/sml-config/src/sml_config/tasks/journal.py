"""The launcher's journals: how attempts ended, one JSON line each; the last attempt of a task counts."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from .states import has_failed


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


def parse_results(data: bytes) -> tuple[list[Result], int, int]:
    """The results of the whole lines of a journal.

    Returns also how many lines hold none, cut by a kill or of another hand, and how many bytes were read: a
    line without its end is not there yet.
    """
    whole = data.rfind(b"\n") + 1
    lines = data[:whole].splitlines()
    try:
        objects: list[Any] = json.loads(b"[" + b",".join(lines) + b"]")  # all at once, which is quick
    except (ValueError, RecursionError):
        objects = [_parsed(line) for line in lines]
    found = [result for item in objects if (result := _result(item)) is not None]
    return found, len(objects) - len(found), whole


def add_latest(latest: dict[str, Result], results: list[Result]) -> None:
    """Put results in the places of earlier attempts of their tasks, wherever those ran."""
    for result in results:
        earlier = latest.get(result.task_id)
        if earlier is None or (earlier.attempt, earlier.started) <= (result.attempt, result.started):
            latest[result.task_id] = result


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
