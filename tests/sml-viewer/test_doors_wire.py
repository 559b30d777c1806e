"""The server stands what strangers send over the wire: nothing, little by little, too much, and nonsense."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sml_viewer.cli.main import main
from sml_viewer.web import Setup, create_app
from sml_viewer.web.http.server import Server, make_tls

from ..ports import free_port

pytestmark = pytest.mark.slow


def ask(address: str, context: ssl.SSLContext | None = None) -> dict:
    with urllib.request.urlopen(address, timeout=20, context=context) as answer:
        return json.load(answer)


@contextlib.contextmanager
def running(
    workspace: Path,
    certificate: Path | None = None,
    most: int | None = None,
    folders: tuple[Path, ...] = (),
) -> Iterator[int]:
    """The page in threads of this process; yields its port."""
    port = free_port()
    app = create_app(Setup(workspace, folders, port=port, secure=certificate is not None), indexing=False)
    tls = make_tls(certificate, certificate.with_suffix(".key")) if certificate else None
    server = Server("127.0.0.1", port, app, tls)
    if most is not None:
        server.most_of_this_machine = most
    server.prepare()
    thread = threading.Thread(target=server.serve)
    thread.start()
    try:
        yield port
    finally:
        server.stop()
        thread.join()
        app.extensions["sml-viewer-data"].close()


def exchange(port: int, request: bytes, seconds: float = 20.0) -> bytes:
    with contextlib.closing(socket.create_connection(("127.0.0.1", port), timeout=seconds)) as peer:
        peer.sendall(request)
        answer = b""
        with contextlib.suppress(ConnectionError):
            while piece := peer.recv(65536):
                answer += piece
    return answer


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with running(tmp_path_factory.mktemp("workspace")) as port:
        yield port


@pytest.mark.serial
def test_those_who_say_nothing_or_little_hold_up_nobody(port: int) -> None:
    """Three hundred connections that send nothing, forty that send a head byte by byte."""
    silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(300)]
    slow = [socket.create_connection(("127.0.0.1", port)) for _ in range(40)]
    stop = threading.Event()

    def drip() -> None:
        for peer in slow:
            peer.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ")
        while not stop.wait(0.3):
            for peer in slow:
                with contextlib.suppress(OSError):
                    peer.sendall(b"a")

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        time.sleep(0.5)
        begun = time.monotonic()
        assert ask(f"http://127.0.0.1:{port}/api/v1/session")["login"] == "free"
        assert time.monotonic() - begun < 9, "the slow are cut after five seconds"
    finally:
        stop.set()
        thread.join()
        for peer in (*silent, *slow):
            peer.close()


def dripping(port: int, start: bytes, stop: threading.Event) -> None:
    """A client that begins a request and sends the rest of it byte by byte, again and again."""
    peer = None
    while not stop.wait(0.2):
        with contextlib.suppress(OSError):
            if peer is None:
                peer = socket.create_connection(("127.0.0.1", port), timeout=5)
                peer.sendall(start)
            peer.sendall(b"a")
            continue
        if peer is not None:
            peer.close()
        peer = None
    if peer is not None:
        peer.close()


def sipping(port: int, name: str, stop: threading.Event) -> None:
    """A client that downloads a file at some 75 KB/s."""
    with socket.socket() as peer:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16_384)
        peer.connect(("127.0.0.1", port))
        peer.sendall(
            f"GET /api/v1/runs/{name}/download?name=big.bin HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
        )
        while not stop.wait(0.1):
            peer.recv(7500)


@contextlib.contextmanager
def threads(number: int, target: Callable[..., None], *arguments: object) -> Iterator[None]:
    stop = threading.Event()
    started = [threading.Thread(target=target, args=(*arguments, stop)) for _ in range(number)]
    for thread in started:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in started:
            thread.join()


def answered_in(address: str) -> float:
    """The 95th percentile of how long somebody else's requests take, in seconds."""
    times = []
    for _ in range(40):
        begun = time.monotonic()
        ask(address)
        times.append(time.monotonic() - begun)
        time.sleep(0.02)
    return sorted(times)[int(0.95 * len(times))]


BODY = b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000\r\n\r\n"
HEAD = b"GET / HTTP/1.1\r\nHost: localhost\r\nX: "


@pytest.mark.serial
@pytest.mark.parametrize("start", [BODY, HEAD], ids=["bodies", "heads"])
def test_a_hundred_who_send_slowly_keep_nobody_waiting(port: int, start: bytes) -> None:
    with threads(100, dripping, port, start):
        time.sleep(0.7)
        assert answered_in(f"http://127.0.0.1:{port}/api/v1/session") < 1.5


@pytest.mark.serial
def test_those_who_download_slowly_keep_nobody_waiting(tmp_path: Path, library, make_run, logs: Path) -> None:
    run = make_run("a", "step\n1\n")
    content = bytes(range(256)) * 80_000
    (run / "big.bin").write_bytes(content)
    library.refresh()
    name = library.runs()[0].id
    with running(tmp_path / "workspace", folders=(logs,)) as port, threads(50, sipping, port, name):
        time.sleep(0.7)
        assert answered_in(f"http://127.0.0.1:{port}/api/v1/session") < 1.5
        address = f"http://127.0.0.1:{port}/api/v1/runs/{name}/download?name=big.bin"
        with urllib.request.urlopen(address, timeout=60) as answer:
            assert answer.read() == content


def test_requests_that_come_in_pieces_or_together_are_answered_each(port: int) -> None:
    request = b"GET /api/v1/session HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=60) as peer:
        for byte in request:
            peer.sendall(bytes([byte]))
        assert peer.recv(65536).startswith(b"HTTP/1.1 200")
        peer.sendall(request * 3)
        answer = b""
        while answer.count(b"HTTP/1.1 200") < 3:
            answer += peer.recv(65536)


def test_who_waits_to_be_told_to_go_on_with_a_body_is_told(port: int) -> None:
    body = b"user=me&password=no"
    head = b"POST /login HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nConnection: close\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=60) as peer:
        peer.sendall(head + b"Content-Length: %d\r\n\r\n" % len(body))
        assert peer.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        peer.sendall(body)
        assert peer.recv(65536).startswith(b"HTTP/1.1 4")


def test_a_long_query_is_refused(page) -> None:
    assert page.post("/api/v1/curves", {"where": "a " * 2100}).status_code == 400
    assert page.get("/api/v1/search", query_string={"q": "a " * 2100}).status_code == 400


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET /api/v1/session HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n", b"403"),
        (b"GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", b"400"),
        (b"GET /api/v1/session HTTP/1.0\r\n\r\n", b"403"),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 40_000 + b"\r\n\r\n", b"413"),
        (b"GET /" + b"a" * 40_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", b"414"),
        (b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n\r\n", b"413"),
        (b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n", b"400"),
        (
            b"POST /login HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            b"411",
        ),
        (b"GARBAGE\r\n\r\n", b"400"),
        (
            b"GET /run/%00%ff%0d%0aSet-Cookie:a=b HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
            b"200",
        ),
        (
            b"GET /none/%0d%0aSet-Cookie:a=b HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
            b"404",
        ),
        (b"TRACE / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", b"405"),
    ],
)
def test_what_no_browser_sends_is_refused(port: int, request_: bytes, status: bytes) -> None:
    answer = exchange(port, request_)
    assert answer.split(b" ")[1] == status
    assert b"\r\nSet-Cookie:a" not in answer
    assert b"Traceback" not in answer
    assert b"Cheroot" not in answer


@pytest.mark.parametrize(
    "name", [b"../app.py", b"..%2fapp.py", b"%2e%2e%2fapp.py", b"..\\app.py", b"%252e%252e/app.py"]
)
def test_a_path_leads_out_of_nothing(port: int, name: bytes) -> None:
    request = b"GET /static/" + name + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    answer = exchange(port, request)
    assert answer.split(b" ")[1] == b"404"
    assert b"create_app" not in answer


@pytest.mark.parametrize(
    ("address", "most"),
    [("192.0.2.7", 100), ("fd00::2", 100), ("127.0.0.1", 400), ("::1", 400), ("::ffff:127.0.0.1", 400)],
)
def test_those_who_come_through_a_proxy_or_tunnel_on_this_machine_share_more(
    tmp_path: Path, address: str, most: int
) -> None:
    app = create_app(Setup(tmp_path), indexing=False)
    assert Server("0.0.0.0", free_port(), app, None).share(address) == most


def test_one_address_has_a_share_of_the_connections(tmp_path: Path) -> None:
    with running(tmp_path, most=5) as port, contextlib.ExitStack() as opened:
        question = b"GET /api/v1/session HTTP/1.1\r\nHost: localhost\r\n\r\n"

        def connect() -> socket.socket:
            peer = socket.create_connection(("127.0.0.1", port), timeout=60)
            opened.callback(peer.close)
            peer.sendall(question)
            return peer

        def is_answered(peer: socket.socket) -> bool:
            with contextlib.suppress(ConnectionError):
                return peer.recv(12) == b"HTTP/1.1 200"
            return False

        peers = [connect() for _ in range(5)]
        assert all(is_answered(peer) for peer in peers)
        assert not is_answered(connect())
        peers[0].close()
        end = time.monotonic() + 60
        while not is_answered(connect()):  # when the server has seen that one went
            assert time.monotonic() < end


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for localhost with its key beside it."""
    path = tmp_path_factory.mktemp("tls") / "page.crt"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
         "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
         "-keyout", path.with_suffix(".key"), "-out", path],
        check=True, capture_output=True,
    )  # fmt: skip
    return path


@pytest.fixture(scope="module")
def tls_port(tmp_path_factory: pytest.TempPathFactory, certificate: Path) -> Iterator[int]:
    with running(tmp_path_factory.mktemp("workspace"), certificate) as port:
        yield port


@pytest.mark.needs("openssl")
def test_the_page_is_served_with_a_secure_cookie(tls_port: int, certificate: Path) -> None:
    trusting = ssl.create_default_context(cafile=str(certificate))
    with urllib.request.urlopen(
        f"https://localhost:{tls_port}/api/v1/session", context=trusting, timeout=20
    ) as answer:
        assert json.load(answer)["login"] == "free"
        assert answer.headers["Set-Cookie"].startswith("__Host-")
        assert "Secure" in answer.headers["Set-Cookie"]


@pytest.mark.needs("openssl")
def test_a_large_file_comes_whole_over_tls_to_who_takes_it_slowly(
    tmp_path: Path, certificate: Path, library, make_run, logs: Path
) -> None:
    content = bytes(range(256)) * 20_000
    (make_run("a", "step\n1\n") / "big.bin").write_bytes(content)
    library.refresh()
    address = f"/api/v1/runs/{library.runs()[0].id}/download?name=big.bin"
    trusting = ssl.create_default_context(cafile=str(certificate))
    with running(tmp_path / "workspace", certificate, folders=(logs,)) as port:
        url = f"https://localhost:{port}{address}"
        with urllib.request.urlopen(url, context=trusting, timeout=60) as answer:
            got = b""
            while piece := answer.read(200_000):
                got += piece
                time.sleep(0.02)
    assert got == content


@pytest.mark.needs("openssl")
def test_old_versions_are_refused(tls_port: int) -> None:
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    with (
        socket.create_connection(("127.0.0.1", tls_port), timeout=60) as peer,
        pytest.raises((ssl.SSLError, ConnectionError)),
    ):
        old.wrap_socket(peer)


@pytest.mark.serial
@pytest.mark.needs("openssl")
def test_one_who_shakes_no_hands_holds_up_nobody(tls_port: int, certificate: Path) -> None:
    silent = [socket.create_connection(("127.0.0.1", tls_port)) for _ in range(50)]
    half = [socket.create_connection(("127.0.0.1", tls_port)) for _ in range(10)]
    for peer in half:
        peer.sendall(b"\x16\x03\x01\x02\x00\x01")
    trusting = ssl.create_default_context(cafile=str(certificate))
    begun = time.monotonic()
    assert ask(f"https://localhost:{tls_port}/api/v1/session", context=trusting)["login"] == "free"
    assert time.monotonic() - begun < 4
    for peer in (*silent, *half):
        peer.close()


@pytest.mark.needs("openssl")
def test_plain_http_gets_no_page(tls_port: int) -> None:
    with pytest.raises((urllib.error.URLError, ConnectionError)):
        urllib.request.urlopen(f"http://localhost:{tls_port}/", timeout=60)


@pytest.mark.needs("openssl")
def test_files_that_are_no_certificate_are_named(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, certificate: Path
) -> None:
    wrong = tmp_path / "wrong.pem"
    wrong.write_text("nothing")
    assert main(["-lf", "-crt", str(wrong), "-key", str(certificate.with_suffix(".key"))]) == 2
    assert "no certificate and its key" in capsys.readouterr().err
