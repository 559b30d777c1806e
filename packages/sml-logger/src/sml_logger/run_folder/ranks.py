"""Ranks of a distributed job; by default only rank 0 writes the run."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import NamedTuple, Protocol

from sml_config import RunFolder
from sml_logger.lifecycle.lifetime import PROCESS_START
from sml_logger.lifecycle.status import Owner, StatusSnapshot

from .run_path import RunPath

_WAIT_SECONDS = 60.0
_POLL_SECONDS = 0.05


class HasFolder(Protocol):
    """A logger; asking for its folder may wait for rank 0."""

    @property
    def output_dir(self) -> str:
        """The run folder."""


class Rank(NamedTuple):
    """The rank of a process in its job; 0 without a job."""

    number: int
    # Identifies the job: the same on all its ranks; None if unknown.
    job: str | None

    @classmethod
    def current(cls) -> Rank:
        """The rank set by torchrun or Open MPI.

        SLURM_PROCID alone is not used: independent tasks have it too.
        """
        environment = os.environ
        if "WORLD_SIZE" in environment and "MASTER_ADDR" in environment:
            number = environment.get("RANK", "0")
            names = ["MASTER_ADDR", "MASTER_PORT", "TORCHELASTIC_RUN_ID", "TORCHELASTIC_RESTART_COUNT"]
        elif "OMPI_COMM_WORLD_RANK" in environment:
            number = environment["OMPI_COMM_WORLD_RANK"]
            names = ["PMIX_NAMESPACE", "OMPI_MCA_ess_base_jobid", "OMPI_MCA_orte_hnp_uri"]
        else:
            return cls(0, None)
        job = "/".join(environment[name] for name in names if environment.get(name))
        return cls(int(number) if number.isdecimal() else 0, job or None)


def silent_start(run: HasFolder, resume: bool | int) -> int:
    """The number of rows that a rank which does not write starts with."""
    if not isinstance(resume, bool):
        return resume
    if not resume:
        return 0
    step = StatusSnapshot.of(RunFolder(Path(run.output_dir))).record.get("step")
    return step if isinstance(step, int) else 0


def folder_of_rank_0(run_path: RunPath, owner: Owner) -> Path:
    """The run folder that rank 0 of the owner's job writes; waits for it, at most a minute."""
    deadline = time.monotonic() + (_WAIT_SECONDS if owner.job else 0.0)
    while True:
        for path in run_path.numbered():
            status = StatusSnapshot.of(RunFolder(path))
            if not status.record:
                break
            # A run that ended before this process started belongs to an earlier job with the same address.
            is_recent = status.modified >= PROCESS_START
            if status.record.get("job") == owner.job and (is_recent or status.is_live(owner, PROCESS_START)):
                return path
        if time.monotonic() >= deadline:
            return run_path.path
        time.sleep(_POLL_SECONDS)
