"""A thread that samples the use of the system into `system.csv`, and the highest values of a run."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Mapping

from sml_config import RunFolder
from sml_config.run_folder import read_json, update_json

# The largest share of a core that sampling may cost; samples that cost more are taken less often.
_SHARE = 0.001
# A sample may be waiting for a tool; the end of the run does not wait for it.
_STOP_SECONDS = 0.2
_PEAKS = "system_peaks"


class SystemMonitor:
    """Samples every `seconds`, from a daemon thread that shares no lock with the rows of the run.

    `step` returns the number of rows so far; `notify` prints and logs a line. Nothing is written before the
    first interval has passed.
    """

    def __init__(
        self, folder: RunFolder, seconds: float, step: Callable[[], int], notify: Callable[[str], None]
    ) -> None:
        self._folder = folder
        self._seconds = seconds
        self._step = step
        self._notify = notify
        self._stopped = threading.Event()
        self._peaks: dict[str, float] = {}
        self._thread = threading.Thread(target=self._run, name="sml-logger system", daemon=True)
        # Without another thread, as at the end of the process, the run is only not sampled.
        with contextlib.suppress(RuntimeError):
            self._thread.start()

    def stop(self) -> None:
        """End the thread, and write the highest values into `run_config.json`. Raises OSError."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(_STOP_SECONDS)
        peaks = dict(self._peaks)
        if not peaks:
            return
        record = read_json(self._folder.run_config)
        earlier = record.get(_PEAKS) if isinstance(record, dict) else None
        if isinstance(earlier, dict):  # of the process that this one resumes
            peaks = _highest(earlier, peaks)
        update_json(self._folder.run_config, system_peaks=peaks)

    def _run(self) -> None:
        with contextlib.suppress(OSError):  # this system does not tell
            self._sample_until_stopped()

    def _sample_until_stopped(self) -> None:
        # Late and in the thread: half of the imports, and the start of a GPU's library takes a moment.
        from .sampler import Sampler
        from .system_file import SystemFile

        sampler = Sampler(self._notify)
        columns = ("wall_time", "step", *sampler.columns)
        file: SystemFile | None = None
        wait = self._seconds
        while not self._stopped.wait(wait):
            begin = time.thread_time()
            values = sampler.sample()
            if self._stopped.is_set():
                break
            self._peaks = _highest(self._peaks, values)
            # The disk is full, or the folder is gone: the rows of the run report that.
            with contextlib.suppress(OSError, UnicodeError):
                file = file or SystemFile(self._folder.system, columns)
                file.write({"wall_time": time.time(), "step": self._step(), **values})
            cost = time.thread_time() - begin + sampler.cost_of_children
            wait = max(self._seconds, cost / _SHARE)
        if file is not None:
            with contextlib.suppress(OSError):
                file.close()


def _highest(before: Mapping[str, float], values: Mapping[str, float | None]) -> dict[str, float]:
    """The higher value of each name that has one."""
    highest = dict(before)
    for name, value in values.items():
        if value is not None and value >= highest.get(name, value):
            highest[name] = round(value, 3)
    return highest
