"""Upload one file, as jobs of the pipeline: staged and renamed, or appended in place.

A remote reader sees a valid prefix of a file that is appended to, and one of the two whole versions
of a file that is replaced, whatever happens on the way.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from sml_config.ssh.sftp import packets
from sml_config.ssh.sftp.packets import BLOCK, Reply, Request
from sml_config.ssh.sftp.pipeline import AHEAD, Job, Stream

from .local_files import LocalFile

_CHUNK = 1 << 20
# Compared before an append, and read back after it.
_SAMPLE_BYTES = 4 << 10
# A staged file of this size is worth going on with after a cut.
_RESUMED_SIZE = 8 << 20
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
        with path.open("rb", buffering=0) as source:
            before = LocalFile.of(os.fstat(source.fileno()))
            reader = _HashingReader(source.fileno(), before.size)
            if before.size <= _SMALL:
                data = reader.block(_SMALL)
                if not _is_unchanged(source.fileno(), before, reader):
                    continue
                source.close()  # many wait for their answers at a time
                mtime = yield from _stage_small(data, remote_path, stage, before)
                yield from _rename_stage(stage, remote_path)
                return UploadResult(before, reader.digest.hexdigest(), before.size, mtime)
            resumed = yield from _open_stage(source.fileno(), stage, before)
            if resumed.offset:
                reader.skip(resumed.offset)
            replies = yield Stream(_write_all(reader, resumed, remote_path, before))
            if _is_unchanged(source.fileno(), before, reader):
                mtime = _verify(replies, before.size, remote_path)
                yield from _rename_stage(stage, remote_path)
                sent = before.size - resumed.offset
                return UploadResult(before, reader.digest.hexdigest(), sent, mtime)
        yield [packets.remove(stage)]
    raise ChangedError(None, f"changed during the upload, {_ATTEMPTS} times", str(path))


def append(path: Path, remote_path: bytes, base: int, prefix: Prefix | None) -> Job[UploadResult | None]:
    """Write what follows the first `base` bytes; None if it is no continuation after all.

    `prefix` are those bytes as they were sent; None if they have just been compared.
    Raises OSError, ChangedError.
    """
    with path.open("rb", buffering=0) as source:
        before = LocalFile.of(os.fstat(source.fileno()))
        reader = _HashingReader(source.fileno(), before.size)
        if not reader.resume(prefix, before):
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
        expected = os.pread(source.fileno(), base - start, start)
        if fstat_reply.attributes().size != base or (base and sample.data() != expected):
            yield [packets.close(handle)]
            return None
        # One at a time: were a later one written after an earlier one failed, there would be a hole.
        writes = _writes(reader, handle, remote_path)
        last: Request | None = None
        for request in writes:
            if last is not None:
                (written,) = yield [last]
                yield from _check_or_close(written, handle)
            last = request
        end = max(reader.offset - _SAMPLE_BYTES, 0)
        replies = yield [
            *([last] if last is not None else []),
            packets.read(handle, end, max(reader.offset - end, 1), remote_path),
            packets.set_mtime(handle, before.mtime, remote_path),
            packets.fstat(handle, remote_path),
            packets.close(handle, remote_path),
        ]
        if not _is_unchanged(source.fileno(), before, reader):
            raise ChangedError(None, "changed during the upload", str(path))
        *statuses, read_back, mtime_reply, fstat_reply, close_reply = replies
        for reply in (*statuses, *([] if mtime_reply.is_refused else [mtime_reply]), close_reply):
            reply.check()
        if fstat_reply.attributes().size != before.size or read_back.data() != reader.tail(end):
            raise OSError(
                None, "the remote file is not what was sent; is another process writing it?", str(path)
            )
        mtime = fstat_reply.attributes().mtime
        return UploadResult(before, reader.digest.hexdigest(), before.size - base, mtime)


def hash_prefix(path: Path, size: int) -> Prefix | None:
    """Hash the first bytes of a file; None if there are not so many. Raises OSError."""
    with path.open("rb", buffering=0) as source:
        before = LocalFile.of(os.fstat(source.fileno()))
        reader = _HashingReader(source.fileno(), size)
        reader.skip(size)
        return Prefix(before, size, reader.digest) if reader.offset == size else None


class _HashingReader:
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

    def resume(self, prefix: Prefix | None, local: LocalFile) -> bool:
        """Continue after bytes that were hashed before; False if the file changed since."""
        if prefix is None or prefix.local != local:
            return False
        self.offset, self.digest = prefix.size, prefix.digest.copy()
        return True

    def tail(self, start: int) -> bytes:
        """The bytes from `start` up to the current offset."""
        return os.pread(self._descriptor, self.offset - start, start)


def _stage_small(data: bytes, remote_path: bytes, stage: bytes, local: LocalFile) -> Job[int]:
    """Stage a file that fits one request, with as few requests as possible; returns the remote time."""
    (opened,) = yield [packets.open_file(stage, packets.WRITE | packets.CREATE | packets.TRUNCATE)]
    handle = opened.handle()
    writes = [packets.write(handle, 0, data, remote_path)] if data else []
    *written, mtime_reply, close_reply = yield [
        *writes,
        packets.set_mtime(handle, local.mtime, remote_path),
        packets.close(handle, remote_path),
    ]
    for reply in (*written, *([] if mtime_reply.is_refused else [mtime_reply]), close_reply):
        reply.check()
    if mtime_reply.is_ok:
        return local.mtime
    (fstat_reply,) = yield [packets.lstat(stage)]
    return fstat_reply.attributes().mtime


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
    (fstat_reply,) = yield [packets.fstat(handle)]
    size = fstat_reply.attributes().size
    # What was on its way may have been written in any order; before that there are no holes.
    end = size - AHEAD * BLOCK
    if end > 0 and size <= local.size:
        length = min(end, BLOCK)
        (sample,) = yield [packets.read(handle, end - length, length, stage)]
        if sample.data() == os.pread(descriptor, length, end - length):
            return _Stage(handle, end)
    yield [packets.close(handle)]
    (opened,) = yield [packets.open_file(stage, flags | packets.TRUNCATE)]
    return _Stage(opened.handle(), 0)


def _write_all(
    reader: _HashingReader, stage: _Stage, remote_path: bytes, local: LocalFile
) -> Iterator[Request]:
    yield from _writes(reader, stage.handle, remote_path)
    yield packets.set_mtime(stage.handle, local.mtime, remote_path)
    yield packets.fstat(stage.handle, remote_path)
    yield packets.close(stage.handle, remote_path)


def _writes(reader: _HashingReader, handle: bytes, remote_path: bytes) -> Iterator[Request]:
    while True:
        offset = reader.offset
        data = reader.block(BLOCK)
        if not data:
            return
        yield packets.write(handle, offset, data, remote_path)


def _verify(replies: list[Reply], size: int, remote_path: bytes) -> int:
    """The time that the file has on the remote host. Raises OSError unless all of it arrived."""
    *statuses, mtime_reply, fstat_reply, close_reply = replies
    for reply in (*statuses, *([] if mtime_reply.is_refused else [mtime_reply]), close_reply):
        reply.check()
    if fstat_reply.attributes().size != size:
        raise OSError(
            None, f"{fstat_reply.attributes().size} of {size} bytes arrived", os.fsdecode(remote_path)
        )
    return fstat_reply.attributes().mtime


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


def _check_or_close(written: Reply, handle: bytes) -> Job[None]:
    try:
        written.check()
    except OSError:
        yield [packets.close(handle)]
        raise


def _is_unchanged(descriptor: int, before: LocalFile, reader: _HashingReader) -> bool:
    """Whether what was read is what stood there when it was opened; a file that only grew is fine."""
    after = LocalFile.of(os.fstat(descriptor))
    if reader.offset != before.size:
        return False
    if (after.size, after.mtime_ns) == (before.size, before.mtime_ns):
        return True
    again = _HashingReader(descriptor, before.size)
    again.skip(before.size)
    return again.digest.digest() == reader.digest.digest()
