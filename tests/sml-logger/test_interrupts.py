"""Ctrl-C at every bytecode of a late column: no row lands in another file, none that was told is lost.

`SML_EVERY_OPCODE=1` takes every bytecode instead of a sample.
"""

from __future__ import annotations

import contextlib
import csv
import io
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import sml_logger
from sml_logger import Logger
from sml_logger.outputs import CsvOutput
from sml_logger.outputs.own_file import OwnFile
from sml_logger.row import Row, Shape

pytestmark = pytest.mark.slow

SOURCES = str(Path(sml_logger.__file__).parent)
EVERY = os.environ.get("SML_EVERY_OPCODE") == "1"


class Interrupt:
    """Raises KeyboardInterrupt at one bytecode of this package, counted from the start of the block."""

    def __init__(self, at: int) -> None:
        self.left = at

    def __enter__(self) -> Interrupt:
        sys.settrace(self._trace)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(None)

    def _trace(self, frame: FrameType, event: str, _argument: Any) -> Any:
        if not frame.f_code.co_filename.startswith(SOURCES):
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        if event == "opcode":
            if self.left == 0:
                raise KeyboardInterrupt
            self.left -= 1
        return self._trace


@pytest.fixture(autouse=True)
def no_other_tracer() -> Iterator[None]:
    before = sys.gettrace()
    yield
    sys.settrace(before)


def row(columns: tuple[str, ...], step: int) -> Row:
    shape = Shape(columns, (None,) * len(columns), (float,) * len(columns))
    return Row(shape, [float(step)] * len(columns), step, step, 1e9 + 10 * step, "")


def write(output: CsvOutput, columns: tuple[str, ...], step: int, acknowledged: list[int]) -> None:
    with contextlib.suppress(OSError):
        output.write_row(row(columns, step))
        acknowledged.append(step)


def rows_of(path: Path) -> list[list[str]]:
    with path.open(newline="") as file:
        rows = list(csv.reader(file))
    assert all(len(row) == len(rows[0]) for row in rows), rows
    return rows


def points(attempt: Callable[[int], bool], step: int) -> int:
    """Interrupt at one point after the other until the work ends before; how many there were."""
    point = 0
    while attempt(point):
        point += step
    return point // step


def test_no_row_lands_in_a_file_that_was_opened_meanwhile(tmp_path: Path) -> None:
    def attempt(point: int) -> bool:
        table, checkpoint = tmp_path / f"{point}.csv", tmp_path / f"{point}.pt"
        output, acknowledged = CsvOutput(table), list[int]()
        write(output, ("a",), 0, acknowledged)
        with Interrupt(point) as interrupt, contextlib.suppress(KeyboardInterrupt):
            write(output, ("a", "late"), 1, acknowledged)
        opened = [os.open(checkpoint, os.O_RDWR | os.O_CREAT | os.O_APPEND) for _ in range(3)]
        os.write(opened[-1], b"CHECKPOINT")
        for step in (2, 3):
            write(output, ("a", "late"), step, acknowledged)
        output.close()
        assert checkpoint.read_bytes() == b"CHECKPOINT"
        for descriptor in opened:
            os.close(descriptor)
        rows = rows_of(table)
        steps = [float(cells[0]) for cells in rows[1:]]
        assert set(acknowledged) <= set(steps), (point, rows)
        assert len(set(steps)) == len(steps), (point, rows)
        assert {2, 3} <= set(acknowledged), point
        assert rows[0] == ["a", "late"]
        return interrupt.left == 0

    number = points(attempt, 1 if EVERY else 5)
    assert number > (700 if EVERY else 100)


def test_a_logger_goes_on_after_an_interrupt_anywhere_in_a_row_with_a_late_column(
    project: Path,
    table: Callable[[Path | str], list[dict[str, str]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "stdout", io.StringIO())

    def attempt(point: int) -> bool:
        logger = Logger(log_name=f"p{point}", backup_code=False)
        logger.log_tabular("x", 0.0)
        logger.dump_tabular()
        acknowledged = [0.0]
        with Interrupt(point) as interrupt, contextlib.suppress(KeyboardInterrupt):
            logger.log_tabular("x", 1.0)
            logger.log_tabular("late", 1.0)
            logger.dump_tabular()
            acknowledged.append(1.0)
        logger._table.take()
        for value in (2.0, 3.0):
            logger.log_tabular("x", value)
            logger.log_tabular("late", value)
            logger.dump_tabular()
            acknowledged.append(value)
        logger.close()
        rows = [float(row["x"]) for row in table(logger.output_dir) if row["x"]]
        assert set(acknowledged) <= set(rows), point
        assert len(set(rows)) == len(rows), point
        return interrupt.left == 0

    number = points(attempt, 1 if EVERY else 97)
    assert number > 10


def test_a_descriptor_that_was_given_away_is_not_written_to(tmp_path: Path) -> None:
    table, stranger = tmp_path / "progress.csv", tmp_path / "checkpoint.pt"
    output, acknowledged = CsvOutput(table), list[int]()
    write(output, ("a",), 0, acknowledged)
    opened = output._table[0].own._opened_file
    assert opened is not None
    other = os.open(stranger, os.O_RDWR | os.O_CREAT | os.O_APPEND)
    os.dup2(other, opened.descriptor)  # what a program does that closes all and opens its own
    write(output, ("a",), 1, acknowledged)
    os.close(opened.descriptor)
    write(output, ("a",), 2, acknowledged)
    output.close()
    assert stranger.read_bytes() == b""
    assert [cells[0] for cells in rows_of(table)] == ["a", "0.0", "1.0", "2.0"]
    assert acknowledged == [0, 1, 2]


def test_outputs_are_far_above_the_numbers_that_training_uses(tmp_path: Path) -> None:
    own = OwnFile(tmp_path / "file")
    opened = own._opened_file
    assert opened is not None
    assert opened.descriptor >= 200
    assert not os.get_inheritable(opened.descriptor)
    own.close()
