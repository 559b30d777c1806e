"""The records of an event file: where each payload lies, and whether it is what was written.

A record is a length, its checksum, the payload, its checksum; tensorflow.org/tutorials/load_data/tfrecord.
"""

from __future__ import annotations

import functools
import struct
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Integers = NDArray[np.int64]

HEAD = 12
FOOT = 4
_HEAD = struct.Struct("<QI")
_POLYNOMIAL = 0x82F63B78  # CRC-32C, reflected
_MASK_DELTA = 0xA282EAD8
# Records that are looked at one by one before the next are tried to go on alike, and so many at a time.
_AT_ONCE = 128
_MOST_AT_ONCE = 1 << 16
_HEAD_BYTES = np.arange(HEAD)
# Fewer records of one length than these are checked one by one.
_FEW = 24


class Records(NamedTuple):
    """Payloads in a stretch of bytes: begin and length of each, shape (records,); `end` is behind the last.

    `damaged` tells that the bytes at `end` are not a record.
    """

    starts: Integers
    lengths: Integers
    end: int
    damaged: bool


def records(data: bytes, until: int | None = None) -> Records:
    """The whole records at the beginning of `data`; checksums of lengths hold, those of payloads may not.

    `until` is a byte beyond which no record needs to begin.
    """
    buffer = np.frombuffer(data, np.uint8)
    stretches: list[tuple[Integers, Integers]] = []
    position, size = 0, len(data)
    last = size - HEAD if until is None else min(size - HEAD, until)
    known: dict[int, int] = {}
    damaged = False
    while position <= last:
        starts, lengths, position, damaged = _one_by_one(data, position, last, known)
        stretches.append((np.array(starts, np.int64), np.array(lengths, np.int64)))
        if damaged or len(starts) < _AT_ONCE:
            break
        if (more := _as_before(buffer, position, last, lengths)) is not None:
            stretches.append(more)
            position = int(more[0][-1] + more[1][-1]) + FOOT
    starts_found, lengths_found = zip(*stretches, strict=True) if stretches else ((), ())
    joined = np.concatenate([[], *starts_found]).astype(np.int64), np.concatenate([[], *lengths_found])
    return Records(joined[0], joined[1].astype(np.int64), position, damaged)


def _one_by_one(
    data: bytes, position: int, last: int, known: dict[int, int]
) -> tuple[list[int], list[int], int, bool]:
    """The next records, their begins and lengths, where they end, and whether what follows is damaged.

    `known` are checksums of lengths. Fewer than `_AT_ONCE` are all that there are.
    """
    starts: list[int] = []
    lengths: list[int] = []
    unpack, size = _HEAD.unpack_from, len(data)
    while position <= last and len(starts) < _AT_ONCE:
        length, crc = unpack(data, position)
        if known.get(length) != crc:
            if masked_crc(data[position : position + 8]) != crc:
                return starts, lengths, position, True
            known[length] = crc
        following = position + HEAD + length + FOOT
        if following > size:
            break
        starts.append(position + HEAD)
        lengths.append(length)
        position = following
    return starts, lengths, position, False


def _as_before(
    buffer: Bytes, position: int, last: int, lengths: list[int]
) -> tuple[Integers, Integers] | None:
    """The next records as far as their lengths go on as they did; None if they do not.

    Loggers write the same tags at each step. A head that is equal to an earlier one has the right checksum.
    """
    ends = np.array(lengths, np.int64)
    # Where the first records of a file say what it is, the later ones tell.
    period = _period(ends[_AT_ONCE // 2 :]) or _period(ends)
    if period is None:
        return None
    cycle = ends[-period:]
    whole = int(cycle.sum()) + period * (HEAD + FOOT)
    times = min((last + HEAD - position) // whole, _MOST_AT_ONCE // period)
    if times < 1:
        return None
    sizes = cycle + (HEAD + FOOT)
    offsets = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    heads = (position + offsets + whole * np.arange(times)[:, None]).ravel()
    before = position - whole + offsets
    same = (
        buffer[heads[:, None] + _HEAD_BYTES] == np.tile(buffer[before[:, None] + _HEAD_BYTES], (times, 1))
    ).all(1)
    count = len(same) if same.all() else int(same.argmin())
    return (heads[:count] + HEAD, np.tile(cycle, times)[:count]) if count else None


def _period(lengths: Integers) -> int | None:
    """After how many records their lengths repeat."""
    periods = range(1, len(lengths) // 2)
    return next((period for period in periods if (lengths[period:] == lengths[:-period]).all()), None)


def length_at(data: bytes, position: int) -> int | None:
    """The length of the record at a place; None if its head is not whole or not what was written."""
    if position + HEAD > len(data):
        return None
    length, crc = _HEAD.unpack_from(data, position)
    return int(length) if masked_crc(data[position : position + 8]) == crc else None


def masked_crc(data: bytes) -> int:
    """The masked CRC-32C of a few bytes, as TensorFlow writes it."""
    crc, table = 0xFFFFFFFF, _byte_table()
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + _MASK_DELTA) & 0xFFFFFFFF


def intact(payloads: Bytes, checksums: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Whether payloads of one length, shape (records, length), have their checksums, shape (records,)."""
    count, length = payloads.shape
    if count < _FEW:
        crcs = [masked_crc(payload.tobytes()) for payload in payloads]
        return np.asarray(np.array(crcs, np.uint32) == checksums)
    crc = np.full(count, 0xFFFFFFFF, np.uint32)
    for byte in range(length % 4):
        crc = _table8()[(crc ^ payloads[:, byte]) & 0xFF] ^ (crc >> np.uint32(8))
    words = np.ascontiguousarray(np.ascontiguousarray(payloads[:, length % 4 :]).view("<u4").T)
    (near, far), low, half = _tables16(), np.uint32(0xFFFF), np.uint32(16)
    for word in words:
        crc ^= word
        crc = far[crc & low] ^ near[crc >> half]
    crc ^= np.uint32(0xFFFFFFFF)
    masked = (crc >> np.uint32(15) | crc << np.uint32(17)) + np.uint32(_MASK_DELTA)
    return np.asarray(masked == checksums)


@functools.cache
def _byte_table() -> tuple[int, ...]:
    def entry(value: int) -> int:
        for _ in range(8):
            value = value >> 1 ^ (_POLYNOMIAL if value & 1 else 0)
        return value

    return tuple(map(entry, range(256)))


@functools.cache
def _table8() -> NDArray[np.uint32]:
    return np.array(_byte_table(), np.uint32)


@functools.cache
def _tables16() -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """The same for two bytes, and for two with two zeros behind: four bytes are one step."""
    table = _table8()
    word: Any = np.arange(1 << 16, dtype=np.uint32)
    tables = []
    for _ in range(2):
        for _ in range(2):
            word = table[word & 0xFF] ^ (word >> np.uint32(8))
        tables.append(np.asarray(word, np.uint32))
    return tables[0], tables[1]
