"""Slurm, the real one: a controller and three nodes with two GPUs each, all on this machine."""

from __future__ import annotations

import itertools
import json
import os
import signal
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
    with start(tmp_path_factory.mktemp("slurm"), MAX_ARRAY) as cluster:
        yield cluster


def run(*words: str) -> str:
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


@pytest.fixture(autouse=True)
def empty_queue(cluster: Cluster) -> Iterator[None]:
    yield
    subprocess.run(["scancel", "--full", "-u", "root"], check=False, capture_output=True)


def test_arrays_beyond_the_limit_run_every_task_once_with_its_arguments(project, wait_until) -> None:
    expected = project.sweep_of_nasty_values(environment_dict={"MODE": "m"})
    done = project.launch("--backend", "slurm", "-o", "mem=50")
    assert done.returncode == 0, done.stderr
    handle = next((project.folder / ".sml-launch" / "launches").glob("*.handle")).read_text()
    assert len(json.loads(handle)["jobs"]) == 1 + (len(expected) - 1) // MAX_ARRAY == 2
    wait_until(lambda: project.status()["done"] == len(expected), 90)
    assert sorted(call["argv"] for call in project.calls()) == expected
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
    for call, other in itertools.combinations(calls, 2):
        if call["node"] == other["node"] and max(call["started"], other["started"]) < min(
            call["ended"], other["ended"]
        ):
            assert call["gpu"] != other["gpu"]
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
    assert "unknown option 'partitoin'; expected one of: partition, " in done.stderr
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
        "requeued",
        "stopped before the time limit of its job; queued again",
    )
    wait_until(lambda: project.status()["requeued"] == 1)
    assert "requeued: interrupted by a time limit" in project.launch("status").stdout
    # A requeued job waits until the credential of its first run has expired (`cred_expire` of the cluster).
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
    status = project.status()
    assert (status["timeout"], status["failed"]) == (1, 0)
    assert [result["outcome"] for result in status["failures"]] == ["timeout"]
    head, counts, *_ = project.launch("status").stdout.splitlines()
    assert head.split() == ["running", "done", "failed", "timed", "out", "left", "total", "ETA"]
    assert counts.split() == ["0", "0", "0", "1", "0", "1", "over"]


def test_set_up_lines_may_use_exported_functions_and_sbatch_gets_further_options(project, wait_until) -> None:
    environment = {"MODE": "$LAB_TOKEN"}
    project.sweep(exclusive_candidates={"seed": [1]}, setup=["module load it"], environment_dict=environment)
    shell = 'module() { export SETUP=loaded; }; export -f module; exec "$@"'
    command = project.command("--backend", "slurm", "-o", "sbatch=--comment=hello --nice=5")
    subprocess.run(
        ["bash", "-c", shell, "bash", *command],
        cwd=project.folder,
        check=True,
        capture_output=True,
        env={**os.environ, "LAB_TOKEN": "s3cr3t-value-9", "SBATCH_EXPORT": "NONE"},
    )
    wait_until(lambda: project.status()["done"] == 1, 60)
    assert project.calls()[0]["environment"]["SETUP"] == "loaded"
    assert project.calls()[0]["environment"]["MODE"] == "s3cr3t-value-9", "a secret of the launching shell"
    (project.folder / "calls.jsonl").unlink()
    files = [path for path in project.folder.rglob("*") if path.is_file()]
    assert not [path.name for path in files if b"s3cr3t" in path.read_bytes()]


def shown_counts(project) -> dict[str, str]:
    head, counts, *_ = project.launch("status").stdout.splitlines()
    return dict(zip(head.split(), counts.split(), strict=False))


def test_tasks_that_wait_in_the_queue_are_told_from_those_that_are_left(project, wait_until) -> None:
    project.behaviour("time.sleep(100)")
    project.sweep(exclusive_candidates={"seed": [1, 2, 3, 4]})
    project.launch("-tn", "2", "-idx", "0", "--backend", "slurm", "--max-parallel", "1")
    wait_until(lambda: project.status()["running"] == 1, 60)
    status = project.status()
    assert (status["queued"], status["left"]) == (1, 2)
    assert (status["share"]["queued"], status["share"]["left"]) == (1, 0)
    assert shown_counts(project).keys() >= {"running", "queued", "left"}
    again = project.launch("-tn", "2", "-idx", "0", "--backend", "slurm")
    assert "2 tasks are already queued by a scheduler and not started again" in again.stdout
    assert "2 of 4 tasks are missing" in project.launch("missing").stderr
    assert "have finished or are running; in the scheduler's queue: 1" in project.launch("resume").stdout
    project.launch("stop", "--wait")
    wait_until(lambda: project.status()["left"] == 4, 30)


@pytest.mark.parametrize(
    ("partition", "todo"), [("main", "requeued by the scheduler"), ("lost", "sml-launch resume")]
)
def test_a_preempted_task_is_left_to_run_and_not_failed(
    project, wait_until, partition: str, todo: str
) -> None:
    # It saves its state and ends with a status of its own, as trainers do.
    project.behaviour(
        "import signal; signal.signal(15, lambda *_: sys.exit(7))\n"
        "open('began-' + os.environ['SML_TASK_ATTEMPT'], 'w').close()\n"
        "time.sleep(100 if os.environ['SML_TASK_ATTEMPT'] == '1' else 0)"
    )
    project.sweep(exclusive_candidates={"seed": [1]})
    options = ("-o", f"partition={partition}", "-o", "nodelist=n1")
    project.launch("--backend", "slurm", *options)
    wait_until((project.folder / "began-1").exists, 60)
    run(
        "sbatch",
        "--partition=urgent",
        "--nodelist=n1",
        "--cpus-per-task=4",
        "--wrap=sleep 2",
        "--output=u.txt",
    )
    wait_until(lambda: project.status()["preempted"] == 1, 60)
    assert [result["outcome"] for result in project.results()] == ["preempted"]
    shown = project.launch("status").stdout
    assert "preempted: left to run, " in shown
    assert todo in shown
    assert not project.status()["failed"]
    if partition == "lost":
        assert "1 tasks started again, slurm" in project.launch("resume").stderr
    else:
        wait_until(lambda: not run("squeue", "-h", "-p", "urgent"), 30)
    wait_until(lambda: project.status()["done"] == 1, 180)
    assert project.calls()[0]["attempt"] == "2"


def test_one_job_runs_several_tasks_each_on_its_gpu_and_a_failed_one_stops_none(project, wait_until) -> None:
    project.behaviour("time.sleep(1)\nif sys.argv[-1] == '3': sys.exit(1)")
    project.sweep(exclusive_candidates={"seed": list(range(7))}, rnd_seed=None)
    options = ("tasks_per_job=4", "tasks_at_once=2", "gpus_per_task=1", "mem=20M")
    done = project.launch("--backend", "slurm", *(word for text in options for word in ("-o", text)))
    assert done.returncode == 0, done.stderr
    wait_until(lambda: project.status()["done"] == 6 and not project.status()["running"], 60)
    assert project.status()["failed"] == 1
    calls = project.calls()
    assert sorted(int(call["argv"][1]) for call in calls) == [0, 1, 2, 4, 5, 6]
    assert {call["gpu"] for call in calls} == {"0", "1"}
    assert len(list((project.folder / ".sml-launch/launches").glob("*/job-*_*.txt"))) == 2, "of two jobs"


def test_a_job_that_runs_again_goes_on_with_the_tasks_that_have_not_ended(project, wait_until) -> None:
    project.behaviour(
        "seed, attempt = sys.argv[-1], os.environ['SML_TASK_ATTEMPT']\n"
        "if seed == '0': sys.exit(1)\n"
        "open(f'began-{seed}-{attempt}', 'w').close()\n"
        "time.sleep(100 if (seed, attempt) == ('2', '1') else 0)"
    )
    project.sweep(exclusive_candidates={"seed": [0, 1, 2, 3]}, rnd_seed=None)
    project.launch("--backend", "slurm", "-o", "tasks_per_job=4")
    wait_until((project.folder / "began-2-1").exists, 60)
    assert project.status()["queued"] == 1
    run("scancel", "--signal=USR1", "--batch", run("squeue", "-h", "-o", "%A").split()[0])
    wait_until(lambda: (project.status()["requeued"], project.status()["failed"]) == (2, 1), 30)
    wait_until(lambda: project.status()["done"] == 3, 180)
    attempts = {call["argv"][1]: call["attempt"] for call in project.calls()}
    assert attempts == {"1": "1", "2": "2", "3": "1"}
    assert len(project.results()) == 5, "the failed one was not tried again"


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("tasks_at_once=2", "tasks_at_once is 2, but a job has only 1 task(s); increase tasks_per_job"),
        ("tasks_per_job=none", "invalid tasks_per_job 'none'; expected a whole number of at least 1"),
        ("gpus_per_job=x", "invalid gpus_per_job 'x'; expected a number, or a type and a number"),
    ],
)
def test_wrong_numbers_of_tasks_start_nothing(project, option: str, message: str) -> None:
    project.sweep(exclusive_candidates={"seed": [1, 2]})
    done = project.launch("--backend", "slurm", "-o", option)
    assert done.returncode == 2
    assert message in done.stderr


def test_resume_starts_what_a_killed_worker_left_and_nothing_else(project, wait_until) -> None:
    project.behaviour(
        "seed, attempt = sys.argv[-1], os.environ['SML_TASK_ATTEMPT']\n"
        "open(f'began-{seed}-{attempt}', 'w').close()\n"
        "time.sleep(100 if (seed, attempt) == ('1', '1') else 0)"
    )
    project.sweep(exclusive_candidates={"seed": [0, 1, 2, 3, 4]}, rnd_seed=None)
    project.launch("--backend", "slurm", "-o", "tasks_per_job=3")
    wait_until(lambda: (project.folder / "began-1-1").exists() and project.status()["done"] == 3, 60)
    (claim,) = (project.folder / ".sml-launch" / "claims").iterdir()
    os.kill(json.loads(claim.read_text())["pid"], signal.SIGKILL)
    wait_until(lambda: project.status()["left"] == 2, 60)
    assert "2 tasks started again, slurm" in project.launch("resume").stderr
    wait_until(lambda: project.status()["done"] == 5, 60)
    assert sorted(call["argv"][1] for call in project.calls()) == ["0", "1", "2", "3", "4"]
    assert "have finished or are running" in project.launch("resume").stdout
