"""What the frameworks' own readers say of a log: each metric's [step, value] pairs."""

from __future__ import annotations

import json
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

# Called while a framework writes.
Between = Callable[[], object]
# By run folder, "metrics": each name's [step, value] pairs, and "parameters".
Told = dict[str, dict[str, Any]]
# The rows that most logs have.
STEPS = 6


def nothing() -> None:
    """Nobody looks on."""


def patiently(between: Between, is_written: Callable[[], bool]) -> None:
    """Look on once something is written, for frameworks that write some seconds later."""
    for _ in range(600 if between is not nothing else 0):
        if is_written():
            between()
            return
        time.sleep(0.1)


def events(folder: Path) -> dict[str, list[list[float]]]:
    """What TensorBoard's own reader says of the event files directly in a folder."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.util.tensor_util import make_ndarray

    reader = EventAccumulator(str(folder), size_guidance={"scalars": 0, "tensors": 0})
    reader.Reload()
    tags = reader.Tags()
    told = {tag: [[event.step, event.value] for event in reader.Scalars(tag)] for tag in tags["scalars"]}
    for tag in tags["tensors"]:
        arrays = [(event.step, make_ndarray(event.tensor_proto)) for event in reader.Tensors(tag)]
        if all(array.dtype.kind == "f" and array.ndim == 0 for _, array in arrays):
            told[tag] = [[step, float(array)] for step, array in arrays]
    return told


def table(path: Path, x: str) -> dict[str, list[list[float]]]:
    """What pandas reads in a CSV file: every numeric column over column `x`, blanks left out."""
    import pandas

    # Before its third version pandas rounds the last digit, unless it is told not to.
    exact = {"float_precision": "round_trip"} if pandas.__version__ < "3" else {}
    frame = pandas.read_csv(path, skipinitialspace=True, **exact)
    numeric = [name for name in frame.columns if frame[name].dtype.kind in "if" and name != x]
    return {
        str(name): [[a, b] for a, b in zip(frame[x].tolist(), frame[name].tolist(), strict=True) if b == b]
        for name in numeric
    }


def datastore(path: Path) -> dict[str, list[list[float]]]:
    """What W&B's own messages say of a .wandb file: each metric over W&B's step.

    W&B 0.31 has no reader of the file in Python any more, so the chunks are joined here.
    """
    from wandb.proto.wandb_internal_pb2 import Record

    told: dict[str, list[list[float]]] = {}
    for data in _records(path.read_bytes()):
        record = Record.FromString(data)
        for item in record.history.item:
            name = item.key or "/".join(item.nested_key)
            value = json.loads(item.value_json)
            if name != "_step" and isinstance(value, int | float):
                told.setdefault(name, []).append([record.history.step.num, value])
    return told


def _records(data: bytes) -> Iterator[bytes]:
    place, parts = 7, []
    while place + 7 <= len(data):
        room = 32_768 - place % 32_768
        if room < 7:
            place += room
            continue
        _, length, kind = struct.unpack_from("<IHB", data, place)
        parts.append(data[place + 7 : place + 7 + length])
        place += 7 + length
        if kind in (1, 4):
            yield b"".join(parts)
            parts = []
