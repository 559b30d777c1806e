"""Every quirk of real logs: data or a stated reason, and nothing that was not in the file."""

from __future__ import annotations

import json
import math
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sml_config.redaction import REDACTED
from sml_viewer.json_text import dumps, loads
from sml_viewer.read import read_header
from sml_viewer.read.layouts import TABLE
from sml_viewer.read.parameters import flatten, read_parameters
from sml_viewer.read.plain import plain_rows
from sml_viewer.read.regular import Rows
from sml_viewer.read.rows import Reading, complete, read_lines, read_rows


def columns(
    data: bytes, file: str = "progress.csv", layout: str = TABLE
) -> tuple[dict[str, list[float]], dict[str, int]]:
    dialect, notes = read_header(data, file, layout)
    if dialect is None:
        return {}, dict(notes)
    body = data[dialect.start :]
    rows = together(read_rows(body[: complete(body)], dialect))
    found = {name: [None if math.isnan(v) else v for v in values] for name, values in rows.columns.items()}
    return found, dict(notes + rows.notes)


def together(reading: Reading) -> Rows:
    """The rows of all sections as the store keeps them: one table, blank where a section lacks a column."""
    names = dict.fromkeys(name for piece in reading.pieces for name in piece.columns)
    columns = {
        name: np.concatenate(
            [piece.columns.get(name, np.full(piece.count, np.nan)) for piece in reading.pieces]
        )
        for name in names
    }
    notes = sum((piece.notes for piece in reading.pieces), Counter())
    return Rows(sum(piece.count for piece in reading.pieces), columns, notes)


@pytest.mark.parametrize(
    ("data", "values", "notes"),
    [
        (b"", {}, {"empty": 1}),
        (b"a,b\n", {}, {}),
        (b"a,b\n1,2\n3,4\n", {"a": [1, 3], "b": [2, 4]}, {}),
        (b"a,b\r\n1,2\r\n", {"a": [1], "b": [2]}, {}),
        (b"a,b\r1,2\r3,4\r", {"a": [1, 3], "b": [2, 4]}, {}),
        (b"\xef\xbb\xbfa,b\n1,2\n", {"a": [1], "b": [2]}, {"bom": 1}),
        (b"a\tb c/d\n1\t2\n", {"a": [1], "b c/d": [2]}, {}),
        (b"a;b\n1;2\n", {"a": [1], "b": [2]}, {}),
        (b'#{"env_id": "x"}\na,b\n1,2\n', {"a": [1], "b": [2]}, {}),
        (b"1,10,.5\n2,20,.75\n", {"column 1": [1, 2], "column 2": [10, 20], "column 3": [0.5, 0.75]},
        {"headerless": 1}),
        (b",a\n0,1\n", {"column 1": [0], "a": [1]}, {"nameless:column 1": 1}), (b"a,a\n1,2\n", {"a": [1],
        "a.1": [2]}, {"twice:a.1": 1}), (b"a,b\n1,2\n3,\n,4\n", {"a": [1, 3, None], "b": [2, None, 4]}, {}),
        (b"a,b\n1,None\n3,4\n", {"a": [1, 3], "b": [None, 4]}, {}), (b"a,b\n1,nan\n3,4\n", {"a": [1, 3], "b":
        [None, 4]}, {"nan": 1}), (b"a,b\n1,-inf\n3,inf\n", {"a": [1, 3], "b": [-math.inf, math.inf]}, {}),
        (b"a,b\n1,0.82%\n", {"a": [1], "b": [0.82]}, {"percent:b": 1}), (b"a,b\n1,True\n2,False\n", {"a": [1,
        2], "b": [1, 0]}, {"bool:b": 2}), (b"a,d\n1,2018-08-20_22-26-08\n", {"a": [1]}, {"text:d": 1}),
        (b'a,d\n1,"{\'x\': 1, \'y\': 2}"\n2,3\n', {"a": [1, 2], "d": [None, 3]}, {"text:d": 1}),
        (b'a,d\n1,"two\nlines"\n2,3\n', {"a": [1, 2], "d": [None, 3]}, {"text:d": 1}), (b"a,b\n1,2\n\0\0\0\0",
        {"a": [1], "b": [2]}, {}), (b"a,b\n1,2\n\0\0,5\n3,4\n", {"a": [1, 3], "b": [2, 4]}, {"nul_lines": 1}),
        (b"a,b\n1,2\n3,4,5,6\n7,8\n", {"a": [1, 7], "b": [2, 8]}, {"long_lines": 1}),
        (b"a,b,c\n1,2,3\n4,5\n6,7,8\n", {"a": [1, 6], "b": [2, 7], "c": [3, 8]}, {"cut_lines": 1}),
        (b"a,b,c\n1,2\n3,4\n5,6,7\n", {"a": [1, 3, 5], "b": [2, 4, 6], "c": [None] * 2 + [7]}, {"short_lines":
        2}), (b"a,b\n1,2\n3,4", {"a": [1], "b": [2]}, {}), (b"a,b\n1,2\na,b\n3,4\n", {"a": [1, 3], "b": [2,
        4]}, {"header_again": 1}),
        (b"a,b\n1,2\nb,a\n3,4\n", {"a": [1, 4], "b": [2, 3]}, {"second_header": 1}),
        (b'a,b\n1,"2\n3,4\n', {"a": [3], "b": [4]}, {"quote_lines": 1}), (b"a,b\n1,1e999\n2,3\n", {"a": [1,
        2], "b": [None, 3]}, {"text:b": 1}), (b"a,b\n1_0,2\n3,4\n", {"a": [None, 3], "b": [2, 4]}, {"text:a":
        1}), (b"a\n1\n\n2\n", {"a": [1, 2]}, {}), (b"a\0,b\n1,2\n", {}, {"broken_header": 1}), (b"a,b", {},
        {"no_header": 1}), (b'{"a": 1, "n": {"b": 2.5}}\n{"a": NaN}\n-\n', {"a": [1, None], "n/b": [2.5,
        None]}, {"bad_json": 1}), (b"\xe6\x95,b\n1,2\n", {"\ufffd": [1], "b": [2]}, {"bad_text": 1}),
    ],
)  # fmt: skip
def test_each_quirk_gives_data_and_a_reason(data: bytes, values: dict, notes: dict) -> None:
    assert columns(data) == (values, notes)


def test_every_float_is_read_as_it_was_written_both_ways() -> None:
    random = np.random.default_rng(0)
    bits = random.integers(0, 2**64, 20_000, dtype=np.uint64).view(np.float64)
    wanted = bits[np.isfinite(bits)]
    data = ("x,y\n" + "".join(f"{value!r},1\n" for value in wanted.tolist())).encode()
    dialect, _ = read_header(data, "progress.csv")
    body = data[dialect.start :]
    assert np.array_equal(together(read_rows(body, dialect)).columns["x"], wanted)
    assert np.array_equal(together(read_lines(body, dialect)).columns["x"], wanted)


def test_timesteps_beyond_float32_stay_exact() -> None:
    steps = [16_777_216, 16_777_217, 16_777_219, 2**53 - 1]
    data = "timestep,y\n" + "".join(f"{step},0\n" for step in steps)
    assert columns(data.encode())[0]["timestep"] == steps


def test_many_columns_are_all_there() -> None:
    header = ",".join(f"c{number}" for number in range(154))
    row = ",".join(map(str, range(154)))
    found, _ = columns(f"{header}\n{row}\n".encode())
    assert found["c153"] == [153]
    assert len(found) == 154


def test_parameters_are_taken_from_the_first_file_that_has_them(tmp_path: Path) -> None:
    (tmp_path / "parameter.json").write_text("[1]")
    (tmp_path / "params.json").write_text("{broken")
    (tmp_path / "variant.json").write_text('{"lr": NaN, "big": Infinity}')
    found = read_parameters(tmp_path, ["parameter.json", "params.json", "variant.json"])
    assert math.isnan(found.values["lr"])
    assert found.file == "variant.json"
    assert "parameter.json is not an object" in found.notes[0]
    assert "params.json cannot be read" in found.notes[1]


def test_runs_that_differ_in_what_is_hidden_are_not_the_same(tmp_path: Path) -> None:
    identities = set()
    for token in ("bert-base", "gpt"):
        (tmp_path / "parameter.json").write_text(json.dumps({"pad_token": token, "lr": 1}))
        found = read_parameters(tmp_path, ["parameter.json"])
        assert found.values == {"pad_token": REDACTED, "lr": 1}
        assert token not in found.text
        identities.add(found.identity)
    assert len(identities) == 2


@pytest.mark.parametrize(
    "text", ['{"\\u0074oken": "a"}', '{"x": {"\\u0074oken": "a"}}', '{"x": [{"Pass_Token": "a"}]}']
)
def test_a_secret_name_is_seen_however_it_is_written(tmp_path: Path, text: str) -> None:
    (tmp_path / "parameter.json").write_text(text)
    found = read_parameters(tmp_path, ["parameter.json"])
    assert REDACTED in found.text
    assert '"a"' not in found.text


def test_a_word_under_the_name_of_a_token_hides_nothing_elsewhere(tmp_path: Path) -> None:
    given = {
        "pool_token": "mean",
        "loss": {"reduction": "mean"},
        "password": "mean-Zebra",
        "url": "a:mean-Zebra@b",
    }
    (tmp_path / "parameter.json").write_text(json.dumps(given))
    assert read_parameters(tmp_path, ["parameter.json"]).values == {
        "pool_token": REDACTED,
        "loss": {"reduction": "mean"},
        "password": REDACTED,
        "url": f"a:{REDACTED}@b",
    }


def test_python_tags_in_yaml_are_plain_data_and_run_nothing(tmp_path: Path) -> None:
    (tmp_path / "args.yml").write_text(
        "!!python/object/apply:collections.OrderedDict\n- - - algo\n    - ppo\n  - - env\n    - CartPole-v1\n"
    )
    (tmp_path / "config.yml").write_text(f"!!python/object/apply:os.mkdir ['{tmp_path}/made']\n")
    assert read_parameters(tmp_path, ["args.yml"])[0] == {"algo": "ppo", "env": "CartPole-v1"}
    read_parameters(tmp_path, ["config.yml"])
    assert not (tmp_path / "made").exists()


def test_parameters_nested_beyond_reason_are_a_note(tmp_path: Path) -> None:
    (tmp_path / "params.json").write_text('{"a":' * 100_000 + "1" + "}" * 100_000)
    found, _, notes, *_ = read_parameters(tmp_path, ["params.json"])
    assert found == {}
    assert "too deeply" in notes[0]


def test_nested_parameters_are_flat_with_dots() -> None:
    assert flatten({"a": {"b": {"c": 1}}, "d": [1], "e": {}}) == {"a.b.c": 1, "d": [1], "e": {}}


_NUMBERS = st.floats(allow_nan=False, allow_infinity=False).map(repr) | st.integers().map(str)
_ODD = st.sampled_from(
    ["", "nan", "inf", "1e999", ".5", "5.", "+1", "01", "1_0", "0x1", "1 ", "-", "1E5", "-0"]
)


@given(
    st.lists(st.lists(_NUMBERS | _ODD, min_size=1, max_size=4), min_size=1, max_size=6),
    st.sampled_from(",\t;"),
)
@example([["18446744073709551617", "-9223372036854775809"]], ",")
@example([["0.1000000000000000055511151231257827", "2e-324"]], ",")
def test_plain_numbers_are_read_at_once_as_line_by_line_or_not_at_all(
    table: list[list[str]], mark: str
) -> None:
    dialect, _ = read_header(f"a{mark}b\n".encode(), "progress.csv")
    assert dialect is not None
    data = "".join(mark.join(row) + "\n" for row in table).encode()
    found = plain_rows(data, dialect)
    if found is not None:
        slow = together(read_lines(data, dialect))
        assert found.count == slow.count
        assert {name: values.tolist() for name, values in found.columns.items()} == {
            name: values.tolist() for name, values in slow.columns.items()
        }


def test_rows_of_another_length_are_not_read_at_once_though_their_cells_add_up() -> None:
    dialect, _ = read_header(b"a,b\n", "progress.csv")
    assert dialect is not None
    assert plain_rows(b"1,2\n3,4\n", dialect) is not None
    assert plain_rows(b"1\n2,3,4\n", dialect) is None
    single, _ = read_header(b"a\n", "progress.csv")
    assert single is not None
    assert plain_rows(b"\n", single) is None


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(_JSON)
@example({"big": 2**64, "small": -(2**63) - 1, "nan": math.nan, "half": "\ud800", "inf": -math.inf})
def test_json_is_read_and_written_as_python_does(value: object) -> None:
    text = json.dumps(value)
    assert json.dumps(loads(text)) == text
    assert json.dumps(loads(dumps(value))) == text


@given(_JSON, _JSON)
@example({"a": math.nan}, {"a": None})
@example({"a": 1.0}, {"a": 1})
@example({"a": 2**64}, {"a": float(2**64)})
def test_equal_parameters_have_one_sorted_text_and_others_another(one: object, other: object) -> None:
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (dumps(one, sort=True) == dumps(other, sort=True)) == same
