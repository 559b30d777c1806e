"""Claims of tasks: the launcher named in a claim file, and whether it is still alive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sml_config.process import SILENCE_SECONDS, boot_id, host_name, process_start

# A claim is empty for microseconds after its creation; an older empty one was left by a killed launcher.
EMPTY_SECONDS = 60.0


@dataclass(frozen=True)
class Claimant:
    """A launcher process."""

    host: str
    boot: str
    pid: int
    start: int
    # Id of the launch whose tasks it runs.
    launch: str
    # The cluster job that it runs in, and how often that job was requeued; earlier starts have ended.
    job: str | None = None
    restarts: int = 0
    # Set in the environment of every process that it starts.
    mark: str = ""


_KINDS: dict[str, type | tuple[type, ...]] = {
    "host": str, "boot": str, "pid": int, "start": int, "launch": str, "job": (str, type(None)),
    "restarts": int, "mark": str,
}  # fmt: skip
_NEEDED = {"host", "boot", "pid", "start"}


def claimant_of(content: Any) -> Claimant | None:
    """The launcher named in a claim, ignoring keys of newer versions; None if the claim is invalid."""
    if not isinstance(content, dict):
        return None
    given = {name: content[name] for name in _KINDS if name in content}
    if not given.keys() >= _NEEDED or not all(isinstance(given[name], _KINDS[name]) for name in given):
        return None
    return Claimant(**{"launch": "", **given})


def is_alive(claimant: Claimant, age: float) -> bool:
    """Whether the claiming process is alive; `age` of the claim file in seconds, by the file server's clock.

    A launcher on another host counts as dead once its claims are no longer refreshed.
    """
    if claimant.host != host_name():
        return age < SILENCE_SECONDS
    return claimant.boot == boot_id() and process_start(claimant.pid) == claimant.start


def is_new(age: float) -> bool:
    """Whether an empty claim may still be in the course of being written."""
    return age < EMPTY_SECONDS
