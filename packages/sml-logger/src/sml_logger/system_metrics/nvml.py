"""Use of NVIDIA's GPUs, by nvidia-ml-py."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .gpu import NVIDIA_VARIABLES, GpuUse, visible

try:
    import pynvml
except ModuleNotFoundError:  # it comes with the extra `system`; the caller looks whether it is installed
    pynvml = None

# The inode of the machine's own process id namespace, in any Linux; containers have others.
_MACHINE_PIDS = 0xEFFFFFFC


class NvmlGpus:
    """The visible GPUs of NVIDIA's driver. Raises OSError if there is no driver, or no GPU."""

    cost = 0.0

    def __init__(self) -> None:
        try:
            pynvml.nvmlInit()
            devices = [pynvml.nvmlDeviceGetHandleByIndex(i) for i in range(pynvml.nvmlDeviceGetCount())]
            ids = [_text(pynvml.nvmlDeviceGetUUID(device)) for device in devices]
        except pynvml.NVMLError as error:
            raise OSError(str(error)) from error
        chosen = visible(NVIDIA_VARIABLES, ids)
        self._are_chosen = chosen is not None
        self._devices = {i: devices[i] for i in (range(len(devices)) if chosen is None else sorted(chosen))}
        if not self._devices:
            raise OSError("no visible GPU")

    def numbers(self) -> list[int]:
        """The GPUs that this process may use."""
        return list(self._devices)

    def read(self, pids: frozenset[int]) -> list[GpuUse]:
        """The GPUs that these processes use; all visible ones if a variable names them, or if unknown.

        It is unknown in a container, which does not see the process ids that the driver reports.
        """
        used = self._devices
        if not self._are_chosen and _sees_the_drivers_pids():
            running = {number: _known(_processes, device) for number, device in self._devices.items()}
            if any(processes is not None for processes in running.values()):
                used = {
                    number: device
                    for number, device in self._devices.items()
                    if any(process.pid in pids for process in running[number] or ())
                }
        return [_use(number, device) for number, device in used.items()]


def _use(number: int, device: Any) -> GpuUse:
    rates = _known(pynvml.nvmlDeviceGetUtilizationRates, device)
    memory = _known(pynvml.nvmlDeviceGetMemoryInfo, device)
    milliwatts = _known(pynvml.nvmlDeviceGetPowerUsage, device)
    return GpuUse(
        number,
        rates.gpu if rates is not None else None,
        memory.used if memory is not None else None,
        milliwatts / 1000 if milliwatts is not None else None,
        _known(lambda item: pynvml.nvmlDeviceGetTemperature(item, pynvml.NVML_TEMPERATURE_GPU), device),
    )


def _processes(device: Any) -> list[Any]:
    compute = pynvml.nvmlDeviceGetComputeRunningProcesses(device)
    return [*compute, *pynvml.nvmlDeviceGetGraphicsRunningProcesses(device)]


def _known(ask: Callable[[Any], Any], device: Any) -> Any:
    """The answer of the driver, or None if this GPU does not tell."""
    try:
        return ask(device)
    except pynvml.NVMLError:
        return None


def _sees_the_drivers_pids() -> bool:
    try:
        return Path("/proc/self/ns/pid").stat().st_ino == _MACHINE_PIDS
    except OSError:
        return os.name != "posix"


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
