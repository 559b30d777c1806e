"""A real sshd on loopback, with keys and a known_hosts file of its own."""

from __future__ import annotations

import contextlib
import getpass
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from sml_sync import Target

from .ports import free_port


@dataclass(frozen=True)
class Server:
    """A running sshd, with a key that may log in and a known_hosts file."""

    home: Path
    port: int
    key: Path
    known_hosts: Path

    @property
    def target(self) -> Target:
        return Target("127.0.0.1", self.port, getpass.getuser(), None, str(self.key), self.known_hosts)

    @property
    def fingerprint(self) -> str:
        """The fingerprint of the server's key."""
        words = ["ssh-keygen", "-l", "-f", str(self.home / "host.pub")]
        return subprocess.run(words, check=True, capture_output=True, text=True).stdout.split()[1]

    def through(self, port: int) -> Target:
        """The same host by another port."""
        known = self.home / f"known_hosts_{port}"
        known.write_text(self.known_hosts.read_text().replace(f":{self.port} ", f":{port} "))
        return replace(self.target, port=port, known_hosts=known)


@contextlib.contextmanager
def serve(home: Path, *lines: str, prepare: Callable[[], object] = bool) -> Iterator[Server]:
    """An sshd with its own keys, and lines of its configuration that win over the usual ones.

    `prepare` is called when the keys are made.
    """
    program = shutil.which("sshd")
    if program is None:
        pytest.skip("sshd is not installed")
    for name in ("host", "client"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", home / name], check=True)
    prepare()
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
