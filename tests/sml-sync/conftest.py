"""A real sshd on loopback, reaped afterwards, and a line to it that breaks where it is told to."""

from __future__ import annotations

import contextlib
import getpass
import json
import os
import secrets
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from sml_sync import Target


@dataclass(frozen=True)
class Server:
    """An sshd with a key that may log in and a known_hosts file that knows it."""

    home: Path
    port: int
    key: Path
    known_hosts: Path

    @property
    def target(self) -> Target:
        return Target("127.0.0.1", self.port, getpass.getuser(), None, str(self.key), self.known_hosts)

    def through(self, port: int) -> Target:
        """The same machine by another port."""
        known = self.home / f"known_hosts_{port}"
        known.write_text(self.known_hosts.read_text().replace(f":{self.port} ", f":{port} "))
        return replace(self.target, port=port, known_hosts=known)


def free_port() -> int:
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def serve(home: Path, *lines: str) -> Iterator[Server]:
    """An sshd with its own keys, and lines of its configuration that win over the usual ones."""
    program = shutil.which("sshd")
    if program is None:
        pytest.skip("sshd is not installed")
    for name in ("host", "client"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", home / name], check=True)
    shutil.copy(home / "client.pub", home / "authorized_keys")
    # A plain user, too, must be able to read it where sshd looks as that user.
    home.chmod(0o755)
    port = free_port()
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    own = "\n".join(lines) + "\n"
    subsystem = "" if "Subsystem" in own else "Subsystem sftp internal-sftp\n"
    (home / "sshd_config").write_text(
        f"{own}Port {port}\nListenAddress 127.0.0.1\n"
        f"HostKey {home}/host\nAuthorizedKeysFile {home}/authorized_keys\n"
        f"PidFile {home}/pid\nStrictModes no\nPermitRootLogin yes\nUsePAM no\nPasswordAuthentication no\n"
        f"MaxStartups 200\n{subsystem}"
    )
    host_key = (home / "host.pub").read_text().split()
    (home / "known_hosts").write_text(f"[127.0.0.1]:{port} {host_key[0]} {host_key[1]}\n")
    with (home / "log").open("wb") as log:
        server = subprocess.Popen([program, "-D", "-e", "-f", home / "sshd_config"], stderr=log)
    try:
        for _ in range(100):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.05)
        yield Server(home, port, home / "client", home / "known_hosts")
    finally:
        server.terminate()
        server.wait(10)


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
    """Files with their content and folders, without what belongs to sml-sync."""
    paths = (path for path in folder.rglob("*") if ".sml-sync" not in path.relative_to(folder).parts)
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None for path in paths}
