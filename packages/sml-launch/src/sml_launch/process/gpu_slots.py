"""GPU locks of a host: a task gets the GPU with the fewest tasks of this launch folder."""

from __future__ import annotations

import contextlib
import fcntl
import time
from collections.abc import Iterator, Sequence
from itertools import count

from sml_config.process import host_name as host
from sml_config.run_folder import safe_name
from sml_launch.state.state_paths import StatePaths

_POLL_SECONDS = 1.0


@contextlib.contextmanager
def held_gpu(paths: StatePaths, gpus: Sequence[str], per_gpu: int | None = None) -> Iterator[str]:
    """Hold one of these GPUs of this host within the block, shared with at most `per_gpu` - 1 other tasks.

    Waits while all are full. A slot is a locked file, so a killed process frees its slot.
    """
    folder = paths.root / "gpus" / safe_name(host())
    folder.mkdir(parents=True, exist_ok=True)
    while True:
        for level in range(per_gpu) if per_gpu else count():
            for gpu in dict.fromkeys(gpus):
                with (folder / f"{safe_name(gpu)}-{level}").open("w") as slot:
                    try:
                        fcntl.flock(slot, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    except OSError:
                        continue
                    yield gpu
                    return
        time.sleep(_POLL_SECONDS)
