"""Checkpoints are recorded, and pruning deletes none that a rule keeps, a run needs or somebody else owns."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from sml_config import RunFolder
from sml_logger import Logger, MetricTypeError, SmlLoggerError
from sml_logger.checkpoints.keep import KeepRule, parse_keep
from sml_logger.checkpoints.prune import decide, delete
from sml_logger.checkpoints.records import read_checkpoints
from sml_logger.cli import main

Run = Callable[..., RunFolder]


@pytest.fixture
def run(project: Path) -> Run:
    """A run with checkpoints 1.pt, 2.pt … that have these returns; None has none."""

    def make(*returns: float | None, close: bool = True) -> RunFolder:
        logger = Logger(log_name="a", backup_code=False)
        folder = RunFolder(Path(logger.output_dir))
        for step, value in enumerate(returns, 1):
            (folder.path / f"{step}.pt").write_bytes(b"x" * 1000)
            metrics = {} if value is None else {"eval_return": value}
            logger.checkpoint(folder.path / f"{step}.pt", step, metrics)
        if close:
            logger.close()
        return folder

    return make


def present(folder: RunFolder) -> list[str]:
    return sorted(path.name for path in folder.path.glob("*.pt"))


def reasons(folder: RunFolder, keep: str) -> dict[str, str]:
    return {
        item.checkpoint.path: item.reason for item in decide(folder, parse_keep(keep)) if not item.is_deleted
    }


def test_a_checkpoint_is_one_line_with_path_step_metrics_size_and_time(run: Run) -> None:
    folder = run(1.5, math.nan)
    lines = [json.loads(line) for line in folder.checkpoints.read_text().splitlines()]
    assert [line.pop("time")[:2] for line in lines] == ["20", "20"]
    assert lines == [
        {"path": "1.pt", "step": 1, "metrics": {"eval_return": 1.5}, "bytes": 1000},
        {"path": "2.pt", "step": 2, "metrics": {"eval_return": None}, "bytes": 1000},
    ]


def test_a_folder_is_a_checkpoint_too_and_the_step_is_the_row_number(project: Path, tmp_path: Path) -> None:
    logger = Logger(log_name="a", backup_code=False)
    for _ in range(3):
        logger.log_tabular("loss", 1.0)
        logger.dump_tabular()
    outside = tmp_path / "step 3"
    outside.mkdir()
    (outside / "model").write_bytes(b"xy")
    (outside / "optimizer").write_bytes(b"z")
    logger.checkpoint(outside)
    (recorded,) = read_checkpoints(RunFolder(Path(logger.output_dir)))
    assert (recorded.path, recorded.step, recorded.bytes) == (str(outside), 3, 3)


@pytest.mark.parametrize(
    ("arguments", "error", "names"),
    [
        (("missing.pt",), SmlLoggerError, "no such checkpoint"),
        (("main.py", 1.5), SmlLoggerError, "invalid step 1.5"),
        (("main.py", 1, {"loss": "low"}), MetricTypeError, "loss"),
        (("main.py", 1, {"loss": []}), MetricTypeError, "loss"),
    ],
)
def test_a_wrong_argument_is_one_error_that_names_it(
    project: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[object, ...], error: type, names: str
) -> None:
    monkeypatch.chdir(project)
    logger = Logger(log_name="a", backup_code=False)
    with pytest.raises(error, match=names):
        logger.checkpoint(*arguments)  # type: ignore[arg-type]
    assert not RunFolder(Path(logger.output_dir)).checkpoints.exists()


def test_torn_and_foreign_lines_are_skipped_and_a_path_counts_once(run: Run) -> None:
    folder = run(1.0, 2.0)
    with folder.checkpoints.open("ab") as file:
        file.write(b'[1]\n{"path": 3}\nnot json\n{"path": "1.pt", "step": 9}\n{"path": "torn')
    assert [(item.path, item.step) for item in read_checkpoints(folder)] == [("2.pt", 2), ("1.pt", 9)]


def test_the_last_and_the_best_are_kept(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    folder = run(1.0, 9.0, 3.0, None, 2.0)
    assert main(["prune", str(folder.path), "--keep", "last:2,best:1:eval_return", "--yes"]) == 0
    assert present(folder) == ["2.pt", "4.pt", "5.pt"]
    assert [item.path for item in read_checkpoints(folder)] == ["2.pt", "4.pt", "5.pt"]
    assert "2.0 kB freed" in capsys.readouterr().out


def test_without_yes_nothing_is_deleted_and_everything_listed(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = run(1.0, 9.0, 3.0)
    before = folder.checkpoints.read_bytes()
    assert main(["prune", str(folder.path.parent), "--keep", "last:1"]) == 0
    out = capsys.readouterr().out
    assert present(folder) == ["1.pt", "2.pt", "3.pt"]
    assert folder.checkpoints.read_bytes() == before
    assert "delete  step         1     1.0 kB  '1.pt'  (no rule keeps it)" in out
    assert "keep    step         3     1.0 kB  '3.pt'  (last:1)" in out
    assert "2.0 kB to free; add --yes to delete" in out


def test_the_best_may_be_the_lowest_and_not_a_number_is_never_the_best() -> None:
    assert parse_keep("best:2:loss:min") == (KeepRule(2, "loss", lowest=True),)
    assert parse_keep("best:1:eval:return") == (KeepRule(1, "eval:return"),)


def test_a_nan_is_never_the_best(run: Run) -> None:
    folder = run(math.nan, 1.0, 2.0)
    assert reasons(folder, "best:1:eval_return") == {"3.pt": "best:1:eval_return"}


@pytest.mark.parametrize(
    ("keep", "names"),
    [
        ("", "invalid --keep ''; expected last:N"),
        ("last", "invalid --keep 'last'"),
        ("last:0", "invalid --keep 'last:0'"),
        ("last:2,best:1", "invalid --keep 'best:1'"),
        ("last:1:loss", "invalid --keep"),
        ("best:1:eval_loss", "write best:1:eval_loss:min or best:1:eval_loss:max"),
    ],
)
def test_rules_that_are_not_clear_delete_nothing(
    run: Run, capsys: pytest.CaptureFixture[str], keep: str, names: str
) -> None:
    folder = run(1.0, 2.0)
    assert main(["prune", str(folder.path), "--keep", keep, "--yes"]) == 2
    assert names in capsys.readouterr().err
    assert present(folder) == ["1.pt", "2.pt"]


def test_a_metric_that_no_checkpoint_has_keeps_all_of_them(run: Run) -> None:
    folder = run(1.0, 2.0, 3.0)
    assert set(reasons(folder, "last:1,best:1:accuracy")) == {"1.pt", "2.pt", "3.pt"}


def test_the_newest_and_recent_checkpoints_of_a_live_run_are_kept(run: Run) -> None:
    folder = run(5.0, 2.0, 1.0, close=False)
    os.utime(folder.path / "2.pt", (0, 0))
    os.utime(folder.path / "3.pt", (0, 0))
    kept = reasons(folder, "best:1:eval_return")
    assert kept == {"1.pt": "best:1:eval_return", "3.pt": "the newest of a run that may be running"}
    kept = reasons(folder, "last:1")
    assert kept["1.pt"] == "changed in the last 10 minutes by a run that may be running"
    assert "2.pt" not in kept


def test_nothing_outside_no_link_and_no_file_of_the_run_is_deleted(run: Run, tmp_path: Path) -> None:
    folder = run(1.0)
    precious = tmp_path / "precious.pt"
    precious.write_text("mine")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "model.pt").write_text("mine")
    (folder.path / "link.pt").symlink_to(precious)
    (folder.path / "linked").symlink_to(elsewhere)
    hostile = [str(precious), "link.pt", "linked/model.pt", "../a/../../../precious.pt", "progress.csv"]
    hostile += ["config", "config/status.json", "tbfile", ".", "", "..", "checkpoints.jsonl"]
    hostile += ["checkpoints/../progress.csv", "./1.pt", "config/../1.pt"]
    with folder.checkpoints.open("a") as file:
        file.writelines(json.dumps({"path": path, "step": 0}) + "\n" for path in hostile)
    before = {path: path.read_bytes() for path in folder.path.rglob("*") if path.is_file()}
    assert main(["prune", str(folder.path), "--keep", "last:1", "--yes"]) in (0, 1)
    assert precious.read_text() == (elsewhere / "model.pt").read_text() == "mine"
    assert {path: path.read_bytes() for path in before} == before


def test_a_folder_that_holds_a_kept_checkpoint_is_kept(project: Path) -> None:
    logger = Logger(log_name="a", backup_code=False)
    folder = RunFolder(Path(logger.output_dir))
    all_of_them = folder.path / "ckpt"
    all_of_them.mkdir()
    logger.checkpoint(all_of_them, 1)
    (all_of_them / "best.pt").write_bytes(b"x")
    logger.checkpoint(all_of_them / "best.pt", 2)
    logger.close()
    assert reasons(folder, "last:1")["ckpt"] == "holds a checkpoint that is kept"


def test_a_checkpoint_recorded_through_a_link_to_the_run_counts_as_inside(
    project: Path, tmp_path: Path
) -> None:
    logger = Logger(log_name="a", backup_code=False)
    folder = RunFolder(Path(logger.output_dir))
    (tmp_path / "latest").symlink_to(folder.path)
    (folder.path / "1.pt").write_bytes(b"x")
    logger.checkpoint(tmp_path / "latest" / "1.pt", 1)
    assert [item.path for item in read_checkpoints(folder)] == ["1.pt"]


def test_a_folder_is_deleted_whole(project: Path) -> None:
    logger = Logger(log_name="a", backup_code=False)
    folder = RunFolder(Path(logger.output_dir))
    for step in (1, 2):
        path = folder.path / "ckpt" / str(step)
        path.mkdir(parents=True)
        (path / "model").write_bytes(b"x")
        logger.checkpoint(path, step)
    logger.close()
    for decision in decide(folder, parse_keep("last:1")):
        if decision.is_deleted:
            delete(decision)
    assert [path.name for path in (folder.path / "ckpt").iterdir()] == ["2"]


def test_a_checkpoint_that_has_changed_hands_meanwhile_is_not_deleted(run: Run, tmp_path: Path) -> None:
    folder = run(1.0, 2.0)
    (decision,) = [item for item in decide(folder, parse_keep("last:1")) if item.is_deleted]
    (folder.path / "1.pt").unlink()
    (folder.path / "1.pt").symlink_to(tmp_path)
    with pytest.raises(OSError, match="a link"):
        delete(decision)
    assert tmp_path.is_dir()


def test_folders_without_checkpoints_say_how_to_record_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["prune", str(tmp_path), "--keep", "last:1"]) == 0
    assert "logger.checkpoint(path)" in capsys.readouterr().out
    assert main(["prune", str(tmp_path / "none"), "--keep", "last:1"]) == 2
    assert "no such folder" in capsys.readouterr().err
