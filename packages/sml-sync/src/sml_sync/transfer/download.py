"""Download one file: staged beside its name and renamed, or appended in place."""

from __future__ import annotations

import contextlib
import hashlib
import os
import random
import re
from pathlib import Path

from sml_config.run_folder import TEMPORARY_PREFIX, is_temporary
from sml_sync.sftp import packets
from sml_sync.sftp.packets import BLOCK, Attributes, Reply
from sml_sync.sftp.pipeline import Job, Stream

from .transfer import ChangedError

_PROOF = 4 << 10
_SHORT = 64 << 10
_PLACES = 14
RESUMED_SIZE = 8 << 20
_TRIALS = 3
# Fetched by one question.
_SMALL = 64 << 10
# Nothing else is staged under a name of this length.
_STAGED = re.compile(re.escape(TEMPORARY_PREFIX) + r"[0-9a-f]{24}")


def fetch(far: bytes, stands: Attributes, path: Path) -> Job[int]:
    """Fetch a file whole; returns the bytes that travelled. Raises OSError, ChangedError.

    What a broken line leaves of a large file stays and is gone on with, as long as the far file is the same.
    """
    if stands.size <= _SMALL:
        number = yield from _fetch_small(far, stands, path)
        if number is not None:
            return number
    stage = path.with_name(_stage_name(far, stands))
    keep = stands.size >= RESUMED_SIZE
    try:
        return (yield from _fetch(far, stands, path, stage))
    except OSError:
        keep = False  # a full disk here, or a file that is gone
        raise
    finally:
        if not keep:
            with contextlib.suppress(OSError):
                stage.unlink()


def remove_leftovers(folder: Path, resumable: list[tuple[bytes, Attributes]]) -> None:
    """Remove what earlier pulls staged in a folder, except for the `resumable` files."""
    keep = {_stage_name(far, stands) for far, stands in resumable}
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if is_temporary(entry.name) and entry.name not in keep and _STAGED.fullmatch(entry.name):
                with contextlib.suppress(OSError):
                    Path(entry.path).unlink()


def _fetch_small(far: bytes, stands: Attributes, path: Path) -> Job[int | None]:
    """Fetch what one answer carries; None if it is not as long as it was listed."""
    (opened,) = yield [packets.open_file(far, packets.READ)]
    handle = opened.handle()
    # One byte more, so that its end is seen; a later change shows by its time.
    read, _ = yield [packets.read(handle, 0, stands.size + 1, far), packets.close(handle)]
    data = read.data()
    if len(data) != stands.size:
        return None
    stage = f"{path.parent}/{_stage_name(far, stands)}"
    try:
        with open(stage, "wb", buffering=0) as sink:  # noqa: PTH123  100,000 files
            sink.write(data)
            os.utime(sink.fileno(), (stands.mtime, stands.mtime))
        os.replace(stage, path)  # noqa: PTH105  likewise
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(stage)  # noqa: PTH108  likewise
        raise
    return stands.size


def _fetch(far: bytes, stands: Attributes, path: Path, stage: Path) -> Job[int]:
    for _ in range(_TRIALS):
        (opened,) = yield [packets.open_file(far, packets.READ)]
        handle = opened.handle()
        (before,) = yield [packets.fstat(handle, far)]
        size = before.attributes().size
        keep = size >= RESUMED_SIZE and size == stands.size
        with stage.open("r+b" if keep and stage.exists() else "w+b", buffering=0) as sink:
            offset = yield from _proved(handle, sink.fileno(), size)
            sink.truncate(offset)
            complete = yield from _read_into(handle, sink.fileno(), offset, size, far)
        (after,) = yield [packets.fstat(handle, far)]
        yield [packets.close(handle)]
        if complete and after.attributes().size >= size:
            os.utime(stage, (before.attributes().mtime,) * 2)
            stage.replace(path)
            return size - offset
    raise ChangedError(None, f"changed while it was fetched, {_TRIALS} times", os.fsdecode(far))


def fetch_tail(far: bytes, base: int, path: Path) -> Job[int | None]:
    """Append what follows the first `base` bytes; None if the far file is no continuation.

    SFTP knows no digests, so a long prefix is proved by its beginning, its end and places between, which a
    rewritten table cannot all keep; to compare all of it is to fetch it. Raises OSError.
    """
    (opened,) = yield [packets.open_file(far, packets.READ)]
    handle = opened.handle()
    proofs = _proofs(base)
    stands, *read = yield [
        packets.fstat(handle, far),
        *(packets.read(handle, start, length, far) for start, length in proofs),
    ]
    attributes = stands.attributes()
    with path.open("r+b", buffering=0) as sink:
        same = all(
            reply.data() == os.pread(sink.fileno(), length, start)
            for reply, (start, length) in zip(read, proofs, strict=True)
        )
        if not same or attributes.size < base:
            yield [packets.close(handle)]
            return None
        complete = yield from _read_into(handle, sink.fileno(), base, attributes.size, far)
    yield [packets.close(handle)]
    if not complete:
        return None
    os.utime(path, (attributes.mtime,) * 2)
    return attributes.size - base


def _proofs(base: int) -> list[tuple[int, int]]:
    """Where a prefix is compared, as offset and length: everywhere if it is short."""
    if base <= _SHORT:
        return [(0, base)] if base else []
    places = (random.randrange(base - _PROOF) for _ in range(_PLACES))  # noqa: S311  nobody forges it
    return [(start, _PROOF) for start in (0, base - _PROOF, *places)]


def _read_into(handle: bytes, descriptor: int, offset: int, size: int, far: bytes) -> Job[bool]:
    """Write the far bytes from `offset` to `size` in their order; whether all came."""
    state = {"next": offset, "whole": True}
    failure: list[OSError] = []
    # What came before its turn: a server may answer in any order, and what stands here is always a prefix.
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
        packets.read(handle, at, min(BLOCK, size - at), far)
        for at in range(offset, size, BLOCK)
        if state["whole"] and not failure
    )
    yield Stream(reads, sink=sink)
    if failure:
        raise failure[0]
    return bool(state["whole"])


def _proved(handle: bytes, descriptor: int, size: int) -> Job[int]:
    """How much of a staged file an earlier fetch left, if its end is what stands there."""
    stands = os.fstat(descriptor).st_size
    if not 0 < stands <= size:
        return 0
    length = min(stands, BLOCK)
    (proof,) = yield [packets.read(handle, stands - length, length)]
    return stands if proof.data() == os.pread(descriptor, length, stands - length) else 0


def _stage_name(far: bytes, stands: Attributes) -> str:
    identity = far + f"\0{stands.size}\0{stands.mtime}".encode()
    return f"{TEMPORARY_PREFIX}{hashlib.sha256(identity).hexdigest()[:24]}"
