"""A GPU for a task where nobody hands out slots: on each host the one with the fewest of our tasks."""

from __future__ import annotations

import contextlib
import fcntl
import time
from collections.abc import Iterator, Sequence
from itertools import count

from sml_config.process import host_name as host
from sml_config.run_folder import safe_name
from sml_launch.state.state_paths import Places

_POLL_SECONDS = 1.0


@contextlib.contextmanager
def held_gpu(places: Places, gpus: Sequence[str], per_gpu: int | None = None) -> Iterator[str]:
    """Within the block one of these GPUs of this host is ours, shared with no more than `per_gpu` - 1 others.

    Waits while all are full. A slot is a locked file: what a killed process held is free at once.
    """
    folder = places.root / "gpus" / safe_name(host())
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
