"""Test a target step by step, and say what to change."""

from __future__ import annotations

import os
import posixpath
import time
import uuid
from collections.abc import Callable
from pathlib import PurePosixPath

from . import arguments
from .errors import ConnectError, LineError, SmlSyncError
from .report import size
from .sftp import packets, pipeline
from .sftp.pipeline import Job
from .ssh.connect import Connection, connect
from .targets import Target

_PROBE_BYTES = 8 << 20
_LITTLE_SPACE = 1 << 30
_REMEDIES = {
    "resolve": "correct the name in MAIN_MACHINE_IP, or use the address in numbers",
    "connect": "is sshd running there, is this the right port, does a firewall or VPN stand between?",
    "session": "sshd_config there needs a line: Subsystem sftp internal-sftp",
}

Say = Callable[[str], None]


def examine(target: Target, remote_path: str, say: Say, *, interactive: bool = False) -> bool:
    """Say of every step how it went; whether runs can be sent to `remote_path` there."""
    say(f"{target}")
    started = last = time.monotonic()

    def tell(step: str, result: str) -> None:
        nonlocal last
        now = time.monotonic()
        say(f"  {step:9} ok    {result}, {(now - last) * 1000:.0f} ms")
        last = now

    try:
        connection = connect(target, interactive=interactive, watch=tell)
    except ConnectError as error:
        _fail(error, say)
        return False
    except SmlSyncError as error:
        say(f"  settings  FAILS {error}")
        return False
    try:
        say(f"            {time.monotonic() - started:.2f} s until here")
        return _path(connection, remote_path, say)
    except ConnectError as error:
        _fail(error, say)
        return False
    except (LineError, OSError) as error:
        say(f"  path      FAILS {error}")
        return False
    finally:
        connection.close()


def _fail(error: ConnectError, say: Say) -> None:
    say(f"  {error.step:9} FAILS {error}")
    if error.step in _REMEDIES:
        say(f"            {_REMEDIES[error.step]}")


def _path(connection: Connection, remote_path: str, say: Say) -> bool:
    channels = connection.channels(many=False)
    folder = arguments.remote_path("--path", remote_path)
    (nearest,) = pipeline.run(channels, [_nearest(folder)])
    if isinstance(nearest, OSError):
        raise nearest
    say("  session   ok    sftp")
    # Nothing is made over there but one file, which goes again.
    name = posixpath.join(nearest, f".sml-tmp-{uuid.uuid4().hex[:12]}")
    missing = "" if nearest == folder else f" (will be made in {nearest})"
    (seconds,) = pipeline.run(channels, [_probe(os.fsencode(name))])
    pipeline.run(channels, [_clean(os.fsencode(name))])
    if isinstance(seconds, PermissionError):
        say(f"  path      FAILS {nearest} may not be written by this user")
        say("            choose another MAIN_MACHINE_LOG_PATH, or ask for the right to write there")
        return False
    if isinstance(seconds, OSError):
        say(f"  path      FAILS {nearest}: {seconds.strerror or seconds}; is the disk full?")
        return False
    say(f"  path      ok    {folder}{missing}")
    (free,) = pipeline.run(channels, [_space(os.fsencode(nearest))])
    if isinstance(free, int):
        word = "ok   " if free > _LITTLE_SPACE else "LITTLE"
        say(f"  space     {word} {size(free)} free")
    say(f"  speed     ok    {size(int(_PROBE_BYTES / max(seconds, 1e-6)))}/s")
    return True


def _probe(path: bytes) -> Job[float]:
    """Seconds that it takes to write some megabytes."""
    (opened,) = yield [packets.open_file(path, packets.WRITE | packets.CREATE | packets.EXCLUSIVE)]
    handle = opened.handle()
    block = os.urandom(packets.BLOCK)
    started = time.monotonic()
    writes = (packets.write(handle, offset, block, path) for offset in range(0, _PROBE_BYTES, packets.BLOCK))
    replies = yield pipeline.Stream(writes)
    seconds = time.monotonic() - started
    yield [packets.close(handle)]
    for reply in replies:
        reply.check()
    return seconds


def _clean(path: bytes) -> Job[None]:
    yield [packets.remove(path)]


def _space(path: bytes) -> Job[int]:
    (reply,) = yield [packets.space(path)]
    return reply.free_bytes()


def _nearest(folder: str) -> Job[str]:
    """The folder, or the lowest above it that is there. Raises OSError."""
    paths = [folder, *map(str, PurePosixPath(folder).parents)]
    replies = yield [packets.lstat(os.fsencode(path) + b"/.") for path in paths]
    for path, reply in zip(paths, replies, strict=True):
        if reply.attributes_if_there():
            return path
    raise FileNotFoundError(None, "no such folder over there", folder)
