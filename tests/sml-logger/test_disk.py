"""A disk that is full or read-only stops neither training nor the other files, and falsifies none."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas
import pytest

from sml_logger import Logger

Table = Callable[[Path | str], list[dict[str, str]]]


def mount(folder: Path, *options: str) -> None:
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", ",".join(options), "none", str(folder)],
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        if os.environ.get("CI") == "true":
            pytest.fail(f"CI=true allows no skip: {done.stderr}", pytrace=False)
        pytest.skip(f"mounting a tmpfs is not permitted here: {done.stderr.strip()}")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "small disk"
    folder.mkdir()
    mount(folder, "size=1m")
    yield folder
    if Logger.logger is not None:
        Logger.logger.close()
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(disk: Path) -> Path:
    """Take all space that is left."""
    filler = disk / "filler"
    with filler.open("ab", buffering=0) as file:
        try:
            for size in (65536, 4096, 1):
                while True:
                    try:
                        file.write(b"x" * size)
                    except OSError as error:
                        if error.errno != errno.ENOSPC:
                            raise
                        break
        finally:
            file.flush()
    return filler


def dump(logger: Logger, first: int, last: int) -> None:
    for step in range(first, last + 1):
        logger.add_tabular_data(row=step, loss=step / 3, text_length=[1, step])
        logger.dump_tabular()


def missing_rows(gaps: list[list[int]]) -> set[int]:
    return {step for first, last in gaps for step in range(first, last + 1)}


def test_a_full_disk_is_said_once_and_the_gap_is_stated_when_there_is_space_again(
    small_disk: Path,
    project: Path,
    table: Table,
    status: Callable[[Path | str], dict[str, Any]],
    scalars: Callable[[Path], list[tuple[str, int, float]]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    logger = Logger(log_name="a", base_path=small_disk, backup_code=False)
    dump(logger, 0, 9)
    capsys.readouterr()
    filler = fill(small_disk)
    dump(logger, 10, 209)
    while_full = capsys.readouterr().out
    assert while_full.count("WARNING") == 1
    assert "No space left on device" in while_full
    # What was written stays valid, also while the disk is full.
    rows_while_full = [int(float(row["row"])) for row in table(logger.output_dir)]
    assert rows_while_full == list(range(len(rows_while_full)))
    filler.unlink()
    dump(logger, 210, 219)
    after = capsys.readouterr().out
    assert after.count("WARNING: writing works again") == 1
    assert logger.step == 220
    # The gap is stated in text, console and status, and it is the truth.
    run = Path(logger.output_dir)
    stated = next(line for line in (run / "log.txt").read_text().splitlines() if "works again" in line)
    assert stated in after
    missing = missing_rows(status(run)["missing"]["progress.csv"])
    assert missing
    losses = {int(float(row["row"])): float(row["loss"]) for row in table(run)}
    assert losses == {step: step / 3 for step in range(220) if step not in missing}
    assert len(pandas.read_csv(run / "progress.csv")) == len(losses)
    lost_events = missing_rows(status(run)["missing"]["tbfile"])
    assert {step for _, step, _ in scalars(run)} == set(range(220)) - lost_events
    lost_texts = missing_rows(status(run)["missing"]["log.txt"])
    text = (run / "log.txt").read_text()
    assert {step for step in range(220) if f" iter {step} " in text} >= set(range(220)) - lost_texts
    for name, gaps in status(run)["missing"].items():
        for first, last in gaps:
            span = str(first) if first == last else f"{first}-{last}"
            assert f"{name}: rows" in stated
            assert span in stated
    logger.close()
    # A later resume knows which rows the table lacks.
    with Logger(log_name="a", base_path=small_disk, backup_code=False, resume=212) as resumed:
        assert resumed.step == 212
    assert [int(float(row["row"])) for row in table(run)] == sorted(s for s in losses if s < 212)


def test_a_disk_that_stays_full_until_the_end_leaves_a_valid_run(
    small_disk: Path, project: Path, table: Table, capsys: pytest.CaptureFixture[str]
) -> None:
    logger = Logger(log_name="a", base_path=small_disk, backup_code=False)
    dump(logger, 0, 4)
    fill(small_disk)
    dump(logger, 5, 204)
    logger.close()
    assert "writing failed until the end" in capsys.readouterr().out
    rows = [int(float(row["row"])) for row in table(logger.output_dir)]
    assert rows == list(range(len(rows)))
    assert len(rows) < 205


def test_a_column_that_appears_on_a_full_disk_comes_when_there_is_space(
    small_disk: Path, project: Path, table: Table, capsys: pytest.CaptureFixture[str]
) -> None:
    logger = Logger(log_name="a", base_path=small_disk, backup_code=False)
    dump(logger, 0, 999)
    # Room for single rows, but not for a copy of the table.
    filler = fill(small_disk)
    os.truncate(filler, filler.stat().st_size - 16 * 1024)
    logger.add_tabular_data(row=1000, late=7.5)
    logger.dump_tabular()
    assert "row 1000 is incomplete in progress.csv" in capsys.readouterr().out
    assert table(logger.output_dir)[-1] == {"row": "1000.0", "loss": "", "text_length": ""}
    filler.unlink()
    row = 1001
    while "late" not in table(logger.output_dir)[0]:
        logger.add_tabular_data(row=row, late=8.5)
        logger.dump_tabular()
        row += 1
    assert "progress.csv: rows 1000" in capsys.readouterr().out
    assert [value["late"] for value in table(logger.output_dir)[-2:]] == ["", "8.5"]
    assert len(table(logger.output_dir)) == row


@pytest.mark.parametrize("resume", [False, True, 3])
def test_a_disk_that_is_read_only_at_the_start_stops_no_training_and_stays_untouched(
    small_disk: Path,
    project: Path,
    table: Table,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    resume: bool | int,
) -> None:
    with Logger(log_name="a", base_path=small_disk, backup_code=False) as logger:
        dump(logger, 0, 2)
    before = sorted(path.relative_to(small_disk) for path in small_disk.rglob("*"))
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    monkeypatch.setattr(tempfile, "tempdir", str(project))
    capsys.readouterr()
    with Logger(log_name="a", base_path=small_disk, backup_code=False, resume=resume) as logger:
        dump(logger, 3, 4)
    assert str(project) in logger.output_dir
    output = capsys.readouterr().out
    assert (
        f"WARNING: {small_disk / 'logfile' / 'a'}: Read-only file system; this run is in {logger.output_dir}"
        in output
    )
    assert [row["row"] for row in table(logger.output_dir)] == ["3.0", "4.0"]
    assert sorted(path.relative_to(small_disk) for path in small_disk.rglob("*")) == before


@pytest.mark.skipif(os.geteuid() != 0, reason="drops privileges, which only root can")
def test_a_folder_that_becomes_read_only_costs_late_columns_and_nothing_else(
    project: Path, table: Table, child: Callable[..., subprocess.Popen[str]]
) -> None:
    process = child("read_only.py", project)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0, output
    assert output.count("WARNING: ") == 2
    assert "row 3 is incomplete in progress.csv (Permission denied)" in output
    assert "progress.csv: rows 3-5 incomplete" in output
    rows = table(project / "logfile" / "a")
    assert [row["x"] for row in rows] == [f"{step}.0" for step in range(len(rows))]
    assert [row["late"] for row in rows[:6]] == [""] * 6
    assert rows[-1]["late"] == "1.0"


def test_a_folder_that_was_deleted_is_not_made_again(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    logger = Logger(log_name="a", backup_code=False)
    shutil.rmtree(logger.output_dir)
    logger.beat()
    logger.close()
    assert not Path(logger.output_dir).exists()
    assert "the run's folder has been moved away" in capsys.readouterr().out
