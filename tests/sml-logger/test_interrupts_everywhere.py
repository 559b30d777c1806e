"""Ctrl-C at any bytecode of what a logger does: no row that was told is lost or there twice, none torn.

Every bytecode is tried with `SML_EVERY_OPCODE=1`, more than 10,000 interrupts in all; a sample otherwise.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import sml_logger
from sml_logger import Logger

pytestmark = pytest.mark.slow

SOURCES = str(Path(sml_logger.__file__).parent)
EVERY = os.environ.get("SML_EVERY_OPCODE") == "1"
# How many bytecodes a sample leaves out, and how many interrupts there have to be.
STEP = 1 if EVERY else 211
ENOUGH = 10_000 if EVERY else 40

# No process has this number.
NOBODY = 2**22 + 1

Act = Callable[["Scene"], None]


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
        # What finalizers raise is not passed on: Python itself tells it, and goes on.
        if not frame.f_code.co_filename.startswith(SOURCES) or frame.f_code.co_name == "__del__":
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        if event == "opcode":
            if self.left == 0:
                raise KeyboardInterrupt
            self.left -= 1
        return self._trace


class Scene:
    """One run, and the rows of it that `dump_tabular` returned from."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.acknowledged: list[float] = []
        self.logger: Logger | None = None

    def open(self, *, resume: bool = False) -> Logger:
        self.logger = Logger(log_name=self.name, backup_code=False, resume=resume)
        return self.logger

    def row(self, *columns: str) -> None:
        assert self.logger is not None
        value = 1.0 + max(self.acknowledged, default=0.0) if self.acknowledged else 1.0
        for column in ("x", *columns):
            self.logger.log_tabular(column, value)
        self.logger.dump_tabular()
        self.acknowledged.append(value)


def rows_of(folder: Path) -> list[float]:
    with (folder / "progress.csv").open(newline="") as file:
        header, *rows = list(csv.reader(file))
    assert all(len(row) == len(header) for row in rows), rows
    return [float(row[header.index("x")]) for row in rows if row[header.index("x")]]


def first_row(scene: Scene) -> None:
    scene.open()
    scene.row()


def some_rows(scene: Scene) -> None:
    scene.open()
    scene.row()
    scene.row("y")


def ended(scene: Scene) -> None:
    some_rows(scene)
    assert scene.logger is not None
    scene.logger.close()


def close(scene: Scene) -> None:
    assert scene.logger is not None
    scene.logger.close()


def flush(scene: Scene) -> None:
    assert scene.logger is not None
    scene.row()
    scene.logger.flush_to_disk()
    scene.logger.beat()


def go_on(scene: Scene) -> None:
    scene.logger = None
    scene.open(resume=True)
    scene.row()


def late_columns(scene: Scene) -> None:
    scene.row("late", "later")
    scene.row("latest")


SCENES: dict[str, tuple[Act | None, Act]] = {
    "new table": (None, first_row),
    "late column": (some_rows, late_columns),
    "close": (some_rows, close),
    "flush": (some_rows, flush),
    "resume": (ended, go_on),
}
tried: dict[str, int] = {}


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    before = sys.gettrace()
    yield
    sys.settrace(before)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", SCENES)
def test_a_run_goes_on_after_an_interrupt_anywhere(project: Path, name: str) -> None:
    before, act = SCENES[name]
    number = 0
    while True:
        scene = Scene(f"run{number}")
        if before is not None:
            before(scene)
        point = number * STEP
        with Interrupt(point) as interrupt, contextlib.suppress(KeyboardInterrupt):
            act(scene)
        checked(scene, project, f"{name}, bytecode {point}")
        number += 1
        if interrupt.left > 0:
            break
    tried[name] = number - 1
    assert number > 3


def let_process_end(run: Path) -> None:
    """As if the process had ended that was interrupted while it made its logger."""
    path = run / "config" / "status.json"
    if path.exists():
        words = json.loads(path.read_text())
        path.write_text(json.dumps({**words, "pid": NOBODY}))


def checked(scene: Scene, project: Path, where: str) -> None:
    """Close the run, go on with it, and look at all that it holds."""
    if scene.logger is not None:
        scene.logger.close()
    else:
        let_process_end(project / "logfile" / scene.name)
    folder = Path(Logger(log_name=scene.name, backup_code=False, resume=True).output_dir)
    try:
        assert folder.name == scene.name, where
        assert Logger.logger is not None
        for value in (1001.0, 1002.0):
            Logger.logger.log_tabular("x", value)
            Logger.logger.log_tabular("last", value)
            Logger.logger.dump_tabular()
    finally:
        if Logger.logger is not None:
            Logger.logger.close()
    rows = rows_of(folder)
    shutil.rmtree(folder)
    # Drafts of a process that lives stay, and each start looks at them all.
    for draft in folder.parent.glob(".sml-tmp-*"):
        if draft.is_dir():
            shutil.rmtree(draft)
    assert {*scene.acknowledged, 1001.0, 1002.0} <= set(rows), where
    assert len(set(rows)) == len(rows), where


def test_enough_bytecodes_were_tried(capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        sys.stderr.write(f"\ninterrupts tried: {sum(tried.values())} {tried}\n")
    if set(tried) != set(SCENES):
        pytest.skip("counts what the test above tried, all of it")
    assert sum(tried.values()) >= ENOUGH
