"""The command on a terminal: what it asks, what it does not show, and `watch` until Ctrl-C."""

from __future__ import annotations

import os
import pty
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from .conftest import Line, Server, make_run, serve, tree

pytestmark = pytest.mark.needs("sshd", "ssh-keygen")
PATIENCE = 20.0


class Terminal:
    """A command on a terminal of its own."""

    def __init__(self, words: Sequence[str | Path]) -> None:
        ours, theirs = pty.openpty()
        # A new session without a terminal takes the first that it opens: that is where a password is asked.
        opening = "os.close(os.open(os.ttyname(0), os.O_RDWR))"
        starter = f"import os, sys; {opening}; os.execv(sys.executable, sys.argv[1:])"
        command = [sys.executable, "-c", starter, sys.executable, "-m", "sml_sync.cli", *map(str, words)]
        self.process = subprocess.Popen(
            command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
        )
        os.close(theirs)
        self._end = ours
        self.said = ""

    def until(self, text: str) -> None:
        """Read on until a text was said since the last answer."""
        start = len(self.said)
        deadline = time.monotonic() + PATIENCE
        while text not in self.said[start:]:
            if time.monotonic() > deadline or not self._read():
                pytest.fail(f"{text!r} was not said:\n{self.said}")

    def answer(self, text: str) -> None:
        os.write(self._end, text.encode() + b"\n")

    def close(self) -> int:
        """Read to the end; returns the exit status."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and self._read():
            pass
        status = self.process.wait(PATIENCE)
        os.close(self._end)
        return status

    def _read(self) -> bool:
        if not select.select([self._end], [], [], 0.1)[0]:
            return True
        try:
            data = os.read(self._end, 1 << 16)
        except OSError:
            return False  # Linux says so when the other end is closed
        self.said += data.decode()
        return bool(data)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return make_run(tmp_path / "logfile" / "run")


@pytest.fixture
def far(tmp_path: Path) -> Path:
    return tmp_path / "far" / "run"


def test_the_passphrase_of_a_key_is_asked_for_and_not_shown(
    sshd: Server, run: Path, far: Path, tmp_path: Path
) -> None:
    key = tmp_path / "key"
    shutil.copy(sshd.key, key)
    subprocess.run(["ssh-keygen", "-q", "-p", "-P", "", "-N", "open sesame", "-f", key], check=True)
    to = ["--to", f"127.0.0.1:{sshd.port}", "--path", far, "--key", key, "--known-hosts", sshd.known_hosts]
    terminal = Terminal(["push", run, *to])
    terminal.until(f"passphrase of {key}: ")
    terminal.answer("open sesame")
    assert terminal.close() == 0, terminal.said
    assert "6 sent" in terminal.said
    assert "open sesame" not in terminal.said
    assert tree(far) == tree(run)


@pytest.mark.parametrize(
    "lines", [("KbdInteractiveAuthentication yes", "UsePAM yes"), ("PasswordAuthentication yes",)]
)
def test_a_password_is_asked_for_and_not_shown(
    account: tuple[str, str], run: Path, tmp_path_factory: pytest.TempPathFactory, lines: tuple[str, ...]
) -> None:
    user, password = account
    with serve(tmp_path_factory.mktemp("asking"), *lines) as server:
        to = ["--to", f"{user}@127.0.0.1:{server.port}", "--path", f"/home/{user}/far/run"]
        terminal = Terminal(["push", run, *to, "--known-hosts", server.known_hosts])
        terminal.until("assword")
        terminal.answer(password)
        assert terminal.close() == 0, terminal.said
    assert password not in terminal.said
    assert tree(Path(f"/home/{user}/far/run")) == tree(run)


def test_an_unknown_host_key_is_accepted_only_with_yes(sshd: Server, tmp_path: Path) -> None:
    known = tmp_path / "known_hosts"
    words = ["accept-key", f"127.0.0.1:{sshd.port}", "--known-hosts", known]
    for answer, status in (("y", 1), ("yes", 0)):
        terminal = Terminal(words)
        terminal.until("yes/no: ")
        terminal.answer(answer)
        assert terminal.close() == status, terminal.said
        assert known.exists() == (status == 0)
    assert known.read_text() == sshd.known_hosts.read_text()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_watch_command_sends_rows_as_they_come_and_a_last_time_when_it_is_ended(
    sshd: Server, run: Path, far: Path, number: signal.Signals
) -> None:
    to = [
        "--to",
        f"127.0.0.1:{sshd.port}",
        "--path",
        far,
        "--key",
        sshd.key,
        "--known-hosts",
        sshd.known_hosts,
    ]
    terminal = Terminal(["watch", run, "--every", "0.2", *to])
    terminal.until("Ctrl-C sends once more and stops")
    with (run / "progress.csv").open("a") as table:
        table.write("3,4\n")
    terminal.until("1 appended")
    assert (far / "progress.csv").read_bytes() == (run / "progress.csv").read_bytes()
    (run / "log.txt").write_text("the last words\n")
    terminal.process.send_signal(number)
    assert terminal.close() == 0, terminal.said
    assert tree(far) == tree(run)
    assert "Traceback" not in terminal.said


class Slow(Line):
    """A line that takes its time."""

    def _carry(self, source, sink, counted):  # type: ignore[no-untyped-def]
        class Dripping:
            def __getattr__(self, name: str) -> object:
                return getattr(source, name)

            def recv(self, size: int) -> bytes:
                time.sleep(0.01)
                return bytes(source.recv(size))

        super()._carry(Dripping() if counted else source, sink, counted)


def test_what_takes_long_is_shown_while_it_goes_on(sshd: Server, tmp_path: Path) -> None:
    run = make_run(tmp_path / "logfile" / "run")
    (run / "model.bin").write_bytes(os.urandom(4 << 20))
    line = Slow(sshd.port)
    try:
        target = sshd.through(line.port)
        words = ["--key", sshd.key, "--known-hosts", str(target.known_hosts), "--to", str(target)]
        terminal = Terminal(["push", "-v", *words, "--path", tmp_path / "far" / "run", run])
        terminal.until(" sent, ")
        terminal.until("/s, ")
        assert terminal.close() == 0
    finally:
        line.close()
    assert "sent: model.bin (4.2 MB)" in terminal.said
    assert "7 sent; 4.2 MB to" in terminal.said
