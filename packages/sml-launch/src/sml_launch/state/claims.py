"""Claim files: a task is run by one launcher at a time, the one that created its claim."""

from __future__ import annotations

import contextlib
import json
import math
import os
import time
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from sml_config.files import locked, temp_path_for
from sml_config.process import TASK_ID_VARIABLE, boot_id, process_start
from sml_config.process import host_name as host
from sml_config.run_folder import read_json
from sml_config.tasks.claims import Claimant, claimant_of
from sml_config.tasks.claims import is_alive as claimant_is_alive
from sml_config.tasks.claims import is_new as claim_is_new
from sml_launch.errors import warn_passed_over
from sml_launch.processes import OWNER_VARIABLE, marked_of_task

from .state_paths import StatePaths

BEAT_SECONDS = 30.0


@dataclass(frozen=True)
class Owner(Claimant):
    """A launcher process, as written to its claims."""

    mark: str = field(default_factory=lambda: uuid.uuid4().hex)

    @classmethod
    def me(cls, launch_id: str) -> Owner:
        """The owner of claims of this process, for a launch."""
        started = process_start(os.getpid()) or 0
        return cls(host(), boot_id(), os.getpid(), started, launch_id, *_job())

    @property
    def environment_mark(self) -> str:
        """`NAME=value` entry in the environment of every task of this owner."""
        return f"{OWNER_VARIABLE}={self.mark}"


class Claims:
    """The claims of one launcher."""

    def __init__(self, paths: StatePaths, owner: Owner) -> None:
        self.state_paths = paths
        self.owner = owner
        self._held: set[str] = set()

    def take(self, task_id: str) -> bool:
        """Claim a task. False if a living launcher, or a process that a dead one left, holds the claim."""
        if self._create(task_id):
            return True
        path = self.state_paths.claims / task_id
        if is_alive(path, self.owner):
            return False
        with self._taking_over():
            if path.exists() and is_alive(path, self.owner):
                return False
            path.unlink(missing_ok=True)
            return self._create(task_id)

    def release(self, task_id: str) -> None:
        """Release a claim, unless another launcher has taken it over."""
        self._held.discard(task_id)
        claim = self.state_paths.claims / task_id
        if self._is_ours(claim):
            claim.unlink(missing_ok=True)

    def beat(self) -> None:
        """Refresh the claims, so that other hosts see that this launcher is alive."""
        for claim in [self.state_paths.claims / task_id for task_id in list(self._held)]:
            with contextlib.suppress(FileNotFoundError):
                if self._is_ours(claim):
                    os.utime(claim)

    def _is_ours(self, claim: Path) -> bool:
        holder = claimant_of(read_json(claim))
        return holder is not None and holder.mark == self.owner.mark

    def _create(self, task_id: str) -> bool:
        """Create a claim with its content at once: a killed launcher leaves none without an owner."""
        claim = self.state_paths.claims / task_id
        temporary = temp_path_for(self.state_paths.root / "claim")
        try:
            self._write(temporary)
            try:
                os.link(temporary, claim)
            except FileExistsError:
                # It is ours if a file server created it, and its answer was lost.
                if not self._is_ours(claim):
                    return False
            except OSError:  # a file system without hard links
                if not self._create_in_place(claim):
                    return False
        finally:
            temporary.unlink(missing_ok=True)
        self._held.add(task_id)
        return True

    def _create_in_place(self, claim: Path) -> bool:
        """Create a claim where files cannot be linked; for microseconds it is empty."""
        try:
            self._write(claim)
        except FileExistsError:
            return False
        except OSError:  # such as a full disk: leave no claim without content
            claim.unlink(missing_ok=True)
            raise
        return True

    def _write(self, path: Path) -> None:
        """Write this owner to a new file. Raises FileExistsError."""
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(asdict(self.owner), file)

    @contextlib.contextmanager
    def _taking_over(self) -> Iterator[None]:
        """Lock against another launcher that takes over the same dead claim."""
        with locked(self.state_paths.root / "takeover.lock", math.inf):
            yield


def running(paths: StatePaths) -> set[str]:
    """Ids of the tasks that a launcher is running."""
    if not paths.claims.is_dir():
        return set()
    return {entry.name for entry in os.scandir(paths.claims) if is_alive(Path(entry.path))}


def held(paths: StatePaths) -> set[str]:
    """Ids of the tasks that a living launcher holds, without those that a dead one left running."""
    return {task_id for task_id in running(paths) if _has_launcher(paths.claims / task_id)}


def orphaned(paths: StatePaths) -> set[str]:
    """Ids of the tasks that a dead launcher left running on this host."""
    return running(paths) - held(paths)


def _has_launcher(path: Path) -> bool:
    values = read_json(path)
    holder = claimant_of(values)
    if holder is None:
        # One that this version cannot read; an empty claim was left by a killed launcher.
        return values is not None
    return holder.host != host() or claimant_is_alive(holder, 0.0)


def active_launches(paths: StatePaths) -> set[str]:
    """Ids of the launches with running tasks."""
    owners = (claimant_of(read_json(paths.claims / task_id)) for task_id in running(paths))
    return {owner.launch for owner in owners if owner is not None}


def is_alive(path: Path, claimant: Owner | None = None) -> bool:
    """Whether the holder of a claim, or a process that it started, is alive."""
    try:
        age = _server_time(path.parent) - path.stat().st_mtime
    except FileNotFoundError:
        return False
    values = read_json(path)
    holder = claimant_of(values)
    if holder is None:
        if values is None and not path.exists():
            return False  # released since
        if values is not None:
            # Of another version or edited; a living launcher refreshes its claims twice in this time.
            warn_passed_over(path, "not a claim that this version can read")
        return claim_is_new(age)
    requeued = claimant is not None and claimant.job is not None and claimant.job == holder.job
    if claimant is not None and requeued and claimant.restarts > holder.restarts:
        return False
    if claimant_is_alive(holder, age):
        return True
    # Processes that a dead launcher of this host left.
    here = holder.host == host() and holder.boot == boot_id()
    mark = f"{OWNER_VARIABLE}={holder.mark}"
    return here and bool(holder.mark) and bool(marked_of_task(mark, f"{TASK_ID_VARIABLE}={path.name}"))


def _server_time(folder: Path) -> float:
    """The current time by the clock of the file system, which may be a file server's."""
    probe = folder.parent / "clock"
    try:
        probe.touch()
        return probe.stat().st_mtime
    except OSError:
        return time.time()


def _job() -> tuple[str | None, int]:
    number, restarts = os.environ.get("SLURM_JOB_ID"), os.environ.get("SLURM_RESTART_COUNT", "0")
    return f"slurm-{number}" if number else None, int(restarts) if restarts.isdigit() else 0
