"""Wherever a transfer ends, no reader on the remote host sees a torn file, and the next sync mends all."""

from __future__ import annotations

import contextlib
import getpass
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import sml_sync
from sml_config.run_folder import write_atomic
from sml_config.ssh import limits

from .conftest import Line, Server, make_run, tree

pytestmark = pytest.mark.needs("sshd", "ssh-keygen")
POINTS = 100


class Reader:
    """Reads the remote files all the time, as a viewer does, and remembers what must not be."""

    def __init__(self, far: Path) -> None:
        self._far = far
        self._over = threading.Event()
        self.reads = 0
        self.faults: list[str] = []
        # What the local table is, and whatever the local status ever was.
        self.table = b""
        self.statuses: set[bytes] = set()
        self._thread = threading.Thread(target=self._read, daemon=True)

    def _read(self) -> None:
        while not self._over.is_set():
            with contextlib.suppress(FileNotFoundError):
                table = (self._far / "progress.csv").read_bytes()
                if not self.table.startswith(table):
                    self.faults.append(f"progress.csv: {len(table)} bytes that are no prefix")
                self.reads += 1
            with contextlib.suppress(FileNotFoundError):
                status = (self._far / "config" / "status.json").read_bytes()
                if status not in self.statuses:
                    self.faults.append(f"status.json: {status[:80]!r}")
            # Looking costs what it looks at: all the time it would have a core of its own.
            time.sleep(0.004)

    def __enter__(self) -> Reader:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return make_run(tmp_path / "logfile" / "run")


def change(run: Path, number: int, reader: Reader, chance: random.Random) -> None:
    """What a training does between two syncs: the table grows, the status is replaced, files come."""
    # Now and then more than fits in one request.
    count = 12_000 if number % 10 == 5 else chance.choice((3, 300))
    rows = "".join(f"{number},{chance.random()}\n" for _ in range(count))
    reader.table += rows.encode()
    with (run / "progress.csv").open("a") as table:
        table.write(rows)
    status = f'{{"state": "running", "version": {number}, "filler": "{"x" * chance.choice((1, 70_000))}"}}'
    reader.statuses.add(status.encode())
    write_atomic(run / "config" / "status.json", status)
    (run / "tbfile" / f"events.{number % 7}").write_bytes(chance.randbytes(chance.choice((0, 500, 400_000))))


@contextlib.contextmanager
def watched(run: Path, far: Path) -> Iterator[Reader]:
    reader = Reader(far)
    reader.table = (run / "progress.csv").read_bytes()
    reader.statuses.add((run / "config" / "status.json").read_bytes())
    with reader:
        yield reader
    assert not reader.faults
    assert reader.reads > POINTS


def test_a_line_cut_at_a_hundred_places_costs_no_byte(
    sshd: Server, line: Line, run: Path, tmp_path: Path
) -> None:
    chance = random.Random(5)
    far = tmp_path / "far" / "run"
    target = sshd.through(line.port)
    cuts = 0
    with watched(run, far) as reader:
        for number in range(POINTS):
            change(run, number, reader, chance)
            line.carried, line.budget = (
                0,
                chance.choice((3_000, 9_000, 40_000, 300_000)) + chance.randrange(3_000),
            )
            if not sml_sync.sync(run, [target], str(far)).ok:
                cuts += 1
            if number % 8 == 7:
                line.carried, line.budget = 0, 1 << 60
                report = sml_sync.sync(run, [target], str(far))
                assert report.ok, report.text
                assert tree(far) == tree(run)
    assert cuts > POINTS // 4
    assert not list((far.parent / ".sml-sync" / "aside").iterdir())


def test_a_sender_killed_at_a_hundred_places_costs_no_byte(sshd: Server, run: Path, tmp_path: Path) -> None:
    chance = random.Random(6)
    far = tmp_path / "far" / "run"
    kills = 0
    takes = 0.1  # seconds, for a sync that nobody kills
    with watched(run, far) as reader:
        for number in range(POINTS):
            change(run, number, reader, chance)
            kills += killed_after(
                chance.random() * takes, lambda: sml_sync.sync(run, [sshd.target], str(far))
            )
            if number % 8 == 7:
                started = time.monotonic()
                report = sml_sync.sync(run, [sshd.target], str(far))
                takes = time.monotonic() - started
                assert report.ok, report.text
                assert tree(far) == tree(run)
    assert kills > POINTS // 4
    assert sml_sync.sync(run, [sshd.target], str(far)).ok
    staged = list((far.parent / ".sml-sync" / "tmp").iterdir())
    assert not staged, "what was staged and never renamed is removed by the next sync"


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def killed_after(seconds: float, work) -> bool:  # type: ignore[no-untyped-def]
    """Run work in a process of its own and kill that; whether it was still at it."""
    child = os.fork()
    if child == 0:
        with contextlib.suppress(BaseException):
            work()
        os._exit(0)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def test_a_large_file_goes_on_where_the_line_broke(
    sshd: Server, line: Line, run: Path, tmp_path: Path
) -> None:
    (run / "model.bin").write_bytes(random.Random(7).randbytes(24 << 20))
    far = tmp_path / "far" / "run"
    target = sshd.through(line.port)
    line.budget = 16 << 20
    assert not sml_sync.sync(run, [target], str(far)).ok
    assert not (far / "model.bin").exists()
    line.carried, line.budget = 0, 1 << 60
    report = sml_sync.sync(run, [target], str(far))
    assert report.ok, report.text
    assert tree(far) == tree(run)
    assert line.carried < 16 << 20


@pytest.mark.serial
def test_a_line_that_takes_nothing_any_more_is_given_up(
    sshd: Server, line: Line, run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "IDLE", 1.0)
    for number in range(6):
        (run / f"model_{number}.bin").write_bytes(random.Random(number).randbytes(2 << 20))
    far = tmp_path / "far" / "run"
    line.budget, line.silent = 1 << 20, True
    started = time.monotonic()
    report = sml_sync.sync(run, [sshd.through(line.port), sshd.target], str(far))
    assert time.monotonic() - started < 15
    assert "the connection was lost" in report.targets[0].outcome
    assert report.ok, report.text
    assert tree(far) == tree(run)


def test_two_gigabytes_go_on_where_the_sender_was_killed_in_little_memory(
    sshd: Server, tmp_path: Path, memory_folder: Path
) -> None:
    run = make_run(memory_folder / "run")
    size, arrived, left = (2 << 30) + 5, 128 << 20, 32 << 20
    model = run / "model.bin"
    with model.open("wb") as file:
        # Holes are read fast; where numbers of 31 bits end there is none.
        file.truncate(size)
        for place in (100 << 20, (1 << 31) - 3):
            file.seek(place)
            file.write(b"bytes")
    far = tmp_path / "far" / "run"
    first = sender(sshd, run, far)
    while not (staged := large(far.parent / ".sml-sync" / "tmp", arrived)):
        assert first.poll() is None
        time.sleep(0.01)
    status = Path(f"/proc/{first.pid}/status").read_text()
    held = int(status.partition("VmHWM:")[2].split()[0])
    first.kill()
    first.communicate()
    assert not (far / "model.bin").exists()
    # As if it had been killed later: to send holes takes time and shows nothing new.
    os.truncate(staged[0], size - left)
    said, _ = sender(sshd, run, far).communicate()
    sent, held_again = map(int, said.split())
    assert sent < left + (3 << 20), "what had arrived was not sent again, but for what was on its way"
    assert max(held, held_again) < 80 << 10, "KB; Python and paramiko alone take 40,000"
    assert (far / "model.bin").stat().st_size == size
    for part in (["-n", str(arrived)], ["-i", str(size - left)]):
        assert subprocess.run(["cmp", *part, model, far / "model.bin"], check=False).returncode == 0


@pytest.fixture
def memory_folder(tmp_path: Path) -> Iterator[Path]:
    """A folder where the holes of a file take no memory when they are read, if there is one."""
    shared = Path("/dev/shm")  # noqa: S108  the folder below it has a name of its own
    with tempfile.TemporaryDirectory(dir=shared if shared.is_dir() else tmp_path) as folder:
        yield Path(folder)


def large(folder: Path, size: int) -> list[Path]:
    """Files in a folder that hold so much already."""
    return [path for path in folder.glob("*") if path.stat().st_size > size]


SENDER = """
import sys, sml_sync
from pathlib import Path
run, far, port, user, key, known = sys.argv[1:]
report = sml_sync.sync(run, [sml_sync.Target("127.0.0.1", int(port), user, None, key, Path(known))], far)
# Not ru_maxrss: that is the parent's, if the parent is larger.
most = Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]
print(sum(file.bytes for file in report.files), most)
sys.exit(0 if report.ok else report.text)
"""


def sender(sshd: Server, run: Path, far: Path) -> subprocess.Popen[str]:
    """A process that sends a run and prints the bytes that went, and the KB that it held at most."""
    words = [run, far, str(sshd.port), getpass.getuser(), sshd.key, sshd.known_hosts]
    return subprocess.Popen([sys.executable, "-c", SENDER, *words], stdout=subprocess.PIPE, text=True)
