"""Launcher and viewer show one and the same matrix: the same cells, by the same names, in the same states."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from sml_config import read_plan
from sml_viewer.library import Library
from sml_viewer.run_views.coverage import coverage
from sml_viewer.run_views.table import take_table_snapshot

# Some runs fail; some finish and their process fails afterwards; two wait.
SCRIPT = """
import json, os, pathlib, sys, time
task = json.loads(pathlib.Path(os.environ["SML_TASK_FOLDER"], "task.json").read_text())
given = task["parameters"]
run = pathlib.Path("logfile", task["id"]).absolute()
(run / "config").mkdir(parents=True)
(run / "progress.csv").write_text("step,reward\\n0,1\\n1,2\\n")
(run / "config" / "parameter.json").write_text(json.dumps(given))
(run / "config" / "run_config.json").write_text(json.dumps({"run_id": task["id"], "task_id": task["id"]}))
pathlib.Path(os.environ["SML_TASK_FOLDER"], "run_folder").write_text(str(run))
bad = given["seed"] == 2 and given["env_name"] == "Ant"
state = "failed" if bad and given["flag"] else "finished"
while given["seed"] > 2 and not os.path.exists("go"):
    time.sleep(0.05)
(run / "config" / "status.json").write_text(json.dumps({"state": state}))
sys.exit(3 if bad else 0)
"""
SWEEP = """
start_up_header = {header!r}
exclusive_candidates = dict(env_name=["Ant", "Hopper"], flag=[True, False], lr=[0.1, 1.0], seed=[1, 2])
grids = [{{}}, dict(exclusive_candidates=dict(env_name=["Ant"], flag=[None], lr=[1.0], seed=[3, 4]))]
MAX_PARALLEL = 4
rnd_seed = None
"""


def launch(folder: Path, *words: str) -> str:
    command = [sys.executable, "-m", "sml_launch", *words]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


def test_launcher_and_viewer_show_the_same_cells_in_the_same_states(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(SCRIPT)
    (tmp_path / "sweep.py").write_text(SWEEP.format(header=f"{sys.executable} main.py"))

    def states() -> dict[str, str]:
        states_by_task: dict[str, str] = json.loads(launch(tmp_path, "status", "--json"))["tasks"]
        return states_by_task

    def wait_for(**expected: int) -> None:
        deadline = time.monotonic() + 60
        while not expected.items() <= Counter(states().values()).items():
            assert time.monotonic() < deadline, states()
            time.sleep(0.2)

    launch(tmp_path, "--backend", "local", "--detach")
    wait_for(done=12, failed=4, running=2)
    plan = read_plan(next((tmp_path / ".sml-launch/plans").glob("*.json")))
    launch(tmp_path, "stop", next(task.id for task in plan.tasks if task.parameters["seed"] == 4))
    wait_for(done=12, failed=4, running=1, left=1)
    with Library([tmp_path / "logfile"], tmp_path / "workspace") as library:
        library.refresh()
        shown = coverage(take_table_snapshot(library), library.roots)
        assert {cell.task: cell.state for cell in shown.cells} == states()
    assert [cell.task for cell in shown.cells] == [task.id for task in plan.tasks]
    lines = launch(tmp_path, "status", "--coverage").splitlines()
    launch(tmp_path, "stop", "--wait")
    methods = list(dict.fromkeys(cell.method for cell in shown.cells))
    assert [line.partition("  ")[0] for line in lines[1 : len(methods) + 1]] == methods
    assert lines[0].split() == list(dict.fromkeys(cell.environment for cell in shown.cells))
    assert lines[len(methods) + 1].endswith("(numbers: seed)")
    assert (shown.environment, shown.seed, shown.method) == ("env_name", "seed", ("flag", "lr"))
