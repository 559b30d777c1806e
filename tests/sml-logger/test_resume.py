"""A resumed run goes on with its table, columns and events; what is rewound is kept."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sml_logger import Logger, RunIsLiveError, SmlLoggerError

Table = Callable[[Path | str], list[dict[str, str]]]


def log(logger: Logger, first: int, last: int, **more: float) -> None:
    for step in range(first, last + 1):
        logger.add_tabular_data(x=step, **more)
        logger.dump_tabular()


@pytest.fixture
def run(project: Path) -> Path:
    """A finished run of ten rows."""
    with Logger(log_name="a", log_signature="s", backup_code=False) as logger:
        log(logger, 0, 9)
    return Path(logger.output_dir)


def test_resume_without_an_earlier_run_begins_one(project: Path) -> None:
    with Logger(log_name="a", backup_code=False, resume=True) as logger:
        assert logger.step == 0


def test_resume_at_a_step_keeps_the_later_rows_in_a_file_of_their_own(run: Path, table: Table) -> None:
    with Logger(log_name="a", backup_code=False, resume=6) as logger:
        assert logger.step == 6
        log(logger, 100, 100, late=1.0)
    assert [row["x"] for row in table(run)] == ["0.0", "1.0", "2.0", "3.0", "4.0", "5.0", "100.0"]
    (superseded,) = run.glob("progress.superseded-*.csv")
    assert superseded.read_text() == "x\n6.0\n7.0\n8.0\n9.0\n"
    assert f"4 later rows moved to {superseded.name}" in (run / "log.txt").read_text()
    with Logger(log_name="a", backup_code=False, resume=6) as logger:
        log(logger, 200, 200)
    assert len(list(run.glob("progress.superseded-*.csv"))) == 2
    assert [row["x"] for row in table(run)][5:] == ["5.0", "200.0"]


@pytest.mark.parametrize("nothing", [0, False, np.int64(0)])
def test_resume_at_zero_starts_anew_and_keeps_the_earlier_run_aside(
    run: Path, project: Path, table: Table, nothing: Any
) -> None:
    with Logger(log_name="a", backup_code=False, resume=nothing) as logger:
        assert logger.step == 0
        log(logger, 0, 1)
    assert len(table(run)) == 2
    (earlier,) = (project / "logfile_bk").iterdir()
    assert len(table(earlier)) == 10


def test_resume_beyond_the_last_row_states_the_gap_and_counts_it(
    run: Path, table: Table, status: Callable[[Path], dict[str, Any]]
) -> None:
    with Logger(log_name="a", backup_code=False, resume=13) as logger:
        assert logger.step == 13
        log(logger, 13, 14)
    assert "rows 10 to 12 are missing" in (run / "log.txt").read_text()
    assert status(run)["missing"] == {"progress.csv": [[10, 12]]}
    # Rewinding later still knows which row is which.
    with Logger(log_name="a", backup_code=False, resume=14) as logger:
        assert logger.step == 14
    assert [row["x"] for row in table(run)] == [f"{step}.0" for step in [*range(10), 13]]


@pytest.mark.parametrize("tail", [b"10.0,", b"1", b'"', b"\0" * 4096, b"10.0\n\0\0\0\n", b"\xff"])
def test_a_torn_last_line_is_cut(run: Path, table: Table, tail: bytes) -> None:
    with (run / "progress.csv").open("ab") as file:
        file.write(tail)
    whole = 10 + tail.startswith(b"10.0\n")
    with Logger(log_name="a", backup_code=False, resume=True) as logger:
        assert logger.step == whole
        log(logger, 77, 77)
    assert [row["x"] for row in table(run)][whole:] == ["77.0"]
    (aside,) = run.glob("progress.superseded-*.csv")
    assert aside.read_bytes() == tail.removeprefix(b"10.0\n")
    assert (
        f"moved a torn last line of {aside.stat().st_size} bytes to {aside.name}"
        in (run / "log.txt").read_text()
    )


def test_rows_behind_damaged_lines_stay_and_the_steps_are_right(
    run: Path, table: Table, status: Callable[[Path], dict[str, Any]]
) -> None:
    path = run / "progress.csv"
    lines = path.read_bytes().splitlines(keepends=True)
    lines[4] = lines[4][:1] + bytes(10) + lines[4][1:]  # row 3
    lines[8] = bytes(3) + b"\n"  # row 7
    path.write_bytes(b"".join(lines) + b"torn")
    with Logger(log_name="a", backup_code=False, resume=True) as logger:
        assert logger.step == 10
        log(logger, 10, 10)
    assert [row["x"] for row in table(run)] == [f"{step}.0" for step in (0, 1, 2, 4, 5, 6, 8, 9, 10)]
    assert status(run)["missing"] == {"progress.csv": [[3, 3], [7, 7]]}
    (aside,) = run.glob("progress.superseded-*.csv")
    assert aside.read_bytes() == lines[4] + lines[8] + b"torn"
    with Logger(log_name="a", backup_code=False, resume=8) as logger:
        assert logger.step == 8
    assert [row["x"] for row in table(run)] == [f"{step}.0" for step in (0, 1, 2, 4, 5, 6)]


def test_a_damaged_line_with_a_carriage_return_in_it_is_set_aside_whole(run: Path, table: Table) -> None:
    path = run / "progress.csv"
    lines = path.read_bytes().splitlines(keepends=True)
    lines[4] = b"\0\0\rx\r\0y,z\n"
    path.write_bytes(b"".join(lines))
    with Logger(log_name="a", backup_code=False, resume=True) as logger:
        assert logger.step == 10
    assert [row["x"] for row in table(run)] == [f"{step}.0" for step in (0, 1, 2, 4, 5, 6, 7, 8, 9)]
    (aside,) = run.glob("progress.superseded-*.csv")
    assert aside.read_bytes() == lines[4]


@pytest.mark.parametrize("kind", ["pipe", "device", "folder"])
def test_a_table_that_is_no_plain_file_is_set_aside(run: Path, table: Table, kind: str) -> None:
    path = run / "progress.csv"
    path.unlink()
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    else:
        path.mkdir()
    with Logger(log_name="a", backup_code=False, resume=True) as logger:
        log(logger, 0, 2)
    assert [row["x"] for row in table(run)] == ["0.0", "1.0", "2.0"]
    assert len([*run.glob("progress.superseded-*.csv")]) == 1


@pytest.mark.parametrize("damage", [bytes(2), b"a\rb"])
def test_a_table_whose_header_is_damaged_is_kept_whole_beside(run: Path, table: Table, damage: bytes) -> None:
    path = run / "progress.csv"
    content = damage + path.read_bytes()
    path.write_bytes(content)
    with Logger(log_name="a", backup_code=False, resume=True) as logger:
        assert logger.step == 10
        log(logger, 10, 10)
    assert [row["x"] for row in table(run)] == ["10.0"]
    (aside,) = run.glob("progress.superseded-*.csv")
    assert aside.read_bytes() == content


@pytest.mark.parametrize(
    "missing", [5, "x", [5], {"progress.csv": 3}, {"progress.csv": [3, [1], ["a", 2], [9, 1], None]}]
)
def test_a_status_file_of_other_hands_does_not_stop_a_resume(run: Path, missing: object) -> None:
    path = run / "config" / "status.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "missing": missing}))
    with Logger(log_name="a", backup_code=False, resume=True) as logger:
        assert logger.step == 10


@pytest.mark.parametrize("content", ["", "x,y", "x,y\n"])
def test_a_table_without_rows_is_resumed(project: Path, table: Table, content: str) -> None:
    run = project / "logfile" / "a"
    run.mkdir(parents=True)
    (run / "progress.csv").write_text(content)
    with Logger(log_name="a", backup_code=False, resume=True) as logger:
        log(logger, 0, 0)
    assert [row["x"] for row in table(run)] == ["0.0"]


def test_the_text_goes_on_and_other_parameters_are_named(run: Path) -> None:
    with Logger(log_name="a", log_signature="other", backup_code=False, resume=True):
        pass
    text = (run / "log.txt").read_text()
    assert text.count(" iter ") == 10
    assert "the parameters differ" in text
    assert (run / "signature").read_text() == "other"


def test_a_live_run_is_not_resumed(project: Path) -> None:
    with Logger(log_name="a", backup_code=False) as logger:
        with pytest.raises(RunIsLiveError, match=f"process {os.getpid()} on ") as caught:
            Logger(log_name="a", backup_code=False, resume=True)
        assert caught.value.pid == os.getpid()
        log(logger, 0, 0)


def test_resume_takes_true_false_or_a_number_of_rows(project: Path) -> None:
    for wrong in (-1, "last", 2.5, None):
        with pytest.raises(SmlLoggerError, match="invalid resume"):
            Logger(log_name="a", resume=wrong)  # type: ignore[arg-type]  # that is the mistake
    assert not (project / "logfile").exists()


def test_changed_code_is_said_and_the_first_is_kept(project: Path) -> None:
    with Logger(log_name="a") as logger:
        pass
    archive = Path(logger.output_dir, "coders.tar").read_bytes()
    with Logger(log_name="a", resume=True):
        pass
    assert "code has changed" not in Path(logger.output_dir, "log.txt").read_text()
    (project / "main.py").write_text("print('other')\n")
    with Logger(log_name="a", resume=True):
        pass
    assert "code has changed" in Path(logger.output_dir, "log.txt").read_text()
    assert Path(logger.output_dir, "coders.tar").read_bytes() == archive


def test_only_rank_0_writes_and_every_rank_knows_the_folder(
    project: Path, child: Callable[..., subprocess.Popen[str]], table: Table
) -> None:
    live = Logger(log_name="a", backup_code=False)  # so that rank 0 gets a-2
    job = {"WORLD_SIZE": "3", "MASTER_ADDR": "localhost", "MASTER_PORT": "1234"}
    ranks = [child("rank.py", project, **job, RANK=str(rank)) for rank in (2, 1, 0)]
    outputs = [rank.communicate(timeout=120)[0] for rank in ranks]
    live.close()
    folder = project / "logfile" / "a-2"
    for output in outputs:
        assert f"folder {folder}" in output
    for number, output in zip((2, 1), outputs, strict=False):
        assert output.splitlines() == [
            f"rank {number} is silent; rank 0 writes the run",
            f"folder {folder} step 3",
        ]
    assert [row["rank"] for row in table(folder)] == ["0.0"] * 3
    assert {path.name for path in (project / "logfile").iterdir() if path.name[0] != "."} == {"a", "a-2"}


def test_all_ranks_write_on_request_and_slurm_alone_makes_no_ranks(
    project: Path, child: Callable[..., subprocess.Popen[str]], table: Table
) -> None:
    output, _ = child("rank.py", project, "all", OMPI_COMM_WORLD_RANK="2").communicate(timeout=120)
    assert f"folder {project / 'logfile' / 'a-rank2'}" in output
    output, _ = child("rank.py", project, SLURM_PROCID="2").communicate(timeout=120)
    assert f"folder {project / 'logfile' / 'a'}" in output
    assert len(table(project / "logfile" / "a")) == 3
    output, _ = child("rank.py", project, OMPI_COMM_WORLD_RANK="1").communicate(timeout=120)
    assert output.startswith("rank 1 is silent")


def test_a_resumed_log_begins_a_new_line_after_a_torn_one(project: Path) -> None:
    Logger(log_name="a", backup_code=False).close()
    log = project / "logfile" / "a" / "log.txt"
    log.write_text("whole\nto")
    Logger(log_name="a", backup_code=False, resume=True).close()
    assert log.read_text().startswith("whole\nto\n")
