"""Events of TensorBoard other than rows: images, histograms, texts, audio, hyperparameters, as bytes.

Encoded by hand, as rows are: no protobuf library is imported for them.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

from .tensorboard import varint

_WALL_TIME = b"\x09"
_STEP = b"\x10"
_STRING = 7  # tensorflow's DT_STRING


def event(step: int, wall_time: float, *values: bytes) -> bytes:
    """An event with some values, each made by a function below."""
    return event_of_summary(step, wall_time, b"".join(_part(1, value) for value in values))


def event_of_summary(step: int, wall_time: float, summary: bytes) -> bytes:
    """An event with a serialized Summary."""
    return _WALL_TIME + struct.pack("<d", wall_time) + _STEP + varint(step) + _part(5, summary)


def scalar(tag: str, value: float) -> bytes:
    """A scalar; beyond the range of float32 an infinity."""
    try:
        encoded = struct.pack("<f", value)
    except OverflowError:
        encoded = struct.pack("<f", float("inf") if value > 0 else float("-inf"))
    return _text(1, tag) + b"\x15" + encoded


def image(tag: str, encoded: bytes, width: int, height: int, channels: int) -> bytes:
    """An encoded image: PNG, JPEG or GIF."""
    picture = _number(1, height) + _number(2, width) + _number(3, channels) + _part(4, encoded)
    return _text(1, tag) + _part(4, picture)


def audio(tag: str, encoded: bytes, sample_rate: float, channels: int, frames: int) -> bytes:
    """A sound as a WAV file."""
    sound = b"\x0d" + struct.pack("<f", sample_rate) + _number(2, channels) + _number(3, frames)
    return _text(1, tag) + _part(6, sound + _part(4, encoded) + _text(5, "audio/wav"))


def text(tag: str, content: str) -> bytes:
    """A text in Markdown."""
    shape = _part(2, _part(2, _number(1, 1)))
    tensor = _number(1, _STRING) + shape + _part(8, content.encode("utf-8", "backslashreplace"))
    return _text(1, f"{tag}/text_summary") + _part(8, tensor) + _part(9, _part(1, _text(1, "text")))


def histogram(tag: str, edges: Sequence[float], counts: Sequence[float], moments: Sequence[float]) -> bytes:
    """Counts between edges, one edge more than counts.

    `moments` are minimum, maximum, number, sum, and sum of squares of the values.
    """
    numbers = b"".join(
        bytes((field << 3 | 1,)) + struct.pack("<d", value) for field, value in enumerate(moments, 1)
    )
    limits = struct.pack(f"<{len(counts)}d", *edges[1:])
    return _text(1, tag) + _part(
        5, numbers + _part(6, limits) + _part(7, struct.pack(f"<{len(counts)}d", *counts))
    )


def hyperparameters(
    parameters: Mapping[str, object], metrics: Sequence[str], started: float, name: str
) -> tuple[bytes, bytes, bytes]:
    """Values for TensorBoard's table of hyperparameters: experiment, start and end of a session."""
    infos = b"".join(
        _part(5, _text(1, key) + _number(4, _kind_of(value))) for key, value in parameters.items()
    )
    infos += b"".join(_part(6, _part(1, _text(2, metric))) for metric in metrics)
    entries = b"".join(_part(1, _text(1, key) + _part(2, _value(value))) for key, value in parameters.items())
    start = entries + _text(4, name) + b"\x29" + struct.pack("<d", started)
    return (
        _hparams("_hparams_/experiment", _part(2, infos)),
        _hparams("_hparams_/session_start_info", _part(3, start)),
        _hparams("_hparams_/session_end_info", _part(4, _number(1, 1))),
    )


def _hparams(tag: str, content: bytes) -> bytes:
    plugin = _part(1, _text(1, "hparams") + _part(2, content))
    # TensorBoard asks for a tensor: the scalar 0.
    tensor = _number(1, 1) + _part(2, b"") + _part(5, struct.pack("<f", 0.0))
    return _text(1, tag) + _part(8, tensor) + _part(9, plugin)


def _kind_of(value: object) -> int:
    """`DataType` of the plugin: string, bool or float."""
    if isinstance(value, bool):
        return 2
    return 3 if isinstance(value, (int, float)) else 1


def _value(value: object) -> bytes:
    """A `google.protobuf.Value`."""
    if isinstance(value, bool):
        return _number(4, value)
    if isinstance(value, (int, float)):
        return b"\x11" + struct.pack("<d", value)
    return _text(3, str(value))


def _part(field: int, content: bytes) -> bytes:
    return bytes((field << 3 | 2,)) + varint(len(content)) + content


def _text(field: int, content: str) -> bytes:
    return _part(field, content.encode("utf-8", "backslashreplace"))


def _number(field: int, value: int) -> bytes:
    return bytes((field << 3,)) + varint(value)
