"""Serve the page until it is interrupted."""

from __future__ import annotations

import argparse
import contextlib
import errno
import logging
import socket
import sqlite3
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from sml_viewer.archives import worker as archive_worker
from sml_viewer.errors import SmlViewerError
from sml_viewer.i18n import Message
from sml_viewer.index.pool import Indexers
from sml_viewer.library import Library
from sml_viewer.printing import shown
from sml_viewer.run_views.no_runs import A_RUN, REMEDY, describe_files

from . import background_plots, library_pool
from .app import create_app
from .errors import StartError
from .http.server import Server, hold_memory_down, make_tls
from .logs import log_to_file, log_to_terminal
from .settings import Setup
from .startup import make_setup, page_url, startup_lines, tunnel_lines
from .views.run_list import prepare_list, prepare_search

_SEARCH_POLL = 0.2  # seconds
_LONGEST_SEARCH = 600.0
# Seconds that the first visitor's list has the processor for itself.
_SEARCH_AFTER = 2.0
_log = logging.getLogger("sml_viewer.web.server")


def serve(options: argparse.Namespace, started: Mapping[Path, Indexers] = MappingProxyType({})) -> int:
    """Serve until Ctrl-C; returns the exit status, 1 if the address cannot be used.

    `started` are indexers of the folders that run already, by real path; the caller closes what is left.
    Raises StartError and NoRunsError for refused options.
    """
    setup, password = make_setup(options)
    tls = make_tls(options.certfile, options.keyfile) if options.certfile else None
    host = setup.hosts[0].strip("[]")
    # Checked before the server binds, whose error names neither port nor remedy.
    if fault := _listen_fault(host, setup.port):
        print(f"sml-viewer: {fault}", file=sys.stderr)
        return 1
    hold_memory_down()
    token = _Token(setup)
    app = create_app(setup, password, announce=token.announce)
    log_to_terminal()
    print(*startup_lines(setup), sep="\n")
    if options.log_to_file:
        try:
            print(f"logging to {log_to_file(app, setup.workspace)}")
        except OSError as error:
            raise StartError(f"-ltf: cannot write to {setup.workspace}: {error.strerror}") from error
    server = Server(host, setup.port, app, tls)
    pool: library_pool.LibraryPool = app.extensions[library_pool.EXTENSION]
    pool.adopt(started)
    plotter: background_plots.BackgroundPlotter = app.extensions[background_plots.EXTENSION]
    ending = threading.Event()
    try:
        with contextlib.suppress(KeyboardInterrupt):
            server.prepare()
            print(f"open {page_url(setup)}{token.path}")
            print(*tunnel_lines(setup), sep="\n", flush=True)
            if setup.folders:  # read while the user opens the browser
                _prepare(pool, ending)
            plotter.start()
            server.serve()
    finally:
        ending.set()
        server.stop()
        plotter.close()
        pool.close()
        archive_worker.close()
    return 0


def _prepare(pool: library_pool.LibraryPool, ending: threading.Event) -> None:
    """Open the stores, and start to compute the first visitor's answers.

    Raises OSError and sqlite3.Error if a store cannot be opened.
    """
    lease = pool.lease()

    def make() -> None:
        try:
            # Errors in the user's files are shown to the visitor.
            with contextlib.suppress(SmlViewerError):
                prepare_list(lease.library)
                _tell_found(pool, lease.library, ending)
                if not ending.wait(_SEARCH_AFTER):
                    prepare_search(lease.library)
        except (OSError, sqlite3.Error) as error:
            if not ending.is_set():  # when the stores are closed
                _log.warning("the run list could not be prepared: %s", error)
        finally:
            pool.release(lease)

    threading.Thread(target=make, name="sml-viewer-prepare", daemon=True).start()


def _tell_found(pool: library_pool.LibraryPool, library: Library, ending: threading.Event) -> None:
    """Print how many runs there are among how many files, and of folders without runs what they hold."""
    deadline = time.monotonic() + _LONGEST_SEARCH
    while len(searches := pool.searches(library)) < len(library.roots) and time.monotonic() < deadline:
        if ending.wait(_SEARCH_POLL):
            return
    runs = library.runs()
    count = Message("{n} run(s)", n=len(runs))
    print(shown("; ".join([f"found {count}", *map(str, searches)])), flush=True)
    if not runs:
        for root in library.roots:
            print(shown(f"no runs in {root}: {describe_files(root)}; {A_RUN}; {REMEDY}"), flush=True)


class _Token:
    """The one-time token: the first is part of the printed address, each next one is announced."""

    def __init__(self, setup: Setup) -> None:
        self.path = ""
        self._setup = setup

    def announce(self, token: str) -> None:
        first, self.path = not self.path, f"/login?token={token}"
        if not first:
            print(f"opened; for the next browser: {page_url(self._setup)}{self.path}", flush=True)


def _listen_fault(host: str, port: int) -> str | None:
    """Why the page cannot listen on an address, with the remedy; None if it can."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (socket.gaierror, UnicodeError):
        return f"--host {host}: unknown host; pass an address of this machine, or 0.0.0.0 for all"
    with contextlib.closing(socket.socket(family, kind, protocol)) as probe:
        if sys.platform != "win32":  # has another meaning there
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return f"port {port} is in use; try -p {_free_port(family, address)}"
            if error.errno == errno.EADDRNOTAVAIL:
                return f"--host {host}: not an address of this machine; pass one, or 0.0.0.0 for all"
            return (
                f"cannot listen on {host} port {port}: {error.strerror}; try -p {_free_port(family, address)}"
            )
    return None


def _free_port(family: int, address: tuple[object, ...]) -> int:
    with contextlib.closing(socket.socket(family)) as probe:
        probe.bind((address[0], 0, *address[2:]))
        return int(probe.getsockname()[1])
