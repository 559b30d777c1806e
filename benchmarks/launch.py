"""What launching costs: a large grid, the status of many tasks, tiny tasks in the pool, Slurm submission.

Usage: python benchmarks/launch.py [PART …]; parts: expand, status, pool, slurm. `pool` compares with GNU
parallel, `slurm` starts the cluster of the tests, which needs root.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from report import tell

TASKS = 100_000
STATUS_TASKS = 10_000
TRUE_TASKS = 1000
WIDTH = 8
SLURM_TASKS = 5000
SLURM_ARRAY = 1001  # what Slurm allows if nothing is configured
ROUNDS = 3


def main() -> int:
    """Run the parts that are named, or all."""
    parts: dict[str, Callable[[Path], None]] = {
        "expand": expand,
        "status": status,
        "pool": pool,
        "slurm": slurm,
    }
    for name in sys.argv[1:] or list(parts):
        with tempfile.TemporaryDirectory(prefix="launch-") as folder:
            # A process of its own: memory is measured by its peak.
            code = f"import launch, pathlib; launch.{name}(pathlib.Path({folder!r}))"
            environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
            status_ = subprocess.run([sys.executable, "-c", code], check=False, env=environment).returncode
            if status_:
                return status_
    return 0


def expand(folder: Path) -> None:
    """A grid of 100,000 tasks to a plan file and quoted commands."""
    from sml_launch import Grid, Plan

    started = time.perf_counter()
    candidates: dict[str, list[Any]] = {
        "env_name": [f"Env-v{number}" for number in range(10)],
        "policy_lr": [1e-5 * (number + 1) for number in range(10)],
        "seed": list(range(TASKS // 100)),
    }
    plan = Plan.from_grid(Grid("python main.py", {"backing_log": True, "batch": 256}, candidates), folder)
    path = plan.save()
    launch = plan.launch(plan.tasks, "local", {}, {})
    with (folder / "commands.txt").open("w") as file:
        file.writelines(launch.command_text(task) + "\n" for task in plan.tasks)
    seconds = time.perf_counter() - started
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    size = path.stat().st_size / 2**20
    note = f"a plan of {size:.0f} MB and the quoted commands"
    tell(f"{len(plan.tasks):,} tasks expanded, checked, hashed, quoted, written", seconds, "s", 3, note=note)
    tell("their peak memory", memory, "MB", 300)


def status(folder: Path) -> None:
    """`sml-launch status` of 10,000 tasks, of which most have ended."""
    from sml_config.process import host_name as host
    from sml_config.tasks.states import FINISHED
    from sml_launch import Grid, Plan, Result
    from sml_launch.state.results import record
    from sml_launch.status.status import status_of

    plan = Plan.from_grid(Grid("true", exclusive_candidates={"seed": list(range(STATUS_TASKS))}), folder)
    plan.save()
    launch = plan.launch(plan.tasks, "local", {}, {})
    launch.save()
    runs = folder / "logfile"
    runs.mkdir()
    for task in plan.tasks[: STATUS_TASKS * 9 // 10]:
        run = runs / task.id
        run.mkdir()
        record(
            plan.state_paths,
            Result(task.id, 1, FINISHED, 0, "", 1e9, 60.0, host(), None, str(run), launch.id),
        )
    command = [str(Path(sys.executable).with_name("sml-launch")), "status", "-C", str(folder)]
    whole = best(lambda: subprocess.run(command, check=True, capture_output=True))
    here = best(lambda: status_of(plan.state_paths, [task.id for task in plan.tasks]))
    bare = best(
        lambda: subprocess.run([sys.executable, "-c", "from sml_config import init_config"], check=True)
    )
    tell(f"status of {STATUS_TASKS:,} tasks, in a program", here, "s", 0.3, note=f"shortest of {ROUNDS}")
    note = f"of which the start of Python with sml_config {bare:.2f} s"
    tell(f"status of {STATUS_TASKS:,} tasks, the whole command", whole, "s", 0.3, note=note)


def pool(folder: Path) -> None:
    """1,000 times `true`, eight at a time, against GNU parallel in turns."""
    if shutil.which("parallel") is None:
        print("pool: left out, GNU parallel is not installed")
        return
    ours, theirs = [], []
    for round_ in range(ROUNDS):
        place = folder / f"round-{round_}"
        place.mkdir()
        (place / "sweep.yaml").write_text(
            json.dumps({"start_up_header": "true", "exclusive_candidates": {"seed": list(range(TRUE_TASKS))}})
        )
        command = [sys.executable, "-m", "sml_launch", "--backend", "local", "--max-parallel", str(WIDTH)]
        ours.append(timed(lambda: subprocess.run(command, cwd=place, check=True, capture_output=True)))  # noqa: B023
        lines = "".join(f"true --seed {seed}\n" for seed in range(TRUE_TASKS))
        # As we do: a log for each task, and a record of how it ended.
        parallel = ["parallel", f"-j{WIDTH}", "--results", str(place / "out"), "--joblog", str(place / "log")]
        theirs.append(
            timed(lambda: subprocess.run(parallel, input=lines, text=True, check=True, capture_output=True))  # noqa: B023
        )
    note = f"{min(ours):.2f} s, GNU parallel {min(theirs):.2f} s, shortest of {ROUNDS} in turns"
    what = f"{TRUE_TASKS:,} × true, {WIDTH} wide, against GNU parallel"
    tell(what, min(ours) / min(theirs), "×", 1.5, note=note)


def slurm(folder: Path) -> None:
    """Submission of 5,000 tasks; the jobs are cancelled at once."""
    # Debian keeps daemons out of a user's PATH.
    os.environ["PATH"] += f"{os.pathsep}/usr/sbin"
    if shutil.which("slurmctld") is None or os.geteuid() != 0:
        print("slurm: left out; it needs Slurm and root")
        return
    sys.path.insert(0, str(Path(__file__).parents[1]))
    # A folder name with a hyphen cannot be imported by a statement.
    cluster = importlib.import_module("tests.sml-launch.cluster")

    from sml_launch import Grid, Plan

    (folder / "cluster").mkdir()
    with cluster.start(folder / "cluster", SLURM_ARRAY):
        plan = Plan.from_grid(Grid("true", exclusive_candidates={"seed": list(range(SLURM_TASKS))}), folder)
        started = time.perf_counter()
        run = plan.submit("slurm")
        seconds = time.perf_counter() - started
        run.cancel()
        run.wait(120)
    note = f"a cluster of three nodes, arrays of {SLURM_ARRAY}"
    tell(f"{SLURM_TASKS:,} tasks submitted to Slurm", seconds, "s", 5, note=note)


def timed(action: Callable[[], object]) -> float:
    """Seconds that it takes."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def best(action: Callable[[], object]) -> float:
    """The shortest of some rounds, in seconds."""
    return min(timed(action) for _ in range(ROUNDS))


if __name__ == "__main__":
    sys.exit(main())
