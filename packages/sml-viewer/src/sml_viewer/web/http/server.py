"""HTTP server: threads, TLS, and limits of size, time and connections per client.

A request is read completely before a thread handles it, and unsent data of a response waits without a
thread. A reverse proxy does the same; this server is for users without one.
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

# Threads never wait for clients.
_THREADS = 12
_BACKLOG = 128
_MOST_CONNECTIONS = 500
# Per address, which a few people may share, and for this machine, where all users of a tunnel or proxy
# come from: all connections but the share of one other address.
_MOST_OF_ONE = 100
_MOST_OF_THIS_MACHINE = _MOST_CONNECTIONS - _MOST_OF_ONE
_MOST_HEADER = 32_000
_MOST_BODY = 4_200_000
# Total size of incomplete requests.
_MOST_UNREAD = 64_000_000
# Time limits without progress, for a request's head, and for its body.
_IDLE_SECONDS = 15
_HEAD_SECONDS = 5.0
_BODY_SECONDS = 30.0
_WATCH_SECONDS = 0.5
# Bytes of a response produced ahead of the client, and when more is produced.
_MOST_AHEAD = 256_000
_LOW = 64_000
# glibc's mallopt: number of heaps. Memory freed in one heap cannot be used by the others.
_M_ARENA_MAX = -8
# glibc raises the threshold above which memory is returned to the system to the largest freed size, up to
# 32 MB; smaller allocations then stay with the process.
_M_MMAP_THRESHOLD, _MMAP_BYTES = -3, 256_000

_log = logging.getLogger("sml_viewer.web.http")


class Server(wsgi.Server):
    """Cheroot with non-blocking connections and limits."""

    def __init__(self, host: str, port: int, app: Flask, tls: BuiltinSSLAdapter | None) -> None:
        """Not bound yet: `prepare` does that. It raises OSError if it cannot."""
        # Set by a service manager for another program, it would be taken for our socket.
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
        """Stop serving, and close open connections."""
        if not self.ready:  # interrupted while it started: its threads would keep the process alive
            self.requests.stop(0)
        super().stop()
        self.sender.stop()

    def process_conn(self, connection: _Connection) -> None:
        """Read from a connection; a thread handles a request once it is complete."""
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
        """Wait for the next request of a connection, or until it takes the rest of a response."""
        if connection.is_answering and self.ready:
            self.sender.add(connection)
        else:
            super().put_conn(connection)

    def forget(self, connection: _Connection) -> None:
        """Remove a closed connection that was admitted."""
        with self._watching:
            self._of_address[connection.remote_addr or ""] -= 1
            self._of_address += Counter()  # removes zero counts
            self._watched.pop(connection, None)
            self._unread.pop(connection, None)

    def share(self, address: str) -> int:
        """Maximum number of connections of an address."""
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
        """Receive data of a request; False if the connection ends."""
        inbox = connection.rfile
        had_begun, had_head = inbox.has_begun, inbox.has_head
        try:
            if not inbox.receive():
                return False
        except (OSError, ValueError) as error:  # also TLS errors of clients without TLS
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
        """The request with its whole body."""
        environ: dict[str, Any] = super().get_environ()
        environ["wsgi.input"] = io.BytesIO(self.req.rfile.read())
        # The client's request line may contain another scheme.
        environ["wsgi.url_scheme"] = "http" if self.req.server.ssl_adapter is None else "https"
        return environ

    def steps(self) -> Generator[None, None, None]:
        """Call the application, and write its response to the send buffer piece by piece."""
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
        """Set the socket to non-blocking."""
        super().__init__(server, sock, lambda *_: None)
        sock.setblocking(False)
        self.rfile = Inbox(sock, _MOST_HEADER, _MOST_BODY)
        self.wfile = Outbox(sock)
        self._steps: Generator[None, None, None] | None = None
        self._is_made = self._stays = False

    @property
    def is_answering(self) -> bool:
        """Whether a response is not completely sent."""
        return self._steps is not None

    def close(self) -> None:
        """Close the connection; idempotent."""
        steps, self._steps = self._steps, None
        if steps is not None:
            steps.close()  # closes its file
        if self.is_admitted:
            self.is_admitted = False
            self.server.forget(self)
        self.wfile.close()
        super().close()

    def communicate(self) -> bool:
        """Handle a request, or continue a response; returns whether the connection stays open."""
        try:
            if self._steps is None:
                self._steps, self._is_made = self._answer(), False
            for _ in self._steps:
                self.wfile.flush()
                if self.wfile.size > _MOST_AHEAD:
                    return True
            self._is_made = True
            self.wfile.flush()
        except (OSError, ValueError) as error:  # broken, or cut meanwhile
            _log.info("a connection from %s broke: %r", self.remote_addr, error)
            return False
        if self.wfile.size:
            return True
        self._steps = None
        return self._stays

    def resume(self) -> None:
        """Most of the buffer is sent: produce more, or end."""
        if not self._is_made:
            wsgi.Server.process_conn(self.server, self)  # a thread produces more
        elif self.wfile.size:
            self.server.sender.add(self)
        else:
            self._steps = None
            if self._stays:
                self.server.put_conn(self)
            else:
                self.close()

    def cut(self) -> None:
        """Abort the connection."""
        with contextlib.suppress(OSError):
            # On the raw socket; the TLS state belongs to another thread.
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
    """Adapter whose handshake takes place when a thread reads, not before the next client is accepted."""

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
