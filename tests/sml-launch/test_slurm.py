"""Slurm, the real one: a controller and three nodes with two GPUs each, all on this machine."""

from __future__ import annotations

import itertools
import os
import subprocess
from collections.abc import Iterator

import pytest

from .cluster import NODES, Cluster, start

pytestmark = pytest.mark.needs("slurmctld", "slurmd", "munged")

MAX_ARRAY = 12


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    if os.geteuid() != 0:
        pytest.skip("a cluster is started by root")
    with start(tmp_path_factory.mktemp("slurm"), MAX_ARRAY) as made:
        yield made


def run(*words: str) -> str:
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


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


def test_a_task_is_stopped_before_its_jobs_time_limit_and_queued_again(project, wait_until) -> None:
    project.behaviour(
        "open('began-' + os.environ['SML_TASK_ATTEMPT'], 'w').close()\n"
        "time.sleep(0 if os.environ['SML_TASK_ATTEMPT'] == '2' else 100)\n"
    )
    project.sweep(exclusive_candidates={"seed": [1]})
    project.launch("--backend", "slurm", "-o", "time=10")
    wait_until((project.folder / "began-1").exists, 60)
    # What Slurm sends 90 s before the limit.
    run("scancel", "--signal=USR1", "--batch", run("squeue", "-h", "-o", "%A").split()[0])
    wait_until(lambda: project.results(), 60)
    first = project.results()[0]
    assert (first["outcome"], first["reason"]) == (
        "cancelled",
        "stopped before the time limit of its job; queued again",
    )
    assert not project.status()["failed"]
    # Slurm lets a job that was queued again wait for two minutes.
    job = run("squeue", "-h", "-o", "%A").split()[0]
    subprocess.run(["scontrol", "update", f"JobId={job}", "StartTime=now"], check=False, capture_output=True)
    wait_until(lambda: project.status()["done"] == 1, 180)
    assert project.calls()[0]["attempt"] == "2"


def test_a_task_whose_requeues_are_used_up_is_timed_out(project, wait_until) -> None:
    project.behaviour("open('began', 'w').close(); time.sleep(100)")
    project.sweep(exclusive_candidates={"seed": [1]})
    project.launch("--backend", "slurm", "-o", "requeues=0")
    wait_until((project.folder / "began").exists, 60)
    run("scancel", "--signal=USR1", "--batch", run("squeue", "-h", "-o", "%A").split()[0])
    wait_until(lambda: project.results(), 60)
    assert project.results()[0]["outcome"] == "timeout"
    wait_until(lambda: not run("squeue", "-h"), 60)


def test_set_up_lines_may_use_exported_functions_and_sbatch_gets_further_options(project, wait_until) -> None:
    project.sweep(exclusive_candidates={"seed": [1]}, setup=["module load it"])
    shell = 'module() { export SETUP=loaded; }; export -f module; exec "$@"'
    command = project.command("--backend", "slurm", "-o", "sbatch=--comment=hello --nice=5")
    subprocess.run(
        ["bash", "-c", shell, "bash", *command], cwd=project.folder, check=True, capture_output=True
    )
    wait_until(lambda: project.status()["done"] == 1, 60)
    assert project.calls()[0]["environment"]["SETUP"] == "loaded"
