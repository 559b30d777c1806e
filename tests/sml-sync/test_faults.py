"""Whatever a line or a server does, a sync ends with a report: it never raises into training."""

from __future__ import annotations

import json
import random
import shutil
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import sml_sync
from sml_config.ssh import ConnectionLostError, SshError
from sml_config.ssh.sftp.channel import Channel
from sml_config.ssh.sftp.packets import REPLIES, Reply
from sml_sync.session import Session, request_of
from sml_sync.ssh.paramiko_errors import translated
from sml_sync.transfer import remote_state as control
from sml_sync.transfer.local_files import Selection
from sml_sync.watch_process import repeat

from .conftest import Line, Server, make_run, serve, tree

needs_sshd = pytest.mark.needs("sshd", "ssh-keygen")

# Stands between sshd and its sftp-server and changes answers as the file `mode` says.
LIAR = r"""
import struct, subprocess, sys, threading
server = subprocess.Popen([sys.argv[1]], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
mode = open(sys.argv[2]).read()
out = sys.stdout.buffer

def up():
    while data := sys.stdin.buffer.raw.read(1 << 16):
        server.stdin.write(data)
        server.stdin.flush()
    server.stdin.close()

threading.Thread(target=up, daemon=True).start()
count = 0
while head := server.stdout.read(4):
    (length,) = struct.unpack(">I", head)
    body = server.stdout.read(length)
    kind, number, rest = body[0], body[1:5], body[5:]
    if kind != 2:
        count += 1
        if mode == "unknown id":
            number = struct.pack(">I", 0x7FFFFFFF)
        elif mode == "repeated id":
            out.write(struct.pack(">I", length) + body)
        elif mode == "short attributes" and kind == 105:
            rest = rest[:7]
        elif mode == "no attributes" and kind == 105:
            rest = b""
        elif mode == "endless extensions" and kind == 105:
            rest = struct.pack(">II", 1 << 31, 0xFFFFFFFF)
        elif mode == "long string" and kind in (102, 103):
            rest = struct.pack(">I", 0xFFFFFF00) + rest[4:]
        elif mode == "empty status" and kind == 101:
            rest = b""
        elif mode == "many names" and kind == 104:
            rest = struct.pack(">I", 0xFFFFFFFF) + rest[4:]
        elif mode == "other types" and count > 2:
            kind = {101: 104, 102: 105, 103: 102, 104: 103, 105: 101}.get(kind, kind)
        elif mode == "no such type":
            kind = 7
        elif mode == "huge packet":
            out.write(struct.pack(">I", 0xFFFFFFF0) + body)
            out.flush()
            continue
        elif mode == "tiny packet":
            out.write(struct.pack(">I", 1) + b"\x65" * 12)
            out.flush()
            continue
        elif mode == "long handle" and kind == 102:
            rest = struct.pack(">I", 5000) + b"h" * 5000
        elif mode == "huge size" and kind == 105 and len(rest) >= 12:
            rest = rest[:4] + b"\xff" * 8 + rest[12:]
        elif mode == "much data" and kind == 103:
            rest = struct.pack(">I", 400_000) + b"d" * 400_000
        elif mode == "endless names" and kind == 104:
            names = rest
        elif mode == "endless names" and kind == 101 and rest[:4] == b"\0\0\0\1":
            kind, rest = 104, names
    packet = bytes([kind]) + number + rest
    out.write(struct.pack(">I", len(packet)) + packet)
    out.flush()
"""
LIES = [
    "unknown id", "repeated id", "short attributes", "no attributes", "endless extensions", "long string",
    "empty status", "many names", "other types", "no such type", "huge packet", "tiny packet", "long handle",
    "huge size", "much data",
]  # fmt: skip


@pytest.fixture(scope="module")
def liar(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Server]]:
    """A real sshd whose sftp answers wrongly, each time in the way that it is told to."""
    program = shutil.which(
        "sftp-server", path="/usr/lib/openssh:/usr/libexec/openssh:/usr/lib/ssh:/usr/libexec"
    )
    if program is None:
        pytest.skip("sftp-server is not installed")
    home = tmp_path_factory.mktemp("liar")
    (home / "liar.py").write_text(LIAR)
    line = f"Subsystem sftp {sys.executable} -S {home}/liar.py {program} {home}/mode"
    with serve(home, line) as server:

        def lies(mode: str) -> Server:
            (home / "mode").write_text(mode)
            return server

        yield lies


@needs_sshd
@pytest.mark.parametrize("mode", LIES)
def test_a_server_that_answers_wrongly_ends_in_a_report(
    liar: Callable[[str], Server], tmp_path: Path, mode: str
) -> None:
    run = make_run(tmp_path / "logfile" / "run")
    (run / "new.csv").write_text("x\n")
    target = liar("truth").target
    assert sml_sync.sync(run, [target], str(tmp_path / "far" / "run"), exclude="new.csv").ok
    liar(mode)
    (run / "log.txt").write_text("another text\n")
    with (run / "progress.csv").open("a") as table:
        table.write("3,4\n")
    started = time.monotonic()
    sent = sml_sync.sync(run, [target], str(tmp_path / "far" / "run"))
    fetched = sml_sync.pull([target], str(tmp_path / "far"), tmp_path / "laptop")
    assert time.monotonic() - started < 60
    assert (sent.text, fetched.text) != ("", "")
    assert mode in ("many names", "much data", "huge size") or not (sent.ok and fetched.ok)
    assert not list((tmp_path / "laptop").rglob(".sml-tmp-*"))
    liar("truth")
    assert sml_sync.sync(run, [target], str(tmp_path / "far" / "run")).ok
    assert tree(tmp_path / "far" / "run") == tree(run)


@needs_sshd
def test_a_folder_whose_names_never_end_is_told(
    liar: Callable[[str], Server], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control, "_MOST_ENTRIES", 2000)
    make_run(tmp_path / "node" / "run")
    report = sml_sync.pull(liar("endless names").target, tmp_path / "node", tmp_path / "laptop")
    assert not report.ok
    assert "more than 2000 entries; is it endless?" in report.text


class Flipper(Line):
    """A line that flips one bit of what comes from the server, at a byte that is counted from the start."""

    at = -1
    bit = 0
    come = 0

    def _carry(self, source, sink, counted):  # type: ignore[no-untyped-def]
        super()._carry(source if counted else _Flipped(source, self), sink, counted)


class _Flipped:
    def __init__(self, source, line: Flipper) -> None:  # type: ignore[no-untyped-def]
        self._source, self._line = source, line

    def __getattr__(self, name: str) -> object:
        return getattr(self._source, name)

    def recv(self, size: int) -> bytes:
        data = bytearray(self._source.recv(size))
        place = self._line.at - self._line.come
        if 0 <= place < len(data):
            data[place] ^= 1 << self._line.bit
            self._line.at = -1
        self._line.come += len(data)
        return bytes(data)


@pytest.fixture
def flipper(sshd: Server) -> Iterator[Flipper]:
    line = Flipper(sshd.port)
    yield line
    line.close()


@needs_sshd
def test_one_flipped_bit_in_forty_connections_never_raises(
    sshd: Server, flipper: Flipper, tmp_path: Path
) -> None:
    run = make_run(tmp_path / "logfile" / "run")
    target = sshd.through(flipper.port)
    chance = random.Random(11)
    failed = 0
    flipper.come = 0
    assert sml_sync.sync(run, [target], str(tmp_path / "far" / "run")).ok
    longest = flipper.come
    for number in range(40):
        (run / "log.txt").write_text(f"text {number}\n" * number)
        flipper.come, flipper.at, flipper.bit = 0, chance.randrange(20, longest), chance.randrange(8)
        report = sml_sync.sync(run, [target], str(tmp_path / "far" / "run"))
        failed += not report.ok
        assert report.text
    assert failed > 20
    flipper.at = -1
    assert sml_sync.sync(run, [target], str(tmp_path / "far" / "run")).ok
    assert tree(tmp_path / "far" / "run") == tree(run)


@needs_sshd
def test_a_line_that_is_cut_early_is_not_called_a_server_without_sftp(
    sshd: Server, line: Line, tmp_path: Path
) -> None:
    run = make_run(tmp_path / "run")
    target = sshd.through(line.port)
    for _ in range(2):
        line.carried = 0
        assert sml_sync.sync(run, target, tmp_path / "far" / "run").ok
    whole, cut = line.carried, 0  # of a sync that has nothing to send
    for part in range(1, 20):
        line.carried, line.budget = 0, whole * part // 20
        report = sml_sync.sync(run, target, tmp_path / "far" / "run")
        cut += not report.ok
        assert "is it allowed" not in report.text
    assert cut > 10


@needs_sshd
def test_watching_goes_on_after_a_flipped_bit(sshd: Server, flipper: Flipper, tmp_path: Path) -> None:
    run = make_run(tmp_path / "logfile" / "run")
    heard: list[sml_sync.SyncReport] = []
    over = threading.Event()

    def hear(report: sml_sync.SyncReport) -> None:
        heard.append(report)
        if len(heard) == 1:
            (run / "log.txt").write_text("later\n")
            flipper.at = flipper.come + 40  # on the line that stands
        else:
            over.set()

    with Session([sshd.through(flipper.port)]) as session:
        request = request_of(run, str(tmp_path / "far" / "run"), Selection())
        assert repeat(session, request, 0.05, over.wait, hear)
    assert flipper.at == -1
    assert heard[0].ok
    assert tree(tmp_path / "far" / "run") == tree(run)


def test_watching_goes_on_after_an_error_that_nobody_foresaw(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    heard: list[sml_sync.SyncReport] = []

    class Failing(Session):
        def sync(self, request):  # type: ignore[no-untyped-def]
            if len(heard) == 2:
                return sml_sync.SyncReport(True, request.remote_path)
            raise KeyError("number")

    over = threading.Event()
    with Failing([sml_sync.Target("nowhere")]) as session:
        request = request_of(run, "far", Selection())
        assert repeat(session, request, 0.01, lambda _: len(heard) == 2 or over.is_set(), heard.append)
    assert [report.ok for report in heard] == [False, False, True]
    assert "the sync failed: KeyError: 'number'" in heard[0].text


def test_any_bytes_in_an_answer_are_an_error_of_ours_or_a_value() -> None:
    chance = random.Random(3)
    asks: list[Callable[[Reply], object]] = [
        Reply.check, Reply.handle, Reply.data, Reply.attributes, Reply.names, Reply.free_bytes,
        Reply.attributes_if_there,
    ]  # fmt: skip
    lengths = (0, 1, 2, 5, 0xFFFFFFFF, 1 << 31, 0x8000000F)
    errors = 0
    for _ in range(5000):
        body = b"".join(struct.pack(">I", chance.choice(lengths)) for _ in range(chance.randrange(6)))
        body += chance.randbytes(chance.randrange(9))
        try:
            chance.choice(asks)(Reply(chance.choice(REPLIES), body, b"name"))
        except (OSError, ConnectionLostError):
            errors += 1
    assert 1000 < errors < 5000


@pytest.mark.parametrize(
    "error",
    [KeyError(3), struct.error("unpack"), ValueError("tag"), AssertionError(), EOFError(), TimeoutError()],
)
def test_whatever_a_transport_raises_is_an_error_of_the_line(error: Exception) -> None:
    with pytest.raises(ConnectionLostError, match=r"\S"), translated():
        raise error
    with pytest.raises(sml_sync.ConnectError) as caught, translated("login"):
        raise error
    assert caught.value.step == "login"


class _BrokenLine:
    """A line that is gone before the first request."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def settimeout(self, seconds: float | None, /) -> None:
        """Nothing is waited for."""

    def send(self, _data: memoryview, /) -> int:
        raise self._error

    def recv(self, _size: int, /) -> bytes:
        raise self._error

    def ready(self) -> bool:
        return False

    def reason(self) -> tuple[str, bool]:
        return "", True


@pytest.mark.parametrize("error", [EOFError(), ConnectionResetError(), ConnectionLostError("KeyError: 3")])
def test_a_line_that_breaks_at_the_first_request_is_an_error_of_the_line(error: Exception) -> None:
    with pytest.raises(ConnectionLostError, match="the connection was lost before sftp started"):
        Channel(_BrokenLine(error))


class _EndedProgram(_BrokenLine):
    """A program that wrote a line and ended after the first bytes were sent to it."""

    def __init__(self) -> None:
        super().__init__(BrokenPipeError())
        self._output = [b"Welcome, dear user\n", b""]
        self._is_running = True

    def send(self, data: memoryview, /) -> int:
        if not self._is_running:
            raise self._error
        self._is_running = False
        return len(data)

    def recv(self, _size: int, /) -> bytes:
        return self._output.pop(0)


def test_a_program_that_ended_before_the_first_request_is_told_by_what_it_wrote() -> None:
    channel = Channel(_EndedProgram())
    with pytest.raises(SshError, match=r"sent 'Welcome, dear user.n' instead of sftp"):
        channel.send(memoryview(b"request"))


@needs_sshd
def test_a_damaged_record_of_what_was_sent_costs_time_and_never_raises(sshd: Server, tmp_path: Path) -> None:
    run, far = make_run(tmp_path / "logfile" / "run"), tmp_path / "far" / "run"
    assert sml_sync.sync(run, sshd.target, far).ok
    (record,) = (run / ".sml-sync").glob("*.jsonl")
    good = record.read_text()
    head, row = good.splitlines()[:2]
    for damaged in (
        "[" * 100_000,
        head.replace('"far": "', '"far": 5, "x": "'),
        head.replace('"synced": ', '"synced": "x", "y": '),
        head.replace('"run_id": "', '"run_id": ["a"], "z": "'),
        f"{head}\n{row.replace('[', '[5,', 1)}",
        f"{head}\n{row[:-1]}, 1]".replace(", true", ', "x"'),
        f'{head}\n["log.txt", "1", "2", "3", "4", "d", "6", "7", 0]',
        f'{head}\n["log.txt", 1, 2, 3, 4, null, 6, 7, 0]',
        good[: len(good) // 2],
    ):
        record.write_text(damaged + "\n")
        record.with_suffix(".sending").write_text(json.dumps({f"{far}/log.txt": 5}))
        with (run / "log.txt").open("a") as log:
            log.write("more\n")
        report = sml_sync.sync(run, sshd.target, far)
        assert report.ok, report.text
        assert tree(far) == tree(run)
