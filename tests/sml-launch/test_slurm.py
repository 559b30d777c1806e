"""Slurm, the real one: a controller and three nodes with two GPUs each, all on this machine."""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import socket
import stat
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.needs("slurmctld", "slurmd", "munged")

NODES = ("n1", "n2", "n3")
MAX_ARRAY = 12
CONFIGURATION = """
ClusterName=test
SlurmctldHost=localhost
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.sock,cred_expire=5
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool/%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/%n.log
SlurmctldPort={controller}
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=batch_sched_delay=1,sched_interval=5,bf_interval=5
SlurmdTimeout=5
ReturnToService=2
MpiDefault=none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
MinJobAge=300
MaxArraySize={max_array}
GresTypes=gpu
SlurmdParameters=config_overrides
NodeName={name} NodeHostname=localhost NodeAddr=127.0.0.1 Port={ports} CPUs=4 RealMemory=500 Gres=gpu:2
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP DefMemPerCPU=50
"""


@dataclass
class Cluster:
    """A running cluster; its configuration is in SLURM_CONF."""

    folder: Path
    daemons: dict[str, subprocess.Popen[bytes]]

    def node(self, name: str) -> None:
        """Start a node."""
        self.daemons[name] = subprocess.Popen(["slurmd", "-D", "-N", name], stderr=subprocess.DEVNULL)

    def kill_node(self, name: str) -> None:
        """As if the plug were pulled: slurmd and all that it started are gone at once."""
        mark = f"SLURMD_NODENAME={name}".encode()
        tasks = [pid for pid in processes() if mark in read(pid, "environ").split(b"\0")]
        parents = {int(read(pid, "stat").rpartition(b")")[2].split()[1]) for pid in tasks}
        # The step's daemon first: it would report that its task was killed.
        for pid in [*(pid for pid in parents if read(pid, "cmdline").startswith(b"slurmstepd")), *tasks]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.daemons[name].kill()
        self.daemons[name].wait()


def processes() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").glob("[0-9]*")]


def read(pid: int, name: str) -> bytes:
    """A file of a process; empty if it has gone."""
    try:
        return (Path("/proc") / str(pid) / name).read_bytes()
    except OSError:
        return b""


def run(*words: str) -> str:
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


def free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(contextlib.closing(socket.socket())) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    if os.geteuid() != 0:
        pytest.skip("a cluster is started by root")
    folder = tmp_path_factory.mktemp("slurm")
    for name in ("state", "spool", *(f"spool/{node}" for node in NODES)):
        (folder / name).mkdir()
    for gpu in (0, 1):
        os.mknod(folder / f"nvidia{gpu}", 0o666 | stat.S_IFCHR, os.makedev(1, 3 + 2 * gpu))
    names = f"NodeName=n[1-3] Name=gpu File={folder}/nvidia[0-1] Flags=nvidia_gpu_env\n"
    (folder / "gres.conf").write_text(names)
    controller, *ports = free_ports(4)
    configuration = CONFIGURATION.format(
        folder=folder,
        controller=controller,
        max_array=MAX_ARRAY,
        name="n[1-3]",
        ports="[" + ",".join(map(str, ports)) + "]",
    )
    (folder / "slurm.conf").write_text(configuration)
    (folder / "munge.key").write_bytes(os.urandom(1024))
    (folder / "munge.key").chmod(0o600)
    before = dict(os.environ)
    os.environ["SLURM_CONF"] = str(folder / "slurm.conf")
    files = [f"--{name}-file={folder}/munge.{name}" for name in ("pid", "log", "seed", "key")]
    munge = ["munged", "--foreground", "--force", f"--socket={folder}/munge.sock", *files]
    daemons = {"munge": subprocess.Popen(munge, stderr=subprocess.DEVNULL)}
    made = Cluster(folder, daemons)
    try:
        wait(lambda: (folder / "munge.sock").exists())
        daemons["controller"] = subprocess.Popen(["slurmctld", "-D", "-c"], stderr=subprocess.DEVNULL)
        for node in NODES:
            made.node(node)
        wait(lambda: idle() == 3, 60)
        yield made
    finally:
        subprocess.run(["scancel", "--full", "-u", "root"], check=False, capture_output=True)
        for name in reversed(list(daemons)):
            daemons[name].terminate()
        for daemon in daemons.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                daemon.wait(15)
            daemon.kill()
            daemon.wait()
        for pid in processes():
            if os.fsencode(folder) in read(pid, "environ") and pid != os.getpid():
                os.kill(pid, signal.SIGKILL)
        os.environ.clear()
        os.environ.update(before)


def wait(condition: Callable[[], Any], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.2)


def idle() -> int:
    done = subprocess.run(["sinfo", "-h", "-N", "-o", "%T"], check=False, capture_output=True, text=True)
    return done.stdout.split().count("idle")


@pytest.fixture(autouse=True)
def empty_queue(cluster: Cluster) -> Iterator[None]:
    yield
    subprocess.run(["scancel", "--full", "-u", "root"], check=False, capture_output=True)


def test_arrays_beyond_the_limit_run_every_task_once_with_its_arguments(project, wait_until) -> None:
    wanted = project.sweep_of_nasty_values(environment_dict={"MODE": "m"})
    done = project.launch("--backend", "slurm", "-o", "mem=50")
    assert done.returncode == 0, done.stderr
    handle = next((project.folder / ".sml-launch" / "launches").glob("*.handle")).read_text()
    assert handle.count(",") == (len(wanted) - 1) // MAX_ARRAY == 1, "two arrays"
    wait_until(lambda: project.status()["done"] == len(wanted), 90)
    assert sorted(call["argv"] for call in project.calls()) == wanted
    assert {call["environment"]["MODE"] for call in project.calls()} == {"m"}


def test_two_gpus_of_a_node_are_never_shared(project, wait_until) -> None:
    # A node has four processors: only the GPUs hold tasks back.
    project.behaviour("time.sleep(2)")
    project.sweep(
        exclusive_candidates={"seed": list(range(8))},
        GPUS=[0, 1],
        environment_dict={"CUDA_VISIBLE_DEVICES": '""'},
    )
    assert project.launch("--backend", "slurm").returncode == 0
    wait_until(lambda: project.status()["done"] == 8, 60)
    calls = project.calls()
    assert {(call["node"], call["gpu"]) for call in calls} == {(node, gpu) for node in NODES for gpu in "01"}
    together = 0
    for one, other in itertools.combinations(calls, 2):
        if one["node"] == other["node"] and max(one["started"], other["started"]) < min(
            one["ended"], other["ended"]
        ):
            assert one["gpu"] != other["gpu"]
            together += 1
    assert together >= len(NODES), "both GPUs of each node were at work together"


def test_a_node_that_dies_under_a_task_costs_one_more_attempt(project, wait_until, cluster: Cluster) -> None:
    project.behaviour(
        "open('where-' + os.environ['SML_TASK_ATTEMPT'], 'w').write(os.environ['SLURMD_NODENAME'])\n"
        "time.sleep(0 if os.path.exists('where-2') else 100)\n"
    )
    project.sweep(exclusive_candidates={"seed": [1]})
    project.launch("--backend", "slurm", "-o", "nodelist=n2")
    wait_until(lambda: (project.folder / "where-1").exists() and (project.folder / "where-1").read_text())
    assert (project.folder / "where-1").read_text() == "n2"
    cluster.kill_node("n2")
    wait_until(lambda: "PENDING" in run("squeue", "-h", "-o", "%T"), 60)
    cluster.node("n2")
    wait_until(lambda: project.status()["done"] == 1, 60)
    (call,) = project.calls()
    assert call["attempt"] == "2"
    assert [result["outcome"] for result in project.results()] == ["finished"]


def test_retries_happen_within_the_allocation_and_cancel_empties_the_queue(project, wait_until) -> None:
    from sml_launch import Plan

    project.behaviour("if os.environ['SML_TASK_ATTEMPT'] == '1': sys.exit(1)")
    project.sweep(exclusive_candidates={"seed": [1, 2]})
    plan = Plan.from_file()
    run_ = plan.submit("slurm", retries=1)
    assert run_.wait(60).done == 2
    project.behaviour("time.sleep(100)")
    again = plan.submit("slurm", rerun="all", max_parallel=1)
    wait_until(lambda: again.status().running == 1)
    again.cancel()
    assert again.wait(60).left == 2
    assert not again.is_active()


def test_unknown_options_and_a_wrong_partition_start_nothing(project) -> None:
    project.sweep(exclusive_candidates={"seed": [1]})
    done = project.launch("--backend", "slurm", "-o", "partitoin=x")
    assert done.returncode == 2
    assert "'partitoin' does not exist; there are: partition, " in done.stderr
    done = project.launch("--backend", "slurm", "-o", "partition=none")
    assert done.returncode == 2
    assert "nothing was started" in done.stderr
    assert run("squeue", "-h") == ""
