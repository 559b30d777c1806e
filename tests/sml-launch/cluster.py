"""A real Slurm cluster: a controller and three nodes with two GPUs each, all on this machine."""

from __future__ import annotations

import contextlib
import os
import signal
import stat
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..ports import free_port

NODES = ("n1", "n2", "n3")
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
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
GresTypes=gpu
SlurmdParameters=config_overrides
NodeName={name} NodeHostname=localhost NodeAddr=127.0.0.1 Port={ports} CPUs=4 RealMemory=500 Gres=gpu:2
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP DefMemPerCPU=50
PartitionName=lost Nodes=ALL PriorityTier=1 PreemptMode=CANCEL MaxTime=INFINITE State=UP DefMemPerCPU=50
PartitionName=urgent Nodes=ALL PriorityTier=10 PreemptMode=OFF MaxTime=INFINITE State=UP DefMemPerCPU=50
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
        """Kill slurmd and all that it started at once, like a power failure."""
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
    """A file of /proc of a process; empty if it has ended."""
    try:
        return (Path("/proc") / str(pid) / name).read_bytes()
    except OSError:
        return b""


@contextlib.contextmanager
def start(folder: Path, max_array: int) -> Iterator[Cluster]:
    """Run a cluster with its state in a folder; arrays have at most `max_array` tasks. Needs root."""
    for name in ("state", "spool", *(f"spool/{node}" for node in NODES)):
        (folder / name).mkdir()
    for gpu in (0, 1):
        os.mknod(folder / f"nvidia{gpu}", 0o666 | stat.S_IFCHR, os.makedev(1, 3 + 2 * gpu))
    names = f"NodeName=n[1-3] Name=gpu File={folder}/nvidia[0-1] Flags=nvidia_gpu_env\n"
    (folder / "gres.conf").write_text(names)
    controller, *ports = (free_port() for _ in range(4))
    configuration = CONFIGURATION.format(
        folder=folder,
        controller=controller,
        max_array=max_array,
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
    cluster = Cluster(folder, daemons)
    try:
        wait(lambda: (folder / "munge.sock").exists())
        daemons["controller"] = subprocess.Popen(["slurmctld", "-D", "-c"], stderr=subprocess.DEVNULL)
        for node in NODES:
            cluster.node(node)
        wait(lambda: idle() == 3, 60)
        yield cluster
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


def wait(condition: Callable[[], Any], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.2)


def idle() -> int:
    words = ["sinfo", "-h", "-N", "-p", "main", "-o", "%T"]
    done = subprocess.run(words, check=False, capture_output=True, text=True)
    return done.stdout.split().count("idle")
