"""One key under two TensorBoard prefixes is two columns; under one it is the column of its own name."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from sml_logger import Logger, MetricError

Table = Callable[[Path | str], list[dict[str, str]]]
Scalars = Callable[[Path | str], list[tuple[str, int, float]]]


def test_one_prefix_keeps_the_plain_name(project: Path, table: Table, scalars: Scalars) -> None:
    with Logger(log_name="a", backup_code=False) as logger:
        for step in range(2):
            logger.add_tabular_data(tb_prefix="train", loss=1.0)
            logger.add_tabular_data(loss=3.0)  # without one: the prefix that the key has
            logger.log_tabular("step", step, tb_prefix="time")
            logger.dump_tabular()
    assert table(logger.output_dir) == [{"loss": "2.0", "step": "0"}, {"loss": "2.0", "step": "1"}]
    assert {tag for tag, _, _ in scalars(logger.output_dir)} == {"train/loss", "time/step"}


@pytest.mark.parametrize("call", ["add", "set"])
def test_two_prefixes_in_one_row_are_two_columns(
    project: Path, table: Table, scalars: Scalars, call: str
) -> None:
    with Logger(log_name="a", backup_code=False) as logger:
        for _ in range(2):
            for prefix, loss in (("train", 1.0), ("eval", 3.0)):
                if call == "add":
                    logger.add_tabular_data(tb_prefix=prefix, loss=loss)
                else:
                    logger.log_tabular("loss", loss, tb_prefix=prefix)
            logger.dump_tabular()
    assert table(logger.output_dir) == [{"train/loss": "1.0", "eval/loss": "3.0"}] * 2
    assert scalars(logger.output_dir) == [
        ("train/loss", 0, 1.0),
        ("eval/loss", 0, 3.0),
        ("train/loss", 1, 1.0),
        ("eval/loss", 1, 3.0),
    ]


def test_two_prefixes_in_alternate_rows_are_two_columns_from_the_first_row_on(
    project: Path, table: Table
) -> None:
    with Logger(log_name="a", backup_code=False) as logger:
        for prefix, loss in (("train", 1.0), ("eval", 3.0), ("train", 1.5)):
            logger.add_tabular_data(tb_prefix=prefix, loss=loss)
            logger.dump_tabular()
    assert table(logger.output_dir) == [
        {"train/loss": "1.0", "eval/loss": ""},
        {"train/loss": "", "eval/loss": "3.0"},
        {"train/loss": "1.5", "eval/loss": ""},
    ]


def test_values_without_a_prefix_are_not_mixed_with_those_of_one(
    project: Path, table: Table, scalars: Scalars
) -> None:
    with Logger(log_name="a", backup_code=False) as logger:
        for _ in range(2):
            logger.add_tabular_data(loss=1.0)
            logger.add_tabular_data(tb_prefix="eval", loss=3.0)
            logger.dump_tabular()
    assert table(logger.output_dir) == [{"loss": "1.0", "eval/loss": "3.0"}] * 2
    assert {tag for tag, _, _ in scalars(logger.output_dir)} == {"tb/loss", "eval/loss"}


def test_summaries_of_two_prefixes_are_columns_of_their_own(project: Path, table: Table) -> None:
    with Logger(log_name="a", backup_code=False) as logger:
        for prefix in ("train", "eval"):
            logger.add_tabular_data(tb_prefix=prefix, ret=[1.0, 3.0] if prefix == "train" else [5.0])
        logger.log_tabular("ret", tb_prefix="train", average_only=True)
        logger.log_tabular("ret", tb_prefix="eval")
        logger.dump_tabular()
    (row,) = table(logger.output_dir)
    assert (row["train/ret"], row["Averageret"], row["Stdret"]) == ("2.0", "5.0", "0.0")


def test_the_same_prefix_twice_in_a_row_is_still_an_error(project: Path) -> None:
    with Logger(log_name="a", backup_code=False) as logger:
        logger.log_tabular("loss", 1.0, tb_prefix="train")
        logger.log_tabular("loss", 1.0, tb_prefix="eval")
        with pytest.raises(MetricError, match=r"eval/loss.*set twice"):
            logger.log_tabular("loss", 1.0, tb_prefix="eval")


@pytest.mark.parametrize("ends", ["closed", "killed"])
def test_a_resumed_run_knows_whose_column_it_is(project: Path, table: Table, ends: str) -> None:
    child = os.fork()
    if child == 0:
        logger = Logger(log_name="a", backup_code=False)
        logger.add_tabular_data(tb_prefix="train", loss=1.0)
        logger.dump_tabular()
        if ends == "closed":
            logger.close()
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    with Logger(log_name="a", backup_code=False, resume=True) as logger:
        logger.add_tabular_data(tb_prefix="eval", loss=3.0)  # in another order than before
        logger.add_tabular_data(tb_prefix="train", loss=2.0)
        logger.dump_tabular()
    with Logger(log_name="a", backup_code=False, resume=True) as logger:
        logger.add_tabular_data(tb_prefix="eval", loss=4.0)
        logger.dump_tabular()
    assert table(logger.output_dir) == [
        {"train/loss": "1.0", "eval/loss": ""},
        {"train/loss": "2.0", "eval/loss": "3.0"},
        {"train/loss": "", "eval/loss": "4.0"},
    ]


def test_none_is_a_blank_under_the_key_itself(project: Path, table: Table) -> None:
    with Logger(log_name="a", backup_code=False) as logger:
        for step, loss in enumerate([None, 0.5, None, 0.7]):
            logger.log_tabular("step", step)
            logger.log_tabular("eval_loss", loss)
            logger.log_tabular("note", None, no_tb=True)
            logger.dump_tabular()
    assert [row["eval_loss"] for row in table(logger.output_dir)] == ["", "0.5", "", "0.7"]
    assert list(table(logger.output_dir)[0]) == ["step", "eval_loss", "note"]


def test_none_still_asks_for_the_summary_where_values_wait_for_it(project: Path, table: Table) -> None:
    with Logger(log_name="a", backup_code=False) as logger:
        logger.add_tabular_data(ret=[1.0, 3.0])
        logger.log_tabular("ret", None)
        logger.log_tabular("length", None, with_min_and_max=True)
        logger.dump_tabular()
    assert {"Averageret", "Stdret", "Minlength"} <= table(logger.output_dir)[0].keys()
