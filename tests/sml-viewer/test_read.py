"""Every quirk of real logs: data or a stated reason, and nothing that was not in the file."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sml_config.redaction import REDACTED
from sml_viewer.jsonio import dumps, loads
from sml_viewer.model.issues import Issue, counts_from_json, counts_to_json, issues_of, merge_files
from sml_viewer.model.table_layouts import METRIC, MONITOR, OWN, TABLE
from sml_viewer.readers.base import Rows
from sml_viewer.readers.parameters import flatten, read_overrides, read_parameters
from sml_viewer.readers.text_tables.csv_orjson import plain_rows
from sml_viewer.readers.text_tables.header import read_header
from sml_viewer.readers.text_tables.read_csv import Reading, complete, read_lines, read_rows


def columns(
    data: bytes, file: str = "progress.csv", layout: str = TABLE
) -> tuple[dict[str, list[float]], dict[str, int]]:
    dialect, notes = read_header(data, file, layout)
    if dialect is None:
        return {}, dict(notes)
    body = data[dialect.start :]
    rows = together(read_rows(body[: complete(body)], dialect))
    found = {name: [None if math.isnan(v) else v for v in values] for name, values in rows.columns.items()}
    return found, counts_to_json(notes + rows.notes)


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
        (b"a,b,c\n1,2\n3,4\n5,6,7\n",
         {"a": [1, 3, 5], "b": [2, 4, 6], "c": [None] * 2 + [7]}, {"short_lines":
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


@pytest.mark.parametrize(
    ("data", "layout", "values", "notes"),
    [
        # A first row that holds more than numbers is a row all the same.
        (b"0.5,1,False\n1,2,False\n", TABLE, {"column 1": [0.5, 1], "column 2": [1, 2], "column 3": [0, 0]},
         {"headerless": 1, "bool:column 3": 2}),
        (b"0.5,,1000\n1,3,2000\n", TABLE,
         {"column 1": [0.5, 1], "column 2": [None, 3], "column 3": [1000, 2000]},
         {"headerless": 1}),
        (b"1.5,1,2026-03-02,node7\n3,2,2026-03-03,node7\n", TABLE,
         {"column 1": [1.5, 3], "column 2": [1, 2]},
         {"headerless": 1, "text:column 3": 2, "text:column 4": 2}),
        (b"10,21,4.5\n20,22,8\n", MONITOR, {"r": [10, 20], "l": [21, 22], "t": [4.5, 8]}, {"headerless": 1}),
        (b"1,10,.5\n2,20,.75\n", METRIC, {"epoch": [1, 2], "step": [10, 20], "environment": [0.5, 0.75]},
         {"headerless": 1}),
        # Numbers in a header are classes where they rise and words stand above numbers.
        (b"step,0,1\n5,.3,.4\n", TABLE, {"step": [5], "0": [0.3], "1": [0.4]}, {}),
        (b"0,start,10\n1,.5,20\n2,.6,30\n", TABLE,
         {"column 1": [0, 1, 2], "column 2": [None, 0.5, 0.6], "column 3": [10, 20, 30]},
         {"headerless": 1, "text:column 2": 1}),
        (b"0,1\n.25,.75\n", OWN, {"0": [0.25], "1": [0.75]}, {}),
        # Whether one line of both is a header shows with the next.
        (b"1.5,node7,1\n", TABLE, {}, {"one_line": 1}),
        (b"#episodes,reward\n1,2\n", TABLE, {"#episodes": [1], "reward": [2]}, {}),
        (b"# step,loss\n1,2\n", TABLE, {"step": [1], "loss": [2]}, {}),
        (b"# made by hand\nstep,loss\n1,2\n", TABLE, {"step": [1], "loss": [2]}, {}),
        (b"{a,b\n1,2\n", TABLE, {"{a": [1], "b": [2]}, {}),
        (b"r,l,t-21.0,500,3.2\n-20,400,5\n", MONITOR,
         {"r": [-21, -20], "l": [500, 400], "t": [3.2, 5]}, {"glued": 1}),
        (b"step,loss0.5,7\n6,8\n", TABLE, {"step": [0.5, 6], "loss": [7, 8]}, {"glued": 1}),
        # A header inside begins a section, wider, narrower, or of other words.
        (b"a,b\n1,2\na,b,c\n3,4,5\n", TABLE,
         {"a": [1, 3], "b": [2, 4], "c": [None, 5]}, {"second_header": 1}),
        (b"a,b,c\n1,2,3\na,c\n4,5\n", TABLE,
         {"a": [1, 4], "b": [2, None], "c": [3, 5]}, {"second_header": 1}),
        (b"a,b\n1,2\nx,y,z\n3,4,5\n", TABLE, {"a": [1, None], "b": [2, None], "x": [None, 3], "y": [None, 4],
         "z": [None, 5]}, {"second_header": 1}),
        (b"step,loss\n1,.5\nepoch,val_loss\n1,.25\n", TABLE, {"step": [1, None], "loss": [0.5, None],
         "epoch": [None, 1], "val_loss": [None, 0.25]}, {"second_header": 1}),
        (b"a,b\n1,2\n\xef\xbb\xbfa,b,c\n3,4,5\n", TABLE,
         {"a": [1, 3], "b": [2, 4], "c": [None, 5]}, {"second_header": 1}),
        # Words in a row of the table's own width are text in it, if none is for steps.
        (b"a,b\nup,down\n1,2\n", TABLE, {"a": [None, 1], "b": [None, 2]}, {"text:a": 1, "text:b": 1}),
        (b"step,0,1\n1,.5,.5\nstep,0,1\n2,.5,.5\n", TABLE, {"step": [1, 2], "0": [0.5] * 2, "1": [0.5] * 2},
         {"header_again": 1}),
        (b"a,b\n1,\"1,5\"\n2,3\n", TABLE, {"a": [1, 2], "b": [None, 3]}, {"comma:b": 1}),
        # The last line is short: what follows tells whether it was cut.
        (b"a,b,c\n1,2,3\n4,5\n", TABLE, {"a": [1], "b": [2], "c": [3]}, {}),
    ],
)  # fmt: skip
def test_a_header_is_told_from_a_row(
    data: bytes, layout: str, values: dict[str, list[float | None]], notes: dict[str, int]
) -> None:
    assert columns(data, "environment.csv", layout) == (values, notes)


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


def test_files_of_parameters_add_to_each_other_and_conflicts_are_told(tmp_path: Path) -> None:
    (tmp_path / "args.yml").write_text("algo: ppo\nseed: 1\nlr: null\nnet: {width: 64}\n")
    (tmp_path / "config.yml").write_text("lr: 1e-3\nalgo: ppo\nseed: 2\nnet: {width: 32, depth: 2}\n")
    found = read_parameters(tmp_path, ["args.yml", "config.yml"])
    assert found.values == {"algo": "ppo", "seed": 1, "lr": 0.001, "net": {"width": 64, "depth": 2}}
    assert found.file == "args.yml, config.yml"
    assert found.notes == ["config.yml: seed, net.width: other values than in args.yml, which count"]
    (tmp_path / "config.yml").write_text("lr: 1e-2\nseed: 2\nnet: {width: 32, depth: 2}\n")
    assert read_parameters(tmp_path, ["args.yml", "config.yml"]).identity != found.identity


def test_what_the_logger_wrote_is_all_that_a_run_was_given(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "parameter.json").write_text('{"lr": 1}')
    (tmp_path / "params.json").write_text('{"more": 2}')
    assert read_parameters(tmp_path, ["config/parameter.json", "params.json"]).values == {"lr": 1}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001),
        ("1E5", 1e5),
        (".5e-3", 0.0005),
        ("-2e+2", -200.0),
        ("'1e-3'", "1e-3"),
        ("1e3x", "1e3x"),
    ],
)
def test_a_number_with_an_exponent_is_a_number_in_yaml_too(tmp_path: Path, text: str, value: object) -> None:
    (tmp_path / "hparams.yaml").write_text(f"lr: {text}\n")
    assert read_parameters(tmp_path, ["hparams.yaml"]).values == {"lr": value}


def test_a_class_that_yaml_names_is_its_name(tmp_path: Path) -> None:
    (tmp_path / "hparams.yaml").write_text(
        "act: !!python/name:torch.nn.ReLU ''\nnet: !!python/tuple [64, 64]\n"
    )
    assert read_parameters(tmp_path, ["hparams.yaml"]).values == {"act": "torch.nn.ReLU", "net": [64, 64]}


def test_what_hydra_varied_are_the_names_in_its_overrides(tmp_path: Path) -> None:
    (tmp_path / "overrides.yaml").write_text("- lr=0.1\n- +seed=1\n- optimizer@agent=adam\n- ~old\n- 3\n")
    assert read_overrides(str(tmp_path), "overrides.yaml") == (("lr", "seed", "optimizer"), [])


def test_a_column_of_text_or_truth_alone_is_no_news() -> None:
    counts = counts_from_json({"text:host": 3, "bool:done": 3, "text:loss": 1})
    assert issues_of(counts, rows=3) == [Issue("text", 1, ("loss",))]


def test_issues_are_one_where_only_their_tables_differ() -> None:
    same = Issue("text", 2, ("loss", "ret"))
    merged = merge_files([("a.csv", same), ("b.csv", same), ("a.csv", Issue("text", 3, ("loss",)))])
    assert merged == [same._replace(files=("a.csv", "b.csv")), Issue("text", 3, ("loss",), ("a.csv",))]
    assert [issue.sentence for issue in merged] == [
        "a.csv, b.csv: loss, ret: 2 non-numeric cells",
        "a.csv: loss: 3 non-numeric cells",
    ]


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
        assert_equal(found, together(read_lines(data, dialect)))


def assert_equal(found: Rows, slow: Rows) -> None:
    assert (found.count, found.notes, [*found.columns]) == (slow.count, slow.notes, [*slow.columns])
    for name, values in found.columns.items():
        assert np.array_equal(values, slow.columns[name], equal_nan=True)


@given(
    st.lists(st.lists(_NUMBERS | st.just(""), min_size=3, max_size=3), min_size=1, max_size=12),
    st.none() | st.tuples(st.integers(0, 11), st.integers(0, 2), _ODD),
    st.sampled_from(",\t;"),
)
@example([["", "", ""], ["1", "2", "3"]], None, "\t")
@example([["1", "", "3"], ["1", "", "3"]], None, ",")
def test_numbers_and_blanks_are_read_at_once_as_line_by_line_or_not_at_all(
    table: list[list[str]], odd: tuple[int, int, str] | None, mark: str
) -> None:
    dialect, _ = read_header(f"a{mark}b{mark}c\n".encode(), "progress.csv")
    assert dialect is not None
    if odd is not None:
        table[odd[0] % len(table)][odd[1]] = odd[2]
    data = "".join(mark.join(row) + "\n" for row in table).encode()
    found = plain_rows(data, dialect)
    if found is not None:
        assert_equal(found, together(read_lines(data, dialect)))
    elif odd is None:
        assert any(set(row) == {""} for row in table)


def test_a_table_with_blanks_is_read_without_pandas() -> None:
    script = """
import sys
from sml_viewer.readers.text_tables.header import read_header
from sml_viewer.readers.text_tables.read_csv import read_rows
dialect, _ = read_header(b"step,loss,val_loss\\n", "metrics.csv")
(rows,), _, _ = read_rows(b"0,1.5,\\n1,,2.5\\n" * 1000, dialect)
print("pandas" in sys.modules, rows.columns["loss"][:2].tolist(), rows.columns["val_loss"][:2].tolist())
"""
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "False [1.5, nan] [nan, 2.5]"


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


@pytest.mark.parametrize(
    "text",
    [
        "[0.00012345678901234567]",
        "[-0.000012345678901234567, 1.5]",
        "[0.00012345678901234567, 12345678901234567890123]",
        "[12345678901234567890123, 0.00012345678901234567]",
        "[12345678901234567890123.5]",
        "[1234567890123456789012]",
    ],
)
def test_many_digits_are_the_number_that_python_reads(text: str) -> None:
    assert repr(loads(text)) == repr(json.loads(text))


@given(_JSON, _JSON)
@example({"a": math.nan}, {"a": None})
@example({"a": 1.0}, {"a": 1})
@example({"a": 2**64}, {"a": float(2**64)})
def test_equal_parameters_have_one_sorted_text_and_others_another(one: object, other: object) -> None:
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (dumps(one, sort=True) == dumps(other, sort=True)) == same
