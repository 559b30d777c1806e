"""The local pool runs every task once, records how it ended and skips what has finished."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from sml_launch.process.pool import CRASHES

pytestmark = pytest.mark.slow

LOCAL = ("--backend", "local")
SEEDS = {"seed": [1, 2, 3, 4]}


def seeds(calls: list[dict]) -> list[int]:
    return sorted(int(call["argv"][1]) for call in calls)


def test_every_task_gets_exactly_its_arguments(project) -> None:
    expected = project.sweep_of_nasty_values(parameters_base={"flag": True, "off": False, "n": [1, "b c"]})
    assert project.launch(*LOCAL).returncode == 0
    assert sorted(call["argv"] for call in project.calls()) == [
        ["--flag", "--n", "1", "b c", *words] for words in expected
    ]


def test_tasks_run_in_their_directory_with_their_environment_and_no_input(project) -> None:
    project.sweep(environment_dict={"MODE": '"fast"', "X": "$PATH"}, setup=["export SETUP='it is'"])
    project.launch(*LOCAL)
    (call,) = project.calls()
    assert call["environment"]["MODE"] == "fast"
    assert call["environment"]["SETUP"] == "it is"
    assert call["environment"]["PATH"] == os.environ["PATH"]
    assert call["cwd"] == str(project.folder)
    assert call["stdin"] == ""


def test_so_many_run_at_a_time_and_no_more(project) -> None:
    project.behaviour(
        "import glob\nopen(f'up-{os.getpid()}', 'w').close()\n"
        "while len(glob.glob('up-*')) < 3: time.sleep(0.02)\n"
        "time.sleep(0.2)"  # in which a fourth would be seen
    )
    project.sweep(exclusive_candidates={"seed": list(range(9))}, MAX_PARALLEL=3)
    project.launch(*LOCAL)
    calls = project.calls()
    widths = [sum(other["started"] <= call["started"] < other["ended"] for other in calls) for call in calls]
    assert max(widths) == 3


def test_a_failed_task_is_named_with_its_reason_and_its_log_and_the_others_go_on(project) -> None:
    project.behaviour("if '3' in sys.argv: sys.exit('seed 3 fails')")
    project.sweep(exclusive_candidates=SEEDS, MAX_PARALLEL=1)
    done = project.launch(*LOCAL)
    assert done.returncode == 1
    (failed,) = [line for line in done.stdout.splitlines() if "FAILED" in line]
    assert "exit status 1: seed 3 fails" in failed
    assert "seed 3 fails" in Path(failed.rpartition("see ")[2]).read_text()
    assert seeds(project.calls()) == [1, 2, 4]
    logs = project.launch("logs").stdout
    assert logs.count("seed 3 fails") == 2


def test_a_set_up_line_that_fails_is_named(project) -> None:
    project.sweep(setup=["true", "test -d /nowhere"])
    assert project.launch(*LOCAL).returncode == 1
    assert project.results()[0]["reason"] == "exit status 1: setup: test -d /nowhere: exit status 1"


def test_a_second_call_runs_only_what_has_not_finished(project) -> None:
    project.behaviour("if '3' in sys.argv: sys.exit('seed 3 fails')")
    project.sweep(exclusive_candidates=SEEDS)
    project.launch(*LOCAL)
    project.behaviour("")
    done = project.launch(*LOCAL)
    assert done.returncode == 0
    assert "3 of 4 tasks have finished before" in done.stdout
    assert seeds(project.calls()) == [1, 2, 3, 4]
    assert [call["attempt"] for call in project.calls() if call["argv"][1] == "3"] == ["2"]


def test_fail_fast_starts_nothing_after_a_failure(project) -> None:
    project.behaviour("sys.exit(4)")
    project.sweep(exclusive_candidates=SEEDS, MAX_PARALLEL=1)
    done = project.launch(*LOCAL, "--fail-fast")
    assert done.returncode == 1
    assert "failed; stopping because of --fail-fast" in done.stderr
    assert len(project.results()) == 1


def test_rerun_takes_the_failed_all_or_one(project) -> None:
    project.behaviour("if '3' in sys.argv: sys.exit(1)")
    path = project.sweep(exclusive_candidates=SEEDS)
    project.launch(*LOCAL)
    project.behaviour("")
    project.launch(*LOCAL, "--rerun", "failed")
    assert seeds(project.calls()) == [1, 2, 3, 4]
    project.launch(str(path), *LOCAL, "--rerun", "all")
    assert seeds(project.calls()) == [1, 1, 2, 2, 3, 3, 4, 4]
    task_id = next(iter(project.status()["tasks"]))
    project.launch(*LOCAL, "--rerun", task_id[:8])
    assert len(project.calls()) == 9


def test_retry_starts_what_failed_as_before(project) -> None:
    project.behaviour("if '3' in sys.argv: sys.exit(1)")
    project.sweep(exclusive_candidates=SEEDS, environment_dict={"MODE": "m"})
    project.launch(*LOCAL)
    project.behaviour("")
    assert project.launch("retry").returncode == 0
    assert project.status()["done"] == 4
    assert {call["environment"]["MODE"] for call in project.calls()} == {"m"}
    assert "no task has failed" in project.launch("retry").stdout


def test_retries_try_again_and_then_succeed(project) -> None:
    project.behaviour("if os.environ['SML_TASK_ATTEMPT'] == '1': sys.exit(1)")
    project.sweep(exclusive_candidates={"seed": [1]})
    assert project.launch(*LOCAL, "--retries", "2").returncode == 0
    assert [result["outcome"] for result in project.results()] == ["failed", "finished"]


def test_a_crash_loop_stops_with_a_reason(project) -> None:
    project.behaviour("sys.exit(9)")
    project.sweep(exclusive_candidates={"seed": [1]})
    done = project.launch(*LOCAL, "--retries", "1000")
    assert done.returncode == 1
    assert "crash loop: it failed within 10 s 3 times in a row, not retried (998 retries left)" in done.stdout
    assert len({result["attempt"] for result in project.results()}) == CRASHES


def test_a_time_limit_ends_a_task(project) -> None:
    project.behaviour("time.sleep(60)")
    project.sweep()
    done = project.launch(*LOCAL, "--timeout", "1")
    assert "stopped after its time limit of 1 s" in done.stdout
    assert project.results()[0]["outcome"] == "timeout"


@pytest.mark.parametrize(
    ("behaviour", "outcome", "reason"),
    [
        ("os.kill(os.getpid(), 9)", "killed", "ended by SIGKILL"),
        ("os.kill(os.getpid(), 11)", "killed", "ended by SIGSEGV"),
        ("sys.exit(3)", "failed", "exit status 3"),
        ("raise ValueError('no')", "failed", "exit status 1: ValueError: no"),
        (
            "import resource; resource.setrlimit(resource.RLIMIT_AS, (2**28,) * 2); x = bytearray(2**30)",
            "oom",
            "MemoryError",
        ),
    ],
)
def test_signals_failures_and_exhausted_memory_are_told_apart(project, behaviour, outcome, reason) -> None:
    project.behaviour(behaviour)
    project.sweep()
    project.launch(*LOCAL)
    (result,) = project.results()
    assert (result["outcome"], result["reason"]) == (outcome, reason)


def memory_group() -> Path | None:
    """A place for control groups with a memory limit, if this machine lets us make one."""
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if "memory" in controllers.split(","):
            return Path("/sys/fs/cgroup/memory" + path)
        if controllers == "" and Path("/sys/fs/cgroup/cgroup.controllers").exists():
            return Path("/sys/fs/cgroup" + path)
    return None


def test_a_kill_by_the_kernel_for_memory_is_told_from_other_kills(project) -> None:
    parent = memory_group()
    group = parent / f"sml-launch-test-{os.getpid()}" if parent else None
    try:
        if group is None:
            pytest.skip("no memory control group here")
        group.mkdir()
        limit = "memory.limit_in_bytes" if (group / "memory.limit_in_bytes").exists() else "memory.max"
        (group / limit).write_text(str(120 * 2**20))
    except OSError as error:
        pytest.skip(f"no right to limit memory: {error}")
    try:
        project.behaviour("x = b'x' * (400 * 2**20)")
        project.sweep()
        enter = 'echo $$ > "$1/cgroup.procs"; shift; exec "$@"'
        command = ["sh", "-c", enter, "enter", str(group), *project.command(*LOCAL)]
        subprocess.run(command, cwd=project.folder, check=False, capture_output=True)
        (result,) = project.results()
        assert result["outcome"] == "oom"
        assert result["reason"] == "killed by the kernel: out of memory"
    finally:
        group.rmdir()


FAMILY = """
import subprocess
child = subprocess.Popen([sys.executable, "-c", "import os, time; os.setpgid(0, 0); time.sleep(100)"])
with open("children", "a") as file:
    file.write(f"{child.pid}\\n")
"""


def children(project) -> list[int]:
    path = project.folder / "children"
    return [int(line) for line in path.read_text().splitlines()] if path.exists() else []


def test_ctrl_c_ends_the_tasks_with_what_they_started(project, wait_until, is_alive) -> None:
    project.behaviour(FAMILY + "time.sleep(100)")
    project.sweep(exclusive_candidates=SEEDS, MAX_PARALLEL=2)
    launcher = project.start(*LOCAL)
    wait_until(lambda: len(children(project)) == 2)
    launcher.send_signal(signal.SIGINT)
    output, _ = launcher.communicate(timeout=120)
    assert launcher.returncode == 130
    assert "stopped by a signal; finished tasks will be skipped next time" in output
    assert "Traceback" not in output
    assert not any(map(is_alive, children(project)))
    assert Counter(result["outcome"] for result in project.results()) == {"cancelled": 2}
    assert project.status()["left"] == 4


STUBBORN = """
import signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
open("ready", "w").close()
time.sleep(100)
"""


def test_a_task_that_ignores_sigterm_is_killed_after_ten_seconds(project, wait_until) -> None:
    project.behaviour(STUBBORN)
    project.sweep()
    launcher = project.start(*LOCAL)
    wait_until((project.folder / "ready").exists)
    launcher.send_signal(signal.SIGINT)
    launcher.communicate(timeout=120)
    (result,) = project.results()
    assert (result["outcome"], result["status"]) == ("cancelled", -9)
    assert result["seconds"] > 9


@pytest.mark.serial
def test_a_second_ctrl_c_kills_at_once(project, wait_until) -> None:
    project.behaviour(STUBBORN)
    project.sweep()
    launcher = project.start(*LOCAL)
    wait_until((project.folder / "ready").exists)
    started = time.monotonic()
    launcher.send_signal(signal.SIGINT)
    time.sleep(1)
    launcher.send_signal(signal.SIGINT)
    launcher.communicate(timeout=120)
    assert project.results()[0]["status"] == -9
    assert time.monotonic() - started < 9


def test_what_a_task_leaves_behind_is_ended(project, is_alive) -> None:
    project.behaviour(FAMILY)
    project.sweep(exclusive_candidates={"seed": [1, 2]})
    assert project.launch(*LOCAL).returncode == 0
    assert len(children(project)) == 2
    assert not any(map(is_alive, children(project)))


def test_after_sigkill_of_the_launcher_the_same_command_finishes_and_nothing_ran_twice_at_once(
    project, wait_until, is_alive
) -> None:
    project.behaviour(
        FAMILY
        + "seed = sys.argv[2]; name = f'at-work-{seed}'\n"
        + "os.close(os.open(name, os.O_CREAT | os.O_EXCL))\n"  # a second one at the same time would fail here
        + "import atexit, signal; atexit.register(os.unlink, name)\n"
        + "signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))\n"
        + "time.sleep(100 if int(seed) > 2 and not os.path.exists('quick') else 0)\n"
    )
    project.sweep(exclusive_candidates=SEEDS, MAX_PARALLEL=2, rnd_seed=None)
    launcher = project.start(*LOCAL)
    wait_until(lambda: len(children(project)) == 4)
    launcher.kill()
    launcher.communicate()
    (project.folder / "quick").touch()
    done = project.launch(*LOCAL)
    assert done.returncode == 0, done.stdout
    assert "2 of 4 tasks have finished before" in done.stdout
    assert seeds(project.calls()) == [1, 2, 3, 4]
    assert not any(map(is_alive, children(project)))
    attempts = {call["argv"][1]: call["attempt"] for call in project.calls()}
    assert attempts == {"1": "1", "2": "1", "3": "2", "4": "2"}


def test_two_launchers_on_one_plan_share_the_work(project) -> None:
    project.behaviour("time.sleep(0.1)", launchers=2)
    project.sweep(exclusive_candidates={"seed": list(range(30))}, MAX_PARALLEL=2)
    first, second = project.start(*LOCAL), project.start(*LOCAL)
    outputs = [first.communicate(timeout=120)[0], second.communicate(timeout=120)[0]]
    assert (first.returncode, second.returncode) == (0, 0)
    assert seeds(project.calls()) == list(range(30))
    assert all("[" in output for output in outputs), "each did some of it"
    assert len({result["launch"] for result in project.results()}) == 2


def test_a_failure_seen_by_one_launcher_is_not_repeated_by_another(project) -> None:
    project.behaviour("time.sleep(0.3); open('failures', 'a').write('x'); sys.exit(1)")
    project.sweep(exclusive_candidates={"seed": list(range(6))}, MAX_PARALLEL=1)
    launchers = [project.start(*LOCAL), project.start(*LOCAL)]
    for launcher in launchers:
        launcher.communicate(timeout=120)
    assert (project.folder / "failures").read_text() == "x" * 6


def test_a_finished_task_whose_run_folder_is_gone_runs_again(project) -> None:
    project.behaviour(
        "os.makedirs('runs/' + sys.argv[2], exist_ok=True)\n"
        "open(os.path.join(os.environ['SML_TASK_FOLDER'], 'run_folder'), 'w')"
        ".write(os.path.abspath('runs/' + sys.argv[2]))\n"
    )
    project.sweep(exclusive_candidates=SEEDS)
    project.launch(*LOCAL)
    (project.folder / "runs" / "2").rmdir()
    assert project.status()["left"] == 1
    project.launch(*LOCAL)
    assert seeds(project.calls()) == [1, 2, 2, 3, 4]


def test_a_slot_keeps_its_gpu_and_two_tasks_share_none(project) -> None:
    project.behaviour("time.sleep(0.2 + 0.1 * (int(sys.argv[2]) % 3))")
    project.sweep(
        exclusive_candidates={"seed": list(range(10))}, GPUS=['"0"', 1], MAX_PARALLEL=10,
        environment_dict={"CUDA_VISIBLE_DEVICES": '""'},
    )  # fmt: skip
    project.launch(*LOCAL, "--per-gpu", "1")
    calls = project.calls()
    assert {call["gpu"] for call in calls} == {"0", "1"}
    for call in calls:
        at_once = [other for other in calls if other["started"] <= call["started"] < other["ended"]]
        assert len({other["gpu"] for other in at_once}) == len(at_once)


def test_free_gpus_are_those_that_nobody_uses(project, tmp_path: Path) -> None:
    smi = tmp_path / "bin" / "nvidia-smi"
    smi.parent.mkdir()
    smi.write_text(
        '#!/bin/sh\ncase "$1" in *compute-apps*) echo GPU-b;;\n'
        "*) printf '0, GPU-a, 3\\n1, GPU-b, 2000\\n2, GPU-c, 12\\n3, GPU-d, 900\\n';; esac\n"
    )
    smi.chmod(0o755)
    project.sweep(exclusive_candidates=SEEDS)
    assert project.launch(*LOCAL, "--gpus", "free", PATH=f"{smi.parent}:{os.environ['PATH']}").returncode == 0
    assert {call["gpu"] for call in project.calls()} <= {"0", "2"}
    smi.unlink()
    done = project.launch(*LOCAL, "--gpus", "free", PATH=str(smi.parent))
    assert "nvidia-smi failed" in done.stderr


def test_stop_ends_everything_and_one_task(project, wait_until) -> None:
    project.behaviour("open('up', 'a').write('x'); time.sleep(100)")
    project.sweep(exclusive_candidates=SEEDS, MAX_PARALLEL=2)
    launcher = project.start(*LOCAL)
    wait_until((project.folder / "up").exists)
    wait_until(lambda: project.status()["running"] == 2)
    task_id = next(task for task, state in project.status()["tasks"].items() if state == "running")
    assert f"stopping task {task_id}" in project.launch("stop", task_id[:6], "--wait").stdout
    assert task_id in [result["task_id"] for result in project.results()]
    assert launcher.poll() is None
    assert "stopping" in project.launch("stop", "--wait").stdout
    launcher.communicate(timeout=120)
    assert {result["outcome"] for result in project.results()} == {"cancelled"}
    assert project.launch("stop").stdout == "nothing is running\n"


@pytest.mark.parametrize(
    ("file", "content", "words"),
    [
        ("none.py", None, "no such experiment file"),
        ("bad.py", "x = 1", "start_up_header"),
        ("gone.py", "start_up_header = 'no-such-program'", "cannot start"),
        ("raises.py", "x = 1\n1 / 0", "raises.py:2: ZeroDivisionError"),
        ("syntax.py", "x = = 1", "syntax.py:1: SyntaxError"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_line(project, file: str, content: str | None, words: str) -> None:
    if content:
        (project.folder / file).write_text(content)
    done = project.launch(file, *LOCAL)
    assert done.returncode == 2
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (project.folder / ".sml-launch").exists()


def test_a_program_that_vanishes_is_a_failed_task_with_a_reason(project) -> None:
    script = project.folder / "tool.sh"
    script.write_text("#!/no/such/interpreter\n")
    script.chmod(0o755)
    project.sweep(start_up_header="./tool.sh")
    done = project.launch(*LOCAL)
    assert done.returncode == 1
    assert "could not start" in done.stdout


def test_the_python_interface_submits_looks_waits_and_cancels(project, wait_until) -> None:
    from sml_launch import Grid, Plan, UnknownOptionError

    project.behaviour("time.sleep(100 if os.path.exists('slow') else 0)")
    plan = Plan.from_grid(Grid(f"{sys.executable} main.py", exclusive_candidates=SEEDS), max_parallel=2)
    run = plan.submit("local")
    assert run.wait(60).done == 4
    (project.folder / "slow").touch()
    again = plan.submit("local", rerun="all", max_parallel=3)
    wait_until(lambda: again.status().running == 3)
    assert again.is_active()
    again.cancel()
    assert {state: count for state, count in again.wait(60).counts.items() if count} == {"left": 4}
    with pytest.raises(UnknownOptionError) as caught:
        plan.submit("local", max_paralel=2)
    assert str(caught.value).startswith(
        "backend local: unknown option 'max_paralel'; expected one of: max_parallel, "
    )
    with pytest.raises(UnknownOptionError, match="expected one of: slurm, local, tmux, dask"):
        plan.submit("slrum")


def test_a_torn_line_in_a_journal_is_left_out_and_written_behind(project) -> None:
    project.sweep(exclusive_candidates=SEEDS)
    project.launch(*LOCAL)
    (journal,) = (project.folder / ".sml-launch" / "results").glob("*.jsonl")
    whole = journal.read_bytes()
    journal.write_bytes(whole[:-30])
    assert project.status()["done"] == 3
    project.launch(*LOCAL)
    assert project.status()["done"] == 4
    assert len([json.loads(line) for line in journal.read_text().splitlines() if line.endswith("}")]) == 4


def test_a_launcher_that_cannot_write_stops_and_says_why(project) -> None:
    from sml_launch import Plan

    project.sweep(exclusive_candidates=SEEDS)
    tasks = project.folder / ".sml-launch" / "tasks"
    tasks.mkdir(parents=True)
    (tasks / Plan.from_file().tasks[0].id).touch()
    done = project.launch(*LOCAL)
    assert done.returncode == 1
    assert "the launcher cannot go on: [Errno 17] File exists" in done.stderr
    assert "Traceback" not in done.stderr
    (project.folder / ".sml-launch").rename(project.folder / "away")
    (project.folder / ".sml-launch").touch()
    done = project.launch(*LOCAL)
    assert done.returncode == 2
    assert done.stderr.startswith("sml-launch: [Errno ")
    assert done.stderr.count("\n") == 1
