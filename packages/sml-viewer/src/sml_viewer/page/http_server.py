"""The HTTP server under the page: threads, TLS, and limits in size and time for whoever connects."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import socket
import ssl
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

from cheroot import wsgi
from cheroot.server import HTTPConnection, HTTPRequest
from cheroot.ssl.builtin import BuiltinSSLAdapter
from cheroot.wsgi import Gateway_10
from flask import Flask

from .errors import StartError
from .start import is_loopback

_THREADS = 32
_BACKLOG = 128
_MOST_CONNECTIONS = 500
# Of one address, behind which may be a few people, and of this machine, from where all come who use a tunnel
# or a proxy on it: they may hold all but what one other address may.
_MOST_OF_ONE = 100
_MOST_OF_THIS_MACHINE = _MOST_CONNECTIONS - _MOST_OF_ONE
_MOST_HEADER = 32_000
_MOST_BODY = 4_200_000
# Without any progress, with a request's head, and with its body: however slowly bytes drip in.
_IDLE_SECONDS = 15
_HEAD_SECONDS = 5.0
_BODY_SECONDS = 30.0
_WATCH_SECONDS = 0.5

_log = logging.getLogger("sml_viewer.page.http")


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

    def serve(self) -> None:
        """Serve until stopped or interrupted."""
        threading.Thread(target=self._cut_the_slow, name="sml-viewer-watch", daemon=True).start()
        super().serve()

    def process_conn(self, connection: _Connection) -> None:
        """Give a connection to a thread when it says something; until then it costs none."""
        if connection.is_new:
            connection.is_new = False
            if self._connections._num_connections < _MOST_CONNECTIONS and self._admit(connection):
                self.put_conn(connection)
            else:
                connection.close()
        else:
            super().process_conn(connection)

    def forget(self, address: str) -> None:
        """A connection from an address, which was admitted, is closed."""
        with self._watching:
            self._of_address[address] -= 1
            self._of_address += Counter()  # keeps what is above zero

    def share(self, address: str) -> int:
        """How many connections an address may hold."""
        return self.most_of_this_machine if is_loopback(address) else _MOST_OF_ONE

    def _admit(self, connection: _Connection) -> bool:
        address = connection.remote_addr or ""
        with self._watching:
            if self._of_address[address] >= self.share(address):
                return False
            self._of_address[address] += 1
        connection.is_admitted = True
        return True

    def watch(self, connection: _Connection, seconds: float) -> None:
        """Cut the connection unless `unwatch` is called in time."""
        with self._watching:
            self._watched[connection] = time.monotonic() + seconds

    def unwatch(self, connection: _Connection) -> None:
        """What was waited for has come."""
        with self._watching:
            self._watched.pop(connection, None)

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
    def parse_request(self) -> None:
        self.conn.server.watch(self.conn, _HEAD_SECONDS)
        super().parse_request()
        self.conn.server.watch(self.conn, _BODY_SECONDS)

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


class _Gateway(Gateway_10):
    def get_environ(self) -> dict[str, Any]:
        """The request, with its whole body: who sends it slowly is cut before a view is called."""
        environ: dict[str, Any] = super().get_environ()
        environ["wsgi.input"] = io.BytesIO(self.req.rfile.read())
        # A client may claim another scheme in the first line.
        environ["wsgi.url_scheme"] = "http" if self.req.server.ssl_adapter is None else "https"
        self.req.server.unwatch(self.req.conn)
        return environ


class _Connection(HTTPConnection):
    RequestHandlerClass = _Request
    is_new = True
    is_admitted = False

    def close(self) -> None:
        """Close it, once or again."""
        if self.is_admitted:
            self.is_admitted = False
            self.server.forget(self.remote_addr or "")
        super().close()

    def communicate(self) -> bool:
        """Answer one request; returns whether the connection stays."""
        try:
            return bool(super().communicate())
        except (OSError, ValueError) as error:  # a broken connection, or one that was cut meanwhile
            _log.info("a connection from %s broke: %r", self.remote_addr, error)
            return False
        finally:
            self.server.unwatch(self)

    def cut(self) -> None:
        """End what another thread waits for."""
        with contextlib.suppress(OSError):
            # Of the socket below TLS, which must not be touched from here.
            socket.socket.shutdown(self.socket, socket.SHUT_RDWR)

    def _conditional_error(self, req: HTTPRequest, response: str) -> None:
        with contextlib.suppress(OSError):
            super()._conditional_error(req, response)


class _Tls(BuiltinSSLAdapter):
    """Cheroot shakes hands before it accepts the next client; ours do it when a thread reads."""

    def wrap(self, sock: socket.socket) -> tuple[socket.socket, dict[str, str]]:
        wrapped = self.context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
        return wrapped, {"HTTPS": "on", "wsgi.url_scheme": "https"}


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
