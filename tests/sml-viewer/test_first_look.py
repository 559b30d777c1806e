"""Runs that nobody looked at before, in any format: one answer is that of the whole read."""

from __future__ import annotations

import marshal
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sml_viewer.config.plot_config import Configuration, from_json
from sml_viewer.errors import SmlViewerError
from sml_viewer.index import indexer
from sml_viewer.index.previews import first_look
from sml_viewer.index.previews.parsed_columns import ParsedColumns, parse_columns
from sml_viewer.index.table_parser import ParseTask, parse_table
from sml_viewer.library import Library
from sml_viewer.model.sources import Group
from sml_viewer.model.table_layouts import TABLE
from sml_viewer.readers.base import Listing, Rows, TableData, TableState
from sml_viewer.readers.registry import with_reader
from sml_viewer.readers.text_tables.plain_columns import TableFile, read_columns
from sml_viewer.render.request import PlotRequest, figure_set_of

pytestmark = pytest.mark.slow

FILES = Path(__file__).parent / "framework_files"
_HEADER = "step,loss,accuracy\n"


@pytest.fixture(autouse=True)
def _looks_at_few_bytes_as_if_a_fork_were_safe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexer, "LEAST_PREVIEWED", 0)
    monkeypatch.setattr(first_look, "may_fork", lambda: True)


def answer(root: Path, workspace: Path, options: dict[str, object] | None = None, *, preview: bool) -> str:
    with Library([root], workspace) as library:
        (library.preview if preview else library.refresh)()
        configuration = from_json(options) if options else Configuration()
        figures = figure_set_of(PlotRequest(library, configuration, ""), "plot")
        try:
            return f"{figures.numbers}\n{figures.details}\n{[run.rows for run in figures.runs]}"
        except SmlViewerError as error:
            return f"{type(error).__name__}: {error}"


def stored_rows(root: Path, workspace: Path) -> list[int | None]:
    with Library([root], workspace) as library:
        return [run.rows for run in library.runs()]


def write_jsonl(folder: Path, seed: int, rows: int = 9) -> None:
    folder.mkdir(parents=True)
    lines = [
        f'{{"step": {step}, "loss": {seed + 1 / (step + 1)!r}, "accuracy": 0.{step}}}' for step in range(rows)
    ]
    (folder / "metrics.jsonl").write_text("\n".join([*lines, ""]), encoding="utf-8")


@pytest.mark.parametrize("name", sorted(path.name for path in FILES.iterdir() if path.is_dir()))
def test_the_answer_for_the_files_of_each_framework_is_that_of_the_whole_read(
    name: str, tmp_path: Path
) -> None:
    root = tmp_path / "logs"
    shutil.copytree(FILES / name, root)
    first = answer(root, tmp_path / "first", preview=True)
    assert first == answer(root, tmp_path / "whole", preview=False)


@pytest.mark.parametrize("name", ["keras_tensorboard", "torch_tensorboard", "tensorboardx_events"])
def test_event_files_of_one_run_each_are_parsed_and_not_stored(name: str, tmp_path: Path) -> None:
    events = min((FILES / name).rglob("events.out.*"))
    root = tmp_path / "logs"
    for seed in range(3):
        (root / f"run_s{seed}").mkdir(parents=True)
        shutil.copy(events, root / f"run_s{seed}")
    first = answer(root, tmp_path / "first", preview=True)
    assert first == answer(root, tmp_path / "whole", preview=False)


def test_json_lines_are_parsed_and_not_stored(tmp_path: Path) -> None:
    root = tmp_path / "logs"
    for seed in range(4):
        write_jsonl(root / f"run_s{seed}", seed)
    first = answer(root, tmp_path / "first", preview=True)
    assert first == answer(root, tmp_path / "whole", preview=False)
    assert stored_rows(root, tmp_path / "first") == [None] * 4
    assert stored_rows(root, tmp_path / "whole") == [9] * 4


def test_monitors_are_parsed_with_what_they_say_of_their_environment(tmp_path: Path) -> None:
    root = tmp_path / "logs"
    for seed in range(3):
        (root / f"ppo_{seed}").mkdir(parents=True)
        head = '#{"t_start": 1700000000.5, "env_id": "Hopper-v4"}\nr,l,t\n'
        lines = [f"{seed + episode}.5,10,{episode}.25\n" for episode in range(8)]
        (root / f"ppo_{seed}" / "0.monitor.csv").write_text("".join([head, *lines]))
    first = answer(root, tmp_path / "first", preview=True)
    assert first == answer(root, tmp_path / "whole", preview=False)
    assert "Hopper-v4" in first
    assert stored_rows(root, tmp_path / "first") == [None] * 3


def test_all_columns_of_parsed_tables_can_be_asked_for(tmp_path: Path) -> None:
    root = tmp_path / "logs"
    for seed in range(4):
        write_jsonl(root / f"run_s{seed}", seed)
    options = {"PLOTTING_XY": [["step", "accuracy"], ["step", "loss"]]}
    with Library([root], tmp_path / "first") as library:
        library.preview(likely=lambda names: [names[0]])
        names = ["step", "loss", "accuracy", "none"]
        columns = library.columns(library.runs(), names)
        assert [sorted(each) for each in columns] == [["accuracy", "loss", "step"]] * 4
    assert answer(root, tmp_path / "a", options, preview=True) == answer(
        root, tmp_path / "b", options, preview=False
    )


def test_an_answer_is_of_one_moment_though_a_file_grows_meanwhile(tmp_path: Path) -> None:
    root = tmp_path / "logs"
    for seed in range(3):
        write_jsonl(root / f"run_s{seed}", seed)
    with Library([root], tmp_path / "first") as library:
        library.preview()
        with (root / "run_s1" / "metrics.jsonl").open("a") as file:
            file.write('{"step": 9, "loss": 7.5, "accuracy": 0.5}\n')
        assert [len(each["loss"]) for each in library.columns(library.runs(), ["loss"])] == [9, 9, 9]
        library.preview()
        assert [len(each["loss"]) for each in library.columns(library.runs(), ["loss"])] == [9, 10, 9]


def test_a_file_of_which_more_is_to_be_told_is_read_whole(tmp_path: Path) -> None:
    root = tmp_path / "logs"
    for seed in range(3):
        write_jsonl(root / f"run_s{seed}", seed)
    with (root / "run_s1" / "metrics.jsonl").open("a") as file:
        file.write("not JSON\n")
    with Library([root], tmp_path / "first") as library:
        library.preview()
        told = {run.name: bool(run.issues) for run in library.runs()}
    assert told == {"run_s0": False, "run_s1": True, "run_s2": False}
    assert stored_rows(root, tmp_path / "first") == [None, 9, None]


def test_what_another_process_read_arrives_as_it_was(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "run", 3)
    (tmp_path / "run" / "progress.csv").write_text(_HEADER + "0,0.1,1\n1,-0.0,2\n")
    folder = str(tmp_path / "run")
    plain = read_columns(TableFile(folder, "progress.csv", TABLE), lambda names: names[1:])
    parsed = parse_columns(ParseTask(0, 0, f"{folder}/metrics.jsonl", "metrics.jsonl", "", TableState()))
    assert plain is not None
    assert parsed is not None
    unpacked = first_look.unpacking()
    for read, columns in ((plain, plain.known), (parsed, parsed.columns)):
        arrived = unpacked(first_look.packed(read))
        assert arrived is not None
        assert arrived[:-1] == read[:-1]
        assert {name: values.tobytes() for name, values in arrived[-1].items()} == {
            name: values.tobytes() for name, values in columns.items()
        }
    assert unpacked(first_look.packed(None)) is None


def task_of(path: Path) -> ParseTask:
    return ParseTask(0, 0, str(path), path.name, "", TableState())


def test_a_table_that_is_read_in_pieces_is_held_as_one(tmp_path: Path) -> None:
    root = tmp_path / "logs"
    write_jsonl(root / "run_s0", 0, rows=10)
    path = root / "run_s0" / "metrics.jsonl"
    filler = " " * 30_000
    with path.open("a") as file:
        for step in range(10, 1_000):
            late = f', "late": {step}' if step > 900 else ""
            file.write(f'{{"step": {step}, "loss": 0.5{late},{filler}"accuracy": 1}}\n')
    assert len(parse_table(task_of(path)).pieces) > 1
    parsed = parse_columns(task_of(path))
    assert parsed is not None
    with Library([root], tmp_path / "whole") as library:
        library.refresh()
        (run,) = library.runs()
        (columns,) = library.columns([run], ["step", "loss", "late", "accuracy"])
    assert (parsed.rows, parsed.summary, parsed.facts) == (run.rows, run.summary, run.facts)
    assert {name: values.tobytes() for name, values in parsed.columns.items()} == {
        name: values.tobytes() for name, values in columns.items()
    }


def test_a_table_of_mostly_blanks_is_not_held(tmp_path: Path) -> None:
    root = tmp_path / "logs"
    for seed in range(3):
        (root / f"run_s{seed}").mkdir(parents=True)
        lines = [f'{{"step": {step}, "loss": {seed + step}, "m{step % 60}": 1}}\n' for step in range(600)]
        (root / f"run_s{seed}" / "metrics.jsonl").write_text("".join(lines))
    assert parse_columns(task_of(root / "run_s0" / "metrics.jsonl")) is None
    first = answer(root, tmp_path / "first", preview=True)
    assert first == answer(root, tmp_path / "whole", preview=False)
    assert stored_rows(root, tmp_path / "first") == [600] * 3


class OddNumbers:
    """A reader of another distribution, of which the numbers are not what the protocol says."""

    name = "odd"

    def __init__(self, values: Any, count: Any) -> None:
        self._values = values
        self._count = count

    def claim(self, listing: Listing) -> tuple[str, ...]:
        return tuple(name for name in listing.files if name.endswith(".odd"))

    def groups(self, tables: tuple[str, ...], **_: bool) -> tuple[Group, ...]:
        return (Group("", "", self.name, tables),)

    def read(self, _file: int, status: os.stat_result, *_: object) -> TableData:
        rows = Rows(self._count, {"step": self._values, "loss": self._values}, Counter())
        return TableData(TableState(inode=status.st_ino, offset=status.st_size), pieces=(rows,))


@pytest.mark.parametrize("kind", ["int64", "float32", ">f8", "list", "bool"])
def test_the_columns_of_any_reader_are_those_of_the_whole_read(kind: str, tmp_path: Path) -> None:
    values = [0, 1, 1] if kind == "list" else np.array([0, 1, 1]).astype(kind)
    for seed in range(3):
        (tmp_path / "logs" / f"run_s{seed}").mkdir(parents=True)
        (tmp_path / "logs" / f"run_s{seed}" / "table.odd").write_text("x" * 100)
    path = tmp_path / "logs" / "run_s0" / "table.odd"
    with with_reader(OddNumbers(values, np.int64(3))):
        for name in ("preview", "refresh"):
            with Library([tmp_path / "logs"], tmp_path / name) as library:
                getattr(library, name)()
                runs = library.runs()
                columns = library.columns(runs, ["loss"])
            assert [run.rows for run in runs] == [3] * 3
            assert [each["loss"].tolist() for each in columns] == [[0.0, 1.0, 1.0]] * 3
        parsed = parse_columns(ParseTask(0, 0, str(path), path.name, "", TableState(), "odd"))
    arrived = first_look.unpacking()(marshal.loads(marshal.dumps(first_look.packed(parsed))))  # noqa: S302
    assert isinstance(arrived, ParsedColumns)
    assert (arrived.rows, arrived.columns["loss"].tolist()) == (3, [0.0, 1.0, 1.0])


def test_a_program_without_threads_shares_the_tables_with_a_child(tmp_path: Path) -> None:
    if sys.platform != "linux" or len(os.sched_getaffinity(0)) < 2:
        pytest.skip("forks on two processors of Linux")
    root = tmp_path / "logs"
    for seed in range(30):
        write_jsonl(root / f"jsonl_s{seed}", seed)
        (root / f"csv_s{seed}").mkdir()
        (root / f"csv_s{seed}" / "progress.csv").write_text(_HEADER + f"0,{seed}.5,1\n1,0.25,2\n")
    script = """
import sys, sml_viewer
from sml_viewer.index import indexer
indexer.LEAST_PREVIEWED = int(sys.argv[3])
from sml_viewer.readers.forked import may_fork
forks = may_fork()
curves = sml_viewer.plot(sys.argv[1], workspace=sys.argv[2])
print(forks, [(c.x.tolist(), c.center.tolist()) for panel in curves.panels for c in panel.curves])
"""

    def told(workspace: str, least: int) -> str:
        command = [sys.executable, "-W", "error", "-c", script, root, tmp_path / workspace, str(least)]
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, timeout=60).stdout

    first = told("first", 0)
    assert first.startswith("True")
    assert first == told("whole", 1 << 40)
    assert set(stored_rows(root, tmp_path / "first")) == {None}
