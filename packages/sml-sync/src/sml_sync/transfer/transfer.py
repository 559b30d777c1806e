"""Upload one file, as jobs of the pipeline: staged and renamed, or appended in place.

A reader over there sees a valid prefix of a file that is appended to, and one of the two whole versions
of a file that is replaced, whatever happens on the way.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from sml_sync.sftp import packets
from sml_sync.sftp.packets import BLOCK, Reply, Request
from sml_sync.sftp.pipeline import AHEAD, Job, Stream

from .local_files import LocalFile

_CHUNK = 1 << 20
# Compared before an append, and read back after it.
_PROOF = 4 << 10
# A staged file of this size is worth going on with after a cut.
_RESUMED_SIZE = 8 << 20
_TRIALS = 3
# Read whole before it is sent; some hundred of these are held at a time.
_SMALL = 32 << 10


class ChangedError(OSError):
    """The local file did not hold still while it was read."""


class Arrived(NamedTuple):
    """A file as it was sent, and what travelled."""

    local: LocalFile
    digest: str
    bytes: int
    # As it stands over there: a server may not let its time be set.
    mtime: int


def replace(path: Path, far: bytes, stage: bytes) -> Job[Arrived]:
    """Stage a file and rename it over its name. Raises OSError, ChangedError."""
    for _ in range(_TRIALS):
        with path.open("rb", buffering=0) as source:
            before = LocalFile.of(os.fstat(source.fileno()))
            reading = _Reading(source.fileno(), before.size)
            if before.size <= _SMALL:
                data = reading.block(_SMALL)
                if not _held_still(source.fileno(), before, reading):
                    continue
                source.close()  # many wait for their answers at a time
                mtime = yield from _stage_small(data, far, stage, before)
                yield from _put(stage, far)
                return Arrived(before, reading.digest.hexdigest(), before.size, mtime)
            resumed = yield from _open_stage(source.fileno(), stage, before)
            if resumed.offset:
                reading.skip(resumed.offset)
            replies = yield Stream(_write_all(reading, resumed, far, before))
            if _held_still(source.fileno(), before, reading):
                mtime = _check(replies, before.size, far)
                yield from _put(stage, far)
                sent = before.size - resumed.offset
                return Arrived(before, reading.digest.hexdigest(), sent, mtime)
        yield [packets.remove(stage)]
    raise ChangedError(None, f"changed while it was sent, {_TRIALS} times", str(path))


def append(path: Path, far: bytes, base: int, digest: str | None) -> Job[Arrived | None]:
    """Write what follows the first `base` bytes; None if it is no continuation after all.

    `digest` is the SHA-256 of those bytes as they were sent; None if they have just been compared.
    Raises OSError, ChangedError.
    """
    with path.open("rb", buffering=0) as source:
        before = LocalFile.of(os.fstat(source.fileno()))
        reading = _Reading(source.fileno(), before.size)
        reading.skip(base)
        if reading.offset != base or (digest is not None and reading.digest.hexdigest() != digest):
            return None
        (opened,) = yield [packets.open_file(far, packets.READ | packets.WRITE)]
        handle = opened.handle()
        start = max(base - _PROOF, 0)
        stands, proof = yield [packets.fstat(handle), packets.read(handle, start, base - start or 1, far)]
        expected = os.pread(source.fileno(), base - start, start)
        if stands.attributes().size != base or (base and proof.data() != expected):
            yield [packets.close(handle)]
            return None
        # One at a time: were a later one written after an earlier one failed, there would be a hole.
        writes = _writes(reading, handle, far)
        last: Request | None = None
        for request in writes:
            if last is not None:
                (written,) = yield [last]
                yield from _checked(written, handle)
            last = request
        end = max(reading.offset - _PROOF, 0)
        replies = yield [
            *([last] if last is not None else []),
            packets.read(handle, end, max(reading.offset - end, 1), far),
            packets.set_mtime(handle, before.mtime, far),
            packets.fstat(handle, far),
            packets.close(handle, far),
        ]
        if not _held_still(source.fileno(), before, reading):
            raise ChangedError(None, "changed while it was sent", str(path))
        *statuses, back, timed, stands, closed = replies
        for reply in (*statuses, *([] if timed.is_refused else [timed]), closed):
            reply.check()
        if stands.attributes().size != before.size or back.data() != reading.tail(end):
            raise OSError(None, "what is there is not what was sent; is somebody else writing it?", str(path))
        mtime = stands.attributes().mtime
        return Arrived(before, reading.digest.hexdigest(), before.size - base, mtime)


def is_prefix(path: Path, far: bytes, size: int, start: int = 0) -> Job[bool]:
    """Whether the `size` bytes over there are how the local file begins, looking from `start` on."""
    with path.open("rb", buffering=0) as source:
        (opened,) = yield [packets.open_file(far, packets.READ)]
        handle = opened.handle()
        differs: list[int] = []

        def sink(number: int, reply: Reply) -> None:
            offset = start + number * BLOCK
            length = min(BLOCK, size - offset)
            # A short answer is allowed; it counts as different, which is safe.
            if reply.kind != packets.DATA or reply.data() != os.pread(source.fileno(), length, offset):
                differs.append(number)

        offsets = iter(range(start, size, BLOCK))
        reads = (
            packets.read(handle, offset, min(BLOCK, size - offset), far) for offset in offsets if not differs
        )
        yield Stream(reads, sink=sink)
        yield [packets.close(handle)]
        return not differs


def digest_of(path: Path, size: int) -> str | None:
    """SHA-256 of the first bytes of a file; None if there are not so many. Raises OSError."""
    with path.open("rb", buffering=0) as source:
        reading = _Reading(source.fileno(), size)
        reading.skip(size)
        return reading.digest.hexdigest() if reading.offset == size else None


class _Reading:
    """A file's bytes in order up to a size, and the digest of what was read."""

    def __init__(self, descriptor: int, size: int) -> None:
        self._descriptor = descriptor
        self._size = size
        self.offset = 0
        self.digest = hashlib.sha256()

    def block(self, most: int) -> bytes:
        """The next bytes; none at the end."""
        data = os.pread(self._descriptor, min(most, self._size - self.offset), self.offset)
        self.digest.update(data)
        self.offset += len(data)
        return data

    def skip(self, offset: int) -> None:
        """Read up to an offset, or the end."""
        while self.offset < offset and self.block(min(_CHUNK, offset - self.offset)):
            pass

    def tail(self, start: int) -> bytes:
        """The bytes from a place up to where reading stands."""
        return os.pread(self._descriptor, self.offset - start, start)


def _stage_small(data: bytes, far: bytes, stage: bytes, local: LocalFile) -> Job[int]:
    """Stage what one request carries, and ask for no more than is not known; returns the time over there."""
    (opened,) = yield [packets.open_file(stage, packets.WRITE | packets.CREATE | packets.TRUNCATE)]
    handle = opened.handle()
    writes = [packets.write(handle, 0, data, far)] if data else []
    *written, timed, closed = yield [
        *writes,
        packets.set_mtime(handle, local.mtime, far),
        packets.close(handle, far),
    ]
    for reply in (*written, *([] if timed.is_refused else [timed]), closed):
        reply.check()
    if timed.is_ok:
        return local.mtime
    (stands,) = yield [packets.lstat(stage)]
    return stands.attributes().mtime


class _Stage(NamedTuple):
    handle: bytes
    offset: int


def _open_stage(descriptor: int, stage: bytes, local: LocalFile) -> Job[_Stage]:
    """The staged file, empty, or with what arrived of a large one before a cut."""
    flags = packets.READ | packets.WRITE | packets.CREATE
    if local.size < _RESUMED_SIZE:
        (opened,) = yield [packets.open_file(stage, flags | packets.TRUNCATE)]
        return _Stage(opened.handle(), 0)
    (opened,) = yield [packets.open_file(stage, flags)]
    handle = opened.handle()
    (stands,) = yield [packets.fstat(handle)]
    size = stands.attributes().size
    # What was on its way may have been written in any order; before that there are no holes.
    end = size - AHEAD * BLOCK
    if end > 0 and size <= local.size:
        length = min(end, BLOCK)
        (proof,) = yield [packets.read(handle, end - length, length, stage)]
        if proof.data() == os.pread(descriptor, length, end - length):
            return _Stage(handle, end)
    yield [packets.close(handle)]
    (opened,) = yield [packets.open_file(stage, flags | packets.TRUNCATE)]
    return _Stage(opened.handle(), 0)


def _write_all(reading: _Reading, stage: _Stage, far: bytes, local: LocalFile) -> Iterator[Request]:
    yield from _writes(reading, stage.handle, far)
    yield packets.set_mtime(stage.handle, local.mtime, far)
    yield packets.fstat(stage.handle, far)
    yield packets.close(stage.handle, far)


def _writes(reading: _Reading, handle: bytes, far: bytes) -> Iterator[Request]:
    while True:
        offset = reading.offset
        data = reading.block(BLOCK)
        if not data:
            return
        yield packets.write(handle, offset, data, far)


def _check(replies: list[Reply], size: int, far: bytes) -> int:
    """The time that the file has over there. Raises OSError unless all of it arrived."""
    *statuses, timed, stands, closed = replies
    for reply in (*statuses, *([] if timed.is_refused else [timed]), closed):
        reply.check()
    if stands.attributes().size != size:
        raise OSError(None, f"{stands.attributes().size} of {size} bytes arrived", os.fsdecode(far))
    return stands.attributes().mtime


def _put(stage: bytes, far: bytes) -> Job[None]:
    """Give a staged file its name, in one step if the server has that; else what stood there goes first."""
    (renamed,) = yield [packets.rename_over(stage, far)]
    if not renamed.is_refused:
        renamed.check()
        return
    (placed,) = yield [packets.rename(stage, far)]
    if placed.is_ok:
        return
    old = stage + b"-old"
    (moved,) = yield [packets.rename(far, old)]
    if not moved.is_ok:
        renamed.check()
    (placed,) = yield [packets.rename(stage, far)]
    if not placed.is_ok:
        yield [packets.rename(old, far)]
        placed.check()
    yield [packets.remove(old)]


def _checked(written: Reply, handle: bytes) -> Job[None]:
    try:
        written.check()
    except OSError:
        yield [packets.close(handle)]
        raise


def _held_still(descriptor: int, before: LocalFile, reading: _Reading) -> bool:
    """Whether what was read is what stood there when it was opened; a file that only grew is fine."""
    after = LocalFile.of(os.fstat(descriptor))
    if reading.offset != before.size:
        return False
    if (after.size, after.mtime_ns) == (before.size, before.mtime_ns):
        return True
    again = _Reading(descriptor, before.size)
    again.skip(before.size)
    return again.digest.digest() == reading.digest.digest()
