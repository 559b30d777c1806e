"""Upload one file, as jobs of the pipeline: staged and renamed, or appended in place.

A remote reader sees a valid prefix of a file that is appended to, and one of the two whole versions
of a file that is replaced, whatever happens on the way.
"""

from __future__ import annotations

import hashlib
import itertools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from sml_config.ssh.sftp import packets
from sml_config.ssh.sftp.packets import BLOCK, Attributes, Reply, Request
from sml_config.ssh.sftp.pipeline import AHEAD, Job, Stream

from .local_files import RESUMED_SIZE, LocalFile

_CHUNK = 1 << 20
# Compared before an append, and read back after it.
_SAMPLE_BYTES = 4 << 10
_ATTEMPTS = 3
# Read whole before it is sent; some hundred of these are held at a time.
_SMALL = 32 << 10


class ChangedError(OSError):
    """The local file did not hold still while it was read."""


class Prefix(NamedTuple):
    """The first `size` bytes of a local file, hashed, and the file's attributes before they were read."""

    local: LocalFile
    size: int
    digest: hashlib._Hash


class UploadResult(NamedTuple):
    """A file as it was sent, and the bytes transferred."""

    local: LocalFile
    digest: str
    bytes: int
    # The time of the remote file; some servers do not allow setting it.
    mtime: int


def replace(path: Path, remote_path: bytes, stage: bytes) -> Job[UploadResult]:
    """Stage a file and rename it over its name. Raises OSError, ChangedError."""
    for _ in range(_ATTEMPTS):
        start = 0
        with path.open("rb", buffering=0) as source:
            reader = _Reader(source)
            size = reader.local.size
            if size <= _SMALL:
                data = reader.block(_SMALL)
                if not reader.is_unchanged():
                    continue
                source.close()  # many wait for their answers at a time
                mtime = yield from _stage_small(data, remote_path, stage, reader.local)
            else:
                handle, start = yield from _open_stage(reader, stage)
                reader.skip(start)
                ending = _ending(handle, reader.local, remote_path)
                replies = yield Stream(itertools.chain(_writes(reader, handle, remote_path), ending))
                if not reader.is_unchanged():
                    yield [packets.remove(stage)]
                    continue
                arrived = _ended(replies)
                if arrived.size != size:
                    problem = f"{arrived.size} of {size} bytes arrived"
                    raise OSError(None, problem, os.fsdecode(remote_path))
                mtime = arrived.mtime
        yield from _rename_stage(stage, remote_path)
        return UploadResult(reader.local, reader.digest.hexdigest(), size - start, mtime)
    raise ChangedError(None, f"changed during the upload, {_ATTEMPTS} times", str(path))


def append(path: Path, remote_path: bytes, base: int, prefix: Prefix | None) -> Job[UploadResult | None]:
    """Write what follows the first `base` bytes; None if it is no continuation after all.

    `prefix` are those bytes as they were sent; None if they have just been compared.
    Raises OSError, ChangedError.
    """
    with path.open("rb", buffering=0) as source:
        reader = _Reader(source)
        if prefix is not None and prefix.local == reader.local:
            reader.offset, reader.digest = prefix.size, prefix.digest.copy()
        else:
            reader.skip(base)
            if reader.offset != base or (prefix and reader.digest.digest() != prefix.digest.digest()):
                return None
        (opened,) = yield [packets.open_file(remote_path, packets.READ | packets.WRITE)]
        handle = opened.handle()
        start = max(base - _SAMPLE_BYTES, 0)
        fstat_reply, sample = yield [
            packets.fstat(handle),
            packets.read(handle, start, base - start or 1, remote_path),
        ]
        is_same = not base or sample.data() == reader.peek(start, base - start)
        if fstat_reply.attributes().size != base or not is_same:
            yield [packets.close(handle)]
            return None
        # One at a time: were a later one written after an earlier one failed, there would be a hole.
        last: list[Request] = []
        for request in _writes(reader, handle, remote_path):
            for written in (yield last):
                if written.error is not None:
                    yield [packets.close(handle)]
                    raise written.error
            last = [request]
        end = max(reader.offset - _SAMPLE_BYTES, 0)
        reading = packets.read(handle, end, max(reader.offset - end, 1), remote_path)
        replies = yield [*last, reading, *_ending(handle, reader.local, remote_path)]
        if not reader.is_unchanged():
            raise ChangedError(None, "changed during the upload", str(path))
        read_back = replies.pop(len(last))
        arrived = _ended(replies)
        if arrived.size != reader.local.size or read_back.data() != reader.peek(end, reader.offset - end):
            raise OSError(
                None, "the remote file is not what was sent; is another process writing it?", str(path)
            )
        return UploadResult(reader.local, reader.digest.hexdigest(), arrived.size - base, arrived.mtime)


def hash_prefix(path: Path, size: int) -> Prefix | None:
    """Hash the first bytes of a file; None if there are not so many. Raises OSError."""
    with path.open("rb", buffering=0) as source:
        reader = _Reader(source)
        reader.skip(size)
        return Prefix(reader.local, size, reader.digest) if reader.offset == size else None


class _Reader:
    """A file's bytes in order, up to the size that it has at first, and the digest of what was read."""

    def __init__(self, source: BinaryIO) -> None:
        self._descriptor = source.fileno()
        self.local = LocalFile.of(os.fstat(self._descriptor))
        self.offset = 0
        self.digest = hashlib.sha256()

    def block(self, most: int) -> bytes:
        """The next bytes; none at the end."""
        data = self.peek(self.offset, min(most, self.local.size - self.offset))
        self.digest.update(data)
        self.offset += len(data)
        return data

    def skip(self, offset: int) -> None:
        """Read up to an offset, or the end."""
        while self.offset < offset and self.block(min(_CHUNK, offset - self.offset)):
            pass

    def peek(self, start: int, length: int) -> bytes:
        """Bytes at any offset."""
        return os.pread(self._descriptor, length, start)

    def is_unchanged(self) -> bool:
        """Whether what was read is what stood there at first; a file that only grew is fine."""
        if self.offset != self.local.size:
            return False
        after = LocalFile.of(os.fstat(self._descriptor))
        if (after.size, after.mtime_ns) == (self.local.size, self.local.mtime_ns):
            return True
        digest, self.offset, self.digest = self.digest, 0, hashlib.sha256()
        self.skip(self.local.size)
        return self.digest.digest() == digest.digest()


def _stage_small(data: bytes, remote_path: bytes, stage: bytes, local: LocalFile) -> Job[int]:
    """Stage a file that fits one request, with as few requests as possible; returns the remote time."""
    (opened,) = yield [packets.open_file(stage, packets.WRITE | packets.CREATE | packets.TRUNCATE)]
    handle = opened.handle()
    writes = [packets.write(handle, 0, data, remote_path)] if data else []
    set_mtime, _, close = _ending(handle, local, remote_path)
    *written, mtime_reply, close_reply = yield [*writes, set_mtime, close]
    _check([*written, close_reply], mtime_reply)
    if mtime_reply.is_ok:
        return local.mtime
    (fstat_reply,) = yield [packets.lstat(stage)]
    return fstat_reply.attributes().mtime


def _open_stage(reader: _Reader, stage: bytes) -> Job[tuple[bytes, int]]:
    """The handle of the staged file, and how much of a large one arrived before a cut."""
    flags = packets.READ | packets.WRITE | packets.CREATE
    if reader.local.size >= RESUMED_SIZE:
        (opened,) = yield [packets.open_file(stage, flags)]
        handle = opened.handle()
        (fstat_reply,) = yield [packets.fstat(handle)]
        size = fstat_reply.attributes().size
        # What was on its way may have been written in any order; before that there are no holes.
        end = size - AHEAD * BLOCK
        if end > 0 and size <= reader.local.size:
            length = min(end, BLOCK)
            (sample,) = yield [packets.read(handle, end - length, length, stage)]
            if sample.data() == reader.peek(end - length, length):
                return handle, end
        yield [packets.close(handle)]
    (opened,) = yield [packets.open_file(stage, flags | packets.TRUNCATE)]
    return opened.handle(), 0


def _writes(reader: _Reader, handle: bytes, remote_path: bytes) -> Iterator[Request]:
    while data := reader.block(BLOCK):
        yield packets.write(handle, reader.offset - len(data), data, remote_path)


def _ending(handle: bytes, local: LocalFile, remote_path: bytes) -> tuple[Request, Request, Request]:
    """Set the time, ask for the attributes, close."""
    return (
        packets.set_mtime(handle, local.mtime, remote_path),
        packets.fstat(handle, remote_path),
        packets.close(handle, remote_path),
    )


def _ended(replies: list[Reply]) -> Attributes:
    """The attributes of the file by the replies to its writes and `_ending`. Raises OSError."""
    *written, mtime_reply, fstat_reply, close_reply = replies
    _check([*written, close_reply], mtime_reply)
    return fstat_reply.attributes()


def _check(replies: list[Reply], mtime_reply: Reply) -> None:
    """Raise OSError unless all succeeded; some servers do not allow setting the time."""
    for reply in replies if mtime_reply.is_refused else (*replies, mtime_reply):
        reply.check()


def _rename_stage(stage: bytes, remote_path: bytes) -> Job[None]:
    """Give a staged file its name, in one step if the server has that; else what stood there goes first."""
    (renamed,) = yield [packets.rename_over(stage, remote_path)]
    if not renamed.is_refused:
        renamed.check()
        return
    (renamed_stage,) = yield [packets.rename(stage, remote_path)]
    if renamed_stage.is_ok:
        return
    old = stage + b"-old"
    (moved,) = yield [packets.rename(remote_path, old)]
    if not moved.is_ok:
        renamed.check()
    (renamed_stage,) = yield [packets.rename(stage, remote_path)]
    if not renamed_stage.is_ok:
        yield [packets.rename(old, remote_path)]
        renamed_stage.check()
    yield [packets.remove(old)]
