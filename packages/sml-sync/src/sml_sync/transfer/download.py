"""Read one remote file: download it, append what follows, or compare it with a local file.

A download is staged beside its name and renamed.
"""

from __future__ import annotations

import contextlib
import functools
import os
import random
import re
from collections.abc import Callable
from pathlib import Path

from sml_config.hashing import short_hash
from sml_config.run_folder import TEMPORARY_PREFIX, is_temporary
from sml_config.ssh.sftp import packets
from sml_config.ssh.sftp.packets import BLOCK, Attributes, Reply
from sml_config.ssh.sftp.pipeline import Job, Stream

from .local_files import RESUMED_SIZE, LocalFile
from .upload_file import ChangedError

_SAMPLE_BYTES = 4 << 10
_SHORT_BYTES = 64 << 10
_SAMPLES = 14
_ATTEMPTS = 3
# Fetched by one question.
_SMALL_BYTES = 64 << 10
# Nothing else is staged under a name of this length.
_STAGED = re.compile(re.escape(TEMPORARY_PREFIX) + r"[0-9a-f]{24}")


def download(remote_path: bytes, remote: Attributes, path: str) -> Job[tuple[int, LocalFile]]:
    """Fetch a file whole; returns the bytes transferred and the file. Raises OSError, ChangedError.

    A lost connection leaves a part of a large file, which is resumed as long as the remote file is the same.
    """
    is_resumed = remote.size >= RESUMED_SIZE
    name = stage_name(remote_path, remote) if is_resumed else f"{TEMPORARY_PREFIX}{os.urandom(12).hex()}"
    stage = f"{path.rpartition('/')[0]}/{name}"
    try:
        if remote.size <= _SMALL_BYTES:
            data = yield from _read_small(remote_path, remote.size)
            if data is not None:
                descriptor = os.open(stage, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
                try:
                    _write(descriptor, 0, data)
                    return remote.size, _put(descriptor, stage, path, remote.mtime)
                finally:
                    os.close(descriptor)
        return (yield from _download(remote_path, remote, path, stage))
    except BaseException as error:
        # An OSError is a full disk here, or a file that is gone.
        if not is_resumed or isinstance(error, OSError):
            with contextlib.suppress(OSError):
                os.unlink(stage)  # noqa: PTH108  a Path for each of 100,000 files costs as much
        raise


def stage_name(remote_path: bytes, remote: Attributes) -> str:
    """The name under which a large file is staged, the same as long as the remote file is."""
    identity = remote_path + f"\0{remote.size}\0{remote.mtime}".encode()
    return f"{TEMPORARY_PREFIX}{short_hash(identity, 24)}"


def remove_leftovers(folder: Path, resumable: set[str]) -> None:
    """Remove what earlier pulls staged in a folder, except for the names of `resumable`."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if is_temporary(entry.name) and entry.name not in resumable and _STAGED.fullmatch(entry.name):
                with contextlib.suppress(OSError):
                    Path(entry.path).unlink()


def _read_small(remote_path: bytes, size: int) -> Job[bytes | None]:
    """What one answer carries; None if it is not as long as it was listed."""
    (opened,) = yield [packets.open_file(remote_path, packets.READ)]
    handle = opened.handle()
    # One byte more, so that its end is seen; a later change shows by its time.
    read, _ = yield [packets.read(handle, 0, size + 1, remote_path), packets.close(handle)]
    data = read.data()
    return data if len(data) == size else None


def _download(remote_path: bytes, remote: Attributes, path: str, stage: str) -> Job[tuple[int, LocalFile]]:
    for _ in range(_ATTEMPTS):
        (opened,) = yield [packets.open_file(remote_path, packets.READ)]
        handle = opened.handle()
        (before,) = yield [packets.fstat(handle, remote_path)]
        size, mtime = before.attributes().size, before.attributes().mtime
        descriptor = os.open(stage, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            offset = os.fstat(descriptor).st_size if remote.size == size >= RESUMED_SIZE else 0
            if offset:
                # An earlier download left it; its end has to be equal.
                length = min(offset, BLOCK)
                (sample,) = yield [packets.read(handle, offset - length, length)]
                is_equal = offset <= size and sample.data() == os.pread(descriptor, length, offset - length)
                offset = offset if is_equal else 0
            os.truncate(descriptor, offset)
            write = functools.partial(_write, descriptor)
            complete = yield from _read_blocks(handle, offset, size, remote_path, write)
            after, _ = yield [packets.fstat(handle, remote_path), packets.close(handle)]
            if complete and after.attributes().size >= size:
                return size - offset, _put(descriptor, stage, path, mtime)
        finally:
            os.close(descriptor)
    raise ChangedError(None, f"changed during the download, {_ATTEMPTS} times", os.fsdecode(remote_path))


def _put(descriptor: int, stage: str, path: str, mtime: int) -> LocalFile:
    """Give a staged file its time and its name."""
    os.utime(descriptor, (mtime, mtime))
    os.replace(stage, path)  # noqa: PTH105  a Path for each of 100,000 files costs as much
    # Now: the new name changes its ctime.
    return LocalFile.of(os.fstat(descriptor))


def download_tail(remote_path: bytes, base: int, path: str) -> Job[tuple[int, LocalFile] | None]:
    """Append what follows the first `base` bytes; None if the remote file is no continuation.

    SFTP knows no digests, so a long prefix is proved by its beginning, its end and places between, which a
    rewritten table cannot all keep; to compare all of it is to fetch it. Raises OSError.
    """
    (opened,) = yield [packets.open_file(remote_path, packets.READ)]
    handle = opened.handle()
    samples = _samples(base)
    remote, *read = yield [
        packets.fstat(handle, remote_path),
        *(packets.read(handle, start, length, remote_path) for start, length in samples),
    ]
    size, mtime = remote.attributes().size, remote.attributes().mtime
    with open(path, "r+b", buffering=0) as sink:  # noqa: PTH123
        descriptor = sink.fileno()
        complete = size >= base and all(
            reply.data() == os.pread(descriptor, length, start)
            for reply, (start, length) in zip(read, samples, strict=True)
        )
        if complete:
            write = functools.partial(_write, descriptor)
            complete = yield from _read_blocks(handle, base, size, remote_path, write)
        yield [packets.close(handle)]
        if not complete:
            return None
        os.utime(descriptor, (mtime, mtime))
        return size - base, LocalFile.of(os.fstat(descriptor))


def is_prefix(path: str | Path, remote_path: bytes, size: int, start: int = 0) -> Job[bool]:
    """Whether the `size` bytes on the remote host are how the local file begins, looking from `start` on."""
    with open(path, "rb", buffering=0) as source:  # noqa: PTH123
        (opened,) = yield [packets.open_file(remote_path, packets.READ)]
        handle = opened.handle()
        try:
            same = yield from _read_blocks(
                handle, start, size, remote_path,
                lambda offset, data: data == os.pread(source.fileno(), len(data), offset),
            )  # fmt: skip
        except OSError:
            same = False  # what cannot be read counts as different, which is safe
        yield [packets.close(handle)]
        return same


def _samples(base: int) -> list[tuple[int, int]]:
    """Where a prefix is compared, as offset and length: everywhere if it is short."""
    if base <= _SHORT_BYTES:
        return [(0, base)] if base else []
    offsets = (random.randrange(base - _SAMPLE_BYTES) for _ in range(_SAMPLES))  # noqa: S311  nobody forges it
    return [(start, _SAMPLE_BYTES) for start in (0, base - _SAMPLE_BYTES, *offsets)]


def _read_blocks(
    handle: bytes, offset: int, size: int, remote_path: bytes, take: Callable[[int, bytes], bool | None]
) -> Job[bool]:
    """Give `take` the remote bytes from `offset` to `size` in their order, until it returns False.

    Whether it took them all; False if a block came short. Raises OSError.
    """
    start, going = offset, True
    failure: OSError | None = None
    # Replies that arrived early: a server may answer in any order.
    early: dict[int, Reply] = {}

    def sink(number: int, reply: Reply) -> None:
        nonlocal offset, going, failure
        early[start + number * BLOCK] = reply
        while going and (turn := early.pop(offset, None)) is not None:
            try:
                data = turn.data()
                going = len(data) == min(BLOCK, size - offset) and take(offset, data) is not False
            except OSError as error:
                going, failure = False, error
            offset += BLOCK

    blocks = range(start, size, BLOCK)
    reads = (packets.read(handle, at, min(BLOCK, size - at), remote_path) for at in blocks if going)
    yield Stream(reads, sink=sink)
    if failure is not None:
        raise failure
    return going


def _write(descriptor: int, offset: int, data: bytes) -> None:
    """Write all of it: a disk that fills up takes a part before it fails."""
    while data:
        count = os.pwrite(descriptor, data, offset)
        data, offset = data[count:], offset + count
