"""The scalars of many records at once: events that are alike but for their numbers are decoded together."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sml_viewer.arrays import Floats

from .messages import Message, event_of, message_of
from .records import FOOT, Bytes, Integers, Records, intact

# Longer events hold pictures, histograms, graphs, texts: nothing is read of them.
_LONG = 4_096
# Kinds of events of one length that are looked for before the rest is read one by one.
_MOST_KINDS = 8
_WALL_TIME, _STEP = 0x09, 0x10
_BEHIND_TIME = 9
_WIDTHS = {"<f4": 4, "<f8": 8, "<i4": 4, "<i8": 8, "<f2": 2}


class Points(NamedTuple):
    """The numbers of one tag from one place in its records; all of shape (points,).

    `order` is the index of each record in the file, so that points of several groups can be sorted.
    """

    order: Integers
    steps: Integers
    times: Floats
    values: Floats


@dataclass
class Decoded:
    """What records hold: points by tag, starts of sessions as (order, step); `count` intact records.

    `damaged` says that the record behind those is not what was written.
    """

    points: dict[str, list[Points]] = field(default_factory=dict)
    starts: list[tuple[int, int]] = field(default_factory=list)
    count: int = 0
    damaged: bool = False


def decode(data: bytes, whole: Records, first: int = 0) -> Decoded:
    """The records of `data`, up to the first one that is damaged; `first` is the order of their first."""
    decoded = Decoded()
    buffer = np.frombuffer(data, np.uint8)
    groups = _groups(buffer, whole)
    bad = [group.first_bad for group in groups if group.first_bad is not None]
    decoded.count = min(bad, default=len(whole.starts))
    decoded.damaged = bool(bad)
    for group in groups:
        keep = group.places < decoded.count
        if keep.all():
            _decode_group(group.payloads, group.places + first, decoded)
        elif keep.any():
            _decode_group(group.payloads[keep], group.places[keep] + first, decoded)
    return decoded


class _Group(NamedTuple):
    """The records of one length: their indexes, their payloads, the index of the first damaged one."""

    places: Integers
    payloads: Bytes
    first_bad: int | None


def _groups(buffer: Bytes, records: Records) -> list[_Group]:
    groups: list[_Group] = []
    if not len(records.starts):
        return groups
    order = np.argsort(records.lengths, kind="stable")
    lengths, begins = np.unique(records.lengths[order], return_index=True)
    for length, places in zip(lengths.tolist(), np.split(order, begins[1:]), strict=True):
        if not 0 < length <= _LONG:
            continue
        whole = _rows(buffer, records.starts[places], length + FOOT)
        payloads = whole[:, :length]
        sums = np.ascontiguousarray(whole[:, length:]).view("<u4")[:, 0]
        bad = places[~intact(payloads, sums)]
        groups.append(_Group(places, payloads, int(bad.min()) if len(bad) else None))
    return groups


def _rows(buffer: Bytes, starts: Integers, length: int) -> Bytes:
    """The bytes behind some places, of shape (places, length); without a copy where they lie evenly."""
    apart = int(starts[1] - starts[0]) if len(starts) > 1 else 0
    if apart >= length and (starts[1:] - starts[:-1] == apart).all():
        windows = np.lib.stride_tricks.sliding_window_view(buffer[starts[0] :], length)
        rows: Bytes = windows[::apart][: len(starts)]
    else:
        rows = buffer[starts[:, None] + np.arange(length)]
    return rows


def _decode_group(payloads: Bytes, order: Integers, decoded: Decoded) -> None:
    """Events of one length: by how many bytes their steps take."""
    if payloads.shape[1] <= _BEHIND_TIME:
        return  # no room for a tag and a number
    usual = payloads[:, 0] == _WALL_TIME
    for row in np.flatnonzero(~usual).tolist():
        _decode_one(payloads[row].tobytes(), int(order[row]), decoded)
    if not usual.all():
        payloads, order = payloads[usual], order[usual]
    if not len(payloads):
        return
    times = np.ascontiguousarray(payloads[:, 1:_BEHIND_TIME]).view("<f8")[:, 0].astype(np.float64)
    sizes = _step_sizes(payloads)
    for size in np.unique(sizes).tolist():
        rows = np.flatnonzero(sizes == size)
        if size < 0 or payloads.shape[1] <= _BEHIND_TIME + size:
            for row in rows.tolist():
                _decode_one(payloads[row].tobytes(), int(order[row]), decoded)
            continue
        steps = np.zeros(len(rows), np.uint64)
        for digit in range(size - 1):
            byte = payloads[rows, _BEHIND_TIME + 1 + digit].astype(np.uint64) & np.uint64(0x7F)
            steps |= byte << np.uint64(7 * digit)
        rest = np.ascontiguousarray(payloads[rows, _BEHIND_TIME + size :])
        _decode_alike(rest, order[rows], steps.view(np.int64), times[rows], decoded)


def _step_sizes(payloads: Bytes) -> Integers:
    """How many bytes each step takes with its key: 0 where there is none, -1 where it is not whole."""
    digits = payloads[:, _BEHIND_TIME + 1 : _BEHIND_TIME + 11] < 0x80
    ends = digits.argmax(axis=1) + 2 if digits.shape[1] else np.zeros(len(payloads), np.int64)
    ends = np.where(digits.any(axis=1), ends, -1)
    result: Integers = np.where(payloads[:, _BEHIND_TIME] == _STEP, ends, 0)
    return result


def _decode_alike(rest: Bytes, order: Integers, steps: Integers, times: Floats, decoded: Decoded) -> None:
    """Events of one length from behind their steps on: those that differ in numbers alone are one kind."""
    left = np.arange(len(rest))
    for _ in range(_MOST_KINDS):
        if len(left) < 2:
            break
        message = _of_bytes(rest[left[0]].tobytes())
        holes = _holes(message)
        if message is None or not holes:
            _take(message, rest, left[:1], order, steps, times, decoded)
            left = left[1:]
            continue
        left = _take_like(rest, left, holes, (order, steps, times), decoded)
    for row in left.tolist():
        single = np.array([row])
        _take(_of_bytes(rest[row].tobytes()), rest, single, order, steps, times, decoded)


_Holes = tuple[tuple[int, str], ...]


def _take_like(
    rest: Bytes, left: NDArray[Any], holes: _Holes, axes: tuple[Integers, Integers, Floats], decoded: Decoded
) -> NDArray[Any]:
    """Decode all events with numbers at these offsets; returns the others."""
    blank = rest[left]
    for at, form in holes:
        blank[:, at : at + _WIDTHS[form]] = 0
    if len(left) == len(rest) and (blank == blank[0]).all():
        kinds = [np.arange(len(left))]
    else:
        hashes = blank.astype(np.uint64) @ _weights(rest.shape[1])
        by_hash = np.argsort(hashes, kind="stable")
        _, begins = np.unique(hashes[by_hash], return_index=True)
        kinds = np.split(by_hash, begins[1:])
    others = []
    for kind in kinds:
        message = _of_bytes(blank[kind[0]].tobytes())
        if _holes(message) == holes and (blank[kind] == blank[kind[0]]).all():
            _take(message, rest, left[kind], *axes, decoded)
        else:
            others.append(left[kind])
    return np.sort(np.concatenate(others)) if others else left[:0]


def _take(
    message: Message | None,
    rest: Bytes,
    places: NDArray[Any],
    order: Integers,
    steps: Integers,
    times: Floats,
    decoded: Decoded,
) -> None:
    """The numbers of events that are of one kind."""
    if message is None:
        return
    axes = order[places], steps[places], times[places]
    for scalar in message.scalars:
        if scalar.at < 0:
            values = np.full(len(places), scalar.value)
        else:
            width = _WIDTHS[scalar.format]
            cells = np.ascontiguousarray(rest[places, scalar.at : scalar.at + width])
            values = cells.view(scalar.format)[:, 0].astype(np.float64)
        points = Points(*axes, values)
        decoded.points.setdefault(scalar.tag, []).append(points)
    if message.starts:
        decoded.starts += [(int(order[row]), int(steps[row])) for row in places.tolist()]


def _decode_one(payload: bytes, order: int, decoded: Decoded) -> None:
    """An event that is not as events usually are."""
    try:
        event = event_of(payload)
    except ValueError:
        return
    row = np.frombuffer(payload, np.uint8)[None]
    where, steps = np.array([order]), np.array([event.step], np.int64)
    _take(event.message, row, np.array([0]), where, steps, np.array([event.wall_time]), decoded)


def _of_bytes(data: bytes) -> Message | None:
    """The message; None if the bytes are none."""
    try:
        return message_of(data)
    except ValueError:
        return None


def _holes(message: Message | None) -> _Holes:
    """The offsets of an event's numbers; empty if one of them has a variable width."""
    if message is None or any(scalar.at < 0 for scalar in message.scalars):
        return ()
    return tuple((scalar.at, scalar.format) for scalar in message.scalars)


@functools.lru_cache(256)
def _weights(count: int) -> NDArray[np.uint64]:
    # Any numbers do: what they say is alike is compared.
    return np.random.default_rng(0).integers(1, 1 << 63, count, np.uint64)
