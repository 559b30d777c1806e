"""Who runs a task: the launcher that its claim file names, and whether that still lives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sml_config.process import SILENCE_SECONDS, boot_id, host_name, process_start

# Between creation and content of a claim lie microseconds; an empty one that is older was left by a kill.
EMPTY_SECONDS = 60.0


@dataclass(frozen=True)
class Claimant:
    """One launcher process."""

    host: str
    boot: str
    pid: int
    start: int
    # What it runs tasks of.
    launch: str
    # The cluster job that it runs in, and how often that was queued again: then earlier starts are gone.
    job: str | None = None
    restarts: int = 0
    # In the environment of every process that it starts.
    mark: str = ""


_KINDS: dict[str, type | tuple[type, ...]] = {
    "host": str, "boot": str, "pid": int, "start": int, "launch": str, "job": (str, type(None)),
    "restarts": int, "mark": str,
}  # fmt: skip
_NEEDED = {"host", "boot", "pid", "start"}


def claimant_of(content: Any) -> Claimant | None:
    """The launcher that a claim names, without keys of a newer version; None if it names none."""
    if not isinstance(content, dict):
        return None
    given = {name: content[name] for name in _KINDS if name in content}
    if not given.keys() >= _NEEDED or not all(isinstance(given[name], _KINDS[name]) for name in given):
        return None
    return Claimant(**{"launch": "", **given})


def is_alive(claimant: Claimant, age: float) -> bool:
    """Whether the process of a claim lives; `age` is that of its file in seconds, by the file's own clock.

    A launcher of another host, whose processes cannot be seen here, is dead once its claims stand still.
    """
    if claimant.host != host_name():
        return age < SILENCE_SECONDS
    return claimant.boot == boot_id() and process_start(claimant.pid) == claimant.start


def is_new(age: float) -> bool:
    """Whether a claim that names nobody may be one that is being written."""
    return age < EMPTY_SECONDS
