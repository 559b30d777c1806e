"""However a process ends, its rows are there, its state is known where that is possible, and it resumes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sml_logger import Logger

pytestmark = pytest.mark.slow

Start = Callable[..., subprocess.Popen[str]]
Table = Callable[[Path | str], list[dict[str, str]]]
Status = Callable[[Path | str], dict[str, Any]]
Scalars = Callable[[Path | str], list[tuple[str, int, float]]]

# How it ends, the signal that the parent sends, exit status, state, error.
WAYS = [
    ("exception", None, 1, "failed", "RuntimeError: the loss exploded"),
    ("exception_in_with", None, 1, "failed", "RuntimeError: the loss exploded"),
    ("closed_in_finally", None, 1, "failed", "RuntimeError: the loss exploded"),
    ("handled", None, 0, "finished", None),
    ("os_exit", None, 3, "failed", "exit status 3 by os._exit"),
    ("os_exit_well", None, 0, "finished", None),
    ("sys_exit", None, 0, "finished", None),
    ("shutdown", None, 0, "finished", None),
    ("multiprocessing", None, 0, "finished", None),
    ("multiprocessing_exception", None, 0, "failed", "RuntimeError: the loss exploded"),
    ("waits", signal.SIGINT, -signal.SIGINT, "killed", "SIGINT"),
    ("compiles_at_exit", signal.SIGINT, -signal.SIGINT, "killed", "SIGINT"),
    ("waits", signal.SIGTERM, -signal.SIGTERM, "killed", "SIGTERM"),
    ("in_thread", signal.SIGTERM, -signal.SIGTERM, "killed", "SIGTERM"),
    ("closed", signal.SIGTERM, -signal.SIGTERM, "finished", None),
    ("waits", signal.SIGKILL, -signal.SIGKILL, "running", None),
]


@pytest.mark.parametrize(("way", "number", "exit_status", "state", "error"), WAYS)
def test_a_run_that_ended_in_any_way_is_whole_and_is_resumed(
    project: Path,
    child: Start,
    table: Table,
    status: Status,
    scalars: Scalars,
    way: str,
    number: signal.Signals | None,
    exit_status: int,
    state: str,
    error: str | None,
) -> None:
    process = child("ends.py", project, way)
    if number is not None:
        assert process.stdout is not None
        while process.stdout.readline() != "ready\n":
            assert process.poll() is None
        process.send_signal(number)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == exit_status, output
    run = project / "logfile" / "a"
    assert [row["x"] for row in table(run)] == ["0.0", "1.0", "2.0", "3.0", "4.0"]
    assert status(run)["state"] == state
    assert status(run).get("error") == error
    assert (run / "log.txt").read_text().count(" iter ") == 5
    run_id = (run / "config" / "run_config.json").read_text()

    with Logger(log_name="a", base_path=project, backup_code=False, resume=True) as resumed:
        assert resumed.output_dir == str(run)
        assert resumed.step == 5
        resumed.add_tabular_data(x=5, late=1.0)
        resumed.dump_tabular()
    assert [(row["x"], row["late"]) for row in table(run)][4:] == [("4.0", ""), ("5.0", "1.0")]
    assert [step for tag, step, _ in scalars(run) if tag == "tb/x"] == [0, 1, 2, 3, 4, 5]
    assert status(run)["state"] == "finished"
    assert status(run)["step"] == 6
    assert (run / "config" / "run_config.json").read_text() == run_id
    assert not (project / "logfile_bk").exists()


def test_sigterm_lets_the_row_that_is_being_written_be_finished(
    project: Path, child: Start, table: Table, status: Status, scalars: Scalars
) -> None:
    for _ in range(10):
        process = child("ends.py", project, "waits_busy")
        assert process.stdout is not None
        while "iter 50 " not in process.stdout.readline():
            assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=120)
        assert process.returncode == -signal.SIGTERM
        run = project / "logfile" / "a"
        assert status(run)["state"] == "killed"
        rows = len(table(run))
        assert status(run)["step"] == rows
        assert len(scalars(run)) == rows
        assert (run / "log.txt").read_text().count(" iter ") == rows


def test_a_ctrl_c_that_the_script_survives_costs_at_most_its_row_and_the_status_knows(
    project: Path, child: Start, table: Table, status: Status, scalars: Scalars
) -> None:
    output, _ = child("interrupted.py", project).communicate(timeout=120)
    acknowledged = dict(json.loads(output))
    run = project / "logfile" / "a"
    assert 0 < len(acknowledged) < 1500
    missing = {s for first, last in status(run)["missing"]["progress.csv"] for s in range(first, last + 1)}
    steps = [step for step in range(status(run)["step"]) if step not in missing]
    values = dict(zip(steps, (float(row["x"]) for row in table(run)), strict=True))
    assert {step: values[int(step)] for step in acknowledged} == acknowledged
    assert {int(step) for step in acknowledged} <= {step for _, step, _ in scalars(run)}


def test_a_signal_handler_may_write_rows_of_its_own_at_any_moment(
    project: Path, child: Start, table: Table, scalars: Scalars
) -> None:
    output, _ = child("handlers.py", project).communicate(timeout=120)
    run = project / "logfile" / "a"
    rows = table(run)
    assert [int(row["number"]) for row in rows if row["number"]] == list(range(4000))
    assert sorted(int(row["handled"]) for row in rows if row["handled"]) == list(range(int(output)))
    assert int(output) > 50
    assert len(scalars(run)) == (run / "log.txt").read_text().count(" iter ") == len(rows)


def test_a_handler_of_the_script_is_left_alone(project: Path, child: Start) -> None:
    process = child("ends.py", project, "own_handler")
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 7, output


def test_a_handler_that_leaves_at_once_leaves_the_state_and_whole_rows(
    project: Path, child: Start, table: Table, status: Status
) -> None:
    process = child("ends.py", project, "os_exit_in_handler")
    assert process.stdout is not None
    while "iter 50 " not in process.stdout.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == 143
    run = project / "logfile" / "a"
    record = status(run)
    assert (record["state"], record["exit_status"]) == ("failed", 143)
    assert record["step"] - len(table(run)) in (0, 1)  # the row that was being written


def test_a_forked_child_that_is_told_to_end_does_not_end_the_run(project: Path, status: Status) -> None:
    text = """
import os, signal, sys, time
from sml_logger import Logger
pid = os.fork()
if pid == 0:
    time.sleep(60)
logger = Logger(log_name="a", base_path=sys.argv[1], backup_code=False)
other = os.fork()
if other == 0:
    time.sleep(60)
time.sleep(0.2)
for each in (pid, other):
    os.kill(each, signal.SIGTERM)
    assert os.WTERMSIG(os.waitpid(each, 0)[1]) == signal.SIGTERM
"""
    done = subprocess.run(
        [sys.executable, "-c", text, str(project)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert status(project / "logfile" / "a")["state"] == "finished"


def test_a_forked_child_may_log_text_but_no_rows(
    project: Path, child: Start, table: Table, status: Status
) -> None:
    process = child("forks.py", project)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0, output
    run = project / "logfile" / "a"
    assert [row["x"] for row in table(run)] == [f"{step}.0" for step in range(20)]
    text = (run / "log.txt").read_text()
    assert text.count("from the child") == 3
    assert text.count("only its parent may add rows") == 3
    assert text.count(" iter ") == 20
    assert status(run)["state"] == "finished"
    # The child's own run is its own.
    assert [row["y"] for row in table(project / "logfile" / "child")] == ["1.0"]
    assert status(project / "logfile" / "child")["state"] == "finished"


def test_threads_that_call_at_once_lose_and_mix_nothing(project: Path, child: Start, table: Table) -> None:
    process = child("threads.py", project)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0, output
    run = project / "logfile" / "a"
    rows = table(run)
    assert len(rows) == 800
    values = [value for row in rows for key, value in row.items() if key != "shared" and value]
    assert len(values) == 8 * 100
    assert len(set(values)) == 8 * 100
    text = (run / "log.txt").read_text()
    for thread in range(8):
        for number in range(100):
            assert f"thread {thread} says {number}\n" in text


def test_text_after_close_is_still_kept(project: Path) -> None:
    logger = Logger(log_name="a", backup_code=False)
    logger.close()
    logger("a last word")
    assert (Path(logger.output_dir) / "log.txt").read_text().endswith("a last word\n")


def test_a_thread_beats_while_the_script_does_something_else(project: Path, child: Start) -> None:
    output, _ = child("beats.py", project).communicate(timeout=120)
    assert output.endswith("beaten\n")


def test_the_heartbeat_moves_the_status_without_any_row(project: Path, status: Status) -> None:
    logger = Logger(log_name="a", backup_code=False)
    path = Path(logger.output_dir, "config", "status.json")
    os.utime(path, (0, 0))
    logger.beat()
    assert path.stat().st_mtime > 0
    assert status(logger.output_dir)["state"] == "running"
    logger.close()
    before = path.read_text()
    logger.beat()
    assert path.read_text() == before


def test_most_heartbeats_change_nothing_but_the_time_in_place(project: Path, status: Status) -> None:
    logger = Logger(log_name="a", backup_code=False)
    path = Path(logger.output_dir, "config", "status.json")
    logger.beat()
    first, inode = status(logger.output_dir), path.stat().st_ino
    path.write_text(path.read_text().replace(first["heartbeat"], "2020-01-01T00:00:00+00:00"))
    logger.beat()
    assert path.stat().st_ino == inode
    assert status(logger.output_dir)["heartbeat"] > "2026"
    assert {**status(logger.output_dir), "heartbeat": None} == {**first, "heartbeat": None}
    logger.close()


def test_a_heartbeat_after_another_change_replaces_the_whole_file(project: Path, status: Status) -> None:
    logger = Logger(log_name="a", backup_code=False)
    logger.beat()
    logger.log_tabular("loss", 1.0, tb_prefix="heartbeat")
    logger.dump_tabular()
    logger.beat()
    assert status(logger.output_dir)["step"] == 1
    assert status(logger.output_dir)["tb_prefixes"] == {"loss": "heartbeat"}
    logger.close()


def test_a_heartbeat_leaves_a_folder_alone_that_another_process_has_taken(project: Path) -> None:
    logger = Logger(log_name="a", backup_code=False)
    path = Path(logger.output_dir, "config", "status.json")
    logger.beat()
    theirs = json.dumps({**json.loads(path.read_text()), "pid": 1, "pid_start": 1})
    path.write_text(theirs)
    for _ in range(5):
        logger.beat()
    assert path.read_text() == theirs
