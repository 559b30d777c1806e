"""Tables of which only the columns that an answer needs are parsed: the answer is that of the whole read."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pytest

from sml_viewer import plot
from sml_viewer.config.plot_config import Configuration, from_json
from sml_viewer.errors import SmlViewerError
from sml_viewer.index import indexer
from sml_viewer.library import Library
from sml_viewer.readers.text_tables.plain_table import OddCellError, plain_table
from sml_viewer.render.request import PlotRequest, figure_set_of

pytestmark = pytest.mark.slow

_HEADER = "timestep,episode_return,loss,episode_length"


@pytest.fixture(autouse=True)
def _previews_of_small_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexer, "LEAST_PREVIEWED", 0)


def _write_run(root: Path, seed: int, table: bytes) -> None:
    folder = root / f"run_{seed}"
    (folder / "config").mkdir(parents=True)
    (folder / "config" / "parameter.json").write_text(json.dumps({"env_name": "Ant", "seed": seed}))
    (folder / "config" / "run_config.json").write_text(json.dumps({"run_id": f"id{seed}"}))
    (folder / "progress.csv").write_bytes(table)


def _table(seed: int, rows: int = 12) -> bytes:
    numbers = random.Random(seed)
    lines = [
        f"{step * 100},{numbers.gauss(0, 1)!r},{numbers.random()!r},{numbers.randrange(50)}"
        for step in range(rows)
    ]
    return "\n".join([_HEADER, *lines, ""]).encode()


def _answer(root: Path, workspace: Path, *, preview: bool, options: dict[str, object] | None = None) -> str:
    with Library([root], workspace) as library:
        (library.preview if preview else library.refresh)()
        figures = figure_set_of(
            PlotRequest(library, from_json(options) if options else Configuration(), ""), "plot"
        )
        try:
            return f"{figures.numbers}\n{figures.details}\n{[run.rows for run in figures.runs]}"
        except SmlViewerError as error:
            return f"{type(error).__name__}: {error}"


def _both(root: Path, folder: Path, options: dict[str, object] | None = None) -> tuple[str, str]:
    return (
        _answer(root, folder / "preview", preview=True, options=options),
        _answer(root, folder / "whole", preview=False, options=options),
    )


def test_the_answer_of_plain_tables_is_that_of_the_whole_read_without_reading_them(tmp_path: Path) -> None:
    root = tmp_path / "logs"
    for seed in range(6):
        _write_run(root, seed, _table(seed, rows=10 + seed % 3))
    first, whole = _both(root, tmp_path)
    assert first == whole
    assert "0,1,2" not in first.splitlines()[0]
    with Library([root], tmp_path / "preview") as library:
        assert [run.rows for run in library.runs()] == [None] * 6  # nothing of the tables was stored
        library.preview()
        assert sorted(run.rows or 0 for run in library.runs()) == [10, 10, 11, 11, 12, 12]  # the second time


def test_a_look_that_reads_plain_tables_leaves_the_last_rows_in_the_index(tmp_path: Path) -> None:
    root = tmp_path / "logs"
    for seed in range(3):
        _write_run(root, seed, _table(seed))
    _write_run(root, 3, _table(3) + b"1200,0.5")  # being written: not a plain table
    _write_run(root, 4, _HEADER.encode() + b"\n")

    def last_rows(workspace: Path, *, preview: bool) -> list[dict[str, float]]:
        with Library([root], workspace) as library:
            (library.preview if preview else library.index)()
        with Library([root], workspace) as library:
            return [{name: column.last for name, column in run.summary.items()} for run in library.runs()]

    first = last_rows(tmp_path / "preview", preview=True)
    assert first[:3] == last_rows(tmp_path / "index", preview=False)[:3]
    assert [row.get("timestep") for row in first] == [1100, 1100, 1100, 1100, None]


_LINE = b"300,0.5,0.25,7"


@pytest.mark.parametrize(
    "odd",
    [
        b"300,,0.25,7",
        b"300,0.5,,7",
        b"300,nan,0.25,7",
        b"300,0.5,nan,7",
        b"300,0.5,oops,7",
        b"300,oops,0.25,7",
        b"300,0.5,2026-01-02,7",
        b"300,1.2.3,0.25,7",
        b"300,1.,.5,+7",
        b"0300,0.5,0.25,7",
        b"300,-0,-0.0,7",
        b"300,1e999,0.25,7",
        b"300,123456789012345678901234567890,9007199254740993,7",
        b"300,0.5,0.25",
        b"300,0.5,0.25,7,8",
        b'300,"0.5",0.25,7',
        b'300,"0.5,0.25,7',
        b"300, 0.5, 0.25, 7",
        b"300,0.5,0.25,7\r",
        b"300,0.5,0.25,7\r300,0.5,0.25,7",
        b"",
        b"\n\n",
        b"300,0.5,0.25\0,7",
        b"300,0.5,\xff,7",
        b"300,True,0.25,7",
        b"300,true,0.25,7",
        b"300,0.5,true,7",
        b"300,[0.5],0.25,7",
        b"300,5e+2,1E+3,7",
        b"300,0.5" + b"0" * 9000 + b",0.25,7",
        b"300,50%,0.25,7",
        b"250,0.5,0.25,7",
        _HEADER.encode(),
        b"timestep,episode_return",
    ],
)
@pytest.mark.parametrize("row", [1, 5, 12])
def test_one_odd_line_makes_no_difference_to_the_answer(tmp_path: Path, odd: bytes, row: int) -> None:
    root = tmp_path / "logs"
    for seed in range(3):
        lines = _table(seed).split(b"\n")
        if seed == 1:
            lines[row] = odd
        _write_run(root, seed, b"\n".join(lines))
    first, whole = _both(root, tmp_path)
    assert first == whole


def test_tables_cut_at_any_byte_make_no_difference_to_the_answer(tmp_path: Path) -> None:
    table = _table(1, rows=2)
    for length in range(len(table) + 1):
        root = tmp_path / f"logs{length}"
        _write_run(root, 0, _table(0, rows=4))
        _write_run(root, 1, table[:length])
        first, whole = _both(root, tmp_path / f"w{length}")
        assert first == whole, length


def test_bytes_changed_at_random_make_no_difference_to_the_answer(tmp_path: Path) -> None:
    chance = random.Random(5)
    for number in range(30):
        root = tmp_path / f"logs{number}"
        for seed in range(2):
            table = bytearray(_table(seed, rows=6))
            for _ in range(chance.randrange(3)):
                place = chance.randrange(len(_HEADER), len(table))
                table[place : place + chance.randrange(2)] = chance.choice(
                    [b",", b"\n", b"-", b".", b"e", b"7", b"", b" ", b"x"]
                )
            _write_run(root, seed, bytes(table))
        first, whole = _both(root, tmp_path / f"w{number}")
        assert first == whole, number


def test_runs_without_parameters_and_with_equal_tables_are_found_equal_all_the_same(tmp_path: Path) -> None:
    root = tmp_path / "logs"
    for name in ("a", "b", "c"):
        folder = root / name
        folder.mkdir(parents=True)
        (folder / "progress.csv").write_bytes(_table(1 if name == "c" else 0))
    first, whole = _both(root, tmp_path)
    assert first == whole


@pytest.mark.parametrize(
    "options",
    [
        {"USE_SMOOTH": True, "SMOOTH_RADIUS": 3},
        {"PLOTTING_XY": [["timestep", "loss"]]},
        {"PLOTTING_XY": [["timestep", "nothing"]]},
    ],
)
def test_options_make_no_difference_to_that(tmp_path: Path, options: dict[str, object]) -> None:
    root = tmp_path / "logs"
    for seed in range(3):
        _write_run(root, seed, _table(seed))
    first, whole = _both(root, tmp_path, options)
    assert first == whole


def test_a_table_that_grew_since_the_preview_is_read_the_next_time(tmp_path: Path) -> None:
    root = tmp_path / "logs"
    _write_run(root, 0, _table(0))
    drawn = plot(root, workspace=tmp_path / "w")
    with (root / "run_0" / "progress.csv").open("ab") as file:
        file.write(b"1200,1.5,0.5,3\n")
    again = plot(root, workspace=tmp_path / "w")
    assert drawn.panels[0].curves[0].x[-1] == 1100
    assert again.panels[0].curves[0].x[-1] == 1200
    assert again.panels[0].curves[0].center[-1] == 1.5


def test_what_was_drawn_can_be_asked_for_columns_that_were_not(tmp_path: Path) -> None:
    root = tmp_path / "logs"
    _write_run(root, 0, _table(0).replace(b"\n300,", b"\n300,0.5,1-2,7\n300,"))
    (run,) = plot(root, workspace=tmp_path / "w").panels[0].curves[0].runs
    assert run.summary["loss"].values == 12
    assert run.summary["episode_return"].values == 13


@pytest.mark.parametrize("more", [b"", b",a-long-name-that-leaves-room-before-the-first-cell"])
def test_columns_are_those_that_are_named_wherever_they_are(more: bytes) -> None:
    cells = b",0" if more else b""
    table = plain_table(b"a,b,c%b\n1,2,3%b\n4,5.5,6%b\n" % (more, cells, cells), "progress.csv", "own")
    assert table is not None
    assert table.rows == 2
    columns = table.columns(["c", "nothing", "a"])
    assert {name: values.tolist() for name, values in columns.items()} == {"c": [3, 6], "a": [1, 4]}
    assert table.columns(["b"])["b"].tolist() == [2, 5.5]
    assert [values.tolist() for values in table.columns(["a", "b"]).values()] == [[1, 4], [2, 5.5]]
    assert [values.tolist() for values in table.columns(["b", "c"]).values()] == [[2, 5.5], [3, 6]]
    assert [values.tolist() for values in table.columns(["a", "b", "c"]).values()] == [
        [1, 4],
        [2, 5.5],
        [3, 6],
    ]
    assert all(values.dtype == np.float64 for values in columns.values())


def test_a_cell_that_is_no_number_is_noticed_when_its_column_is_needed() -> None:
    table = plain_table(b"a,b\n1,2\n3,4-5\n6,7\n", "progress.csv", "own")
    assert table is not None
    assert table.columns(["a"])["a"].tolist() == [1, 3, 6]
    with pytest.raises(OddCellError):
        table.columns(["b"])
