"""Read the launcher's journals: the outcome of each attempt as a JSON line; a task's last attempt counts."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from .states import has_failed


class Result(NamedTuple):
    """How one attempt of a task ended; `status` is negative for a signal, `started` is POSIX time.

    `retried`: the launcher that ran it will retry.
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
        """Whether the attempt failed."""
        return has_failed(self.outcome)


# Defaults of fields that lines of older versions lack; the first four are required.
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
    """Parse the complete lines of a journal.

    Returns the results, the number of invalid lines (cut by a kill, or edited), and the number of bytes
    read: a last line without its line end is not read yet.
    """
    whole = data.rfind(b"\n") + 1
    lines = data[:whole].splitlines()
    try:
        objects: list[Any] = json.loads(b"[" + b",".join(lines) + b"]")  # all at once, which is fast
    except (ValueError, RecursionError):
        objects = [_parsed(line) for line in lines]
    results = [result for item in objects if (result := _result(item)) is not None]
    return results, len(objects) - len(results), whole


def add_latest(latest: dict[str, Result], results: list[Result]) -> None:
    """Replace earlier attempts of the same tasks by these results, wherever they ran."""
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
    """The result of a line, ignoring keys of newer versions; None if a value has the wrong type."""
    if not isinstance(values, dict):
        return None
    given = [values.get(name, default) for name, default in _DEFAULTS.items()]
    if not all(map(isinstance, given, _KINDS)):
        return None
    result = Result._make(given)
    # Reject NaN, infinities and implausible times.
    return result if abs(result.started) < _NEVER and abs(result.seconds) < _NEVER else None
