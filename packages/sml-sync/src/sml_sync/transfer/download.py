"""Download one file: staged beside its name and renamed, or appended in place."""

from __future__ import annotations

import contextlib
import os
import random
import re
from pathlib import Path

from sml_config.hashing import short_hash
from sml_config.run_folder import TEMPORARY_PREFIX, is_temporary
from sml_config.ssh.sftp import packets
from sml_config.ssh.sftp.packets import BLOCK, Attributes, Reply
from sml_config.ssh.sftp.pipeline import Job, Stream

from .upload_file import ChangedError

_SAMPLE_BYTES = 4 << 10
_SHORT_BYTES = 64 << 10
_SAMPLES = 14
RESUMED_SIZE = 8 << 20
_ATTEMPTS = 3
# Fetched by one question.
_SMALL_BYTES = 64 << 10
# Nothing else is staged under a name of this length.
_STAGED = re.compile(re.escape(TEMPORARY_PREFIX) + r"[0-9a-f]{24}")


def download(remote_path: bytes, remote: Attributes, path: Path) -> Job[int]:
    """Fetch a file whole; returns the bytes transferred. Raises OSError, ChangedError.

    A lost connection leaves a part of a large file, which is resumed as long as the remote file is the same.
    """
    if remote.size <= _SMALL_BYTES:
        number = yield from _download_small(remote_path, remote, path)
        if number is not None:
            return number
    stage = path.with_name(_stage_name(remote_path, remote))
    keep = remote.size >= RESUMED_SIZE
    try:
        return (yield from _download(remote_path, remote, path, stage))
    except OSError:
        keep = False  # a full disk here, or a file that is gone
        raise
    finally:
        if not keep:
            with contextlib.suppress(OSError):
                stage.unlink()


def remove_leftovers(folder: Path, resumable: list[tuple[bytes, Attributes]]) -> None:
    """Remove what earlier pulls staged in a folder, except for the `resumable` files."""
    keep = {_stage_name(remote_path, remote) for remote_path, remote in resumable}
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if is_temporary(entry.name) and entry.name not in keep and _STAGED.fullmatch(entry.name):
                with contextlib.suppress(OSError):
                    Path(entry.path).unlink()


def _download_small(remote_path: bytes, remote: Attributes, path: Path) -> Job[int | None]:
    """Fetch what one answer carries; None if it is not as long as it was listed."""
    (opened,) = yield [packets.open_file(remote_path, packets.READ)]
    handle = opened.handle()
    # One byte more, so that its end is seen; a later change shows by its time.
    read, _ = yield [packets.read(handle, 0, remote.size + 1, remote_path), packets.close(handle)]
    data = read.data()
    if len(data) != remote.size:
        return None
    stage = f"{path.parent}/{_stage_name(remote_path, remote)}"
    try:
        with open(stage, "wb", buffering=0) as sink:  # noqa: PTH123  100,000 files
            sink.write(data)
            os.utime(sink.fileno(), (remote.mtime, remote.mtime))
        os.replace(stage, path)  # noqa: PTH105  likewise
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(stage)  # noqa: PTH108  likewise
        raise
    return remote.size


def _download(remote_path: bytes, remote: Attributes, path: Path, stage: Path) -> Job[int]:
    for _ in range(_ATTEMPTS):
        (opened,) = yield [packets.open_file(remote_path, packets.READ)]
        handle = opened.handle()
        (before,) = yield [packets.fstat(handle, remote_path)]
        size = before.attributes().size
        keep = size >= RESUMED_SIZE and size == remote.size
        with stage.open("r+b" if keep and stage.exists() else "w+b", buffering=0) as sink:
            offset = yield from _resume_offset(handle, sink.fileno(), size)
            sink.truncate(offset)
            complete = yield from _read_into(handle, sink.fileno(), offset, size, remote_path)
        (after,) = yield [packets.fstat(handle, remote_path)]
        yield [packets.close(handle)]
        if complete and after.attributes().size >= size:
            os.utime(stage, (before.attributes().mtime,) * 2)
            stage.replace(path)
            return size - offset
    raise ChangedError(None, f"changed during the download, {_ATTEMPTS} times", os.fsdecode(remote_path))


def download_tail(remote_path: bytes, base: int, path: Path) -> Job[int | None]:
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
    attributes = remote.attributes()
    with path.open("r+b", buffering=0) as sink:
        same = all(
            reply.data() == os.pread(sink.fileno(), length, start)
            for reply, (start, length) in zip(read, samples, strict=True)
        )
        if not same or attributes.size < base:
            yield [packets.close(handle)]
            return None
        complete = yield from _read_into(handle, sink.fileno(), base, attributes.size, remote_path)
    yield [packets.close(handle)]
    if not complete:
        return None
    os.utime(path, (attributes.mtime,) * 2)
    return attributes.size - base


def _samples(base: int) -> list[tuple[int, int]]:
    """Where a prefix is compared, as offset and length: everywhere if it is short."""
    if base <= _SHORT_BYTES:
        return [(0, base)] if base else []
    offsets = (random.randrange(base - _SAMPLE_BYTES) for _ in range(_SAMPLES))  # noqa: S311  nobody forges it
    return [(start, _SAMPLE_BYTES) for start in (0, base - _SAMPLE_BYTES, *offsets)]


def _read_into(handle: bytes, descriptor: int, offset: int, size: int, remote_path: bytes) -> Job[bool]:
    """Write the remote bytes from `offset` to `size` in their order; whether all came."""
    state = {"next": offset, "whole": True}
    failure: list[OSError] = []
    # Replies that arrived early: a server may answer in any order, but the local file is always a prefix.
    early: dict[int, Reply] = {}

    def sink(number: int, reply: Reply) -> None:
        early[offset + number * BLOCK] = reply
        while state["whole"] and not failure and (turn := early.pop(state["next"], None)) is not None:
            try:
                data = turn.data()
                if len(data) != min(BLOCK, size - state["next"]):
                    state["whole"] = False
                else:
                    os.pwrite(descriptor, data, state["next"])
                    state["next"] += len(data)
            except OSError as error:
                failure.append(error)

    reads = (
        packets.read(handle, at, min(BLOCK, size - at), remote_path)
        for at in range(offset, size, BLOCK)
        if state["whole"] and not failure
    )
    yield Stream(reads, sink=sink)
    if failure:
        raise failure[0]
    return bool(state["whole"])


def _resume_offset(handle: bytes, descriptor: int, size: int) -> Job[int]:
    """Bytes of a staged file that an earlier download left, if its end is equal to the remote file."""
    remote = os.fstat(descriptor).st_size
    if not 0 < remote <= size:
        return 0
    length = min(remote, BLOCK)
    (sample,) = yield [packets.read(handle, remote - length, length)]
    return remote if sample.data() == os.pread(descriptor, length, remote - length) else 0


def _stage_name(remote_path: bytes, remote: Attributes) -> str:
    identity = remote_path + f"\0{remote.size}\0{remote.mtime}".encode()
    return f"{TEMPORARY_PREFIX}{short_hash(identity, 24)}"
