"""A run folder has one writer; nothing that an earlier one wrote is lost."""

from __future__ import annotations

import json
import os
import re
import resource
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import sml_config
from sml_config import CommonConfig, ExperimentConfig, RunFolder, Settings
from sml_logger import Logger, RunFolderError, RunIsLiveError

pytestmark = pytest.mark.slow

Start = Callable[..., subprocess.Popen[str]]
Table = Callable[[Path | str], list[dict[str, str]]]


def logged_run(base: Path, value: float, name: str = "a") -> Path:
    with Logger(log_name=name, base_path=base, backup_code=False) as logger:
        logger.add_tabular_data(number=value)
        logger.dump_tabular()
    return Path(logger.output_dir)


def start_together(child: Start, base: Path, hosts: list[str]) -> dict[int, tuple[Any, Path]]:
    """Processes by number with the folders that they got."""
    processes = [child("claims.py", base, host, number) for number, host in enumerate(hosts)]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    return {
        number: (process, Path(process.stdout.readline().strip())) for number, process in enumerate(processes)
    }


@pytest.mark.parametrize("hosts", [["-"] * 5, ["one", "two", "one", "two", "three"]])
def test_processes_with_one_name_at_once_get_folders_of_their_own(
    project: Path, child: Start, table: Table, hosts: list[str]
) -> None:
    logged_run(project, 99)
    runs = start_together(child, project, hosts)
    names = {"a", *(f"a-{number}" for number in range(2, len(hosts) + 1))}
    assert {folder.name for _, folder in runs.values()} == names
    for number, (_, folder) in runs.items():
        assert [row["number"] for row in table(folder)] == [f"{number}.0"] * 20
        warned = "is being written by process" in (folder / "log.txt").read_text()
        assert warned == (folder.name != "a")
    # The earlier run was moved once, and whole.
    (moved,) = (project / "logfile_bk").iterdir()
    assert table(moved) == [{"number": "99.0"}]
    # Nothing of the claims is left behind.
    assert {path.name for path in (project / "logfile").iterdir() if not path.name.startswith(".")} == names
    leftovers = [path for path in (project / "logfile").iterdir() if path.is_dir() and path.name[0] == "."]
    assert leftovers == []


def test_a_run_that_died_here_is_moved_at_once(project: Path, child: Start, table: Table) -> None:
    ((process, folder),) = start_together(child, project, ["-"]).values()
    process.stdin.write("die\n")
    process.stdin.close()
    process.wait()
    assert logged_run(project, 1) == folder
    (moved,) = (project / "logfile_bk").iterdir()
    assert len(table(moved)) == 20


def test_a_silent_run_of_another_host_counts_as_live_for_ten_minutes(
    project: Path, child: Start, table: Table
) -> None:
    ((process, folder),) = start_together(child, project, ["elsewhere"]).values()
    process.stdin.write("die\n")
    process.stdin.close()
    process.wait()
    assert logged_run(project, 1).name == "a-2"
    with pytest.raises(RunIsLiveError, match="on elsewhere") as caught:
        Logger(log_name="a", base_path=project, resume=True)
    assert (caught.value.host, caught.value.pid) == ("elsewhere", process.pid)
    old = time.time() - 590
    os.utime(RunFolder(folder).status, (old, old))
    assert logged_run(project, 2).name == "a-2"
    old = time.time() - 610
    os.utime(RunFolder(folder).status, (old, old))
    assert logged_run(project, 3).name == "a"
    moved = [len(table(path)) for path in (project / "logfile_bk").iterdir()]
    assert sorted(moved) == [1, 20]


def test_a_newer_attempt_of_the_same_task_takes_over_and_another_task_does_not(
    project: Path, child: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SML_TASK_ID", "t1")
    monkeypatch.setenv("SML_TASK_ATTEMPT", "1")
    runs = start_together(child, project, ["elsewhere"])
    assert runs[0][1].name == "a"
    assert logged_run(project, 1).name == "a-2"  # the same attempt
    monkeypatch.setenv("SML_TASK_ATTEMPT", "2")
    assert logged_run(project, 2).name == "a"
    monkeypatch.setenv("SML_TASK_ID", "t2")
    runs = start_together(child, project, ["elsewhere"])
    monkeypatch.setenv("SML_TASK_ID", "t3")
    assert logged_run(project, 3).name == "a-2"


def test_a_run_that_was_taken_over_goes_on_in_the_moved_folder_and_leaves_the_new_one_alone(
    project: Path, table: Table, capsys: pytest.CaptureFixture[str]
) -> None:
    late = Logger(log_name="a", backup_code=False)
    late.add_tabular_data(x=1)
    late.dump_tabular()
    # As if this process had been asleep on another host for longer than a run may be silent.
    (project / "logfile" / "a").rename(project / "moved")
    new = logged_run(project, 7)
    before = {path: path.read_bytes() for path in new.rglob("*") if path.is_file()}
    before[new / "config" / "status.json"] = pretend_owner(new / "config" / "status.json")
    late.add_tabular_data(x=2, late_column=3)
    late.dump_tabular()
    late.beat()
    late.close()
    assert {path: path.read_bytes() for path in new.rglob("*") if path.is_file()} == before
    assert [row["x"] for row in table(project / "moved")] == ["1.0", "2.0"]
    printed = capsys.readouterr().out
    assert "row 1 is incomplete in progress.csv (the run's folder has been moved away)" in printed
    assert "the folder is now written by process" in printed


def pretend_owner(path: Path) -> bytes:
    """Let a status file say that a process of another host wrote it."""
    status = json.loads(path.read_text())
    path.write_text(json.dumps(status | {"host": "elsewhere", "pid": 1}))
    return path.read_bytes()


def test_a_process_id_that_was_used_again_is_not_the_run(project: Path) -> None:
    run = logged_run(project, 1)
    status = json.loads((run / "config" / "status.json").read_text())
    status |= {"state": "running", "pid_start": status["pid_start"] - 1}
    (run / "config" / "status.json").write_text(json.dumps(status))
    assert logged_run(project, 2).name == "a"


def test_a_host_that_was_booted_anew_has_no_old_runs(project: Path) -> None:
    run = logged_run(project, 1)
    status = json.loads((run / "config" / "status.json").read_text())
    if not status["machine_id"]:
        pytest.skip("this machine has no /etc/machine-id")
    status |= {"state": "running", "boot_id": "before"}
    (run / "config" / "status.json").write_text(json.dumps(status))
    assert logged_run(project, 2).name == "a"


def test_a_logger_that_could_not_begin_leaves_its_name_free(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SML_TASK_FOLDER", str(project))
    (project / "run_folder").mkdir()  # where the announcement would go
    with pytest.raises(RunFolderError, match="cannot be written"):
        Logger(log_name="a", backup_code=False)
    assert json.loads((project / "logfile" / "a" / "config" / "status.json").read_text())["state"] == "failed"
    monkeypatch.delenv("SML_TASK_FOLDER")
    assert logged_run(project, 1).name == "a"


def test_runs_of_other_writers_are_moved_too(project: Path) -> None:
    foreign = project / "logfile" / "a"
    foreign.mkdir(parents=True)
    (foreign / "progress.csv").write_text("x\n1\n")
    logged_run(project, 1)
    (moved,) = (project / "logfile_bk").iterdir()
    assert (moved / "progress.csv").read_text() == "x\n1\n"


@pytest.mark.parametrize(
    "run_id", ["*", "../up", "a\0b", "\x1b[2J", "a\nb", "\udc80", "", 7, None, ["x"], "é" * 300]
)
def test_a_resumed_run_with_an_id_of_other_hands_gets_a_new_one(project: Path, run_id: object) -> None:
    with Logger(log_name="a", backup_code=False) as logger:
        pass
    path = Path(logger.output_dir, "config", "run_config.json")
    path.write_text(json.dumps({**json.loads(path.read_text()), "run_id": run_id, "mine": 1}))
    with Logger(log_name="a", backup_code=False, resume=True):
        pass
    record = json.loads(path.read_text())
    assert re.fullmatch("[0-9a-f]{32}", record["run_id"])
    assert record["mine"] == 1


@pytest.mark.parametrize("run_id", ["*", "../../up", "a\0b", "\udc80", "/", 7, ["x"], "é" * 300])
def test_whatever_id_an_earlier_run_has_it_is_moved(project: Path, run_id: object) -> None:
    earlier = logged_run(project, 1)
    path = earlier / "config" / "run_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "run_id": run_id}))
    logged_run(project, 2)
    (moved,) = (project / "logfile_bk").iterdir()
    assert (moved / "progress.csv").read_text() == "number\n1.0\n"


def test_the_signature_makes_no_difference_to_an_earlier_run(project: Path, table: Table) -> None:
    for value in range(3):
        with Logger(log_name="a", log_signature="same", backup_code=False) as logger:
            logger("text of", value)
            logger.add_tabular_data(number=value)
            logger.dump_tabular()
    moved = sorted(row["number"] for path in (project / "logfile_bk").iterdir() for row in table(path))
    assert moved == ["0.0", "1.0"]
    assert "text of 1\n" in (Path(logger.output_dir) / "log_back.txt").read_text()


def test_a_name_that_is_a_path_or_has_odd_characters_stays_inside(project: Path) -> None:
    for name in ("ALE/Pong-v5", "../../up", "a b;$(x)", "中文"):
        with Logger(log_name=name, logger_category="group/../sub", backup_code=False) as logger:
            pass
        inside = Path(logger.output_dir).relative_to(project / "logfile")
        assert len(inside.parts) == 4
        assert ".." not in inside.parts


def test_a_thousand_runs_in_one_process_leak_no_descriptors(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")  # without git, which takes most of the time
    # Without the thread that opens files for a moment to bring them to the disk.
    common = CommonConfig(FSYNC_SECONDS=0.0)
    sml_config.set_settings(Settings(common, ExperimentConfig(), project))

    def descriptors() -> dict[str, str]:
        open_files = [path for path in Path("/proc/self/fd").iterdir() if path.exists()]
        links = {path.name: str(path.readlink()) for path in open_files}
        return {name: link for name, link in links.items() if "/test_" not in link or str(project) in link}

    logged_run(project, 0, "first")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    before = descriptors()
    highest = max(int(path.name) for path in Path("/proc/self/fd").iterdir())  # other tests' are open, too
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 40, hard))
    try:
        for number in range(1000):
            logger = Logger(log_name=f"run {number}", backup_code=False)
            logger.add_tabular_data(number=number)
            logger.dump_tabular()
            if number % 2:
                logger.close()
            else:  # the others are dropped as they are
                Logger.logger = None
        logger.close()
        del logger
        assert descriptors() == before
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    runs = [path for path in (project / "logfile").iterdir() if path.name.startswith("run")]
    assert len(runs) == 1000
    states = {json.loads(RunFolder(run).status.read_text())["state"] for run in runs}
    assert states == {"finished"}


def test_a_base_path_that_is_a_file_is_refused_with_its_path(project: Path) -> None:
    file = project / "data.txt"
    file.write_text("precious")
    with pytest.raises(RunFolderError, match=r"data\.txt.*choose a base_path"):
        Logger(log_name="a", base_path=file)
    assert file.read_text() == "precious"
    (project / "logfile").mkdir()
    (project / "logfile" / "a").write_text("precious, too")
    with pytest.raises(RunFolderError, match="a file has the run folder's name"):
        Logger(log_name="a")
    assert (project / "logfile" / "a").read_text() == "precious, too"


@pytest.mark.skipif(os.geteuid() != 0, reason="drops privileges, which only root can")
def test_a_base_path_that_is_not_writable_is_refused_before_the_earlier_run_is_touched(
    project: Path, child: Start
) -> None:
    run = logged_run(project, 1)
    before = {path: path.stat().st_mtime_ns for path in run.rglob("*")}
    output, _ = child("unprivileged.py", project).communicate(timeout=120)
    assert "RunFolderError" in output
    assert f"{run}: cannot create the run folder (Permission denied); choose a base_path" in output
    assert {path: path.stat().st_mtime_ns for path in run.rglob("*")} == before


def test_a_current_folder_that_was_deleted_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    monkeypatch.chdir(folder)
    folder.rmdir()
    with pytest.raises(RunFolderError, match="the current folder has been deleted; change to another"):
        Logger(log_name="a")
