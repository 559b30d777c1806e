"""Free ports for test servers, each returned once."""

from __future__ import annotations

import contextlib
import itertools
import os
import socket

# Below what the system gives to outgoing connections: none of those can take a port before its server does.
_FIRST, _LAST = 20_000, 32_000
_WORKERS = 8
_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % _WORKERS
# Where a run begins depends on its process, so that two runs on one machine stay apart.
_turns = itertools.count(os.getpid() * 61)


def free_port() -> int:
    """A free port of 127.0.0.1 that no other test of this session gets."""
    rows = (_LAST - _FIRST) // _WORKERS
    for turn in itertools.islice(_turns, rows):
        port = _FIRST + turn % rows * _WORKERS + _worker
        with contextlib.closing(socket.socket()) as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise RuntimeError(f"no free port from {_FIRST} to {_LAST}")
