"""Machines share a sweep by the identity of its tasks: whatever the order or the growth, each task once."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sml_launch import Grid, Plan, SmlLaunchError, shard
from sml_launch.shards import deal, deal_id

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
    told = [lab.launch(index, *LOCAL).stderr for index in range(3)]
    ran = lab.ran()
    assert sum(ran, Counter()) == Counter(dict.fromkeys(sum(ran, Counter()), 1))
    assert len(sum(ran, Counter())) == 24
    assert [sum(part.values()) for part in ran] == [8, 8, 8]
    ids = {text.partition(":")[0] for text in told}
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
        assert "copy them from there" in late.stderr
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
    assert "was dealt to 3 machines before (-tn 3); of the share 0 of 4 " in done.stderr
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
    kept = {task.id for task in first.part(2, 0)}
    grown = plan(range(9))
    assert kept <= {task.id for task in grown.part(2, 0)}
    assert len(grown.part(2, 0)) + len(grown.part(2, 1)) == 9
