"""Serve the page on this machine alone."""

from __future__ import annotations

import contextlib
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

from cheroot import wsgi

from sml_viewer.store.location import default_workspace

from . import data
from .app import create_app
from .setup import Setup

_HOST = "127.0.0.1"


def serve(folders: Sequence[Path], port: int, workspace: Path | None = None) -> int:
    """Serve until Ctrl-C; returns the exit status, 1 if the port is taken."""
    # Asked before the server binds: it sets SO_REUSEADDR and its error does not name the port.
    if not _is_free(port):
        print(f"sml-viewer: port {port} is in use; try -p {_free_port()}", file=sys.stderr)
        return 1
    setup = Setup((workspace or default_workspace()).expanduser().absolute(), tuple(folders), port=port)
    app = create_app(setup)
    server = wsgi.Server((_HOST, port), app, numthreads=8)
    server.prepare()
    print(f"looking at {', '.join(map(str, folders))}")
    print(f"open http://{_HOST}:{port}   (only from this machine; Ctrl-C ends it)")
    print(f"from elsewhere, first: ssh -L {port}:{_HOST}:{port} {socket.gethostname()}", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        server.serve()
    server.stop()
    app.extensions[data.EXTENSION].close()
    return 0


def _is_free(port: int) -> bool:
    with contextlib.closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_HOST, port))
        except OSError:
            return False
    return True


def _free_port() -> int:
    with contextlib.closing(socket.socket()) as probe:
        probe.bind((_HOST, 0))
        return int(probe.getsockname()[1])
