"""Whatever happens to a file, the reader says only what is in it."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sml_viewer.index.table_parser import ParseTask, parse_table
from sml_viewer.model.issues import ColumnIssue, IssueCounter, counts_to_json, issues_of
from sml_viewer.readers.base import Rows, TableState
from sml_viewer.readers.text_tables.csv_pandas import regular_rows
from sml_viewer.readers.text_tables.header import read_header
from sml_viewer.readers.text_tables.read_csv import Reading, complete, read_lines, read_rows

pytestmark = pytest.mark.slow

cells = st.one_of(
    st.floats(allow_nan=False).map(repr),
    st.integers(-(10**20), 10**20).map(str),
    st.sampled_from(["", "None", "True", "0.5%", "nan", "text", '"a,b"', "1e400", "1_0", "０"]),
    # What one C parser or another would take half of.
    st.sampled_from(
        ["+5", "1.", ".5", "1e", "1.2.3", "1-2", " 1", "1 ", "0x10", "1E5", "-", "-inf", "1d5", "5e-999"]
    ),
)


@st.composite
def tables(draw: st.DrawFn) -> bytes:
    """A table, cut anywhere, with NULs, other separators, lost or doubled line ends put into it."""
    width = draw(st.integers(1, 5))
    separator = draw(st.sampled_from([",", "\t", ";"]))
    lines = [separator.join(f"c{number}" for number in range(width))]
    for _ in range(draw(st.integers(0, 6))):
        wide = max(1, width + draw(st.sampled_from([0, 0, 0, -1, 1])))
        words = st.sampled_from(["c0", "c1", "c2", "x", "y"])
        # Mostly rows, of their own width now and then; sometimes another header.
        of = words if draw(st.integers(0, 5)) == 0 else cells
        lines.append(separator.join(draw(st.lists(of, min_size=wide, max_size=wide))))
    data = bytearray((draw(st.sampled_from(["\n", "\r\n", "\r"])).join([*lines, ""])).encode())
    for _ in range(draw(st.integers(0, 4))):
        place = draw(st.integers(0, len(data)))
        junk = draw(st.sampled_from([b"\0\0", b",", b"\t", b"\n", b'"', b"\r", b"\xff", b"9", b";"]))
        if draw(st.booleans()):
            data[place:place] = junk
        else:
            del data[place : place + draw(st.integers(1, 5))]
    return bytes(data[: draw(st.integers(0, len(data)))]) if draw(st.booleans()) else bytes(data)


@given(tables())
@settings(max_examples=600, deadline=None)
def test_a_mutilated_table_gives_data_or_a_reason_and_no_value_of_its_own(data: bytes) -> None:
    dialect, notes = read_header(data, "progress.csv")
    if dialect is None:
        assert issues_of(notes)
        return
    body = data[dialect.start :]
    reading = read_rows(body[: complete(body)], dialect)
    written = {value for word in re.findall(rb"[^\s,;\t\"%]+", body) if (value := _number(word)) is not None}
    for rows in reading.pieces:
        truths = (
            {1.0, 0.0}
            if any(isinstance(key, ColumnIssue) and key.kind == "bool" for key in rows.notes)
            else set()
        )
        for values in rows.columns.values():
            assert len(values) == rows.count
            for value in values.tolist():
                assert math.isnan(value) or value in written or value in truths


@given(tables())
@example(b"c0\n1e400\n-inf\n")
@settings(max_examples=600, deadline=None)
def test_what_the_fast_way_takes_is_what_the_careful_way_reads(data: bytes) -> None:
    dialect, _ = read_header(data, "progress.csv")
    if dialect is None or dialect.separator == "json":
        return
    body = data[dialect.start :]
    body = body[: complete(body)]
    fast = regular_rows(body, dialect) if body else None
    if fast is not None:
        assert _written_out(fast) == _written_out(*read_lines(body, dialect).pieces)


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=2, max_size=40))
@settings(max_examples=200, deadline=None)
def test_the_fast_way_takes_every_table_of_plain_numbers(values: list[float]) -> None:
    body = "".join(f"{number},{value!r}\n" for number, value in enumerate(values)).encode()
    dialect, _ = read_header(b"step,value\n", "progress.csv")
    fast = regular_rows(body, dialect)
    assert fast is not None
    assert fast.columns["value"].tolist() == values


@given(tables(), st.data())
@example(b"a,b,c\n1,2\n3,4\n5,6,7\n8,9\n", None)
@example(b"a,b\n1,2\nb,a,c\n3,4,5\n6,7,8\n", None)
@example(b"a,b\n1,2\nx,y,z\n3,4,5\n6,7,8\n", None)
@settings(max_examples=600, deadline=None)
def test_reading_in_two_parts_gives_what_reading_at_once_does(
    data: bytes, choose: st.DataObject | None
) -> None:
    dialect, _ = read_header(data, "progress.csv")
    # A line break in quotes may lie between the parts.
    if dialect is None or b'"' in data:
        return
    body = data[dialect.start :]
    body = body[: complete(body)]
    whole = read_rows(body, dialect)
    ends = [place for place in range(len(body) + 1) if complete(body[:place]) == place]
    for cut in ends if choose is None else [choose.draw(st.sampled_from(ends))]:
        first = read_rows(body[:cut], dialect)
        second = read_rows(body[first.length :], first.dialect)
        assert first.length + second.length == whole.length
        assert _all_rows(first, second) == _all_rows(whole)


@given(st.binary(max_size=300))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_survived(data: bytes) -> None:
    dialect, notes = read_header(data, "progress.csv")
    if dialect is None:
        assert issues_of(notes)
    else:
        body = data[dialect.start :]
        assert read_rows(body[: complete(body)], dialect).length <= len(body)


def _number(word: bytes) -> float | None:
    try:
        return float(word)
    except ValueError:
        return None


def _all_rows(*readings: Reading) -> tuple[list[dict[str, str]], dict[str, int]]:
    """Every row's numbers by column, and what was odd; a text that is replaced is counted once a part."""
    return _rows_in([piece for reading in readings for piece in reading.pieces])


def _rows_in(pieces: Iterable[Rows]) -> tuple[list[dict[str, str]], dict[str, int]]:
    rows: list[dict[str, str]] = []
    notes: IssueCounter = Counter()
    for piece in pieces:
        notes += piece.notes
        named = {name: [value.hex() for value in values.tolist()] for name, values in piece.columns.items()}
        rows += [
            {name: values[place] for name, values in named.items() if values[place] != "nan"}
            for place in range(piece.count)
        ]
    notes.pop("bad_text", None)
    return rows, counts_to_json(notes)


def _written_out(rows: Rows) -> tuple[int, dict[str, list[str]], dict[str, int]]:
    columns = {name: [value.hex() for value in values.tolist()] for name, values in rows.columns.items()}
    return rows.count, columns, counts_to_json(rows.notes)


@pytest.mark.parametrize(
    "data",
    [
        b"a,b\n1,2\n3,4\nb,a,c\n5,6,7\n8,9\n1,2\n3,4,5\n",
        b"a,b,c\r\n1,2,3\r\n4,5\r\n\r\n6,7,8\r\n9\r\n",
        b"#{}\nr,l,t-21.0,500,3.2\n-20,400,5\n-19,300,6\n",
        b"0,start,10\n1,.5,20\n2,.6,30\n3,.7,40\n",
        b"step,0,1\n5,.3,.4\n6,.2,.1\n",
        b"# step,loss\n1,2\n3,4\n",
        b"1.5,node,1\n3,node,2\n4.5,node,3\n6,node,4\n7.5,node,5\n9,node,6\n10.5,node,7\n",
        b"a,b\n1,2\n\0\0,4\n5\n\0\n6\n7,8\nx,y,z\n1,2,3\n",
        b'{"a": 1}\n{"a": 2, "b": 3}\n',
    ],
)
def test_a_table_that_grows_byte_by_byte_holds_what_it_holds_at_once(tmp_path: Path, data: bytes) -> None:
    table = tmp_path / "progress.csv"
    table.write_bytes(data)
    whole = parse_table(ParseTask(1, 1, str(table), table.name, "", TableState()))
    known, pieces = TableState(), []
    table.write_bytes(b"")
    for byte in range(len(data)):
        with table.open("ab") as file:
            file.write(data[byte : byte + 1])
        parsed = parse_table(ParseTask(1, 1, str(table), table.name, "", known))
        known = parsed.state
        pieces = [*(pieces if parsed.appended else []), *parsed.pieces]
    assert known.offset == whole.state.offset
    assert _rows_in(pieces) == _rows_in(whole.pieces)


@given(tables(), st.data())
@settings(max_examples=300, deadline=None)
def test_a_mutilated_table_that_grew_holds_what_it_holds_at_once(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, choose: st.DataObject
) -> None:
    # A line break in quotes may lie between the parts; a lone CR ends a line until an LF comes.
    if b'"' in data or b"\r" in data.replace(b"\r\n", b""):
        return
    table = tmp_path_factory.getbasetemp() / "grown.csv"
    table.write_bytes(data)
    whole = parse_table(ParseTask(1, 1, str(table), table.name, "", TableState()))
    table.write_bytes(data[: choose.draw(st.integers(0, len(data)))])
    first = parse_table(ParseTask(1, 1, str(table), table.name, "", TableState()))
    with table.open("ab") as file:
        file.write(data[table.stat().st_size :])
    second = parse_table(ParseTask(1, 1, str(table), table.name, "", first.state))
    pieces = [*(first.pieces if second.appended else ()), *second.pieces]
    assert second.state.offset == whole.state.offset
    assert _rows_in(pieces) == _rows_in(whole.pieces)
