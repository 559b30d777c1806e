"""Whatever happens to a file, the reader says only what is in it."""

from __future__ import annotations

import math
import re

from hypothesis import example, given, settings
from hypothesis import strategies as st

from sml_viewer.read import explain, read_header
from sml_viewer.read.regular import Rows, regular_rows
from sml_viewer.read.rows import complete, parse_lines, parse_rows

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
    lines += [
        separator.join(draw(st.lists(cells, min_size=width, max_size=width)))
        for _ in range(draw(st.integers(0, 6)))
    ]
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
        assert explain("progress.csv", notes)
        return
    body = data[dialect.start :]
    rows = parse_rows(body[: complete(body)], dialect)
    written = {value for word in re.findall(rb"[^\s,;\t\"%]+", body) if (value := _number(word)) is not None}
    truths = {1.0, 0.0} if any(key.startswith("bool:") for key in rows.notes) else set()
    for name, values in rows.columns.items():
        assert name in dialect.names
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
        assert _written_out(fast) == _written_out(parse_lines(body, dialect))


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=2, max_size=40))
@settings(max_examples=200, deadline=None)
def test_the_fast_way_takes_every_table_of_plain_numbers(values: list[float]) -> None:
    body = "".join(f"{number},{value!r}\n" for number, value in enumerate(values)).encode()
    dialect, _ = read_header(b"step,value\n", "progress.csv")
    fast = regular_rows(body, dialect)
    assert fast is not None
    assert fast.columns["value"].tolist() == values


@given(tables(), st.data())
@settings(max_examples=300, deadline=None)
def test_reading_in_two_parts_gives_the_cells_of_one(data: bytes, choose: st.DataObject) -> None:
    dialect, _ = read_header(data, "progress.csv")
    if dialect is None or b'"' in data:
        return
    body = data[dialect.start :]
    body = body[: complete(body)]
    cut = complete(body[: choose.draw(st.integers(0, len(body)))])
    whole = parse_rows(body, dialect)
    parts = [parse_rows(body[:cut], dialect), parse_rows(body[cut:], dialect)]
    for name in dialect.names:
        values = [
            v
            for part in parts
            if name in part.columns
            for v in part.columns[name].tolist()
            if not math.isnan(v)
        ]
        everything = [v for v in whole.columns.get(name, [0.0][:0]) if not math.isnan(v)]
        # A row beside the cut may be judged cut or short by its neighbour; never more than those few differ.
        assert abs(len(values) - len(everything)) <= 2 * len(dialect.names) or sum(whole.notes.values())


@given(st.binary(max_size=300))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_survived(data: bytes) -> None:
    dialect, notes = read_header(data, "progress.csv")
    if dialect is None:
        assert explain("progress.csv", notes)
    else:
        body = data[dialect.start :]
        assert parse_rows(body[: complete(body)], dialect).count >= 0


def _number(word: bytes) -> float | None:
    try:
        return float(word)
    except ValueError:
        return None


def _written_out(rows: Rows) -> tuple[int, dict[str, list[str]], dict[str, int]]:
    columns = {name: [value.hex() for value in values.tolist()] for name, values in rows.columns.items()}
    return rows.count, columns, dict(rows.notes)
