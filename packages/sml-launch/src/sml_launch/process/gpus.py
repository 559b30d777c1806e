"""Which GPU a task gets: each slot of a launcher keeps its own, whatever task runs in it."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence

from sml_launch.errors import BackendError

FREE = "free"

_QUERY_SECONDS = 20.0
# As CUDA_VISIBLE_DEVICES takes them: with any other, programs see no GPU and run on without.
_NAME = re.compile(r"\d+|(?:GPU|MIG)-[\w/-]+", re.ASCII)
# A display or an idle context holds a little memory; a training run holds more.
_FREE_BELOW_MIB = 500


def slots(gpus: Sequence[str], max_parallel: int, per_gpu: int | None = None) -> list[str | None]:
    """The GPU of each slot, evenly spread. With `per_gpu` there are no more slots than that allows."""
    if not gpus:
        return [None] * max_parallel
    count = max_parallel if per_gpu is None else min(max_parallel, per_gpu * len(gpus))
    return [gpus[slot % len(gpus)] for slot in range(count)]


def chosen(text: str) -> tuple[str, ...]:
    """GPUs from `0,1`, or those that nobody uses from `free`. Raises BackendError."""
    if text != FREE:
        names = tuple(part.strip() for part in text.split(","))
        if not all(map(_NAME.fullmatch, names)):
            raise BackendError(f"--gpus {text!r}: expected numbers such as 0,1, or {FREE}")
        if len(set(names)) < len(names):
            raise BackendError(f"--gpus {text!r} names a GPU twice; use --per-gpu 2 for two tasks on each")
        return names
    found = tuple(_free())
    if not found:
        raise BackendError("--gpus free: every GPU of this machine is in use; name them to share, --gpus 0,1")
    return found


def _free() -> list[str]:
    gpus = _ask("--query-gpu=index,uuid,memory.used")
    busy = {row[0] for row in _ask("--query-compute-apps=gpu_uuid")}
    return [index for index, uuid, used in gpus if uuid not in busy and float(used) < _FREE_BELOW_MIB]


def _ask(query: str) -> list[list[str]]:
    command = ["nvidia-smi", query, "--format=csv,noheader,nounits"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=_QUERY_SECONDS)
    except (OSError, subprocess.SubprocessError) as error:
        raise BackendError(
            f"--gpus free: nvidia-smi does not answer ({error}); name the GPUs, --gpus 0,1"
        ) from None
    return [[cell.strip() for cell in line.split(",")] for line in done.stdout.splitlines() if line.strip()]
