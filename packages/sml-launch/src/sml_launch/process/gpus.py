"""GPUs of the slots of a launcher, and parsing of --gpus."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence

from sml_launch.errors import BackendError

FREE = "free"

_QUERY_SECONDS = 20.0
# Values of CUDA_VISIBLE_DEVICES; with others, programs see no GPU and continue on the CPU.
_NAME = re.compile(r"\d+|(?:GPU|MIG)-[\w/-]+", re.ASCII)
# A display or an idle context uses some memory; a training run uses more.
_FREE_BELOW_MIB = 500


def slots(gpus: Sequence[str], max_parallel: int, per_gpu: int | None = None) -> list[str | None]:
    """The GPU of each slot, evenly spread; at most `per_gpu` slots per GPU."""
    if not gpus:
        return [None] * max_parallel
    count = max_parallel if per_gpu is None else min(max_parallel, per_gpu * len(gpus))
    return [gpus[slot % len(gpus)] for slot in range(count)]


def parse_gpus(text: str) -> tuple[str, ...]:
    """GPUs from `0,1`, or the idle ones for `free`. Raises BackendError."""
    if text != FREE:
        names = tuple(part.strip() for part in text.split(","))
        if not all(map(_NAME.fullmatch, names)):
            raise BackendError(f"invalid --gpus {text!r}; expected numbers such as 0,1, or {FREE}")
        if len(set(names)) < len(names):
            raise BackendError(
                f"invalid --gpus {text!r}: a GPU is repeated; use --per-gpu 2 for two tasks on each"
            )
        return names
    free_gpus = tuple(_unused_gpus())
    if not free_gpus:
        raise BackendError(
            "--gpus free: every GPU of this machine is in use; pass numbers to share them, --gpus 0,1"
        )
    return free_gpus


def _unused_gpus() -> list[str]:
    gpus = _query_nvidia_smi("--query-gpu=index,uuid,memory.used")
    busy = {row[0] for row in _query_nvidia_smi("--query-compute-apps=gpu_uuid")}
    return [index for index, uuid, used in gpus if uuid not in busy and float(used) < _FREE_BELOW_MIB]


def _query_nvidia_smi(query: str) -> list[list[str]]:
    command = ["nvidia-smi", query, "--format=csv,noheader,nounits"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=_QUERY_SECONDS)
    except (OSError, subprocess.SubprocessError) as error:
        raise BackendError(
            f"--gpus free: nvidia-smi failed ({error}); pass the numbers of the GPUs, --gpus 0,1"
        ) from None
    return [[cell.strip() for cell in line.split(",")] for line in done.stdout.splitlines() if line.strip()]
