"""What sml-sync costs, against rsync over ssh in the same round, on loopback and with 20 ms there and back.

Usage: python benchmarks/sync.py [--rounds 5] [--runs 200] [--files 100000] [--client ssh paramiko]. It starts
an sshd; needs sshd, ssh, rsync and 9 GB of disk, and takes 6 minutes. The connection is included, the import
of paramiko is not. Ratios are medians over the rounds. Those of paramiko, of fewer rounds and files, are told
beside, and promised nowhere. One long module: all measurements share the server, the runs and the slow line.
"""

from __future__ import annotations

import argparse
import contextlib
import getpass
import importlib
import os
import random
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from report import tell

import sml_sync
from sml_config.ssh.sftp import packets, pipeline
from sml_sync.session import request_of
from sml_sync.ssh.connect import connect
from sml_sync.transfer.local_files import Selection

ONE_WAY_SECONDS = 0.010


@dataclass(frozen=True)
class Server:
    """An sshd on loopback."""

    home: Path
    port: int

    def target(self, port: int) -> sml_sync.Target:
        """Ours."""
        known = self.home / "known_hosts"
        return sml_sync.Target(
            "127.0.0.1", port, getpass.getuser(), None, str(self.home / "client"), known, "accept-new"
        )

    def ssh(self, port: int) -> str:
        """What rsync is given with -e."""
        return (
            f"ssh -p {port} -i {self.home}/client -F none -o StrictHostKeyChecking=no"
            f" -o UserKnownHostsFile={self.home}/rsync_hosts -o IdentitiesOnly=yes -o LogLevel=ERROR"
        )

    @contextlib.contextmanager
    def master(self, port: int) -> Iterator[str]:
        """A connection that stands; gives the options of ssh by which it is used."""
        with tempfile.TemporaryDirectory(dir="/tmp") as folder:
            own = f" -S {folder}/s"
            with subprocess.Popen([*(self.ssh(port) + own).split(), "-M", "-N", "127.0.0.1"]) as process:
                while not Path(folder, "s").exists():
                    time.sleep(0.01)
                yield own
                process.terminate()


def main() -> int:
    """Print all figures; 1 if a promise is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--client", nargs="+", choices=("ssh", "paramiko"), default=["ssh", "paramiko"])
    options = parser.parse_args()
    os.environ["PATH"] += ":/usr/sbin"
    missing = [name for name in ("sshd", "ssh", "rsync") if shutil.which(name) is None]
    if missing:
        print(f"not installed: {', '.join(missing)}; nothing is measured", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as temporary, sshd(Path(temporary)) as server:
        work = Path(temporary) / "work"
        make_runs(work / "a", options.runs, random.Random(1))
        subprocess.run(["cp", "-a", work / "a", work / "b"], check=True)
        os.environ["SML_SSH_CLIENT"] = options.client[0]
        # First: for minutes after 100,000 files were written the disk is busy with them.
        kept = connecting(server, 2 * options.rounds + 1)
        for client in options.client:
            os.environ["SML_SSH_CLIENT"] = client
            importlib.import_module(f"sml_sync.ssh.by_{client}")
            is_promised = client == "ssh"
            rounds = options.rounds if is_promised else (options.rounds + 1) // 3
            with slow_line(server.port) as slow:
                kept &= measure(("LAN", client), server, server.port, work, rounds)
                kept &= measure(("20 ms", client), server, slow, work, rounds)
            files = options.files if is_promised else options.files // 10
            kept &= small_files(server, work, files, client, rounds)
        os.environ["SML_SSH_CLIENT"] = options.client[0]
        kept &= watching(server, work)
        kept &= memory(server, work)
    return 0 if kept else 1


CASES = ("cold", "nothing changed", "5 KB to 600 files", "one run, 3 grown files, warm")
PROMISES = {"LAN": (1.0, 0.65, 1.0, 0.05), "20 ms": (0.8, 0.9, 0.7, 0.2)}


def measure(line: tuple[str, str], server: Server, port: int, work: Path, rounds: int) -> bool:
    """The four cases on one line, each round to folders of its own; whether all promises are kept.

    Nothing is deleted meanwhile: for minutes ext4 looks past every inode that was freed, at both peers' cost.
    """
    where, client = line
    ours: dict[str, list[float]] = {name: [] for name in CASES}
    peer: dict[str, list[float]] = {name: [] for name in CASES}
    warm: list[float] = []
    for number in range(rounds):
        far, far_rsync = (work / f"{name}_{client}_{port}_{number}" for name in ("far", "far_rsync"))
        for known in [*(work / "a").glob("*/.sml-sync"), work / "a" / ".sml-sync"]:
            shutil.rmtree(known, ignore_errors=True)
        for name in CASES[:3]:
            if name == CASES[2]:
                for tree in ("a", "b"):
                    append([file for file in (work / tree).rglob("*") if file.name in GROWING], 5000)
            subprocess.run(["sync"], check=True)
            peer[name].append(rsync(server, port, work / "b", far_rsync))
            subprocess.run(["sync"], check=True)
            started = time.perf_counter()
            must(sml_sync.sync(work / "a", [server.target(port)], str(far)))
            ours[name].append(time.perf_counter() - started)
        one_run(
            server, port, (work / "a", far), (work / "b", far_rsync), ours[CASES[3]], peer[CASES[3]], warm
        )
        # A benchmark of something wrong is worth nothing.
        subprocess.run(["diff", "-rq", "-x", ".sml-sync", work / "a", far], check=True)
    kept = True
    for name, promise in zip(CASES, PROMISES[where], strict=True):
        ratio = statistics.median(o / p for o, p in zip(ours[name], peer[name], strict=True))
        mine, theirs = statistics.median(ours[name]), statistics.median(peer[name])
        note = f"{mine:.3f} s, rsync {theirs:.3f} s"
        limit = promise if client == "ssh" else None
        kept &= tell(f"{name}, {where}, by {client} / rsync over ssh", ratio, "×", limit, note=note)
    ratio = statistics.median(o / p for o, p in zip(ours[CASES[3]], warm, strict=True))
    tell(f"the same, {where}, by {client} / rsync over an open connection", ratio, "×")
    return kept


def one_run(
    server: Server,
    port: int,
    mine: tuple[Path, Path],
    theirs: tuple[Path, Path],
    ours: list[float],
    peer: list[float],
    warm_peer: list[float],
) -> None:
    """Three files of one run grow, three times, on a line that stands; trees are given as here and there.

    rsync logs in, and once more goes over a connection that stands.
    """
    run = next(path.name for path in sorted(mine[0].iterdir()) if not path.name.startswith("."))
    request = request_of(mine[0] / run, str(mine[1] / run), Selection())
    with sml_sync.Session([server.target(port)]) as session, server.master(port) as warm:
        must(session.sync(request))
        for _ in range(3):
            for tree in (mine[0], theirs[0]):
                append([file for file in (tree / run).rglob("*") if file.name in GROWING], 5000)
            peer.append(rsync(server, port, theirs[0] / run, theirs[1] / run))
            started = time.perf_counter()
            must(session.sync(request))
            ours.append(time.perf_counter() - started)
            append([file for file in (theirs[0] / run).rglob("*") if file.name in GROWING], 5000)
            warm_peer.append(rsync(server, port, theirs[0] / run, theirs[1] / run, warm))
            append([file for file in (mine[0] / run).rglob("*") if file.name in GROWING], 5000)
            must(session.sync(request))


def rsync(server: Server, port: int, here: Path, there: Path, master: str = "") -> float:
    """Seconds that rsync needs, by a login of its own or over the master whose options are given."""
    started = time.perf_counter()
    command = ["rsync", "-a", "-e", server.ssh(port) + master, f"{here}/", f"127.0.0.1:{there}/"]
    subprocess.run(command, check=True)
    return time.perf_counter() - started


def small_files(server: Server, work: Path, number: int, client: str, rounds: int) -> bool:
    """Files of 200 bytes, a thousand in a folder: sent and fetched, then `rounds` times nothing changed."""
    here = work / f"small_{client}"
    for index in range(number):
        if index % 1000 == 0:
            (here / f"{index // 1000}").mkdir(parents=True)
        (here / f"{index // 1000}" / f"{index}.txt").write_bytes(b"%08d" % index * 25)
    target, far, back = (
        server.target(server.port),
        work / f"small_far_{client}",
        work / f"small_back_{client}",
    )
    kept = True
    cases = ((f"{number:,} files of 200 bytes", 3.0, 1), ("nothing changed of these", 1.5, rounds))
    for name, promise, repeats in cases:
        seconds: dict[str, list[float]] = {"rsync": [], "sent": [], "fetched": []}
        for _ in range(repeats):
            subprocess.run(["sync"], check=True)
            seconds["rsync"].append(rsync(server, server.port, here, work / f"small_rsync_{client}"))
            subprocess.run(["sync"], check=True)
            started = time.perf_counter()
            must(sml_sync.sync(here, [target], far))
            seconds["sent"].append(time.perf_counter() - started)
            subprocess.run(["sync"], check=True)
            started = time.perf_counter()
            must(sml_sync.pull([target], far, back))
            seconds["fetched"].append(time.perf_counter() - started)
        peer = seconds.pop("rsync")
        for way, ours in seconds.items():
            ratio = statistics.median(o / p for o, p in zip(ours, peer, strict=True))
            mine, theirs = statistics.median(ours), statistics.median(peer)
            note = f"{mine:.2f} s, rsync sends them in {theirs:.2f} s"
            limit = promise if client == "ssh" else None
            kept &= tell(f"{name}, {way} by {client} / rsync over ssh", ratio, "×", limit, note=note)
    subprocess.run(["diff", "-rq", "-x", ".sml-sync", here, back], check=True)
    return kept


def connecting(server: Server, rounds: int) -> bool:
    """Seconds until sftp answers, by a login and over a connection that a person has open."""
    kept = True
    config = server.home / "config"
    for name, promise in (("by a login", 0.2), ("over an open connection", 0.03)):
        with server.master(server.port) as warm:
            control = warm.split()[-1] if "open" in name else "none"
            config.write_text(f"Host *\n  ControlPath {control}\n")
            target = replace(server.target(server.port), ssh_config=config)
            seconds = []
            for _ in range(rounds):
                started = time.perf_counter()
                with contextlib.closing(connect(target)) as connection:
                    pipeline.run(connection.channels(many=False), [answered()])
                    seconds.append(time.perf_counter() - started)
        kept &= tell(f"connect and first answer, {name}", statistics.median(seconds), "s", promise)
    return kept


def answered() -> pipeline.Job[None]:
    """One question."""
    yield [packets.lstat(b".")]


def must(report: sml_sync.SyncReport) -> None:
    """End if something did not arrive."""
    if not report.ok:
        sys.exit(report.text)


GROWING = ("progress.csv", "log.txt", "events.out.tfevents.1")


def make_runs(folder: Path, number: int, chance: random.Random) -> None:
    """Runs of 8 files and 1.87 MB each, of which half does not compress."""
    for index in range(number):
        run = folder / f"run_{index:03}"
        (run / "config").mkdir(parents=True)
        (run / "tbfile").mkdir()
        (run / "config" / "run_config.json").write_text(f'{{"run_id": "{chance.randbytes(16).hex()}"}}')
        (run / "config" / "parameter.json").write_text('{"lr": 0.1}\n')
        (run / "config" / "status.json").write_text('{"state": "running"}\n')
        (run / "progress.csv").write_bytes(b"0.123456789,1.5,2.25\n" * 24_000)
        (run / "log.txt").write_bytes(b"a line of the log, as they are\n" * 12_000)
        (run / "tbfile" / GROWING[2]).write_bytes(chance.randbytes(600_000))
        (run / "coders.tar").write_bytes(chance.randbytes(400_000))
        (run / "signature").write_text("0123456789abcdef")


def append(files: list[Path], size: int) -> None:
    """Let files grow."""
    for file in files:
        with file.open("ab") as growing:
            growing.write(b"x" * (size - 1) + b"\n")


def watching(server: Server, work: Path) -> bool:
    """Steps of a training loop on one core, with and without a process on another that sends it.

    The clock of a shared machine changes by half within seconds, so that many short spans are compared:
    without, with, with, without, a second each; the process is stopped for those without. The ratio of
    the two spans without says what such a comparison cannot resolve.
    """
    run = work / "watched" / "run"
    (run / "config").mkdir(parents=True)
    (run / "config" / "run_config.json").write_text('{"run_id": "0123456789abcdef"}')
    request = request_of(run, str(work / "far_watched" / "run"), Selection())
    cores = sorted(os.sched_getaffinity(0))
    others = cores[1:] or cores
    # The receiving machine would not take time of the training's core, nor would the process that sends.
    receiver = int((server.home / "pid").read_text())
    os.sched_setaffinity(receiver, others)
    os.sched_setaffinity(0, others)
    watch = sml_sync.Watch([server.target(server.port)], request, 1.0)
    os.sched_setaffinity(0, cores[:1])
    ratios: list[float] = []
    nothing: list[float] = []
    try:
        steps(run, 2.0)
        for _ in range(40):
            spans = []
            for is_sent in (False, True, True, False):
                os.killpg(watch.pid, signal.SIGCONT if is_sent else signal.SIGSTOP)
                spans.append(steps(run, 1.0))
            ratios.append((spans[1] + spans[2]) / (spans[0] + spans[3]))
            nothing.append(spans[3] / spans[0])
    finally:
        os.killpg(watch.pid, signal.SIGCONT)
        watch.close()
        for process in (0, receiver):
            os.sched_setaffinity(process, cores)
    # A process that sends nothing costs nothing.
    subprocess.run(["diff", run / "progress.csv", work / "far_watched" / "run" / "progress.csv"], check=True)
    load = os.getloadavg()[0]
    # Where others compute there is no free core, and nothing that was promised.
    limit = 0.99 if load < len(cores) else None
    note = f"two spans without it: {statistics.median(nothing):.3f}; {len(cores)} cores, load {load:.1f}"
    name = "steps per second with watch / without"
    return tell(name, statistics.median(ratios), "×", limit, at_least=True, note=note)


def steps(run: Path, seconds: float) -> float:
    """Steps per second of a loop that computes and logs."""
    done, started = 0, time.perf_counter()
    with (run / "progress.csv").open("a") as table:
        while (now := time.perf_counter()) - started < seconds:
            total = 0
            for number in range(20_000):
                total += number * number
            table.write(f"{done},{total}\n")
            table.flush()
            done += 1
    return done / (now - started)


MEMORY = """
import sys, sml_sync
from pathlib import Path
port, user, key, hosts, local, far = sys.argv[1:]
target = sml_sync.Target("127.0.0.1", int(port), user, None, key, Path(hosts), "accept-new")
for _ in range(2):
    report = sml_sync.sync(local, [target], far)
    if not report.ok:
        sys.exit(report.text)
lines = open("/proc/self/status").read().splitlines()
print(next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM")))
"""


def memory(server: Server, work: Path) -> bool:
    """The most that a process holds while it sends 10,000 files, then looks at them again."""
    many = work / "many"
    for number in range(10_000):
        path = many / f"run_{number // 50}" / f"file_{number}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{number}\n" * 100)
    words = [sys.executable, "-c", MEMORY, str(server.port), getpass.getuser(), str(server.home / "client")]
    done = subprocess.run(
        [*words, str(server.home / "known_hosts"), str(many), str(work / "far_many")],
        check=True,
        capture_output=True,
        text=True,
    )
    return tell("memory while 10,000 files are sent", int(done.stdout), "MB", 60)


@contextlib.contextmanager
def sshd(home: Path) -> Iterator[Server]:
    """An sshd of our own."""
    for name in ("host", "client"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", home / name], check=True)
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    (home / "sshd_config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {home}/host\nAuthorizedKeysFile {home}/client.pub\n"
        f"PidFile {home}/pid\nStrictModes no\nPermitRootLogin yes\nUsePAM no\nSubsystem sftp internal-sftp\n"
        "MaxStartups 100\n"
    )
    server = subprocess.Popen([shutil.which("sshd") or "sshd", "-D", "-f", home / "sshd_config"])
    try:
        for _ in range(100):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.05)
        yield Server(home, port)
    finally:
        server.terminate()
        server.wait(10)


@contextlib.contextmanager
def slow_line(port: int) -> Iterator[int]:
    """A proxy in a process of its own that holds every byte back for 10 ms each way."""
    process = subprocess.Popen(
        [sys.executable, __file__, "--proxy", str(port)], stdout=subprocess.PIPE, text=True
    )
    try:
        yield int(process.stdout.readline() if process.stdout else 0)
    finally:
        process.terminate()
        process.wait(10)


def proxy(port: int) -> None:
    """What that process does."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=64)
    print(listening.getsockname()[1], flush=True)
    while True:
        near, _ = listening.accept()
        far = socket.create_connection(("127.0.0.1", port))
        for one in (near, far):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for source, sink in ((near, far), (far, near)):
            carry(source, sink)


def carry(source: socket.socket, sink: socket.socket) -> None:
    """Two threads: one reads, one writes what is old enough; 4 MB may be on their way."""
    waiting: list[tuple[float, bytes]] = []
    change = threading.Condition()

    def read() -> None:
        while True:
            try:
                data = source.recv(1 << 18)
            except OSError:
                data = b""
            with change:
                while sum(len(item[1]) for item in waiting) > 4 << 20:
                    change.wait()
                waiting.append((time.monotonic() + ONE_WAY_SECONDS, data))
                change.notify_all()
            if not data:
                return

    def write() -> None:
        while True:
            with change:
                while not waiting:
                    change.wait()
                due, data = waiting.pop(0)
                change.notify_all()
            time.sleep(max(due - time.monotonic(), 0))
            try:
                sink.sendall(data)
                if not data:
                    sink.shutdown(socket.SHUT_WR)
                    return
            except OSError:
                return

    for work in (read, write):
        threading.Thread(target=work, daemon=True).start()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--proxy"]:
        proxy(int(sys.argv[2]))
    else:
        sys.exit(main())
