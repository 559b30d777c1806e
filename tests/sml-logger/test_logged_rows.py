"""`Logger.log` with metrics: one row for each step, and each value is in the table when its call returns."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sml_logger import Logger, LoggerClosedError, MetricError, MetricTypeError, SmlLoggerError

Read = Callable[[Path | str], list[dict[str, str]]]


def text_of(logger: Logger) -> str:
    return Path(logger.output_dir, "progress.csv").read_text()


def test_calls_for_one_step_fill_one_row(project: Path, table: Read) -> None:
    with Logger(log_name="a", backup_code=False) as logger:
        for step in (10, 20, 30):
            logger.log({"loss": step / 10}, step=step)
            logger.log({"lr": 0.5}, step=step)
        logger.log({"late": 1}, step=30)
    assert table(logger.output_dir) == [
        {"step": "10", "loss": "1.0", "lr": "0.5", "late": ""},
        {"step": "20", "loss": "2.0", "lr": "0.5", "late": ""},
        {"step": "30", "loss": "3.0", "lr": "0.5", "late": "1"},
    ]


def test_each_call_writes_its_values_and_only_the_line_end_waits(project: Path) -> None:
    with Logger(log_name="a", backup_code=False) as logger:
        logger.log({"a": 1.0, "b": 2.0, "c": 3.0}, step=0)
        assert text_of(logger) == "step,a,b,c\n0,1.0,2.0,3.0\n"
        logger.log({"a": 4.0}, step=1)
        assert text_of(logger).endswith("\n1,4.0,")
        logger.log({"b": 5.0}, step=1)
        assert text_of(logger).endswith("\n1,4.0,5.0,")
        logger.log({"a": 6.0}, step=2)
        assert text_of(logger).endswith("\n1,4.0,5.0,\n2,6.0,")


def test_values_out_of_order_and_again_are_written_too_and_the_last_counts(
    project: Path, table: Read
) -> None:
    with Logger(log_name="a", backup_code=False) as logger:
        logger.log({"a": 1.0, "b": 2.0}, step=0)
        logger.log({"b": 123.25}, step=1)
        assert text_of(logger).endswith("\n1,,123.25,")
        logger.log({"a": 3.0}, step=1)
        assert text_of(logger).endswith("\n1,3.0,123.25\n")
        logger.log({"b": 5.0}, step=1)
        assert text_of(logger).endswith("\n1,3.0,5.0\n")
        logger.log({"c": 6.0}, step=1)
    assert [list(row.values()) for row in table(logger.output_dir)] == [
        ["0", "1.0", "2.0", ""],
        ["1", "3.0", "5.0", "6.0"],
    ]


def test_tensorboard_has_every_value_at_its_step(
    project: Path, scalars: Callable[[Path | str], list[tuple[str, int, float]]]
) -> None:
    with Logger(log_name="a", backup_code=False) as logger:
        logger.log({"train/loss": 1.0}, step=100)
        logger.log({"train/loss": 2.0, "note": "text"}, step=200)
        logger.log({"eval": 3.0}, step=200)
        logger.log({"train/loss": 4.0}, step=300)
    assert sorted(scalars(logger.output_dir)) == [
        ("eval", 200, 3.0),
        ("train/loss", 100, 1.0),
        ("train/loss", 200, 2.0),
        ("train/loss", 300, 4.0),
    ]


def test_without_a_step_a_call_is_a_row_unless_it_is_not_committed(project: Path, table: Read) -> None:
    with Logger(log_name="a", backup_code=False) as logger:
        logger.log({"a": 1.0})
        logger.log({"a": 2.0}, commit=False)
        logger.log({"b": 3.0})
        logger.log({"a": 4.0}, 10)
        logger.log({"b": 5.0})
        logger.log({"a": 6.0})
    assert [list(row.values()) for row in table(logger.output_dir)] == [
        ["0", "1.0", ""],
        ["1", "2.0", "3.0"],
        ["10", "4.0", "5.0"],
        ["11", "6.0", ""],
    ]


def test_a_step_that_was_left_gets_another_row_and_a_dump_stands_between(project: Path, table: Read) -> None:
    with Logger(log_name="a", backup_code=False) as logger:
        logger.log({"a": 1.0}, step=5)
        logger.log({"a": 2.0}, step=3)
        logger.log_tabular("b", 7.0)
        logger.dump_tabular()
        logger.log({"a": 3.0}, step=5)
        assert logger.step == 4
    assert [list(row.values()) for row in table(logger.output_dir)] == [
        ["5", "1.0", ""],
        ["3", "2.0", ""],
        ["", "", "7.0"],
        ["5", "3.0", ""],
    ]


def test_values_of_every_kind_become_cells(project: Path, table: Read) -> None:
    metrics: dict[str, Any] = {
        "float32": np.float32(0.5),
        "array": np.array([1.0, 3.0]),
        "nested": {"a": 1, "b": {"c": True}},
        "nan": float("nan"),
        "none": None,
        "text": 'x, "y"',
        "large": 2**70,
    }
    with Logger(log_name="a", backup_code=False) as logger:
        logger.log(metrics, step=np.int64(7))
        logger.log({"array": -float("inf"), "step": 9}, step=8.0)
    first, second = table(logger.output_dir)
    assert first == {
        "step": "7",
        "float32": "0.5",
        "array": "2.0",
        "nested/a": "1",
        "nested/b/c": "1",
        "nan": "nan",
        "none": "",
        "text": 'x, "y"',
        "large": str(2**70),
        "metric/step": "",
    }
    assert (second["step"], second["array"], second["metric/step"]) == ("8", "-inf", "9")


@pytest.mark.parametrize(
    ("metrics", "options", "error"),
    [
        ({"good": 1.0, "bad": object()}, {"step": 1}, MetricTypeError),
        ({5: 1.0}, {"step": 1}, MetricTypeError),
        ({"": 1.0}, {"step": 1}, MetricError),
        ({"a\nb": 1.0}, {"step": 1}, MetricError),
        ({"a": "two\nlines"}, {"step": 1}, MetricError),
        ({"a": 1.0}, {"step": 1.5}, MetricError),
        ({"a": 1.0}, {"step": "soon"}, MetricError),
        ({"a": 1.0}, {"step": 2**63}, MetricError),
        ("text", {"step": 1}, SmlLoggerError),
    ],
)
def test_a_wrong_call_is_an_error_and_logs_nothing(
    project: Path, metrics: Any, options: dict[str, Any], error: type[Exception], table: Read
) -> None:
    with Logger(log_name="a", backup_code=False) as logger:
        with pytest.raises(error):
            logger.log(metrics, **options)
        logger.log({"good": 2.0}, step=2)
    assert table(logger.output_dir) == [{"step": "2", "good": "2.0"}]


def test_texts_are_printed_as_before_and_rows_are_not(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Logger(log_name="a", backup_code=False) as logger:
        logger.log(1, "two", color="red")
        logger.log({"a": 1.0}, step=0)
        logger({"a": 1})
        logger.log({"env": [None, "x"]})
    shown = capsys.readouterr().out
    assert "1 two\n" in shown
    assert "{'a': 1}\n" in shown
    assert "{'env': [None, 'x']}\n" in shown
    assert "WARNING: printed, not logged as metrics: 'env': " in shown
    assert "iter" not in shown + Path(logger.output_dir, "log.txt").read_text()


def test_logging_after_close_is_an_error(project: Path) -> None:
    logger = Logger(log_name="a", backup_code=False)
    logger.close()
    with pytest.raises(LoggerClosedError, match=r"log\(\) after close\(\)"):
        logger.log({"a": 1.0}, step=0)


def test_a_row_that_was_being_filled_at_a_kill_is_there_and_a_resumed_run_goes_on(
    project: Path, table: Read
) -> None:
    child = os.fork()
    if child == 0:
        logger = Logger(log_name="a", backup_code=False)
        logger.log({"a": 1.0, "b": 'x, "y"', "c": 1.5}, step=0)
        logger.log({"a": 2.0, "b": 'x, "z"'}, step=1)
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    assert Path(project, "logfile", "a", "progress.csv").read_text().endswith('\n1,2.0,"x, ""z""",')
    with Logger(log_name="a", backup_code=False, resume=True) as logger:
        assert logger.step == 2
        logger.log({"c": 3.0}, step=2)
    assert [list(row.values()) for row in table(logger.output_dir)] == [
        ["0", "1.0", 'x, "y"', "1.5"],
        ["1", "2.0", 'x, "z"', ""],
        ["2", "", "", "3.0"],
    ]
    assert not list(Path(logger.output_dir).glob("*superseded*"))


def test_of_a_torn_write_the_whole_cells_are_kept(project: Path, table: Read) -> None:
    child = os.fork()
    if child == 0:
        logger = Logger(log_name="a", backup_code=False)
        logger.log({"a": 1.0, "b": 1.5}, step=0)
        logger.log({"a": 2.0}, step=1)
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    with Path(project, "logfile", "a", "progress.csv").open("a") as file:
        file.write("3.2")
    with Logger(log_name="a", backup_code=False, resume=True) as logger:
        logger.log({"a": 3.0}, step=2)
    assert [list(row.values()) for row in table(logger.output_dir)] == [
        ["0", "1.0", "1.5"],
        ["1", "2.0", ""],
        ["2", "3.0", ""],
    ]


def test_a_row_that_waits_is_ended_for_readers_and_can_still_be_filled(
    project: Path, table: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sml_logger.logged_rows._LONGEST_OPEN_SECONDS", 0.0)
    with Logger(log_name="a", backup_code=False) as logger:
        logger.log({"a": 1.0, "b": 2.0}, step=0)
        logger.log({"a": 3.0}, step=1)
        logger.flush_to_disk()
        assert text_of(logger).endswith("\n1,3.0,\n")
        logger.log({"b": 4.0}, step=1)
    assert [list(row.values()) for row in table(logger.output_dir)] == [
        ["0", "1.0", "2.0"],
        ["1", "3.0", "4.0"],
    ]


def test_a_signal_handler_that_logs_gets_a_row_of_its_own(project: Path, table: Read) -> None:
    with Logger(log_name="a", backup_code=False) as logger:
        calls = 0

        def handler(*_: object) -> None:
            nonlocal calls
            calls += 1
            logger.log({"signal": calls}, step=-calls)

        before = signal.signal(signal.SIGALRM, handler)
        signal.setitimer(signal.ITIMER_REAL, 0.0003, 0.0003)
        try:
            for step in range(3000):
                logger.log({"a": float(step)}, step=step)
                logger.log({"b": float(step)}, step=step)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
    rows = table(logger.output_dir)
    assert calls > 10
    assert sorted(int(row["signal"]) for row in rows if row["signal"]) == list(range(1, calls + 1))
    for name in ("a", "b"):
        assert [float(row[name]) for row in rows if row[name]] == list(range(3000))
        assert all(float(row[name]) == int(row["step"]) for row in rows if row[name])


def test_a_table_that_is_replaced_while_a_row_is_filled_is_rewritten(project: Path, table: Read) -> None:
    with Logger(log_name="a", backup_code=False) as logger:
        path = Path(logger.output_dir, "progress.csv")
        logger.log({"a": 1.0, "b": 2.0}, step=0)
        logger.log({"a": 3.0}, step=1)
        path.unlink()
        logger.log({"b": 4.0}, step=1)
        logger.log({"a": 5.0, "b": 6.0}, step=2)
    assert [list(row.values()) for row in table(logger.output_dir)] == [
        ["0", "1.0", "2.0"],
        ["1", "3.0", "4.0"],
        ["2", "5.0", "6.0"],
    ]


def test_a_forked_child_adds_no_rows(project: Path, table: Read) -> None:
    with Logger(log_name="a", backup_code=False) as logger:
        logger.log({"a": 1.0, "b": 2.0}, step=0)
        logger.log({"a": 1.0}, step=1)
        child = os.fork()
        if child == 0:
            logger.log({"b": 9.0}, step=1)
            os._exit(0)
        os.waitpid(child, 0)
        logger.log({"b": 4.0}, step=1)
    assert [row["b"] for row in table(logger.output_dir)] == ["2.0", "4.0"]


def test_silent_ranks_write_nothing(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"RANK": "1", "WORLD_SIZE": "2", "MASTER_ADDR": "localhost"}.items():
        monkeypatch.setenv(name, value)
    with Logger(log_name="a", backup_code=False) as logger:
        logger.log({"a": 1.0}, step=0)
        logger.log_image("i", np.zeros((2, 2)))
        assert logger.step == 1
    assert not list(project.glob("logfile/*/progress.csv"))


def test_without_a_step_no_value_is_replaced(project: Path, table: Read) -> None:
    with Logger(log_name="a", backup_code=False) as logger:
        logger.log({"a": 1.0}, step=5)
        logger.log({"a": 2.0})
        logger.log({"a": 3.0}, commit=False)
        logger.log({"a": 4.0})
    assert [list(row.values()) for row in table(logger.output_dir)] == [
        ["5", "1.0"],
        ["6", "2.0"],
        ["7", "3.0"],
        ["8", "4.0"],
    ]
