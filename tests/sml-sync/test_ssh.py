"""The system's ssh as the road: all that its configuration says is done, and nothing outlives us."""

from __future__ import annotations

import contextlib
import dataclasses
import getpass
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import sml_sync
from sml_config import ssh
from sml_config.ssh.askpass import Answers, UnansweredError
from sml_sync import Target

from ..ports import free_port
from .conftest import Line, Server, agent, make_run, serve, tree

pytestmark = pytest.mark.needs("sshd", "ssh", "ssh-keygen")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return make_run(tmp_path / "logfile" / "run")


def keygen(*words: str | Path) -> None:
    subprocess.run(["ssh-keygen", "-q", *map(str, words)], check=True, capture_output=True)


def destination(server: Server) -> ssh.Destination:
    return ssh.Destination("127.0.0.1", server.port, getpass.getuser(), server.key, server.known_hosts)


def processes(word: str) -> list[str]:
    """Commands of processes that name a word."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if word.encode() in (command := path.read_bytes()):
                found.append(command.replace(b"\0", b" ").decode("utf-8", "replace"))
    return found


WAYS = {
    "IdentityFile ${VAR}": "  IdentityFile ${SML_TEST_KEY}\n",
    "accept-new": "  IdentityFile {key}\n  UserKnownHostsFile {home}/new\n"
    "  StrictHostKeyChecking accept-new\n",
    "KnownHostsCommand": "  IdentityFile {key}\n  UserKnownHostsFile none\n"
    "  KnownHostsCommand /bin/cat {known}\n",
    "CanonicalizeHostname": "  IdentityFile {key}\n  CanonicalizeHostname yes\n  CanonicalDomains invalid\n",
    "Match exec": '  IdentityFile /nowhere\nMatch originalhost hub exec "true"\n  IdentityFile {key}\n',
    "user certificate": "  IdentityFile {home}/certified\n  CertificateFile {home}/certified-cert.pub\n",
    "host certificate": "  IdentityFile {key}\n  UserKnownHostsFile {home}/authorities\n",
}


@pytest.fixture(scope="module")
def certified(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with a certificate of its own, that lets in whoever has one."""
    home = tmp_path_factory.mktemp("certified")
    lines = (f"TrustedUserCAKeys {home}/ca.pub", f"HostCertificate {home}/host-cert.pub")
    keygen("-t", "ed25519", "-N", "", "-f", home / "ca")
    keygen("-t", "ed25519", "-N", "", "-f", home / "certified")
    keygen("-s", home / "ca", "-I", "me", "-n", getpass.getuser(), home / "certified.pub")
    with serve(
        home,
        *lines,
        prepare=lambda: keygen("-s", home / "ca", "-I", "host", "-h", "-n", "127.0.0.1", home / "host.pub"),
    ) as server:
        authority = (home / "ca.pub").read_text()
        (home / "authorities").write_text(f"@cert-authority [127.0.0.1]:* {authority}")
        yield server


@pytest.mark.parametrize("way", WAYS)
def test_whatever_ssh_config_says_is_done(
    certified: Server, run: Path, tmp_path: Path, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SML_TEST_KEY", str(certified.key))
    names = {"{key}": certified.key, "{home}": certified.home, "{known}": certified.known_hosts}
    text = WAYS[way]
    for name, path in names.items():
        text = text.replace(name, str(path))
    known = "" if "KnownHosts" in text else f"  UserKnownHostsFile {certified.known_hosts}\n"
    common = (
        f"  HostName 127.0.0.1\n  Port {certified.port}\n  User {getpass.getuser()}\n  IdentitiesOnly yes\n"
    )
    (tmp_path / "config").write_text(f"Host hub\n{common}{known}{text}")
    report = sml_sync.sync(run, Target("hub", ssh_config=tmp_path / "config"), tmp_path / "far" / "run")
    assert report.ok, report.text
    assert tree(tmp_path / "far" / "run") == tree(run)


def test_an_agent_of_its_own_is_asked(sshd: Server, run: Path, tmp_path: Path) -> None:
    with agent(tmp_path / "own.sock"):
        own = {**os.environ, "SSH_AUTH_SOCK": str(tmp_path / "own.sock")}
        subprocess.run(["ssh-add", "-q", sshd.key], check=True, env=own)
        (tmp_path / "config").write_text(f"Host *\n  IdentityAgent {tmp_path}/own.sock\n")
        target = dataclasses.replace(sshd.target, key_filename=None, ssh_config=tmp_path / "config")
        report = sml_sync.sync(run, target, tmp_path / "far" / "run")
    assert report.ok, report.text


@pytest.mark.parametrize(
    "line", ["Ciphers chacha20-poly1305@openssh.com", "KexAlgorithms sntrup761x25519-sha512@openssh.com"]
)
def test_what_only_openssh_can_is_agreed_on(
    run: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, line: str
) -> None:
    with serve(tmp_path_factory.mktemp("server"), line) as server:
        report = sml_sync.sync(run, server.target, tmp_path / "far" / "run")
    assert report.ok, report.text


def test_a_box_that_asks_for_a_code_is_reached_over_the_connection_that_a_person_opened(
    account: tuple[str, str], run: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    user, code = account
    lines = (f"AuthorizedKeysFile {tmp_path}/keys", "AuthenticationMethods publickey,keyboard-interactive")
    lines += ("UsePAM yes", "KbdInteractiveAuthentication yes")
    with serve(tmp_path_factory.mktemp("two"), *lines) as server:
        (tmp_path / "keys").write_bytes((server.home / "client.pub").read_bytes())
        for folder in (tmp_path, *tmp_path.parents):
            if folder.stat().st_uid == os.getuid() and folder not in (Path("/"), Path("/tmp")):  # noqa: S108
                folder.chmod(0o755)
        socket = Path(tempfile.mkdtemp(dir="/tmp")) / "s"
        (tmp_path / "config").write_text(
            f"Host hub\n  HostName 127.0.0.1\n  Port {server.port}\n  User {user}\n  ControlPath {socket}\n"
            f"  IdentityFile {server.key}\n  UserKnownHostsFile {server.known_hosts}\n"
        )
        target, far = Target("hub", ssh_config=tmp_path / "config"), f"/home/{user}/far/run"
        report = sml_sync.sync(run, target, far)
        assert "is also required" in report.text
        assert "there is no terminal to answer it" in report.text
        (tmp_path / "ask").write_text("#!/bin/sh\nprintf '%s\\n' \"$CODE\"\n")
        (tmp_path / "ask").chmod(0o700)
        asked = {
            **os.environ,
            "SSH_ASKPASS": str(tmp_path / "ask"),
            "SSH_ASKPASS_REQUIRE": "force",
            "CODE": code,
        }
        words = ["ssh", "-F", tmp_path / "config", "-M", "-N", "hub"]
        with subprocess.Popen(words, env=asked, stderr=subprocess.DEVNULL, start_new_session=True) as person:
            try:
                deadline = time.monotonic() + 10
                while not socket.exists() and time.monotonic() < deadline:
                    time.sleep(0.02)
                report = sml_sync.sync(run, target, far)
                assert report.ok, report.text
                assert person.poll() is None, "the connection is the person's, and stays"
                assert tree(Path(far)) == tree(run)
            finally:
                person.terminate()
        assert not sml_sync.sync(run, target, far).ok


def test_commands_and_forwards_go_over_the_same_login(sshd: Server) -> None:
    with contextlib.closing(ssh.connect(destination(sshd))) as connection:
        done = connection.run(["printf", "%s|", "a b", "$HOME", "'"], timeout=20)
        assert done.stdout == b"a b|$HOME|'|"
        channel = connection.channel(["cat"])
        channel.send(b"there and back")
        assert channel.recv(100) == b"there and back"
        port = free_port()
        connection.forward(port, "127.0.0.1", sshd.port)
        import socket

        with socket.create_connection(("127.0.0.1", port), 5) as line:
            assert line.recv(8) == b"SSH-2.0-"[:8]
        assert len(processes("sml-ssh-")) >= 3
    assert not connection.alive


def test_a_program_with_a_thousand_files_open_logs_in(sshd: Server, run: Path, tmp_path: Path) -> None:
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, hard), hard))
    try:
        with contextlib.ExitStack() as opened:
            for _ in range(1100):
                opened.enter_context(Path(os.devnull).open())
            assert sml_sync.sync(run, sshd.target, tmp_path / "far" / "run").ok
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_nothing_is_left_when_it_is_closed(
    sshd: Server, run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as own:
        monkeypatch.setenv("XDG_RUNTIME_DIR", own)
        assert sml_sync.sync(run, sshd.target, tmp_path / "far" / "run").ok
        assert list(Path(own).iterdir()) == []
        assert processes(own) == []


SENDER = """
import os, sys, time
from sml_config import ssh
from pathlib import Path
port, user, key, known = sys.argv[1:]
config = Path(known + "_config")
way = f"  HostName 127.0.0.1\\n  Port {port}\\n  User {user}\\n  IdentityFile {key}\\n"
config.write_text(f"Host jump\\n{way}Host far\\n{way}  ProxyJump jump\\n")
far = ssh.Destination("far", known_hosts=Path(known), ssh_config=config)
ssh.limits.CONNECT = 20
connection = ssh.connect(far)
channel = connection.channel(subsystem="sftp")
if os.fork() == 0:
    time.sleep(60)  # a worker that outlives its parent, with copies of all that was open
print(connection._folder.path, flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("silent", [False, True])
def test_nothing_outlives_a_process_that_is_killed(sshd: Server, line: Line, silent: bool) -> None:
    target = sshd.through(line.port)
    words = [str(line.port), getpass.getuser(), str(sshd.key), str(target.known_hosts)]
    command = [sys.executable, "-c", SENDER, *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert process.stdout is not None
        folder = Path(process.stdout.readline().strip())
        assert folder.name.startswith("sml-ssh-")
        deadline = time.monotonic() + 10
        # The command of a process that has just begun is empty for a moment.
        while len(processes(str(folder))) < 4:
            assert time.monotonic() < deadline, processes(str(folder))
            time.sleep(0.01)
        if silent:
            line.silent, line.budget = True, 0
        os.kill(process.pid, signal.SIGKILL)
        deadline = time.monotonic() + 10
        while (processes(str(folder)) or folder.exists()) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert processes(str(folder)) == []
        assert not folder.exists()
        subprocess.run(["kill", "-9", "--", f"-{process.pid}"], check=False, capture_output=True)


FOLDER = """
import os, time
from sml_config.ssh.private import PrivateFolder
folder = PrivateFolder(dict(os.environ))
print(folder.path, flush=True)
time.sleep(60)
"""


def test_a_process_that_was_being_started_at_the_kill_is_ended_too() -> None:
    with subprocess.Popen([sys.executable, "-c", FOLDER], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        folder = owner.stdout.readline().strip()
        owner.kill()
        deadline = time.monotonic() + 10
        while Path(folder).exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        late = [sys.executable, "-c", "import time; time.sleep(60)", f"-oControlPath={folder}/master"]
        with subprocess.Popen(late) as process:
            assert process.wait(10) == -signal.SIGTERM
            while processes(folder) and time.monotonic() < deadline:
                time.sleep(0.05)
            assert processes(folder) == []


def test_no_process_of_a_login_shows_the_password(
    account: tuple[str, str],
    run: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    user, password = account
    with serve(tmp_path_factory.mktemp("password"), "PasswordAuthentication yes") as server:
        monkeypatch.setenv("SML_PASSWD", password)
        target = Target("127.0.0.1", server.port, user, password, known_hosts=server.known_hosts)
        command = [sys.executable, "-c", LOOK]
        environment = {"PATH": os.environ["PATH"]}
        stop = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
        assert stop.stdin is not None
        stop.stdin.write(f"{os.getpid()}\n{password}\n".encode())
        stop.stdin.flush()
        assert stop.stdout is not None
        stop.stdout.readline()
        for _ in range(3):
            assert sml_sync.sync(run, target, f"/home/{user}/far/run").ok
        out, _ = stop.communicate(timeout=30)
    seen, *wrong = out.decode().splitlines()
    assert int(seen) > 3, "the processes of logins were looked at"
    assert wrong == []


CRASHING = """
import os, resource, signal, subprocess, sys, time
from pathlib import Path
from sml_config import ssh
port, user, known = sys.argv[1:]
most = resource.getrlimit(resource.RLIMIT_CORE)[1]
resource.setrlimit(resource.RLIMIT_CORE, (most, most))
password = sys.stdin.readline().strip()
far = ssh.Destination("127.0.0.1", int(port), user, None, Path(known), password=password)
connection = ssh.connect(far)
channel = connection.channel(subsystem="sftp")
channel.send(b"\\0\\0\\0\\5\\1\\0\\0\\0\\3")
assert channel.recv(100)
folder, pids = os.fsencode(connection._folder.path), []
for path in Path("/proc").glob("[0-9]*/cmdline"):
    try:
        if folder in path.read_bytes():
            pids.append(int(path.parent.name))
    except OSError:
        pass
# A process without the limit, to see that a crash would leave a file here.
with subprocess.Popen(["sleep", "60"]) as other:
    for pid in [*pids, other.pid]:
        limits = Path(f"/proc/{pid}/limits").read_text()
        print(pid, limits.count("Max core file size        1 "), flush=True)
        os.kill(pid, signal.SIGSEGV)
connection.close()
"""


def test_no_process_of_a_login_by_password_leaves_a_core_file(
    account: tuple[str, str], tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    user, password = account
    with serve(tmp_path_factory.mktemp("password"), "PasswordAuthentication yes") as server:
        words = [sys.executable, "-c", CRASHING, str(server.port), user, str(server.known_hosts)]
        done = subprocess.run(
            words, input=password + "\n", capture_output=True, text=True, cwd=tmp_path, timeout=60
        )
    assert done.returncode == 0, done.stderr
    *of_the_login, other = [line.split()[1] for line in done.stdout.splitlines()]
    assert len(of_the_login) == 3
    assert set(of_the_login) == {"1"}
    assert other == "0"
    if Path("/proc/sys/kernel/core_pattern").read_text().strip() in ("core", "core.%p"):
        # That of the other process alone.
        assert len(list(tmp_path.iterdir())) <= 1
    for core in tmp_path.iterdir():
        assert password.encode() not in core.read_bytes()


# Looks at every process that is not its parent, until its input ends.
LOOK = """
import os, select, sys
parent, password = sys.stdin.buffer.raw.read(1000).decode().split("\\n")[:2]
print("begun", flush=True)
secret, seen, wrong = password.encode(), set(), set()
while not select.select([0], [], [], 0)[0]:
    for pid in filter(str.isdigit, os.listdir("/proc")):
        if pid in (parent, str(os.getpid())):
            continue
        try:
            texts = [open(f"/proc/{pid}/{name}", "rb").read() for name in ("cmdline", "environ")]
        except OSError:
            continue
        if b"sml-ssh-" in texts[0]:
            seen.add(pid)
        if any(secret in text for text in texts):
            wrong.add(texts[0].decode("utf-8", "replace"))
print(len(seen), *wrong, sep="\\n")
"""


def test_a_password_is_given_once_and_to_the_target_alone() -> None:
    def answers() -> Answers:
        return Answers("s3cret", None, "me", "hub", has_terminal=False)

    for question in ("me@hub's password: ", "(me@hub) Password: ", "Password: "):
        known = answers()
        assert known.answer(question, "") == "s3cret"
        with pytest.raises(UnansweredError):
            known.answer(question, "")
    for question in ("you@jump's password: ", "(me@hub) Verification code: ", "(me@jump) Password: "):
        known = answers()
        with pytest.raises(UnansweredError):
            known.answer(question, "")
        assert "no terminal to answer it" in known.tried[-1]
        assert "s3cret" not in str(known.tried)


def test_a_passphrase_is_given_once_for_each_key() -> None:
    known = Answers(None, "open sesame", "me", "hub", has_terminal=False)
    question = "Enter passphrase for key '/home/me/.ssh/id_ed25519': "
    assert known.answer(question, "") == "open sesame"
    assert known.answer(question.replace("ed25519", "rsa"), "") == "open sesame"
    assert known.answer(question, "") is None
    assert known.tried == ["key /home/me/.ssh/id_ed25519 (wrong passphrase)"]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("host", (None, "host", None)),
        ("me@host:22", ("me", "host", 22)),
        ("ssh://me@host:2222/", ("me", "host", 2222)),
        ("[::1]:22", (None, "::1", 22)),
        ("fe80::1", (None, "fe80::1", None)),
        ("a@b@host", ("a@b", "host", None)),
    ],
)
def test_a_target_is_what_ssh_takes(text: str, parts: tuple[str | None, str, int | None]) -> None:
    assert ssh.parse_address(text) == parts


@pytest.mark.parametrize(
    "text", ["", "-oProxyCommand=x", "host:ssh", "host:0", "host:70000", "me@", "ssh://"]
)
def test_what_is_no_target_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        ssh.parse_address(text)


def test_without_an_ssh_program_paramiko_is_the_road(
    sshd: Server, run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sml_config.ssh import program

    monkeypatch.setenv("SML_SSH_CLIENT", "auto")
    monkeypatch.setenv("PATH", str(tmp_path))
    program.version.cache_clear()
    try:
        assert sml_sync.sync(run, sshd.target, tmp_path / "far" / "run").ok
        report = sml_sync.sync(run, dataclasses.replace(sshd.target, client="ssh"), tmp_path / "far" / "run")
        assert "no ssh in PATH; install an OpenSSH client, or choose the client paramiko" in report.text
    finally:
        program.version.cache_clear()
