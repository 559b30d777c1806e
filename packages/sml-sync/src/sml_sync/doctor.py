"""Test a target step by step, and say what to change."""

from __future__ import annotations

import contextlib
import os
import posixpath
import time
import uuid
from collections.abc import Callable
from pathlib import PurePosixPath

from sml_config.ssh import ConnectionLostError, SshError
from sml_config.ssh.sftp import packets, pipeline
from sml_config.ssh.sftp.pipeline import Job

from .errors import RemoteError, TargetError
from .report import size
from .ssh.connect import connect
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
        with contextlib.closing(connect(target, interactive=interactive, on_step=on_step)) as connection:
            print_line(f"            {time.monotonic() - started:.2f} s to connect")
            (ok,) = connection.run(remote_path, [_test_folder(remote_path, print_line)])
            return ok
    except SshError as error:
        print_line(f"  {error.step:9} FAILS {error}")
        if error.step in _REMEDIES:
            print_line(f"            {_REMEDIES[error.step]}")
    except TargetError as error:
        print_line(f"  settings  FAILS {error}")
    except (RemoteError, ConnectionLostError) as error:
        print_line(f"  path      FAILS {error}")
    return False


def _test_folder(folder: str, print_line: Print) -> Job[bool]:
    nearest = yield from _nearest_folder(folder)
    print_line("  session   ok    sftp")
    # Nothing is made on the remote host but one file, which goes again.
    name = posixpath.join(nearest, f".sml-tmp-{uuid.uuid4().hex[:12]}")
    try:
        seconds = yield from _probe(os.fsencode(name))
    except PermissionError:
        print_line(f"  path      FAILS {nearest} is not writable by this user")
        print_line("            choose another MAIN_MACHINE_LOG_PATH, or ask for write permission")
        return False
    except OSError as error:
        print_line(f"  path      FAILS {nearest}: {error.strerror or error}; is the disk full?")
        return False
    missing = "" if nearest == folder else f" (will be created in {nearest})"
    print_line(f"  path      ok    {folder}{missing}")
    with contextlib.suppress(OSError):  # a server that cannot tell
        (reply,) = yield [packets.space(os.fsencode(nearest))]
        free = reply.free_bytes()
        print_line(f"  space     {'ok   ' if free > _LITTLE_SPACE else 'LITTLE'} {size(free)} free")
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
    yield [packets.close(handle), packets.remove(path)]
    for reply in replies:
        reply.check()
    return seconds


def _nearest_folder(folder: str) -> Job[str]:
    """The folder, or the lowest existing one above it. Raises OSError."""
    paths = [folder, *map(str, PurePosixPath(folder).parents)]
    replies = yield [packets.lstat(os.fsencode(path) + b"/.") for path in paths]
    for path, reply in zip(paths, replies, strict=True):
        if reply.attributes_if_there():
            return path
    raise FileNotFoundError(None, "no such remote folder", folder)
