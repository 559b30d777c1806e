"""The HTTP server under the page: threads, TLS, and limits in size and time for whoever connects.

A request is read whole before a thread is taken for it, and what a client does not take of its answer waits
without one. A reverse proxy in front does the same; this is for those who have none.
"""

from __future__ import annotations

import contextlib
import ctypes
import io
import logging
import os
import socket
import ssl
import sys
import threading
import time
from collections import Counter
from collections.abc import Generator
from pathlib import Path
from typing import Any

from cheroot import wsgi
from cheroot.server import HTTPConnection, HTTPRequest, KnownLengthRFile
from cheroot.ssl.builtin import BuiltinSSLAdapter
from cheroot.wsgi import Gateway_10
from flask import Flask

from sml_viewer.web.errors import StartError
from sml_viewer.web.startup import is_loopback

from .buffers import Inbox, Outbox
from .sender import Sender

# None of them waits for a client.
_THREADS = 12
_BACKLOG = 128
_MOST_CONNECTIONS = 500
# Of one address, behind which may be a few people, and of this machine, from where all come who use a tunnel
# or a proxy on it: they may hold all but what one other address may.
_MOST_OF_ONE = 100
_MOST_OF_THIS_MACHINE = _MOST_CONNECTIONS - _MOST_OF_ONE
_MOST_HEADER = 32_000
_MOST_BODY = 4_200_000
# Of all requests that are not whole yet.
_MOST_UNREAD = 64_000_000
# Without any progress, with a request's head, and with its body: however slowly bytes drip in.
_IDLE_SECONDS = 15
_HEAD_SECONDS = 5.0
_BODY_SECONDS = 30.0
_WATCH_SECONDS = 0.5
# Of one answer, made ahead of who takes it, and when more is made.
_MOST_AHEAD = 256_000
_LOW = 64_000
# glibc's mallopt: how many heaps threads may have. What one lets go of, the others cannot use.
_M_ARENA_MAX = -8
# glibc raises the size from which memory goes back to the system at once with the largest piece that was let
# go of, up to 32 MB; what is smaller than that then stays with the process.
_M_MMAP_THRESHOLD, _MMAP_BYTES = -3, 256_000

_log = logging.getLogger("sml_viewer.web.http")


class Server(wsgi.Server):
    """Cheroot, with what it leaves to those who use it."""

    def __init__(self, host: str, port: int, app: Flask, tls: BuiltinSSLAdapter | None) -> None:
        """Not yet bound: `prepare` does that, and raises OSError where it cannot."""
        # Left by a service manager for another program, it would be taken for a socket of ours.
        os.environ.pop("LISTEN_PID", None)
        super().__init__(
            (host, port),
            app,
            numthreads=_THREADS,
            request_queue_size=_BACKLOG,
            timeout=_IDLE_SECONDS,
            server_name="sml-viewer",
        )
        self.gateway = _Gateway
        self.ConnectionClass = _Connection
        self.ssl_adapter = tls
        self.max_request_header_size = _MOST_HEADER
        self.max_request_body_size = _MOST_BODY
        self.keep_alive_conn_limit = _MOST_CONNECTIONS // 2
        self.most_of_this_machine = _MOST_OF_THIS_MACHINE
        self._watched: dict[_Connection, float] = {}
        self._watching = threading.Lock()
        self._of_address: Counter[str] = Counter()
        self._unread: dict[_Connection, int] = {}
        self.sender = Sender(_IDLE_SECONDS, _LOW)

    def serve(self) -> None:
        """Serve until stopped or interrupted."""
        threading.Thread(target=self._cut_the_slow, name="sml-viewer-watch", daemon=True).start()
        self.sender.start()
        super().serve()

    def stop(self) -> None:
        """Stop serving, and close what is open."""
        super().stop()
        self.sender.stop()

    def process_conn(self, connection: _Connection) -> None:
        """Read what came on a connection; a thread answers once a request is whole."""
        if not connection.is_admitted:
            if self._admit(connection):
                self.put_conn(connection)
            else:
                connection.close()
        elif connection.rfile.has_data() or self._receives(connection):
            if connection.rfile.has_data():
                self.unwatch(connection)
                super().process_conn(connection)
            else:
                self.put_conn(connection)
        else:
            connection.close()

    def put_conn(self, connection: _Connection) -> None:
        """Wait for the next request of a connection, or until it takes the rest of an answer."""
        if connection.is_answering and self.ready:
            self.sender.add(connection)
        else:
            super().put_conn(connection)

    def forget(self, connection: _Connection) -> None:
        """A connection that was admitted is closed."""
        with self._watching:
            self._of_address[connection.remote_addr or ""] -= 1
            self._of_address += Counter()  # keeps what is above zero
            self._watched.pop(connection, None)
            self._unread.pop(connection, None)

    def share(self, address: str) -> int:
        """How many connections an address may hold."""
        return self.most_of_this_machine if is_loopback(address) else _MOST_OF_ONE

    def _admit(self, connection: _Connection) -> bool:
        address = connection.remote_addr or ""
        with self._watching:
            if sum(self._of_address.values()) >= _MOST_CONNECTIONS:
                return False
            if self._of_address[address] >= self.share(address):
                return False
            self._of_address[address] += 1
        connection.is_admitted = True
        return True

    def _receives(self, connection: _Connection) -> bool:
        """Take what has come of a request; False if the connection ends."""
        inbox = connection.rfile
        had_begun, had_head = inbox.has_begun, inbox.has_head
        try:
            if not inbox.receive():
                return False
        except (OSError, ValueError) as error:  # also what TLS says of those who do not speak it
            _log.info("a connection from %s broke: %r", connection.remote_addr, error)
            return False
        if inbox.has_begun and not had_begun:
            self.watch(connection, _HEAD_SECONDS)
        if inbox.has_head and not had_head:
            self.watch(connection, _BODY_SECONDS)
        with self._watching:
            self._unread[connection] = inbox.size
            return sum(self._unread.values()) <= _MOST_UNREAD

    def watch(self, connection: _Connection, seconds: float) -> None:
        """Cut the connection unless `unwatch` is called in time."""
        with self._watching:
            self._watched[connection] = time.monotonic() + seconds

    def unwatch(self, connection: _Connection) -> None:
        """What was waited for has come."""
        with self._watching:
            self._watched.pop(connection, None)
            self._unread.pop(connection, None)

    def error_log(self, msg: str = "", level: int = logging.INFO, traceback: bool = False) -> None:
        """Say what cheroot has to say in our log, on one line; what strangers send is no news."""
        _log.log(min(level, logging.INFO) if not traceback else level, "%r", msg, exc_info=traceback)

    def _cut_the_slow(self) -> None:
        while self.ready:
            time.sleep(_WATCH_SECONDS)
            now = time.monotonic()
            with self._watching:
                late = [connection for connection, end in self._watched.items() if end < now]
                for connection in late:
                    del self._watched[connection]
                    connection.cut()


class _Request(HTTPRequest):
    def read_request_headers(self) -> bool:
        """Refuse what no browser sends: a body of unknown length, or a length that is no plain number."""
        if not super().read_request_headers():
            return False
        if b"Transfer-Encoding" in self.inheaders:
            self.simple_response("411 Length Required")
            return False
        if not self.inheaders.get(b"Content-Length", b"0").isdigit():
            self.simple_response("400 Bad Request", "Malformed Content-Length Header.")
            return False
        return True

    def steps(self) -> Generator[None, None, None]:
        """Answer, piece by piece: cheroot's `respond`, which can be left between two of them."""
        length = int(self.inheaders.get(b"Content-Length", 0))
        if length > self.server.max_request_body_size:
            self.simple_response("413 Request Entity Too Large", "The body is larger than this page takes.")
            self.close_connection = True
            return
        self.rfile = KnownLengthRFile(self.conn.rfile, length)
        yield from self.server.gateway(self).steps()
        self.ensure_headers_sent()
        if self.chunked_write:
            self.conn.wfile.write(b"0\r\n\r\n")


class _Gateway(Gateway_10):
    def get_environ(self) -> dict[str, Any]:
        """The request, with its whole body."""
        environ: dict[str, Any] = super().get_environ()
        environ["wsgi.input"] = io.BytesIO(self.req.rfile.read())
        # A client may claim another scheme in the first line.
        environ["wsgi.url_scheme"] = "http" if self.req.server.ssl_adapter is None else "https"
        return environ

    def steps(self) -> Generator[None, None, None]:
        """Ask the application, and put its answer into the outbox piece by piece."""
        response = self.req.server.wsgi_app(self.env, self.start_response)
        try:
            for chunk in filter(None, response):
                self.write(chunk)
                yield
            self.req.ensure_headers_sent()
        finally:
            if hasattr(response, "close"):
                response.close()


class _Connection(HTTPConnection):
    RequestHandlerClass = _Request
    is_admitted = False

    def __init__(self, server: Server, sock: socket.socket, _makefile: object = None) -> None:
        """On a socket that from now on does not block."""
        super().__init__(server, sock, lambda *_: None)
        sock.setblocking(False)
        self.rfile = Inbox(sock, _MOST_HEADER, _MOST_BODY)
        self.wfile = Outbox(sock)
        self._steps: Generator[None, None, None] | None = None
        self._is_made = self._stays = False

    @property
    def is_answering(self) -> bool:
        """Whether there is an answer that is not sent yet."""
        return self._steps is not None

    def close(self) -> None:
        """Close it, once or again."""
        steps, self._steps = self._steps, None
        if steps is not None:
            steps.close()  # it lets go of its file
        if self.is_admitted:
            self.is_admitted = False
            self.server.forget(self)
        self.wfile.close()
        super().close()

    def communicate(self) -> bool:
        """Answer a request, or go on with an answer; returns whether the connection stays."""
        try:
            if self._steps is None:
                self._steps, self._is_made = self._answer(), False
            for _ in self._steps:
                self.wfile.flush()
                if self.wfile.size > _MOST_AHEAD:
                    return True
            self._is_made = True
            self.wfile.flush()
        except (OSError, ValueError) as error:  # a broken connection, or one that was cut meanwhile
            _log.info("a connection from %s broke: %r", self.remote_addr, error)
            return False
        if self.wfile.size:
            return True
        self._steps = None
        return self._stays

    def resume(self) -> None:
        """Most of what was made is sent: make more, or end."""
        if not self._is_made:
            wsgi.Server.process_conn(self.server, self)  # a thread makes more
        elif self.wfile.size:
            self.server.sender.add(self)
        else:
            self._steps = None
            if self._stays:
                self.server.put_conn(self)
            else:
                self.close()

    def cut(self) -> None:
        """End what is waited for."""
        with contextlib.suppress(OSError):
            # Of the socket below TLS, which must not be touched from here.
            socket.socket.shutdown(self.socket, socket.SHUT_RDWR)

    def _answer(self) -> Generator[None, None, None]:
        self._stays = False
        self.rfile.begin()
        request = self.RequestHandlerClass(self.server, self)
        request.parse_request()
        if request.ready:
            yield from request.steps()
        self.rfile.end()
        self._stays = request.ready and not request.close_connection


class _Tls(BuiltinSSLAdapter):
    """Cheroot shakes hands before it accepts the next client; ours do it when a thread reads."""

    def wrap(self, sock: socket.socket) -> tuple[socket.socket, dict[str, str]]:
        wrapped = self.context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
        return wrapped, {"HTTPS": "on", "wsgi.url_scheme": "https"}


def hold_memory_down() -> None:
    """Let all threads share two heaps, and give back large pieces, where the system's allocator is glibc's.

    To be called before any thread starts.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            set_option = ctypes.CDLL(None).mallopt
            set_option(_M_ARENA_MAX, 2)
            set_option(_M_MMAP_THRESHOLD, _MMAP_BYTES)


def make_tls(certificate: Path, key: Path) -> BuiltinSSLAdapter:
    """TLS 1.2 and later with a certificate and its key. Raises StartError for files that are none."""
    for path in (certificate, key):
        if not path.is_file():
            raise StartError(f"{path}: no such file; -crt and -key name a certificate and its key, in PEM")
    try:
        adapter = _Tls(str(certificate), str(key))
    except (ssl.SSLError, OSError) as error:
        reason = getattr(error, "reason", None) or error.strerror or str(error)
        raise StartError(
            f"{certificate} and {key} are no certificate and its key in PEM: {reason}"
        ) from error
    adapter.context.minimum_version = ssl.TLSVersion.TLSv1_2
    return adapter
