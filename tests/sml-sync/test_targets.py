"""Addresses are tried in turn, each within its limit, and what came of each is said."""

from __future__ import annotations

import dataclasses
import getpass
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import sml_sync
from sml_config.ssh import limits
from sml_sync import Target
from sml_sync.cli import main

from .conftest import Server, agent, make_run, serve, tree

pytestmark = pytest.mark.needs("sshd", "ssh-keygen")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return make_run(tmp_path / "logfile" / "run")


@pytest.fixture
def short_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("BANNER", "CONNECT", "SESSION"):
        monkeypatch.setattr(limits, name, 1.0)


@pytest.fixture
def silent() -> Iterator[int]:
    """A port that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield int(listening.getsockname()[1])


def sync(run: Path, targets: list[Target], tmp_path: Path) -> sml_sync.SyncReport:
    return sml_sync.sync(run, targets, str(tmp_path / "far" / "run"))


def test_a_refused_and_a_silent_address_are_passed_within_their_limits(
    sshd: Server, run: Path, tmp_path: Path, silent: int, short_limits: None
) -> None:
    closed = dataclasses.replace(sshd.target, port=1)
    mute = dataclasses.replace(sshd.target, port=silent)
    report = sync(run, [closed, mute, sshd.target], tmp_path)
    assert report.ok, report.text
    assert [target.ok for target in report.targets] == [False, False, True]
    assert "refused" in report.targets[0].outcome
    assert "no SSH server answered within 1 s" in report.targets[1].outcome
    assert report.targets[1].seconds < 5


def test_a_peer_that_hangs_up_at_once_is_not_said_to_be_silent(run: Path, tmp_path: Path) -> None:
    def hang_up() -> None:
        peer, _ = listening.accept()
        with peer:
            peer.recv(100)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=hang_up).start()
        report = sync(run, [Target("127.0.0.1", listening.getsockname()[1])], tmp_path)
    assert report.targets[0].outcome.endswith("no SSH server responds: the connection was closed at once")


def test_a_machine_that_hangs_after_login_is_given_up(
    sshd: Server, run: Path, tmp_path: Path, short_limits: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with serve(tmp_path_factory.mktemp("hanging"), "Subsystem sftp /bin/sleep 1000") as hanging:
        report = sync(run, [hanging.target, sshd.target], tmp_path)
    assert report.ok, report.text
    assert "session: " in report.targets[0].outcome
    assert report.targets[0].seconds < 8


def test_a_wrong_host_key_stops_everything(sshd: Server, run: Path, tmp_path: Path) -> None:
    other = tmp_path / "known_hosts"
    key = (
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "other"], check=True)
        and (tmp_path / "other.pub").read_text()
    )
    other.write_text(f"[127.0.0.1]:{sshd.port} {key}")
    report = sync(run, [dataclasses.replace(sshd.target, known_hosts=other), sshd.target], tmp_path)
    assert not report.ok
    assert len(report.targets) == 1
    assert "someone may be intercepting the connection" in report.text
    assert not (tmp_path / "far").exists()


def test_a_revoked_host_key_is_refused(sshd: Server, run: Path, tmp_path: Path) -> None:
    known = sshd.known_hosts.read_text()
    (tmp_path / "known_hosts").write_text(known + "@revoked " + known)
    report = sync(run, [dataclasses.replace(sshd.target, known_hosts=tmp_path / "known_hosts")], tmp_path)
    assert not report.ok
    assert "revoked" in report.text


def test_a_hashed_known_hosts_file_is_understood(sshd: Server, run: Path, tmp_path: Path) -> None:
    shutil.copy(sshd.known_hosts, tmp_path / "hosts")
    subprocess.run(["ssh-keygen", "-q", "-H", "-f", tmp_path / "hosts"], check=True, capture_output=True)
    assert "127.0.0.1" not in (tmp_path / "hosts").read_text()
    assert sync(run, [dataclasses.replace(sshd.target, known_hosts=tmp_path / "hosts")], tmp_path).ok


def test_an_unknown_host_key_is_accepted_by_the_command_that_the_error_names(
    sshd: Server, run: Path, tmp_path: Path
) -> None:
    known = tmp_path / "ssh" / "known_hosts"
    stranger = dataclasses.replace(sshd.target, known_hosts=known)
    report = sync(run, [stranger], tmp_path)
    assert not report.ok
    words = report.text.partition("sml-sync accept-key ")[2].split()
    assert words[1].startswith("SHA256:")
    assert main(["accept-key", words[0], "SHA256:wrong", "--known-hosts", str(known)]) == 2
    assert main(["accept-key", *words[:2], "--known-hosts", str(known)]) == 0
    assert sync(run, [stranger], tmp_path).ok
    assert known.stat().st_mode & 0o777 == 0o600


def test_the_settings_may_name_the_fingerprint_or_accept_a_new_host(
    sshd: Server, run: Path, tmp_path: Path
) -> None:
    right = subprocess.run(
        ["ssh-keygen", "-l", "-f", sshd.home / "host.pub"], check=True, capture_output=True, text=True
    ).stdout.split()[1]
    nobody = tmp_path / "none"
    named = dataclasses.replace(sshd.target, known_hosts=nobody, host_key=right)
    assert sync(run, [named], tmp_path).ok
    assert not nobody.exists()
    wrong = dataclasses.replace(named, host_key="SHA256:" + "A" * 43)
    assert "the settings require" in sync(run, [wrong], tmp_path).text
    assert sync(run, [dataclasses.replace(named, host_key="accept-new")], tmp_path).ok
    # ssh may hash names, as its configuration says.
    found = ["ssh-keygen", "-F", f"[127.0.0.1]:{sshd.port}", "-f", nobody]
    assert b"ssh-ed25519" in subprocess.run(found, check=True, capture_output=True).stdout


@pytest.mark.serial
def test_a_wrong_password_is_named_and_the_right_one_let_in(
    account: tuple[str, str], run: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    user, password = account
    with serve(tmp_path_factory.mktemp("password"), "PasswordAuthentication yes") as server:
        right = Target("127.0.0.1", server.port, user, password, known_hosts=server.known_hosts)
        wrong = dataclasses.replace(right, password="wr0ng-" + password)
        started = time.monotonic()
        report = sml_sync.sync(run, [wrong, right], f"/home/{user}/far/run")
        assert report.ok, report.text
        assert time.monotonic() - started < 15
        assert "login: " in report.targets[0].outcome
        assert "tried: password" in report.targets[0].outcome
        assert password not in report.text + repr(wrong) + repr(report)
        assert tree(Path(f"/home/{user}/far/run")) == tree(run)


def test_a_password_that_is_asked_for_interactively_is_given(
    account: tuple[str, str], run: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    user, password = account
    lines = ("PasswordAuthentication no", "KbdInteractiveAuthentication yes", "UsePAM yes")
    with serve(tmp_path_factory.mktemp("interactive"), *lines) as server:
        target = Target("127.0.0.1", server.port, user, password, known_hosts=server.known_hosts)
        report = sml_sync.sync(run, [target], f"/home/{user}/far/run")
    assert report.ok, report.text


def test_ssh_config_names_host_port_user_key_and_alias(sshd: Server, run: Path, tmp_path: Path) -> None:
    known = sshd.known_hosts.read_text().split()
    (tmp_path / "hosts").write_text(f"the-alias {known[1]} {known[2]}\n")
    (tmp_path / "config").write_text(
        f"Host hub\n  HostName 127.0.0.1\n  Port {sshd.port}\n  User {getpass.getuser()}\n"
        f"  IdentityFile {sshd.key}\n  IdentitiesOnly yes\n  HostKeyAlias the-alias\n"
        f"  UserKnownHostsFile {tmp_path}/hosts\n"
    )
    report = sync(run, [Target("hub", ssh_config=tmp_path / "config")], tmp_path)
    assert report.ok, report.text


# What `nc HOST PORT` does.
NETCAT = """
import os, socket, sys, threading
line = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
def back():
    while data := line.recv(65536):
        os.write(1, data)
threading.Thread(target=back, daemon=True).start()
while data := os.read(0, 65536):
    line.sendall(data)
"""


@pytest.mark.parametrize("way", ["ProxyJump jump", "ProxyCommand {python} '{netcat}' {port}"])
def test_a_host_behind_another_is_reached(sshd: Server, run: Path, tmp_path: Path, way: str) -> None:
    netcat = tmp_path / "net cat.py"
    netcat.write_text(NETCAT)
    way = way.format(port=sshd.port, python=sys.executable, netcat=netcat)
    common = (
        f"  User {getpass.getuser()}\n  IdentityFile {sshd.key}\n  UserKnownHostsFile {sshd.known_hosts}\n"
    )
    (tmp_path / "config").write_text(
        f"Host jump\n  HostName 127.0.0.1\n  Port {sshd.port}\n{common}"
        f"Host inner\n  HostName 127.0.0.1\n  Port {sshd.port}\n  {way}\n{common}"
    )
    report = sync(run, [Target("inner", ssh_config=tmp_path / "config")], tmp_path)
    assert report.ok, report.text
    assert tree(tmp_path / "far" / "run") == tree(run)


def test_a_key_with_a_passphrase_comes_from_it_or_from_the_agent(
    sshd: Server, run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = tmp_path / "key"
    shutil.copy(sshd.key, key)
    subprocess.run(["ssh-keygen", "-q", "-p", "-P", "", "-N", "open sesame", "-f", key], check=True)
    locked = dataclasses.replace(sshd.target, key_filename=str(key))
    assert "needs its passphrase: ssh-add" in sync(run, [locked], tmp_path).text
    assert sync(run, [dataclasses.replace(locked, passphrase="open sesame")], tmp_path).ok
    wrong = sync(run, [dataclasses.replace(locked, passphrase="open barley")], tmp_path)
    assert not wrong.ok
    assert "open barley" not in wrong.text
    with agent(tmp_path / "agent.sock"):
        monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "agent.sock"))
        subprocess.run(["ssh-add", "-q", sshd.key], check=True)
        shutil.copy(sshd.home / "client.pub", f"{key}.pub")
        report = sync(run, [locked], tmp_path)
    assert report.ok, report.text


def test_the_target_that_worked_is_tried_first_the_next_time(sshd: Server, run: Path, tmp_path: Path) -> None:
    targets = [dataclasses.replace(sshd.target, port=2), sshd.target]
    assert len(sync(run, targets, tmp_path).targets) == 2
    again = sync(run, targets, tmp_path)
    assert [target.ok for target in again.targets] == [True]


def test_the_same_machine_by_another_address_is_sent_nothing_twice(
    sshd: Server, run: Path, tmp_path: Path, line
) -> None:
    assert sync(run, [sshd.target], tmp_path).ok
    report = sync(run, [sshd.through(line.port)], tmp_path)
    assert report.counts == {"unchanged": 6}
