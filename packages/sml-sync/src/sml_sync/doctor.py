"""Test a target step by step, and say what to change."""

from __future__ import annotations

import os
import posixpath
import time
import uuid
from collections.abc import Callable
from pathlib import PurePosixPath

from sml_config.ssh import SshError
from sml_config.ssh.sftp import packets, pipeline
from sml_config.ssh.sftp.pipeline import Job

from . import arguments
from .errors import ConnectError, ConnectionLostError, SmlSyncError
from .report import size
from .ssh.connect import Connection, connect
from .targets import Target

_PROBE_BYTES = 8 << 20
_LITTLE_SPACE = 1 << 30
_REMEDIES = {
    "resolve": "correct the name in MAIN_MACHINE_IP, or use the IP address",
    "connect": "is sshd running there, is this the right port, is a firewall or VPN in between?",
    "session": "sshd_config there needs a line: Subsystem sftp internal-sftp",
}

Print = Callable[[str], None]


def examine(target: Target, remote_path: str, print_line: Print, *, interactive: bool = False) -> bool:
    """Test a target and print the result of each step; True if runs can be sent to `remote_path` there."""
    print_line(f"{target}")
    started = last = time.monotonic()

    def on_step(step: str, result: str) -> None:
        nonlocal last
        now = time.monotonic()
        print_line(f"  {step:9} ok    {result}, {(now - last) * 1000:.0f} ms")
        last = now

    try:
        connection = connect(target, interactive=interactive, on_step=on_step)
    except ConnectError as error:
        _print_failure(error, print_line)
        return False
    except SmlSyncError as error:
        print_line(f"  settings  FAILS {error}")
        return False
    try:
        print_line(f"            {time.monotonic() - started:.2f} s to connect")
        return _test_path(connection, remote_path, print_line)
    except SshError as error:
        _print_failure(error, print_line)
        return False
    except (ConnectionLostError, OSError) as error:
        print_line(f"  path      FAILS {error}")
        return False
    finally:
        connection.close()


def _print_failure(error: SshError, print_line: Print) -> None:
    print_line(f"  {error.step:9} FAILS {error}")
    if error.step in _REMEDIES:
        print_line(f"            {_REMEDIES[error.step]}")


def _test_path(connection: Connection, remote_path: str, print_line: Print) -> bool:
    channels = connection.channels(many=False)
    folder = arguments.remote_path("--path", remote_path)
    (nearest,) = pipeline.run(channels, [_nearest_folder(folder)])
    if isinstance(nearest, OSError):
        raise nearest
    print_line("  session   ok    sftp")
    # Nothing is made on the remote host but one file, which goes again.
    name = posixpath.join(nearest, f".sml-tmp-{uuid.uuid4().hex[:12]}")
    missing = "" if nearest == folder else f" (will be created in {nearest})"
    (seconds,) = pipeline.run(channels, [_probe(os.fsencode(name))])
    pipeline.run(channels, [_clean(os.fsencode(name))])
    if isinstance(seconds, PermissionError):
        print_line(f"  path      FAILS {nearest} is not writable by this user")
        print_line("            choose another MAIN_MACHINE_LOG_PATH, or ask for write permission")
        return False
    if isinstance(seconds, OSError):
        print_line(f"  path      FAILS {nearest}: {seconds.strerror or seconds}; is the disk full?")
        return False
    print_line(f"  path      ok    {folder}{missing}")
    (free,) = pipeline.run(channels, [_space(os.fsencode(nearest))])
    if isinstance(free, int):
        word = "ok   " if free > _LITTLE_SPACE else "LITTLE"
        print_line(f"  space     {word} {size(free)} free")
    print_line(f"  speed     ok    {size(int(_PROBE_BYTES / max(seconds, 1e-6)))}/s")
    return True


def _probe(path: bytes) -> Job[float]:
    """Seconds to write some megabytes."""
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


def _nearest_folder(folder: str) -> Job[str]:
    """The folder, or the lowest existing one above it. Raises OSError."""
    paths = [folder, *map(str, PurePosixPath(folder).parents)]
    replies = yield [packets.lstat(os.fsencode(path) + b"/.") for path in paths]
    for path, reply in zip(paths, replies, strict=True):
        if reply.attributes_if_there():
            return path
    raise FileNotFoundError(None, "no such remote folder", folder)
