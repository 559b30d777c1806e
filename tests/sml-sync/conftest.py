"""A real sshd on loopback, and a proxy to it that breaks the connection after a number of bytes."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sml_sync import session

from ..sshd import Server, serve


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run every test of a transfer with both SSH clients."""
    needed = [word for mark in metafunc.definition.iter_markers("needs") for word in mark.args]
    if "client" in metafunc.fixturenames and "sshd" in needed and "ssh" not in needed:
        metafunc.parametrize("client", ["ssh", "paramiko"], indirect=True)


@pytest.fixture(autouse=True)
def client(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The SSH client for a target."""
    program = str(getattr(request, "param", "ssh"))
    monkeypatch.setenv("SML_SSH_CLIENT", program)
    # Forget which connection worked with the other client.
    monkeypatch.setattr(session, "_worked", {})
    return program


@pytest.fixture(scope="session")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serve(tmp_path_factory.mktemp("sshd")) as server:
        yield server


class Line:
    """A proxy to a port that hangs up on both sides after `budget` bytes from the client."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.budget = 1 << 60
        self.carried = 0
        # Whether it holds the line then and carries nothing, instead of hanging up.
        self.silent = False
        self._over = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._over.set()
        # close() alone would not wake the thread that waits in accept().
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listening.accept()
                far = socket.create_connection(("127.0.0.1", self._port))
                threading.Thread(target=self._carry, args=(near, far, True), daemon=True).start()
                threading.Thread(target=self._carry, args=(far, near, False), daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket, counted: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 14):
                if counted:
                    left = self.budget - self.carried
                    self.carried += len(data)
                    if left < len(data):
                        sink.sendall(data[: max(left, 0)])
                        if self.silent:
                            self._over.wait()
                        break
                sink.sendall(data)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


@pytest.fixture
def line(sshd: Server) -> Iterator[Line]:
    proxy = Line(sshd.port)
    yield proxy
    proxy.close()


@contextlib.contextmanager
def agent(path: Path) -> Iterator[None]:
    """An ssh-agent at a socket."""
    process = subprocess.Popen(["ssh-agent", "-D", "-a", path], stdout=subprocess.DEVNULL)
    try:
        while not path.exists():
            time.sleep(0.01)
        yield
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture
def account() -> Iterator[tuple[str, str]]:
    """A user with a password, for as long as the test runs."""
    if os.getuid() != 0 or shutil.which("useradd") is None:
        pytest.skip("only root can make a user")
    name, password = f"sml{secrets.token_hex(3)}", f"p $'\"\\é;{secrets.token_hex(4)}"
    subprocess.run(["useradd", "--create-home", name], check=True)
    try:
        subprocess.run(["chpasswd"], input=f"{name}:{password}", text=True, check=True)
        yield name, password
    finally:
        subprocess.run(["userdel", "--remove", name], check=False, capture_output=True)


def make_run(folder: Path, run_id: str = "a" * 32) -> Path:
    """A small run folder."""
    for name in ("config", "tbfile"):
        (folder / name).mkdir(parents=True)
    (folder / "config" / "run_config.json").write_text(json.dumps({"run_id": run_id}))
    (folder / "config" / "parameter.json").write_text('{"lr": 0.1}')
    (folder / "config" / "status.json").write_text('{"state": "running", "version": 0}')
    (folder / "progress.csv").write_text("x,y\n1,2\n")
    (folder / "log.txt").write_text("begun\n")
    (folder / "tbfile" / "events.out.tfevents.1").write_bytes(b"\0\1\2" * 1000)
    return folder


def tree(folder: Path) -> dict[str, bytes | None]:
    """Folders, and files with their content, without those of sml-sync."""
    paths = (path for path in folder.rglob("*") if ".sml-sync" not in path.relative_to(folder).parts)
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None for path in paths}
