"""A table replaced, or a folder removed or moved, during a live run: detected at the next row."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sml_logger import Logger

Table = Callable[[Path | str], list[dict[str, str]]]
Status = Callable[[Path | str], dict[str, Any]]


def dump(logger: Logger, first: int, last: int) -> None:
    for step in range(first, last + 1):
        logger.log_tabular("x", step)
        logger.dump_tabular()


def xs(rows: list[dict[str, str]]) -> list[str]:
    return [row["x"] for row in rows]


def edited(path: Path) -> None:
    """As an editor saves: a new file under the old name."""
    beside = path.with_name("4913")
    beside.write_text("x\nnonsense\n")
    beside.replace(path)


def kept_by_the_editor(path: Path) -> None:
    """As other editors save: the old file gets another name."""
    path.rename(path.with_name("progress.csv~"))
    path.write_text("x\nnonsense\n")


@pytest.mark.parametrize("gone", [edited, kept_by_the_editor, Path.unlink])
def test_a_table_that_was_replaced_is_rewritten_before_the_next_row(
    project: Path, table: Table, capsys: pytest.CaptureFixture[str], gone: Callable[[Path], None]
) -> None:
    logger = Logger(log_name="a", backup_code=False)
    dump(logger, 0, 4)
    path = Path(logger.output_dir, "progress.csv")
    gone(path)
    capsys.readouterr()
    dump(logger, 5, 5)
    assert xs(table(logger.output_dir)) == ["0", "1", "2", "3", "4", "5"]
    output = capsys.readouterr().out
    assert output.count("WARNING") == 1
    assert "progress.csv was replaced or removed" in output
    superseded = [old_table.read_text() for old_table in path.parent.glob("progress.superseded-*.csv")]
    assert superseded == ([] if gone is Path.unlink else ["x\nnonsense\n"])
    logger.log_tabular("late", 1)
    dump(logger, 6, 6)
    logger.close()
    assert [row["late"] for row in table(logger.output_dir)] == ["", "", "", "", "", "", "1"]


def test_a_folder_that_was_removed_is_written_anew_with_all_rows_text_and_events(
    project: Path,
    table: Table,
    status: Status,
    scalars: Callable[[Path | str], list[tuple[str, int, float]]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    logger = Logger(log_name="a", backup_code=False)
    run = Path(logger.output_dir)
    dump(logger, 0, 4)
    run_id = json.loads((run / "config" / "run_config.json").read_text())["run_id"]
    shutil.rmtree(run)
    dump(logger, 5, 9)
    assert "the run folder was removed while the run is being written" in capsys.readouterr().out
    assert status(run)["state"] == "running"
    logger.close()
    assert xs(table(run)) == [str(step) for step in range(10)]
    assert [step for _, step, _ in scalars(run)] == list(range(10))
    assert (run / "log.txt").read_text().count(" iter ") == 10
    assert (status(run)["state"], status(run)["step"]) == ("finished", 10)
    assert json.loads((run / "config" / "run_config.json").read_text())["run_id"] == run_id


def test_a_folder_that_was_moved_gets_the_rows_where_it_is(
    project: Path, table: Table, capsys: pytest.CaptureFixture[str]
) -> None:
    logger = Logger(log_name="a", backup_code=False)
    dump(logger, 0, 4)
    moved = project / "moved"
    os.rename(logger.output_dir, moved)  # noqa: PTH104
    dump(logger, 5, 9)
    assert capsys.readouterr().out.count("the run folder was moved") == 1
    logger.close()
    assert xs(table(moved)) == [str(step) for step in range(10)]
    assert not Path(logger.output_dir).exists()


def test_a_folder_that_another_run_has_taken_over_is_left_alone(
    project: Path, table: Table, capsys: pytest.CaptureFixture[str]
) -> None:
    logger = Logger(log_name="a", backup_code=False)
    dump(logger, 0, 1)
    run = Path(logger.output_dir)
    moved = project / "moved"
    run.rename(moved)
    shutil.copytree(moved, run)
    path = run / "config" / "status.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "pid": 1, "pid_start": 1}))
    dump(logger, 2, 3)
    assert xs(table(run)) == ["0", "1"]
    assert xs(table(moved)) == ["0", "1", "2", "3"]
    logger.close()
    assert capsys.readouterr().out.count("the run folder was moved") == 1
