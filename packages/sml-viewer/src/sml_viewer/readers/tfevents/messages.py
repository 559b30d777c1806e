"""Decode one event: its scalars and their byte offsets, its texts, and the start of a session.

Fields are those of tensorboard/compat/proto: event.proto, summary.proto, tensor.proto.
"""

from __future__ import annotations

import functools
import struct
from collections.abc import Iterator
from typing import NamedTuple

from sml_viewer.i18n import phrase

_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5
_WALL_TIME, _STEP, _SUMMARY, _SESSION = 1, 2, 5, 7
_START = 1
_TAG, _SIMPLE, _TENSOR, _METADATA = 1, 2, 8, 9
_DTYPE, _SHAPE, _CONTENT, _STRINGS = 1, 2, 4, 8
# Of a tensor: its numbers' format by dtype, and the field that holds them one by one.
_FORMATS = {1: "<f4", 2: "<f8", 3: "<i4", 9: "<i8", 19: "<f2"}
_FIXED_LISTS = {5: (1, "<f4", _FIXED32), 6: (2, "<f8", _FIXED64)}
_VARINT_LISTS = {7: (3,), 10: (9,), 13: (19,)}
_WIDTHS = {"<f4": 4, "<f8": 8, "<i4": 4, "<i8": 8, "<f2": 2}
# Its tensors are fillers, and no measurements.
_HPARAMS = "_hparams_/"
_CACHED = 4096


class Scalar(NamedTuple):
    """A scalar of a tag: at byte offset `at` of the event in a NumPy format, or the constant `value`."""

    tag: str
    at: int
    format: str
    value: float = 0.0


class Message(NamedTuple):
    """An event without its wall time and step. `texts` are pairs of tag and text, `hparams` raw content."""

    scalars: tuple[Scalar, ...] = ()
    texts: tuple[tuple[str, str], ...] = ()
    hparams: tuple[bytes, ...] = ()
    starts: bool = False


class Event(NamedTuple):
    """A whole event."""

    wall_time: float
    step: int
    message: Message


def message_of(data: bytes) -> Message:
    """The fields of an event. Raises ValueError if they are not whole."""
    return _cached(data) if len(data) <= _CACHED else _message(data)


def event_of(data: bytes) -> Event:
    """An event, its fields in any order. Raises ValueError if they are not whole."""
    wall_time, step = 0.0, 0
    for number, kind, start, end in fields(data, 0, len(data)):
        if number == _WALL_TIME and kind == _FIXED64:
            (wall_time,) = struct.unpack_from("<d", data, start)
        elif number == _STEP and kind == _VARINT:
            step = signed(varint(data, start, end)[0])
    return Event(wall_time, step, message_of(data))


def fields(data: bytes, at: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """Number, wire type, begin and end of each field. Raises ValueError where they are not whole."""
    while at < end:
        key, at = varint(data, at, end)
        number, kind = key >> 3, key & 7
        if kind == _VARINT:
            _, following = varint(data, at, end)
        elif kind == _LENGTH:
            length, at = varint(data, at, end)
            following = at + length
        elif kind in (_FIXED64, _FIXED32):
            following = at + (8 if kind == _FIXED64 else 4)
        else:
            raise ValueError(phrase("an event is not what TensorBoard writes"))
        if following > end:
            raise ValueError(phrase("an event is cut short"))
        yield number, kind, at, following
        at = following


def varint(data: bytes, at: int, end: int) -> tuple[int, int]:
    """A number of seven bits a byte, and where it ends. Raises ValueError."""
    value = shift = 0
    while at < end and shift < 70:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value & 0xFFFFFFFFFFFFFFFF, at
    raise ValueError(phrase("a number in an event is cut short"))


def signed(value: int) -> int:
    """Sixty-four bits as a signed number."""
    return value - (1 << 64) if value >> 63 else value


@functools.lru_cache(8192)  # all events of a tag are alike but for their numbers
def _cached(data: bytes) -> Message:
    return _message(data)


def _message(data: bytes) -> Message:
    scalars: list[Scalar] = []
    texts: list[tuple[str, str]] = []
    hparams: list[bytes] = []
    starts = False
    for number, kind, start, end in fields(data, 0, len(data)):
        if number == _SUMMARY and kind == _LENGTH:
            for inner, wire, at, until in fields(data, start, end):
                if inner == 1 and wire == _LENGTH:
                    _read_value(data, at, until, scalars, texts, hparams)
        elif number == _SESSION and kind == _LENGTH:
            for inner, wire, at, until in fields(data, start, end):
                if inner == 1 and wire == _VARINT:
                    starts = varint(data, at, until)[0] == _START
    return Message(tuple(scalars), tuple(texts), tuple(hparams), starts)


def _read_value(
    data: bytes,
    start: int,
    end: int,
    scalars: list[Scalar],
    texts: list[tuple[str, str]],
    hparams: list[bytes],
) -> None:
    """One value of a summary."""
    tag = plugin = ""
    content = b""
    scalar: Scalar | None = None
    text: str | None = None
    for number, kind, at, until in fields(data, start, end):
        if number == _TAG and kind == _LENGTH:
            tag = data[at:until].decode("utf-8", "backslashreplace")
        elif number == _SIMPLE and kind == _FIXED32:
            scalar = Scalar("", at, "<f4")
        elif number == _TENSOR and kind == _LENGTH:
            scalar, text = _tensor(data, at, until)
        elif number == _METADATA and kind == _LENGTH:
            plugin, content = _plugin(data, at, until)
    if plugin == "hparams" or tag.startswith(_HPARAMS):
        if content:
            hparams.append(content)
    elif scalar is not None:
        scalars.append(scalar._replace(tag=tag))
    elif text is not None:
        texts.append((tag, text))


def _plugin(data: bytes, start: int, end: int) -> tuple[str, bytes]:
    for number, kind, at, until in fields(data, start, end):
        if number == 1 and kind == _LENGTH:
            parts = {inner: data[a:b] for inner, wire, a, b in fields(data, at, until) if wire == _LENGTH}
            return parts.get(1, b"").decode("utf-8", "replace"), parts.get(2, b"")
    return "", b""


def _tensor(data: bytes, start: int, end: int) -> tuple[Scalar | None, str | None]:
    """The one number or the one text of a tensor, if that is what it holds."""
    dtype, size = 0, 1
    numbers: list[Scalar] = []
    strings: list[bytes] = []
    content: tuple[int, int] | None = None
    for number, kind, at, until in fields(data, start, end):
        if number == _DTYPE and kind == _VARINT:
            dtype = varint(data, at, until)[0]
        elif number == _SHAPE and kind == _LENGTH:
            size = _elements(data, at, until)
        elif number == _CONTENT and kind == _LENGTH:
            content = at, until
        elif number in _FIXED_LISTS:
            numbers += [
                Scalar("", position, _FIXED_LISTS[number][1])
                for position in range(
                    at, until - _WIDTHS[_FIXED_LISTS[number][1]] + 1, _WIDTHS[_FIXED_LISTS[number][1]]
                )
            ]
        elif number in _VARINT_LISTS:
            numbers += _integers(data, at, until, half=number == 13)
        elif number == _STRINGS and kind == _LENGTH:
            strings.append(data[at:until])
    form = _FORMATS.get(dtype)
    if size != 1:
        return None, None
    if strings and form is None:
        return None, strings[0].decode("utf-8", "replace")
    if form is None:
        return None, None
    if content is not None and content[1] - content[0] == _WIDTHS[form]:
        return Scalar("", content[0], form), None
    if len(numbers) != 1 or numbers[0].format not in ("", form):
        return None, None
    return numbers[0], None


def _elements(data: bytes, start: int, end: int) -> int:
    size = 1
    for number, kind, at, until in fields(data, start, end):
        if number == 2 and kind == _LENGTH:
            sizes = [varint(data, a, b)[0] for inner, _, a, b in fields(data, at, until) if inner == 1]
            size *= sizes[0] if sizes else 0
    return size


def _integers(data: bytes, at: int, until: int, *, half: bool) -> list[Scalar]:
    """Numbers of seven bits a byte: their width differs, so that each is read by itself."""
    texts = []
    while at < until:
        value, at = varint(data, at, until)
        number = struct.unpack("<e", struct.pack("<H", value & 0xFFFF))[0] if half else float(signed(value))
        texts.append(Scalar("", -1, "", number))
    return texts
