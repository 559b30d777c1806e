"""What sml_logger writes into a table, sml_viewer reads exactly: every name that is a column, every value."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sml_config.run_folder import RunFolder
from sml_logger import MetricError
from sml_logger.outputs.csv import CsvOutput
from sml_logger.row import Row, Shape
from sml_logger.rows.table import check_name
from sml_viewer.library import Library
from sml_viewer.model.table_layouts import OWN
from sml_viewer.readers.text_tables.header import read_header
from sml_viewer.readers.text_tables.read_csv import read_rows

_NAMES = st.lists(
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=6)
    | st.sampled_from(
        ["#episodes", "0", "1", "1e3", "{a", "a;b", "a ", "a", " a", '"', "nan", "True", "\ufeffx"]
    ),
    min_size=1,
    max_size=5,
    unique=True,
)
_VALUES = st.none() | st.floats() | st.integers(-(2**70), 2**70)


def is_name(name: str) -> bool:
    try:
        check_name(name)
    except MetricError:
        return False
    return True


def written(path: Path, names: Sequence[str], rows: Sequence[Sequence[float | None]]) -> bytes:
    path.unlink(missing_ok=True)
    output = CsvOutput(path)
    for step, values in enumerate(rows):
        kinds = tuple(type(value) for value in values)
        output.write_row(
            Row(Shape(tuple(names), (None,) * len(names), kinds), list(values), step, None, 0.0, "")
        )
    output.close()
    return path.read_bytes()


@given(_NAMES, st.data())
@example(["#episodes", "reward"], None)
@example(["0", "1"], None)
@example(["{a"], None)
@example(["a;b"], None)
@example(["a ", "a"], None)
@settings(max_examples=150, deadline=None)
def test_every_column_and_value_of_the_logger_is_read_exactly(
    tmp_path_factory: pytest.TempPathFactory, names: list[str], data: st.DataObject | None
) -> None:
    if not all(map(is_name, names)):
        return
    row = st.lists(_VALUES, min_size=len(names), max_size=len(names))
    rows = [[1.5] * len(names)] * 3 if data is None else data.draw(st.lists(row, min_size=1, max_size=4))
    content = written(tmp_path_factory.getbasetemp() / "progress.csv", names, rows)
    dialect, notes = read_header(content, "progress.csv", OWN)
    assert dialect is not None
    assert not notes
    assert dialect.names == tuple(names)
    reading = read_rows(content[dialect.start :], dialect)
    (piece,) = reading.pieces
    assert (piece.count, reading.length) == (len(rows), len(content) - dialect.start)
    for place, name in enumerate(names):
        wanted = [math.nan if values[place] is None else float(values[place]) for values in rows]
        found = piece.columns.get(name, [math.nan] * len(rows))
        assert [float(value).hex() for value in found] == [value.hex() for value in wanted]


def test_a_run_folder_of_the_logger_is_known_by_its_configuration(library: Library, logs: Path) -> None:
    folder = RunFolder(logs / "a")
    folder.table.parent.mkdir()
    (folder.path / "config").mkdir()
    (folder.path / "config" / "run_config.json").write_text(json.dumps({"run_id": "x"}))
    folder.table.write_text("0,1\n0.25,0.75\n0.5,0.5\n")
    library.refresh()
    (run,) = library.runs()
    assert run.rows == 2
    assert run.last == {"0": 0.5, "1": 0.5}


def test_a_table_is_read_anew_once_the_logger_says_that_it_is_its_own(library: Library, make_run) -> None:
    folder = make_run("a", "0,1\n0.25,0.75\n")
    library.refresh()
    assert library.runs()[0].rows == 2
    (folder / "config" / "run_config.json").write_text("{}")
    library.refresh()
    assert library.runs()[0].last == {"0": 0.25, "1": 0.75}
