"""Servers, agents and configurations as they are found: each is got along with, or named with its remedy."""

from __future__ import annotations

import contextlib
import dataclasses
import getpass
import os
import random
import shlex
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
from sml_config.ssh import login
from sml_sync import Target
from sml_sync.cli import main
from sml_sync.doctor import examine
from sml_sync.session import Session
from sml_sync.transfer.local_files import Selection
from sml_sync.transfer.push import SyncRequest

from .conftest import Server, agent, make_run, serve, tree

pytestmark = pytest.mark.needs("sshd", "ssh-keygen")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return make_run(tmp_path / "logfile" / "run")


@pytest.fixture
def far(tmp_path: Path) -> Path:
    return tmp_path / "far" / "run"


@pytest.mark.parametrize(
    "line",
    [
        "Subsystem sftp internal-sftp -P posix-rename,statvfs",
        "Subsystem sftp internal-sftp -P posix-rename,fsetstat,setstat",
        "MaxSessions 1",
        "MaxAuthTries 1",
        "RekeyLimit 1M",
        "Compression yes",
        "Banner /etc/passwd",
    ],
)
def test_a_server_that_lacks_or_wants_something_gets_everything(
    run: Path, far: Path, tmp_path_factory: pytest.TempPathFactory, line: str
) -> None:
    (run / "model").write_bytes(os.urandom(5 << 20))
    with serve(tmp_path_factory.mktemp("server"), line) as server:
        assert sml_sync.sync(run, [server.target], str(far)).ok
        (run / "log.txt").write_text("another text\n")
        with (run / "progress.csv").open("a") as table:
            table.write("3,4\n")
        report = sml_sync.sync(run, [server.target], str(far))
    assert report.counts == {"sent": 1, "appended": 1, "unchanged": 5}, report.text
    assert tree(far) == tree(run)
    assert not list((far.parent / ".sml-sync" / "tmp").iterdir())


# Stands before sftp-server: what is to be made comes in the wrong order, answers come in any.
DISORDER = r"""
import os, random, select, struct, subprocess, sys
server = subprocess.Popen([sys.argv[1]], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
chance = random.Random(1)
ins, outs = [0, server.stdout.fileno()], {0: b"", server.stdout.fileno(): b""}
held, answers = [], []

def packets(source):
    data = os.read(source, 1 << 16)
    if not data:
        sys.exit(server.kill())
    outs[source] += data
    while len(outs[source]) >= 4:
        end = 4 + struct.unpack_from(">I", outs[source])[0]
        if len(outs[source]) < end:
            break
        packet, outs[source] = outs[source][:end], outs[source][end:]
        yield packet

while True:
    ready = select.select(ins, [], [], 0.005)[0]
    for source in ready:
        for packet in packets(source):
            if source == 0 and packet[4] == 14:
                held.append(packet)
            elif source == 0:
                server.stdin.write(packet)
            elif packet[4] == 2:  # the greeting
                os.write(1, packet)
            else:
                answers.append(packet)
    if not ready:
        for packet in reversed(held):
            server.stdin.write(packet)
        chance.shuffle(answers)
        for packet in answers:
            os.write(1, packet)
        held, answers = [], []
    server.stdin.flush()
"""


def test_a_server_that_works_and_answers_in_any_order_gets_and_gives_everything(
    run: Path, far: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    program = shutil.which("sftp-server", path="/usr/lib/openssh:/usr/libexec/openssh:/usr/lib/ssh")
    if program is None:
        pytest.skip("sftp-server is not installed")
    (run / "model").write_bytes(os.urandom(9 << 20))
    (run / "a" / "b" / "c").mkdir(parents=True)
    for number in range(100):
        (run / "a" / "b" / "c" / f"{number}.txt").write_text(f"{number}")
    home = tmp_path_factory.mktemp("disorder")
    (home / "disorder.py").write_text(DISORDER)
    with serve(home, f"Subsystem sftp {sys.executable} -S {home}/disorder.py {program}") as server:
        for _ in range(2):
            report = sml_sync.sync(run, server.target, far)
            assert report.ok, report.text
        assert report.counts == {"unchanged": 107}
        assert tree(far) == tree(run)
        assert sml_sync.pull(server.target, far, tmp_path / "here").ok
        assert tree(tmp_path / "here") == tree(run)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (
            "ForceCommand echo Welcome, dear user",
            "the server sent 'Welcome, dear user\\n' instead of sftp; does",
        ),
        ("Subsystem other /bin/false", "does its sshd_config have the line Subsystem sftp internal-sftp?"),
        ("Subsystem sftp internal-sftp -R", "cannot be created on the remote host: permission denied"),
        ("AuthenticationMethods publickey,keyboard-interactive", "keyboard-interactive is also required"),
        ("Ciphers aes128-cbc", "cipher"),
    ],
)  # fmt: skip
def test_a_server_that_cannot_be_used_is_told_with_the_reason(
    run: Path, far: Path, tmp_path_factory: pytest.TempPathFactory, line: str, told: str
) -> None:
    more = ("UsePAM yes", "KbdInteractiveAuthentication yes") if line.startswith("Authentication") else ()
    with serve(tmp_path_factory.mktemp("server"), line, *more) as server:
        report = sml_sync.sync(run, [server.target], str(far))
    assert not report.ok
    assert told in report.text
    assert report.text.count("\n") == 0


@pytest.mark.parametrize("line", ["Ciphers aes256-gcm@openssh.com", "Ciphers aes128-ctr", "RekeyLimit 1M"])
def test_every_cipher_brings_every_byte_and_keys_change_on_the_way(
    run: Path, far: Path, tmp_path_factory: pytest.TempPathFactory, line: str
) -> None:
    for number in range(6):
        (run / f"model_{number}.bin").write_bytes(
            random.Random(number).randbytes((1 << 20) * number + number)
        )
    with serve(tmp_path_factory.mktemp("server"), line) as server:
        report = sml_sync.sync(run, [server.target], str(far))
    assert report.ok, report.text
    assert tree(far) == tree(run)


def test_a_server_in_a_chroot_is_sent_to(run: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    # sshd takes only a folder with nothing above it that others may write.
    root = Path("/run/sml-sync-test")
    if os.getuid() != 0:
        pytest.skip("only root can have a chroot")
    try:
        root.mkdir(mode=0o755)
        with serve(tmp_path_factory.mktemp("chroot"), f"ChrootDirectory {root}") as server:
            report = sml_sync.sync(run, [server.target], "/data/far/run")
        assert report.ok, report.text
        assert tree(root / "data" / "far" / "run") == tree(run)
    finally:
        shutil.rmtree(root, ignore_errors=True)


def test_the_folder_of_the_login_as_log_path_takes_a_run_below_a_category(
    run: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = Path("/run/sml-sync-home")  # in a chroot without a home, a login starts in its root
    if os.getuid() != 0:
        pytest.skip("only root can have a chroot")
    try:
        root.mkdir(mode=0o755)
        request = SyncRequest(run, "category/run", ".", Selection())  # MAIN_MACHINE_LOG_PATH: "~"
        with (
            serve(tmp_path_factory.mktemp("chroot"), f"ChrootDirectory {root}") as server,
            Session([server.target]) as session,
        ):
            report = session.sync(request)
            (run / "later.txt").write_text("later")
            again = session.sync(request)
        assert report.ok, report.text
        assert again.ok, again.text
        assert tree(root / "category" / "run") == tree(run)
    finally:
        shutil.rmtree(root, ignore_errors=True)


def test_an_address_of_ipv6_is_reached(
    run: Path, far: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("no IPv6 here")
    with serve(tmp_path_factory.mktemp("six"), "ListenAddress ::1") as server:
        known = server.home / "known_six"
        stranger = dataclasses.replace(server.target, host="::1", known_hosts=known)
        assert (
            f"sml-sync accept-key [::1]:{server.port} SHA256:"
            in sml_sync.sync(run, [stranger], str(far)).text
        )
        known.write_text(server.known_hosts.read_text().replace("[127.0.0.1]", "[::1]"))
        report = sml_sync.sync(run, [stranger], str(far))
    assert report.ok, report.text


@pytest.mark.parametrize(
    ("above", "told"),
    [
        ("far", "far on the remote host is not a folder; move it away, or choose another path"),
        ("far/run", "far/run on the remote host is not a folder; move it away, or choose another path"),
        (
            "far/run/config",
            "far/run/config on the remote host is not a folder; move it away, or choose another path",
        ),
    ],
)
def test_a_far_file_where_a_folder_belongs_is_named(
    sshd: Server, run: Path, far: Path, tmp_path: Path, above: str, told: str
) -> None:
    (tmp_path / above).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / above).write_text("mine")
    report = sml_sync.sync(run, [sshd.target], str(far))
    assert not report.ok
    assert told in report.text
    assert (tmp_path / above).read_text() == "mine"


def test_a_far_run_folder_that_is_a_link_is_refused_and_a_far_file_that_is_one_is_replaced(
    sshd: Server, run: Path, far: Path, tmp_path: Path
) -> None:
    (tmp_path / "real").mkdir()
    far.parent.mkdir()
    far.symlink_to(tmp_path / "real")
    (tmp_path / "outside").write_text("somebody's")
    (far / "progress.csv").symlink_to(tmp_path / "outside")
    report = sml_sync.sync(run, [sshd.target], str(far))
    assert (
        f"{far} on the remote host is a link; remove it, or give the folder that it points to" in report.text
    )
    assert not (tmp_path / "real" / "log.txt").exists()
    assert sml_sync.sync(run, [sshd.target], str(tmp_path / "real")).ok
    assert (tmp_path / "outside").read_text() == "somebody's"
    assert tree(tmp_path / "real") == tree(run)


def test_what_was_tidied_away_over_there_costs_nothing(sshd: Server, run: Path, far: Path) -> None:
    assert sml_sync.sync(run, [sshd.target], str(far)).ok
    shutil.rmtree(far.parent / ".sml-sync" / "tmp")
    shutil.rmtree(far.parent / ".sml-sync" / "aside")
    (far / "log.txt").write_text("a note of mine\n")
    report = sml_sync.sync(run, [sshd.target], str(far))
    assert report.ok, report.text
    assert [path.read_text() for path in (far.parent / ".sml-sync" / "aside").iterdir()] == [
        "a note of mine\n"
    ]
    assert tree(far) == tree(run)


def test_a_far_disk_without_a_free_inode_counts_as_full(sshd: Server, run: Path, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    options = "size=1m,nr_inodes=12"
    if subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", disk], capture_output=True).returncode:
        pytest.skip("no right to mount a small file system")
    try:
        assert "the remote disk is full" in sml_sync.sync(run, [sshd.target], str(disk / "run")).text
    finally:
        subprocess.run(["umount", disk], check=True)


@pytest.fixture
def hub(sshd: Server, tmp_path: Path) -> str:
    """What ssh_config says below `Host hub`."""
    return (
        f"  HostName 127.0.0.1\n  Port {sshd.port}\n  User {getpass.getuser()}\n"
        f"  IdentityFile {sshd.key}\n  UserKnownHostsFile {sshd.known_hosts}\n"
    )


def at_hub(tmp_path: Path, text: str) -> Target:
    (tmp_path / "config").write_text(text)
    return Target("hub", ssh_config=tmp_path / "config")


def test_ssh_config_may_include_files_match_and_have_common_known_hosts(
    sshd: Server, run: Path, far: Path, tmp_path: Path, hub: str, client: str
) -> None:
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d" / "a b").write_text("Host other\n  Port 1\n")
    included = f'Host hub\n  User nobody-of-all\nHost *\nInclude "{tmp_path}/conf.d/*"\n'
    common = hub.replace("UserKnownHostsFile", "GlobalKnownHostsFile")
    for text in (
        f'Include "{tmp_path}/conf.d/*" {tmp_path}/nowhere\nHost hub\n{hub}',
        f"Match exec false\n  Port 1\nMatch originalhost hub\n{hub}",
        f"Host hub\n{common}",
    ):
        report = sml_sync.sync(run, [at_hub(tmp_path, text)], str(far))
        if client == "paramiko" and text.startswith(("Include", "Match")):
            assert "does not support" in report.text
        else:
            assert report.ok, report.text
    assert client == "paramiko" or (
        "nobody-of-all could not log in"
        in sml_sync.sync(run, [at_hub(tmp_path, included + hub)], str(far)).text
    )


@pytest.mark.parametrize(
    "line",
    [
        "IdentityFile {home}/of_%n_%h_%p_%r_%u",
        "IdentityFile ${SML_TEST_HOME}/client",
        "UserKnownHostsFile {home}/known_of_%n",
        "UserKnownHostsFile ${SML_TEST_HOME}/nowhere {home}/known_hosts",
    ],
)
def test_tokens_and_variables_of_ssh_config_are_replaced(
    sshd: Server,
    run: Path,
    far: Path,
    tmp_path: Path,
    line: str,
    client: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    user = getpass.getuser()
    home = tmp_path / "home"
    home.mkdir()
    for name in ("client", f"of_hub_127.0.0.1_{sshd.port}_{user}_{user}"):
        shutil.copy(sshd.key, home / name)
    for name in ("known_hosts", "known_of_hub"):
        shutil.copy(sshd.known_hosts, home / name)
    monkeypatch.setenv("SML_TEST_HOME", str(home))
    own = line.replace("{home}", str(home))
    usual = [f"IdentityFile {sshd.key}", f"UserKnownHostsFile {sshd.known_hosts}"]
    lines = [own, *(each for each in usual if each.split()[0] != line.split()[0])]
    common = [f"HostName 127.0.0.1\n  Port {sshd.port}\n  User {user}\n  IdentitiesOnly yes"]
    text = "Host hub\n" + "".join(f"  {each}\n" for each in (*common, *lines))
    report = sml_sync.sync(run, [at_hub(tmp_path, text)], str(far))
    assert report.ok, report.text


@pytest.mark.parametrize(
    "text",
    [
        "Match !host hub\n  Port 1\nHost hub\n{hub}",
        "Match user nobody-of-all\n  HostName 203.0.113.9\nHost hub\n{hub}",
        "Match canonical host hub\n  Port 1\nHost hub\n{hub}",
        "Host hub\n{hub}Match final host 127.0.0.1\n  Port 1\n",
        'Match host hub exec "echo noise; test %n = hub"\n{hub}',
        "Host other\n  Include {far}/nowhere\nMatch=host hub\n{hub}",
        "Host gate\n{hub}Match final originalhost hub\n  ProxyJump gate\nHost hub\n{hub}",
    ],
)
def test_what_matches_in_ssh_config_is_what_ssh_says_matches(
    sshd: Server, run: Path, far: Path, tmp_path: Path, hub: str, text: str
) -> None:
    said = text.replace("{hub}", hub).replace("{far}", str(far))
    report = sml_sync.sync(run, [dataclasses.replace(at_hub(tmp_path, said), client="ssh")], str(far))
    assert report.ok, report.text


def test_a_criterion_that_ssh_does_not_know_is_named_with_its_line(
    run: Path, far: Path, tmp_path: Path
) -> None:
    target = dataclasses.replace(at_hub(tmp_path, "Match nonsense x\n  Port 1\n"), client="ssh")
    outcome = sml_sync.sync(run, [target], str(far)).targets[0].outcome
    assert f"{tmp_path}/config line 1: Bad Match condition: Unsupported Match attribute nonsense" in outcome


def test_a_chain_of_jump_hosts_is_gone_through(
    sshd: Server, run: Path, far: Path, tmp_path: Path, hub: str
) -> None:
    text = f"Host a\n{hub}Host b\n{hub}  ProxyJump a\nHost c\n{hub}Host hub\n{hub}  ProxyJump b,c\n"
    report = sml_sync.sync(run, [at_hub(tmp_path, text)], str(far))
    assert report.ok, report.text
    assert tree(far) == tree(run)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Host hub\n  Port twentytwo\n", "'twentytwo'"),
        ("Host hub\n  ProxyCommand 'unbalanced\n", "quot"),
        ("Host hub\n  ProxyCommand /nowhere/at-all\n", "/nowhere/at-all"),
        ("Host hub\n  ProxyJump a\nHost a\n  ProxyJump hub\n", "leads back to hub"),
        ("nonsense\n", "config "),
    ],
)
def test_a_fault_of_ssh_config_is_one_line_and_the_next_target_is_tried(
    sshd: Server, run: Path, far: Path, tmp_path: Path, text: str, told: str
) -> None:
    report = sml_sync.sync(run, [at_hub(tmp_path, text), sshd.target], str(far))
    assert report.ok, report.text
    assert told in report.targets[0].outcome
    assert "\n" not in report.targets[0].outcome


def test_the_named_key_comes_before_the_many_of_an_agent(
    sshd: Server, run: Path, far: Path, tmp_path: Path, hub: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with agent(tmp_path / "agent.sock"):
        monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "agent.sock"))
        for number in range(7):
            key = tmp_path / f"key{number}"
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
            subprocess.run(["ssh-add", "-q", key], check=True)
        report = sml_sync.sync(run, [at_hub(tmp_path, f"Host hub\n{hub}")], str(far))
    assert report.ok, report.text


@contextlib.contextmanager
def mute_agent(path: Path) -> Iterator[None]:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()
        yield


@pytest.mark.serial
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_agent_that_is_silent_or_gone_is_done_without(
    sshd: Server, run: Path, far: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(login, "AGENT_SECONDS", 0.3)
    monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "sock"))
    assert sml_sync.sync(run, [sshd.target], str(far)).ok
    with mute_agent(tmp_path / "sock"):
        started = time.monotonic()
        report = sml_sync.sync(run, [sshd.target], str(far))
    assert report.ok, report.text
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("host", ["", "a b", "new\nline", "x" * 300, "no-such-host.invalid", "[::1]"])
def test_a_name_that_is_no_machine_is_passed_over(sshd: Server, run: Path, far: Path, host: str) -> None:
    report = sml_sync.sync(run, [dataclasses.replace(sshd.target, host=host), sshd.target], str(far))
    assert report.ok
    assert report.targets[0].outcome.startswith("resolve: ")


def test_a_new_key_that_cannot_be_written_down_is_refused_with_the_setting(
    sshd: Server, run: Path, far: Path
) -> None:
    nowhere = Path("/proc/none/known_hosts")
    stranger = dataclasses.replace(sshd.target, known_hosts=nowhere, host_key="accept-new")
    said = sml_sync.sync(run, [stranger], str(far)).text
    assert "cannot be written (No such file or directory)" in said
    assert "set MAIN_MACHINE_HOST_KEY: SHA256:" in said


def test_without_a_home_a_sync_goes_on(
    sshd: Server, run: Path, far: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for home in ("/nonexistent", "/proc", None):
        monkeypatch.setenv("HOME", home) if home else monkeypatch.delenv("HOME")
        assert sml_sync.sync(run, [sshd.target], str(far)).ok


def test_a_copy_of_a_run_is_never_written_into_the_files_of_the_other(
    sshd: Server, run: Path, far: Path, tmp_path: Path
) -> None:
    assert sml_sync.sync(run, [sshd.target], str(far)).ok
    subprocess.run(["cp", "-a", run, tmp_path / "copy"], check=True)
    for folder in (run, tmp_path / "copy"):
        with (folder / "progress.csv").open("a") as table:
            table.write(f"{folder.name}\n")
    # Held open as it is by one who appends at this moment.
    with (far / "progress.csv").open("rb") as held:
        report = sml_sync.sync(tmp_path / "copy", [sshd.target], str(far))
        assert report.counts == {"unchanged": 5, "sent": 1}, report.text
        assert held.read() == b"x,y\n1,2\n"
    report = sml_sync.sync(run, [sshd.target], str(far))
    assert report.ok
    assert "progress.csv was changed on the remote host; that version is kept in" in report.text
    (aside,) = (far.parent / ".sml-sync" / "aside").iterdir()
    assert aside.read_text() == "x,y\n1,2\ncopy\n"
    assert tree(far) == tree(run)


ODD_MANIFESTS = [
    "",
    "garbage\n",
    '{"format": 1}\n',
    '{"format": 1, "far": 5, "run_id": [], "synced": "x"}\n["a", 1]\n',
    '{"format": 9}\n',
]


@pytest.mark.parametrize("text", ODD_MANIFESTS)
def test_a_manifest_that_is_broken_or_of_another_version_is_done_without(
    sshd: Server, run: Path, far: Path, text: str
) -> None:
    assert sml_sync.sync(run, [sshd.target], str(far)).ok
    (manifest,) = (run / ".sml-sync").glob("*.jsonl")
    manifest.write_text(text)
    assert sml_sync.sync(run, [sshd.target], str(far)).counts == {"unchanged": 6}


def test_the_hint_for_an_unknown_key_names_the_file_that_was_looked_into(
    run: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    known, config = tmp_path / "my hosts", tmp_path / "config"
    config.write_text("")
    with serve(tmp_path_factory.mktemp("server")) as server:
        target = dataclasses.replace(server.target, known_hosts=known, ssh_config=config)
        report = sml_sync.sync(run, target, "far")
        words = report.text.partition("accept it with: sml-sync ")[2]
        assert words.endswith(f"--known-hosts '{known}' --ssh-config {config}")
        assert main(shlex.split(words)) == 0
        assert sml_sync.sync(run, target, tmp_path / "far" / "run").ok


def test_a_key_that_is_named_and_not_there_is_told(run: Path, tmp_path: Path, sshd: Server) -> None:
    config = tmp_path / "config"
    config.write_text(f"Host *\n  IdentityFile {tmp_path}/no-key\n  IdentitiesOnly yes\n")
    target = dataclasses.replace(sshd.target, key_filename=None, ssh_config=config)
    report = sml_sync.sync(run, target, "far")
    assert f"tried: key {tmp_path}/no-key (No such file or directory)" in report.text


def test_a_line_of_known_hosts_that_is_not_ascii_is_passed_over(
    run: Path, far: Path, tmp_path: Path, sshd: Server
) -> None:
    known = tmp_path / "known"
    known.write_bytes(
        b"* ssh-ed25519 \xff\xc3\xa9\n|1|\xc3\xa9|x ssh-ed25519 AAAA\n" + sshd.known_hosts.read_bytes()
    )
    report = sml_sync.sync(run, dataclasses.replace(sshd.target, known_hosts=known), far)
    assert report.ok, report.text


def test_doctor_calls_a_port_that_hangs_up_no_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def hang_up() -> None:
            with contextlib.suppress(OSError):
                listening.accept()[0].close()

        threading.Thread(target=hang_up, daemon=True).start()
        said: list[str] = []
        assert not examine(Target("127.0.0.1", listening.getsockname()[1]), "far", said.append)
    steps = [line.split()[:2] for line in said]
    assert ["connect", "FAILS"] in steps
    assert ["connect", "ok"] not in steps


@pytest.mark.parametrize("line", ["MaxSessions 1", "MaxSessions 10"])
def test_many_folders_of_many_files_are_compared_with_any_number_of_sessions(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, line: str
) -> None:
    for folder in range(40):
        (tmp_path / "here" / f"{folder}").mkdir(parents=True)
        for number in range(64):
            (tmp_path / "here" / f"{folder}" / f"{number}").write_text(f"{folder} {number}")
    os.utime(tmp_path / "here" / "7" / "7", (1_700_000_000, 1_700_000_000))
    with serve(tmp_path_factory.mktemp("server"), line) as server:
        assert sml_sync.sync(tmp_path / "here", [server.target], str(tmp_path / "far")).ok
        (tmp_path / "far" / "7" / "7").write_text("changed there")
        (tmp_path / "far" / "8" / "8").unlink()
        report = sml_sync.sync(tmp_path / "here", [server.target], str(tmp_path / "far"))
        assert report.counts == {"sent": 2, "unchanged": 2558}
        for expected in ({"sent": 2560}, {"unchanged": 2560}):
            report = sml_sync.pull([server.target], str(tmp_path / "far"), tmp_path / "back")
            assert report.counts == expected
    assert tree(tmp_path / "back") == tree(tmp_path / "here")
