"""JSON lines read at once say what they say line by line."""

import json

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sml_viewer.readers.base import Rows
from sml_viewer.readers.text_tables.json_lines import json_rows

# As written: what orjson reads, what only Python reads, and what is no JSON.
NUMBERS = (
    "0",
    "-0.0",
    "1",
    "2.5e-300",
    "9007199254740993",
    "18446744073709551616",
    "true",
    "-1E+2",
    "5e-324",
)
ODD = (
    "NaN",
    "Infinity",
    "null",
    "1e400",
    '"a"',
    '"1"',
    "[1]",
    "[1,2]",
    "{}",
    '{"b": 1}',
    "",
    "1,2",
    "1 2",
    "01",
)
KEYS = ("step", "a", "a, b", "}", "é", "b", '": ', "x\\u0041", "", "a\\nb", "{", "a ")


def cells(rows: Rows) -> tuple[int, dict[str, bytes], dict[object, int]]:
    """What two readings have to agree in, bit by bit."""
    return rows.count, {name: values.tobytes() for name, values in rows.columns.items()}, dict(rows.notes)


def line_by_line(data: bytes) -> Rows:
    """The rows as `json_rows` reads them where lines differ: a further name, without a number, makes them."""
    rows = json_rows(data + b'{"further": null}\n')
    return Rows(
        rows.count - 1,
        {name: values[:-1] for name, values in rows.columns.items() if not np.isnan(values[:-1]).all()},
        rows.notes,
    )


@st.composite
def tables(draw: st.DrawFn) -> bytes:
    """Lines that mostly differ in their numbers only, some of them damaged."""
    same = draw(st.booleans())
    keys = draw(st.lists(st.sampled_from(KEYS[:6] if same else KEYS), min_size=1, max_size=4, unique=same))
    opening, comma, colon, closing, end = draw(
        st.tuples(
            st.sampled_from(["{", "{ ", " {"]),
            st.sampled_from([", ", ",", " , ", ",     "]),
            st.sampled_from([": ", ":", " : ", "  :"]),
            st.sampled_from(["}", " }", "} "]),
            st.sampled_from(["\n"] if same else ["\n", "\r\n"]),
        )
    )

    def line(values: list[str], names: list[str]) -> str:
        pairs = (f'"{name}"{colon}{value}' for name, value in zip(names, values, strict=True))
        return opening + comma.join(pairs) + closing + end

    count = draw(st.sampled_from([16, 17, 40] if same else [1, 15, 16]))
    value = st.sampled_from(NUMBERS) | st.floats(allow_nan=False, allow_infinity=False).map(repr)
    some = draw(st.lists(st.lists(value, min_size=len(keys), max_size=len(keys)), min_size=1, max_size=5))
    lines = [line(some[number % len(some)], keys) for number in range(count)]
    at = draw(st.integers(0, count - 1))
    damage = draw(st.sampled_from(["none", "none", "value", "order", "cut", "byte", "blank", "comma"]))
    if damage == "value":
        values = [*some[0]]
        values[draw(st.integers(0, len(keys) - 1))] = draw(st.sampled_from(ODD))
        lines[at] = line(values, keys)
    elif damage == "order":
        lines[at] = line(some[0], keys[::-1])
    elif damage == "cut":
        lines[at] = lines[at][: draw(st.integers(0, len(lines[at])))]
    elif damage == "byte":
        place = draw(st.integers(0, len(lines[at]) - 1))
        lines[at] = lines[at][:place] + draw(st.sampled_from('"{},:\n 1x\0')) + lines[at][place + 1 :]
    elif damage == "blank":
        lines[at] = draw(st.sampled_from(["\n", "  \n", "{}\n"]))
    elif damage == "comma" and len(keys) > 1:  # one too many in one cell, one too few in the next
        lines[at] = line(["1,2", *some[0][1:]], keys).replace(f'{comma}"{keys[1]}', f'"{keys[1]}', 1)
    text = "".join(lines)
    return (text if text.endswith("\n") else text + "\n").encode()


@settings(max_examples=400, deadline=None)
@given(tables())
@example(b'{"a": 1, "b": 2}\n' * 20 + b'{"a": 1,2 "b": }\n')
@example(b'{"a": 1, "b": 2}\n' * 20 + b'{"b": 3, "a": 4}\n')
@example(b'{"a": 1, "b": 2}\n' * 20 + b'{"a": 3, "c": 4}\n')
@example(b'{"a": 1, "b": 2}\n' * 20 + b'{"a":1,2; "b": }\n')
@example(b'{"a": 1,    "b": 2}\n' * 20 + b'{"a":    "b": 2}\n')
@example(b'{"a": 1}\n{"a": 2}\n' * 20 + b'{"a": 1}{"a": 2}\n\n')
@example(b'{"a": 1}\n' * 20 + b'{"a": 1}\n,{"a": 2}\n')
def test_lines_read_at_once_are_read_as_line_by_line(data: bytes) -> None:
    assert cells(json_rows(data)) == cells(line_by_line(data))


def test_a_table_cut_at_any_byte_is_read_as_line_by_line() -> None:
    line = '{"step": %d, "loss": 0.25, "a, b": 1e5}\n'
    data = "".join(line % step for step in range(30)).encode()
    for end in range(len(data) - 80, len(data)):
        cut = data[:end].rstrip(b"\n") + b"\n"
        assert cells(json_rows(cut)) == cells(line_by_line(cut))


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_numbers_are_exactly_those_that_were_written(end: str) -> None:
    random = np.random.default_rng(0)
    written = random.integers(0, 2**64, (100, 3), np.uint64).view(np.float64)
    written[~np.isfinite(written)] = 0.1
    lines = (json.dumps(dict(zip("abc", row, strict=True))) + end for row in written.tolist())
    rows = json_rows("".join(lines).encode())
    assert rows.count == 100
    assert np.array_equal([rows.columns[name] for name in "abc"], written.T)
