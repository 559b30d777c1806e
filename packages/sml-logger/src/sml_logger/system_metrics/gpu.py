"""A GPU at one moment, and which GPUs a run may use."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

# The variables by which the runtimes of NVIDIA, AMD and Huawei choose devices.
NVIDIA_VARIABLES = ("CUDA_VISIBLE_DEVICES",)
AMD_VARIABLES = ("ROCR_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "CUDA_VISIBLE_DEVICES")
ASCEND_VARIABLES = ("ASCEND_RT_VISIBLE_DEVICES", "ASCEND_VISIBLE_DEVICES")


@dataclass(frozen=True)
class GpuUse:
    """A GPU at one moment; `number` is the driver's, None is unknown. `percent` is the share of busy time."""

    number: int
    percent: float | None = None
    memory_bytes: float | None = None
    power_watts: float | None = None
    temperature_celsius: float | None = None


class GpuSource(Protocol):
    """Where the use of GPUs is read: a library or a vendor's tool."""

    # Seconds of CPU that a reading costs in other processes, where that is known.
    cost: float

    def numbers(self) -> Sequence[int]:
        """The GPUs that this process may use, by the driver's numbers."""

    def read(self, pids: frozenset[int]) -> Sequence[GpuUse]:
        """The GPUs that processes of these ids use, or all visible ones if that is unknown."""


def visible(variables: Sequence[str], ids: Sequence[str]) -> list[int] | None:
    """The places in `ids` of the devices that the first set variable names, by number or by id.

    None if no variable is set: then all devices are visible. As for the runtimes, a device that does not
    exist ends the list.
    """
    text = next((os.environ[name] for name in variables if name in os.environ), None)
    if text is None:
        return None
    places = []
    for word in text.split(","):
        name = word.strip()
        if re.fullmatch(r"\d+", name):
            index = int(name)
        else:
            index = next((i for i, item in enumerate(ids) if name and item.startswith(name)), len(ids))
        if index >= len(ids):
            break
        places.append(index)
    return places
