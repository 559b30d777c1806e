"""Machines share a sweep by the identity of its tasks: whatever the order or the growth, each task once."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import uuid
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sml_launch import Grid, Plan, SmlLaunchError, shard
from sml_launch.processes import marked
from sml_launch.tasks.shards import deal, deal_id

pytestmark = pytest.mark.slow

IDS = st.sets(st.text("0123456789abcdef", min_size=12, max_size=12), min_size=1, max_size=60)


@given(IDS, st.integers(1, 8))
def test_a_first_deal_is_level_within_one(ids: set[str], total: int) -> None:
    sizes = Counter(deal(ids, total).values())
    every = [sizes[machine] for machine in range(total)]
    assert sum(every) == len(ids)
    assert max(every) - min(every) <= 1


@given(st.lists(st.text("0123456789abcdef", min_size=12, max_size=12), unique=True, min_size=1), st.randoms())
def test_the_order_of_the_tasks_never_matters(ids: list[str], random) -> None:
    other = list(ids)
    random.shuffle(other)
    assert deal(ids, 3) == deal(other, 3)
    assert deal_id(deal(ids, 3)) == deal_id(deal(other, 3))


@given(IDS, IDS, IDS, st.integers(1, 8))
def test_a_grid_that_grows_moves_no_task(
    first: set[str], second: set[str], third: set[str], total: int
) -> None:
    dealt: dict[str, int] = {}
    for ids in (first, first | second, first | second | third):
        now = deal(ids, total, dealt)
        assert now.keys() == ids
        assert all(now[task_id] == machine for task_id, machine in dealt.items())
        dealt = now


def test_lists_in_another_order_give_the_same_shards() -> None:
    def shards(values: list[str]) -> list[set[str]]:
        tasks = Grid("python main.py", exclusive_candidates={"algo": values, "seed": [1, 2]}).tasks()
        return [{task.id for task in shard(tasks, 3, index)} for index in range(3)]

    assert shards(["sac", "ppo", "td3", "ddpg"]) == shards(["ddpg", "td3", "sac", "ppo"])


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"sac", "ppo"}, "algo is a set, whose order differs between machines; expected a list"),
        (frozenset({1, 2}), "algo is a set"),
        ((value for value in (1, 2)), "algo is a generator; expected a list, algo=list"),
        (map(str, (1, 2)), "algo is a map; expected a list, algo=list"),
    ],
)
@pytest.mark.parametrize("where", ["exclusive_candidates", "aligned_candidates"])
def test_candidates_without_an_order_are_refused(where: str, values, words: str) -> None:
    with pytest.raises(SmlLaunchError, match=words):
        Grid("python main.py", **{where: {"algo": values}}).tasks()


SWEEP = """
start_up_header = {header!r}
exclusive_candidates = dict(algo={algos!r}, env_name={envs!r}, seed={seeds!r})
MAX_PARALLEL = 2
"""
SCRIPT = "import sys; open('ran.txt', 'a').write(' '.join(sys.argv[1:]) + '\\n')\n"


class Lab:
    """Clones of one project on several machines."""

    def __init__(self, folder: Path, machines: int) -> None:
        self.clones = [folder / f"machine-{index}" for index in range(machines)]
        for clone in self.clones:
            clone.mkdir()
            (clone / "main.py").write_text(SCRIPT)

    def sweep(self, **values: list) -> None:
        """Write the experiment file on all of them."""
        for clone in self.clones:
            (clone / "sweep.py").write_text(SWEEP.format(header=f"{sys.executable} main.py", **values))

    def launch(self, index: int, *words: str, total: int | None = None) -> subprocess.CompletedProcess[str]:
        """Run one machine's share to its end."""
        number = str(total or len(self.clones))
        command = [sys.executable, "-m", "sml_launch", "-tn", number, "-idx", str(index), *words]
        return subprocess.run(
            command,
            cwd=self.clones[index],
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    def ran(self) -> list[Counter[str]]:
        """How often each command ran, by machine."""
        files = [clone / "ran.txt" for clone in self.clones]
        return [Counter(file.read_text().splitlines() if file.exists() else []) for file in files]


LOCAL = ("--backend", "local")


def test_a_grid_that_grows_on_three_machines_runs_each_task_once(tmp_path: Path) -> None:
    lab = Lab(tmp_path, 3)
    lab.sweep(algos=["sac", "ppo"], envs=["A", "B"], seeds=[0, 1, 2])
    for index in range(3):
        assert lab.launch(index, *LOCAL).returncode == 0
    lab.sweep(algos=["ppo", "sac", "td3"], envs=["B", "A"], seeds=[3, 0, 1, 2])
    notes = [lab.launch(index, *LOCAL).stderr for index in range(3)]
    ran = lab.ran()
    assert sum(ran, Counter()) == Counter(dict.fromkeys(sum(ran, Counter()), 1))
    assert len(sum(ran, Counter())) == 24
    assert [sum(part.values()) for part in ran] == [8, 8, 8]
    ids = {text.partition(":")[0] for text in notes}
    assert len(ids) == 1, "all machines print the same plan"


def test_a_machine_that_would_deal_otherwise_is_stopped_by_expect(tmp_path: Path) -> None:
    lab = Lab(tmp_path, 3)
    lab.sweep(algos=["sac"], envs=["A"], seeds=[0, 1, 2, 3])
    lab.launch(0, *LOCAL)
    lab.sweep(algos=["sac"], envs=["A"], seeds=[0, 1, 2, 3, 4, 5, 6, 7])
    printed = lab.launch(0, *LOCAL).stderr.split()[1].rstrip(":")
    late = lab.launch(1, *LOCAL, "--expect", printed)
    if late.returncode:  # it did not see the first deal: its own deal may differ
        assert f"--expect {printed}: this is plan " in late.stderr
        assert "copy both from there" in late.stderr
        assert not lab.ran()[1]
    (lab.clones[1] / ".sml-launch").mkdir(exist_ok=True)
    shutil.copy(lab.clones[0] / ".sml-launch/deals.json", lab.clones[1] / ".sml-launch/deals.json")
    assert lab.launch(1, *LOCAL, "--expect", printed).returncode == 0
    assert lab.launch(1, "--expect", "0" * 12).returncode == 2


def test_another_number_of_machines_is_refused_with_what_it_would_repeat(tmp_path: Path) -> None:
    lab = Lab(tmp_path, 4)
    lab.sweep(algos=["sac"], envs=["A"], seeds=list(range(12)))
    for index in range(3):
        lab.launch(index, *LOCAL, total=3)
    done = lab.launch(0, *LOCAL, total=4)
    assert done.returncode == 2
    assert "was distributed over 3 machines before (-tn 3); " in done.stderr
    assert "--only-missing -d LOGS" in done.stderr
    assert sum(lab.ran()[0].values()) == 4, "nothing was started"
    assert lab.launch(0, *LOCAL, "--redeal", total=4).returncode == 0
    assert lab.launch(0, *LOCAL, total=4).returncode == 0, "it asks once"


def test_a_dry_run_remembers_no_deal(tmp_path: Path) -> None:
    lab = Lab(tmp_path, 2)
    lab.sweep(algos=["sac"], envs=["A"], seeds=[0, 1])
    lab.launch(0, *LOCAL, "--dry-run")
    assert not (lab.clones[0] / ".sml-launch").exists()


def test_damaged_deals_are_named_and_passed_over(tmp_path: Path) -> None:
    lab = Lab(tmp_path, 2)
    lab.sweep(algos=["sac"], envs=["A"], seeds=[0, 1])
    (lab.clones[0] / ".sml-launch").mkdir()
    for content in ("[]", json.dumps({"format": "sml-deals", "version": 1, "machines": {"2": {"a": 7}}})):
        (lab.clones[0] / ".sml-launch/deals.json").write_text(content)
        done = lab.launch(0, "--dry-run")
        assert done.returncode == 0
        assert "deals.json: not a file of deals" in done.stderr


def test_a_plan_in_python_deals_as_the_command_does(tmp_path: Path) -> None:
    def plan(seeds: range) -> Plan:
        return Plan.from_grid(Grid("true", exclusive_candidates={"seed": seeds}), tmp_path)

    first = plan(range(6))
    first.submit("local", total=2, index=0).wait(60)
    first_ids = {task.id for task in first.part(2, 0)}
    grown = plan(range(9))
    assert first_ids <= {task.id for task in grown.part(2, 0)}
    assert len(grown.part(2, 0)) + len(grown.part(2, 1)) == 9


RUN = """
run=$PWD/logfile/$SML_TASK_ID-$SML_TASK_ATTEMPT-$$
mkdir -p "$run/config"
echo "{\\"task_id\\": \\"$SML_TASK_ID\\"}" >"$run/config/run_config.json"
printf %s "$run" >"$SML_TASK_FOLDER/run_folder"
echo {} >"$run/config/parameter.json"
[ -z "$NAP" ] || sleep "$NAP"
echo '{"state": "finished"}' >"$run/config/status.new"
mv "$run/config/status.new" "$run/config/status.json"
"""


def cut(lab: Lab, index: int, ended: int) -> None:
    """Start a machine's share and kill its launcher when so many more of its tasks have ended."""
    clone = lab.clones[index]
    before = len(finished(clone))
    command = [sys.executable, "-m", "sml_launch", "-tn", "3", "-idx", str(index), *LOCAL]
    mark = uuid.uuid4().hex
    environment = {**os.environ, "NAP": "0.1", "CUT": mark}
    launcher = subprocess.Popen(command, cwd=clone, env=environment, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while len(finished(clone)) < before + ended:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    launcher.kill()
    launcher.wait()
    while marked(f"CUT={mark}"):  # its tasks end by themselves; while they live, nobody else takes them
        assert time.monotonic() < deadline
        time.sleep(0.02)


def finished(folder: Path) -> list[str]:
    """The task of each finished run below a folder."""
    return [path.parents[1].name.partition("-")[0] for path in folder.glob("logfile/*/config/status.json")]


def counts(lab: Lab, index: int, *words: str) -> dict[str, int]:
    """The last line of what `status` prints on a machine, by its heading."""
    command = [sys.executable, "-m", "sml_launch", "status", *words]
    lines = subprocess.run(command, cwd=lab.clones[index], check=True, capture_output=True, text=True).stdout
    head, *rows = lines.splitlines()
    row = next((row for row in rows if row.startswith("share")), rows[0]).split()
    return {
        name: int(value) for name, value in zip(head.split()[:-1], row[-len(head.split()) : -1], strict=True)
    }


def test_144_tasks_grow_lose_a_machine_and_a_launcher_and_each_cell_is_done_once(tmp_path: Path) -> None:
    lab = Lab(tmp_path, 3)
    home = tmp_path / "home"
    for clone in lab.clones:
        (clone / "main.py").write_text(RUN)

    def sweep(algos: list[str], seeds: int) -> None:
        for clone in lab.clones:
            values = {"algo": algos, "env_name": list("ABCDEF"), "seed": list(range(seeds))}
            (clone / "sweep.py").write_text(
                f"start_up_header = 'sh main.py'\nexclusive_candidates = {values}\nMAX_PARALLEL = 4\n"
            )

    def pull(*machines: int) -> None:
        for index in machines:
            shutil.copytree(lab.clones[index] / "logfile", home / "logfile", dirs_exist_ok=True)

    sweep(["sac", "ppo", "td3"], 8)
    cut(lab, 1, ended=10)
    assert 10 <= len(finished(lab.clones[1])) < 48
    resumed = subprocess.run(
        [sys.executable, "-m", "sml_launch", "resume"], cwd=lab.clones[1], check=True, capture_output=True
    )
    assert resumed.returncode == 0
    for index in (0, 2):
        assert lab.launch(index, *LOCAL).returncode == 0
    assert [counts(lab, index)["done"] for index in range(3)] == [48, 48, 48]
    sweep(["sac", "ppo", "td3"], 9)
    for index in range(3):
        assert lab.launch(index, *LOCAL).returncode == 0
    assert [counts(lab, index) for index in range(3)] == [
        {"running": 0, "done": 54, "failed": 0, "left": 0, "total": 54}
    ] * 3
    pull(0, 1, 2)
    sweep(["sac", "ppo", "td3", "ddpg"], 9)
    cut(lab, 2, ended=5)
    shutil.rmtree(lab.clones[2])
    for index in (0, 1):
        assert lab.launch(index, *LOCAL).returncode == 0
    pull(0, 1)
    everything = {"running": 0, "done": 216, "failed": 0, "left": 0, "total": 216}
    logs = ("-d", str(home / "logfile"))
    assert counts(lab, 0, *logs) == {**everything, "done": 198, "left": 18}
    # What the lost machine had to do, dealt to the two that are left.
    for index in (0, 1):
        done = lab.launch(index, *LOCAL, "--redeal", "--only-missing", *logs, total=2)
        assert done.returncode == 0, done.stderr
    pull(0, 1)
    assert counts(lab, 0, *logs) == everything
    assert Counter(Counter(finished(home)).values()) == {1: 216}, "each once, none twice"
