"""Samples of the use of the system by this process: rates since the sample before, and levels."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType

from . import process_tree, vendor_tools
from .gpu import GpuSource

_PROCESS = ("cpu_percent", "rss_bytes", "threads", "processes")
_RATES = (
    "disk_read_bytes_per_s",
    "disk_write_bytes_per_s",
    "net_received_bytes_per_s",
    "net_sent_bytes_per_s",
)
_GPU = ("percent", "memory_bytes", "power_watts", "temperature_celsius")


@dataclass(frozen=True)
class _Counters:
    """Counters that only grow, and when they were read; None is unknown."""

    moment: float
    cpu_seconds: float
    bytes: tuple[int | None, ...]


class Sampler:
    """Takes samples of this process and its descendants. Raises OSError if the system does not tell them."""

    def __init__(self, notify: Callable[[str], None]) -> None:
        self._tree = _tree(notify)
        self._gpus = _open_gpus()
        numbers = self._gpus.numbers() if self._gpus is not None else ()
        names = tuple(f"gpu{number}_{name}" for number in numbers for name in _GPU)
        self.columns = (*_PROCESS, *_RATES, *names)
        self._before, _ = self._read()

    @property
    def cost_of_children(self) -> float:
        """Seconds of CPU that the last sample cost in other processes."""
        return self._gpus.cost if self._gpus is not None else 0.0

    def sample(self) -> dict[str, float | None]:
        """The values of the columns. Raises OSError."""
        now, use = self._read()
        before, self._before = self._before, now
        elapsed = max(now.moment - before.moment, 1e-3)
        values: dict[str, float | None] = {
            "cpu_percent": 100 * max(now.cpu_seconds - before.cpu_seconds, 0) / elapsed,
            "rss_bytes": use.rss_bytes,
            "threads": use.threads,
            "processes": len(use.pids),
        }
        for name, new, old in zip(_RATES, now.bytes, before.bytes, strict=True):
            values[name] = None if new is None or old is None else round(max(new - old, 0) / elapsed)
        if self._gpus is not None:
            with contextlib.suppress(OSError, ValueError):  # the tool fails this time
                for gpu in self._gpus.read(use.pids):
                    levels = (gpu.percent, gpu.memory_bytes, gpu.power_watts, gpu.temperature_celsius)
                    names = (f"gpu{gpu.number}_{name}" for name in _GPU)
                    values |= zip(names, levels, strict=True)
        return values

    def _read(self) -> tuple[_Counters, process_tree.TreeUse]:
        use = self._tree.tree_use(os.getpid())
        network = self._tree.network_bytes() or (None, None)
        return _Counters(
            time.monotonic(), use.cpu_seconds, (use.read_bytes, use.written_bytes, *network)
        ), use


def _tree(notify: Callable[[str], None]) -> ModuleType:
    """The module that reads processes: /proc's if there is one, else psutil's."""
    if process_tree.is_available():
        return process_tree
    if importlib.util.find_spec("psutil") is None:
        notify("system.csv is not written: this system has no /proc; pip install 'sml-logger[system]'")
        raise OSError("no /proc and no psutil")
    from . import psutil_tree

    return psutil_tree


def _open_gpus() -> GpuSource | None:
    """NVIDIA's library if it is installed and finds a GPU, else the first vendor's tool that does."""
    if importlib.util.find_spec("pynvml") is not None:
        try:
            from .nvml import NvmlGpus

            return NvmlGpus()
        except OSError:  # no driver: perhaps another vendor's GPU
            pass
    return vendor_tools.open_tool()
