"""The ranks of a distributed job: one of them writes."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

from sml_config import RunFolder
from sml_logger.lifecycle.status import LastWords, Owner

from .run_path import Place

# A run that ended before this process began belongs to an earlier job of the same address.
_BEGAN = time.time()
_WAIT_SECONDS = 60.0
_LOOK_SECONDS = 0.05


@dataclass(frozen=True)
class Rank:
    """A process's place in its job; a process without a job is rank 0."""

    number: int
    # The same on all ranks of one job, another for the next job; None if that cannot be told.
    job: str | None

    @classmethod
    def current(cls) -> Rank:
        """As torchrun or Open MPI say.

        SLURM_PROCID alone says nothing: tasks that do not know of each other have it too.
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


def folder_of_rank_0(place: Place, owner: Owner) -> Path:
    """The run folder that rank 0 of the owner's job writes; waits until it is there, at most a minute."""
    deadline = time.monotonic() + (_WAIT_SECONDS if owner.job else 0.0)
    while True:
        for path in place.numbered():
            words = LastWords.of(RunFolder(path))
            if not words.record:
                break
            is_recent = words.modified >= _BEGAN
            if words.record.get("job") == owner.job and (is_recent or words.is_live(owner, _BEGAN)):
                return path
        if time.monotonic() >= deadline:
            return place.path
        time.sleep(_LOOK_SECONDS)
