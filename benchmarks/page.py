"""The page's promises in numbers, on the server's side.

Usage: python benchmarks/page.py [--runs 10000] [--seconds 10]. Times of the server are processor seconds,
which hold on a busy machine too; those of clients are what a clock says. It takes about two minutes.
"""

from __future__ import annotations

import argparse
import gzip
import http.client
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import viewer_data
from report import tell

from sml_viewer.library import Library
from sml_viewer.web import Setup, create_app

_CLIENTS = 50
_POLL_SECONDS = 2.0
_IDLE_SECONDS = 40.0
_CPU = "CPU time"
_QUERIES = (
    "hopper",
    "hop*",
    "policy_lr < 1e-3",
    "last.metric_1 > 0",
    "env_name = Hopper-v4 and seed < 30",
    'name ~ "seed_1[0-9]-"',
    "tag:paper",
)


def main() -> None:
    """Generate, measure, tell."""
    parser = argparse.ArgumentParser(description="Measure the page's server.")
    parser.add_argument("--runs", type=int, default=10_000, help="how many runs (default 10,000)")
    parser.add_argument("--seconds", type=float, default=10.0, help="how long clients poll (default 10)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="page-bench-") as folder:
        logs, workspace = Path(folder) / "logfile", Path(folder) / "workspace"
        viewer_data.write_runs(logs, options.runs, rows=20)
        make_ids_real(logs)
        end_an_hour_ago(logs)
        print(f"{options.runs} runs")
        measure_answers(logs, workspace)
        measure_server(logs, workspace, options.seconds)


def make_ids_real(logs: Path) -> None:
    """Ids as `sml-logger` makes them: random ones do not compress."""
    randomness = random.Random(0)
    for config in logs.glob("*/config/run_config.json"):
        content = json.loads(config.read_text(encoding="utf-8"))
        content |= {
            "run_id": f"{randomness.getrandbits(128):032x}",
            "start_time": "2026-11-22T14:44:56+00:00",
        }
        config.write_text(json.dumps(content), encoding="utf-8")


def end_an_hour_ago(logs: Path) -> None:
    """What was written in the last minutes is looked at more often than runs that have ended."""
    before = time.time() - 3600
    for table in logs.glob("*/progress.csv"):
        os.utime(table, (before, before))


def measure_answers(logs: Path, workspace: Path) -> None:
    """What one answer costs the server, and how large it is."""
    with Library([logs], workspace) as library:
        library.refresh()
        client = create_app(Setup(workspace, (logs,)), indexing=False).test_client()
        first = client.get("/api/v1/runs")
        tell(
            "the list with another column",
            spent(lambda: client.get("/api/v1/runs?column=last:metric_1")),
            "ms",
            note=_CPU,
        )
        packed = client.get("/api/v1/runs", headers={"Accept-Encoding": "gzip"}).data
        json.loads(gzip.decompress(packed))
        tell("the list, gzipped", len(packed) / 1e6, "MB", 1)
        etag = {"If-None-Match": first.headers["ETag"]}
        same = statistics.median(spent(lambda: client.get("/api/v1/runs", headers=etag)) for _ in range(50))
        tell("the answer that nothing is new", same, "ms", 1, note=_CPU)
        times, sizes = [], []
        table = sorted(logs.iterdir())[5] / "progress.csv"
        for number in range(5):
            revision = client.get("/api/v1/runs").get_json()["revision"]
            with table.open("a", encoding="utf-8") as file:
                file.write(f"{30_000 + number}," + ",".join(["1.5"] * (viewer_data.COLUMNS - 1)) + "\n")
            library.refresh_known()
            times.append(
                spent(lambda at=revision: sizes.append(len(client.get(f"/api/v1/runs?after={at}").data)))
            )
        grown = statistics.median(times)
        tell("the answer that one run grew", grown, "ms", note=f"{_CPU}, {max(sizes) / 1000:.1f} KB")
        for query in _QUERIES:
            address = f"/api/v1/search?q={quote(query)}"
            client.get(address)
            times = [spent(lambda at=address: client.get(at)) for _ in range(7)]
            tell(f"search: {query}", statistics.median(times), "ms", 20, note=_CPU)


def measure_server(logs: Path, workspace: Path, seconds: float) -> None:
    """Clients that poll, while a run trains; then one page that is left open."""
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "sml_viewer",
        "serve",
        "-d",
        logs,
        "-wks",
        workspace,
        "-lf",
        "-p",
        str(port),
    ]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(port)
        poll(port, 1, 20.0)  # until all is read and nobody waits
        for what, grows in (("nothing changes", False), ("a run trains", True)):
            times = poll(port, _CLIENTS, seconds, logs if grows else None)
            p95 = statistics.quantiles(times, n=20)[-1] * 1000
            tell(f"{_CLIENTS} clients, {what}: p95", p95, "ms", 50, note=f"of {len(times)} answers")
        pids = [server.pid, *children(server.pid)]
        held = list_of(port)  # and until that last growth is read
        poll(port, 1, 10.0, held=held)
        before, started = cpu(pids), time.monotonic()
        poll(port, 1, max(_IDLE_SECONDS, seconds), held=list_of(port, held))
        share = (cpu(pids) - before) / (time.monotonic() - started)
        tell("an idle page: server and indexer, of a core", share * 100, "%", 1)
    finally:
        server.terminate()
        server.wait(20)


def list_of(port: int, held: dict[str, Any] | None = None) -> dict[str, Any]:
    """The list as a page that is opened gets it, or what changed since it had one."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    after = f"?after={held['revision']}" if held else ""
    status, body = answer_of(connection, f"/api/v1/runs{after}")
    connection.close()
    return json.loads(body) if status == 200 else held or {}


def poll(
    port: int, clients: int, seconds: float, logs: Path | None = None, held: dict[str, Any] | None = None
) -> list[float]:
    """Let clients that have the list ask what changed; the seconds that each answer took."""
    times: list[float] = []
    held = held or list_of(port)
    end = time.monotonic() + seconds

    def ask(place: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        content = held
        time.sleep(_POLL_SECONDS * place / clients)
        while time.monotonic() < end:
            started = time.perf_counter()
            status, body = answer_of(connection, f"/api/v1/runs?after={content['revision']}")
            times.append(time.perf_counter() - started)
            content = json.loads(body) if status == 200 else content
            time.sleep(_POLL_SECONDS)
        connection.close()

    threads = [threading.Thread(target=ask, args=(place,)) for place in range(clients)]
    for thread in threads:
        thread.start()
    while logs is not None and time.monotonic() < end:
        with (sorted(logs.iterdir())[0] / "progress.csv").open("a", encoding="utf-8") as file:
            file.write("99000," + ",".join(["2.5"] * (viewer_data.COLUMNS - 1)) + "\n")
        time.sleep(1)
    for thread in threads:
        thread.join()
    return times


def answer_of(connection: http.client.HTTPConnection, address: str) -> tuple[int, bytes]:
    """Status and body."""
    connection.request("GET", address)
    response = connection.getresponse()
    return response.status, response.read()


def wait_for(port: int) -> None:
    """Until the server answers with a whole list."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            status, body = answer_of(connection, "/api/v1/runs")
            connection.close()
            if status == 200 and json.loads(body)["reading"] is None:
                return
        except OSError:
            pass
        time.sleep(0.5)
    raise RuntimeError("the server does not answer")


def children(pid: int) -> list[int]:
    """The processes that a process started."""
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(child) for child in listed.split()]


def cpu(pids: list[int]) -> float:
    """Processor seconds of some processes so far."""
    total = 0.0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += (int(fields[11]) + int(fields[12])) / 100
    return total


def free_port() -> int:
    """A port that nobody has now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def spent(act: Callable[[], object]) -> float:
    """Processor milliseconds of one call."""
    started = time.process_time()
    act()
    return (time.process_time() - started) * 1000


if __name__ == "__main__":
    main()
