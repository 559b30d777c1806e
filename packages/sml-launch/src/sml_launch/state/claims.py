"""A task is run by one launcher at a time: whoever creates its claim file first."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from sml_config.process import boot_id, process_start
from sml_config.process import host_name as host
from sml_config.run_folder import read_json
from sml_config.tasks.claims import Claimant, claimant_of
from sml_config.tasks.claims import is_alive as claimant_is_alive
from sml_config.tasks.claims import is_new as claim_is_new
from sml_launch.errors import warn_passed_over
from sml_launch.processes import OWNER_VARIABLE, marked

from .state_paths import Places

BEAT_SECONDS = 30.0


@dataclass(frozen=True)
class Owner(Claimant):
    """One launcher process, as its claims name it."""

    mark: str = field(default_factory=lambda: uuid.uuid4().hex)

    @classmethod
    def me(cls, launch_id: str) -> Owner:
        """This process, for a launch."""
        started = process_start(os.getpid()) or 0
        return cls(host(), boot_id(), os.getpid(), started, launch_id, *_job())

    @property
    def environment_mark(self) -> str:
        """`NAME=value` in the environment of every task of this owner."""
        return f"{OWNER_VARIABLE}={self.mark}"


class Claims:
    """The claims of one launcher, and its view of the others'."""

    def __init__(self, places: Places, owner: Owner) -> None:
        self.places = places
        self.owner = owner
        self._held: set[str] = set()

    def take(self, task_id: str) -> bool:
        """Claim a task; False if a living launcher, or what a dead one left running, has it."""
        if self._create(task_id):
            return True
        path = self.places.claims / task_id
        if is_alive(path, self.owner):
            return False
        with self._taking_over():
            if path.exists() and is_alive(path, self.owner):
                return False
            path.unlink(missing_ok=True)
            return self._create(task_id)

    def release(self, task_id: str) -> None:
        """Give a claim back."""
        self._held.discard(task_id)
        (self.places.claims / task_id).unlink(missing_ok=True)

    def beat(self) -> None:
        """Show other hosts that the claims of this launcher are alive."""
        for task_id in list(self._held):
            with contextlib.suppress(FileNotFoundError):
                os.utime(self.places.claims / task_id)

    def _create(self, task_id: str) -> bool:
        try:
            handle = os.open(
                self.places.claims / task_id, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644
            )
        except FileExistsError:
            return False
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as claim:
                json.dump(asdict(self.owner), claim)
        except OSError:  # the disk is full: what is not claimed must not look claimed
            self.release(task_id)
            raise
        self._held.add(task_id)
        return True

    @contextlib.contextmanager
    def _taking_over(self) -> Iterator[None]:
        """Two launchers that find the same dead claim take turns."""
        with (self.places.root / "takeover.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def running(places: Places) -> set[str]:
    """Ids of the tasks that somebody runs."""
    if not places.claims.is_dir():
        return set()
    return {entry.name for entry in os.scandir(places.claims) if is_alive(Path(entry.path))}


def launches_at_work(places: Places) -> set[str]:
    """Ids of the launches whose tasks somebody runs."""
    owners = (claimant_of(read_json(places.claims / task_id)) for task_id in running(places))
    return {owner.launch for owner in owners if owner is not None}


def is_alive(path: Path, asking: Owner | None = None) -> bool:
    """Whether the holder of a claim lives, or something that it started does."""
    try:
        age = _server_time(path.parent) - path.stat().st_mtime
    except FileNotFoundError:
        return False
    values = read_json(path)
    holder = claimant_of(values)
    if holder is None:
        if values is not None:
            # Of another version or another hand: a launcher that lives touches its claims twice in this time.
            warn_passed_over(path, "the claim names no launcher that this version knows")
        return claim_is_new(age)
    requeued = asking is not None and asking.job is not None and asking.job == holder.job
    if asking is not None and requeued and asking.restarts > holder.restarts:
        return False
    if claimant_is_alive(holder, age):
        return True
    # What a dead launcher of this host left running.
    here = holder.host == host() and holder.boot == boot_id()
    return here and bool(holder.mark) and bool(marked(f"{OWNER_VARIABLE}={holder.mark}"))


def _server_time(folder: Path) -> float:
    """Now, by the clock that sets the times of files here; a file server has its own."""
    probe = folder.parent / "clock"
    try:
        probe.touch()
        return probe.stat().st_mtime
    except OSError:
        return time.time()


def _job() -> tuple[str | None, int]:
    number, restarts = os.environ.get("SLURM_JOB_ID"), os.environ.get("SLURM_RESTART_COUNT", "0")
    return f"slurm-{number}" if number else None, int(restarts) if restarts.isdigit() else 0
