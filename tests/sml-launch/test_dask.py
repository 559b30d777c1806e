"""Dask: a scheduler and three workers, started by command line as a user does."""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

DASK = [sys.executable, "-m", "dask"]


@dataclass
class Cluster:
    """A running scheduler with its workers."""

    address: str
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("dask")
    file = folder / "scheduler.json"
    log = (folder / "log.txt").open("wb")
    quiet = {"stdout": log, "stderr": log, "cwd": folder}
    listen = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(file)]
    scheduler = subprocess.Popen([*DASK, "scheduler", *listen], **quiet)
    cluster = Cluster("")
    try:
        wait_for(file)
        import json

        cluster.address = json.loads(file.read_text())["address"]
        for _ in range(3):
            worker = [*DASK, "worker", cluster.address, "--nthreads", "1", "--no-dashboard", "--no-nanny"]
            cluster.workers.append(subprocess.Popen(worker, **quiet))
        yield cluster
    finally:
        for process in [*cluster.workers, scheduler]:
            process.terminate()
        for process in [*cluster.workers, scheduler]:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(30)
            process.kill()
            process.wait()
        log.close()


def wait_for(path: Path) -> None:
    import time

    deadline = time.monotonic() + 60
    while not (path.exists() and path.stat().st_size):
        assert time.monotonic() < deadline, f"no {path}"
        time.sleep(0.1)


def test_a_worker_killed_under_a_task_costs_one_attempt_and_every_task_gets_its_arguments(
    project, cluster: Cluster, wait_until, is_alive
) -> None:
    project.behaviour(
        "if sys.argv[-1] == '*' and os.environ['SML_TASK_ATTEMPT'] == '1':\n"
        "    open('worker', 'w').write(str(os.getppid())); open('pid', 'w').write(str(os.getpid()))\n"
        "    time.sleep(100)\n"
    )
    expected = project.sweep_of_nasty_values(environment_dict={"MODE": "m"})
    done = project.launch("--backend", "dask", "-o", f"scheduler={cluster.address}")
    assert done.returncode == 0, done.stderr
    wait_until(lambda: (project.folder / "pid").exists() and (project.folder / "pid").read_text())
    ours = int((project.folder / "worker").read_text())
    parent = int(Path(f"/proc/{ours}/stat").read_text().rpartition(")")[2].split()[1])
    os.kill(parent, signal.SIGKILL)
    wait_until(lambda: project.status()["done"] == len(expected), 60)
    assert sorted(call["argv"] for call in project.calls()) == expected
    assert {call["attempt"] for call in project.calls() if call["argv"][-1] == "*"} == {"2"}
    assert {call["environment"]["MODE"] for call in project.calls()} == {"m"}
    assert not is_alive(int((project.folder / "pid").read_text()))


def test_the_python_interface_waits_and_cancels(project, cluster: Cluster, wait_until) -> None:
    from sml_launch import Plan

    project.sweep(exclusive_candidates={"seed": list(range(4))})
    plan = Plan.from_file()
    run = plan.submit("dask", scheduler=cluster.address)
    assert run.wait(60).done == 4
    project.behaviour("time.sleep(100)")
    again = plan.submit("dask", scheduler=cluster.address, rerun="all")
    wait_until(lambda: again.status().running >= 2)
    again.cancel()
    assert again.wait(60).left == 4


def test_tasks_on_one_host_share_its_gpus_evenly(project, cluster: Cluster, wait_until) -> None:
    project.behaviour("time.sleep(1.5)")
    project.sweep(exclusive_candidates={"seed": [1, 2, 3, 4]}, GPUS=[4, 6], MAX_PARALLEL=1)
    address = f"scheduler={cluster.address}"
    assert project.launch("--backend", "dask", "-o", address, "--per-gpu", "1").returncode == 0
    wait_until(lambda: project.status()["done"] == 4, 60)
    calls = sorted(project.calls(), key=lambda call: call["started"])
    assert {call["gpu"] for call in calls} == {"4", "6"}
    for call, other in itertools.combinations(calls, 2):
        if max(call["started"], other["started"]) < min(call["ended"], other["ended"]):
            assert call["gpu"] != other["gpu"]
    free = project.launch("--backend", "dask", "-o", address, "--gpus", "free")
    assert "--gpus free means the GPUs of this machine" in free.stderr


def test_secrets_come_to_the_workers_and_are_written_nowhere(project, cluster: Cluster, wait_until) -> None:
    project.behaviour("open('seen', 'w').write(os.environ['LAB_TOKEN'] + os.environ['LAB_ROOT'])")
    project.sweep(carry_env=["LAB_*"], exclusive_candidates={"seed": [1]})
    given = {"LAB_TOKEN": "s3cr3t-value-9", "LAB_ROOT": "/lab"}
    done = project.launch("--backend", "dask", "-o", f"scheduler={cluster.address}", **given)
    assert done.returncode == 0, done.stderr
    wait_until(lambda: project.status()["done"] == 1, 60)
    seen = project.folder / "seen"
    assert seen.read_text() == "s3cr3t-value-9/lab"
    seen.unlink()
    files = [path for path in project.folder.rglob("*") if path.is_file()]
    assert not [path.name for path in files if b"s3cr3t" in path.read_bytes()]


def test_no_scheduler_is_one_line(project) -> None:
    project.sweep(exclusive_candidates={"seed": [1]})
    for words, message in (
        ((), "needs the address of its scheduler"),
        (("-o", "scheduler=127.0.0.1:9"), "no Dask scheduler answers at 127.0.0.1:9"),
        (("--max-parallel", "2"), "unknown option 'max_parallel'; expected one of: "),
    ):
        done = project.launch("--backend", "dask", *words)
        assert done.returncode == 2
        assert message in done.stderr
        assert done.stderr.count("\n") == 1, done.stderr
    assert not (project.folder / ".sml-launch").exists()
