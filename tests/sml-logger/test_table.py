"""What goes into a row, and what is refused with the key and a remedy."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sml_logger import Logger, LoggerClosedError, MetricError, MetricTypeError
from sml_logger.messages.display import TableText
from sml_logger.outputs import CsvOutput
from sml_logger.row import Row
from sml_logger.rows.table import Table

Read = Callable[[Path | str], list[dict[str, str]]]


@pytest.fixture
def logger(project: Path) -> Logger:
    return Logger(log_name="a", backup_code=False)


def taken(table: Table) -> dict[str, Any]:
    shape, values = table.in_column_order(table.take())
    return dict(zip(shape.columns, values, strict=True))


def test_the_tutorials_calls_give_the_tutorials_means(logger: Logger, table: Read) -> None:
    logger.add_tabular_data(tb_prefix="aaa", data1=[1, 2, 3], data2=2, date3=0.0)
    logger.add_tabular_data(tb_prefix="aaa", data1=[7, 8, 9], data2=10, date3=1.0)
    logger.log_tabular(tb_prefix="bbb", key="data4", val=10)
    logger.dump_tabular()
    assert table(logger.output_dir) == [{"data4": "10", "data1": "5.0", "data2": "6.0", "date3": "0.5"}]


class Tensor0D:
    """A stand-in for a tensor on another device: it has `tolist` and nothing else that helps."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def tolist(self) -> Any:
        return self.value


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (3, 3.0),
        (True, 1.0),
        (np.float32(0.1), float(np.float32(0.1))),
        (np.int64(7), 7.0),
        (np.bool_(True), 1.0),
        (np.array(2.5), 2.5),
        (np.array([[1, 2], [3, 6]]), 3.0),
        ((1, 2), 1.5),
        ([1, [2, np.array([3, 6])]], 3.0),
        (Tensor0D(4.5), 4.5),
        ([Tensor0D(4), Tensor0D([5, 6])], 5.0),
        (Decimal("0.5"), 0.5),
        (Fraction(1, 4), 0.25),
        ([], None),
        (np.array([]), None),
        (10**400, math.inf),
        ([1e308, 1e308], 1e308),
        ([math.inf, -math.inf], math.nan),
        ([0.1] * 10, 0.1),
    ],
)
def test_numbers_of_every_kind_are_averaged(value: Any, expected: float | None) -> None:
    table = Table()
    table.add(None, {"x": value})
    value = taken(table)["x"]
    assert value == expected or (math.isnan(expected or 0) and math.isnan(value))


@pytest.mark.parametrize("value", ["3", b"3", None, {"a": 1}, {1}, 3 + 1j, object(), ["3"], [[None]], print])
def test_what_is_no_number_is_refused_by_name_and_nothing_is_added(value: Any) -> None:
    table = Table()
    with pytest.raises(MetricTypeError, match=r"'loss'.*is not a number; log numbers") as caught:
        table.add("prefix", {"good": 1.0, "loss": value})
    assert isinstance(caught.value, TypeError)
    assert caught.value.key == "loss"
    assert taken(table) == {}


def test_integers_set_directly_stay_integers(logger: Logger, table: Read) -> None:
    for key, value in {"a": 2**62, "b": np.int32(5), "c": True, "d": 10**30}.items():
        logger.log_tabular(key, value)
    logger.dump_tabular()
    assert table(logger.output_dir) == [{"a": str(2**62), "b": "5", "c": "1", "d": str(10**30)}]


def test_integers_that_cannot_be_written_are_refused_and_large_ones_are_shown(
    logger: Logger, table: Read
) -> None:
    with pytest.raises(MetricError, match="'huge': an integer of 20001 bits"):
        logger.log_tabular("huge", 2**20000)
    logger.log_tabular("large", 10**400)
    logger.dump_tabular()
    assert table(logger.output_dir) == [{"large": "1" + "0" * 400}]
    shown = Table()
    shown.set("large", 10**400)
    shown.set("million", 10**11)
    shape, values = shown.in_column_order(shown.take())
    assert all(len(line) <= 20 for line in TableText().format(shape, 0, values, 20).splitlines())


def test_log_tabular_without_a_value_summarises_what_was_added(logger: Logger, table: Read) -> None:
    for value in ([1, 2], 3, 6):
        logger.add_tabular_data(tb_prefix="train", ret=value, length=value, loss=value)
    logger.log_tabular("ret", with_min_and_max=True)
    logger.log_tabular("length", average_only=True)
    logger.log_tabular("nothing")
    logger.dump_tabular()
    assert table(logger.output_dir) == [
        {
            "Averageret": "3.0",
            "Stdret": repr(float(np.std([1, 2, 3, 6]))),
            "Minret": "1.0",
            "Maxret": "6.0",
            "length": "3.0",
            "Averagenothing": "",
            "Stdnothing": "",
            "loss": "3.0",
        }
    ]


def test_a_nan_is_not_hidden_by_minimum_or_maximum() -> None:
    table = Table()
    table.add(None, {"x": [1.0, math.nan, 2.0]})
    table.summarise("x", None, with_min_and_max=True, average_only=False, no_tb=False)
    assert all(math.isnan(value) for value in taken(table).values())


@pytest.mark.parametrize(
    "twice",
    [
        lambda table: (table.set("x", 1.0), table.set("x", 1.0)),
        lambda table: (table.set("x", 1.0), table.add(None, {"x": 1.0})),
        lambda table: (table.add(None, {"x": 1.0}), table.set("x", 1.0)),
        lambda table: (table.set("Averagex", 1.0), table.summarise("x", None, False, False, False)),
        lambda table: (
            table.add(None, {"x": 1.0}),
            table.summarise("x", None, False, False, False),
            table.add(None, {"x": 1.0}),
        ),
    ],
)
def test_a_key_that_is_set_twice_in_a_row_is_refused(twice: Callable[[Table], object]) -> None:
    table = Table()
    with pytest.raises(MetricError, match=r"x': set twice in one row; call dump_tabular\(\)") as caught:
        twice(table)
    assert isinstance(caught.value, ValueError)
    before = taken(table)
    assert set(before) <= {"x", "Averagex", "Stdx"}
    with pytest.raises(MetricError):
        twice(table)


@pytest.mark.parametrize("name", ["a\nb", "a\rb", "a\r\n", "a\x0bb", "a\u2028b", "a\0b", "", "a\ud800"])
def test_a_name_that_is_no_line_is_refused(name: str) -> None:
    table = Table()
    for refused in (
        lambda: table.add(None, {name: 1.0}),
        lambda: table.set(name, 1.0),
        lambda: table.summarise(name, None, False, False, False),
        lambda: table.register([name]),
    ):
        with pytest.raises(MetricError, match="a metric's name"):
            refused()
    with pytest.raises(MetricTypeError, match="must be a string, not int"):
        table.set(3, 1.0)  # type: ignore[arg-type]  # that is the mistake
    if name:
        with pytest.raises(MetricError, match="a string"):
            table.set("text", name, no_tb=True)
        with pytest.raises(MetricError):
            table.add(name, {"x": 1.0})
    assert taken(table) == {}


def test_a_string_needs_no_tb(logger: Logger, table: Read) -> None:
    with pytest.raises(MetricTypeError, match=r"'note'.*pass no_tb=True"):
        logger.log_tabular("note", "text")
    logger.log_tabular("note", 'a, "b" 中', no_tb=True)
    logger.dump_tabular()
    assert table(logger.output_dir) == [{"note": 'a, "b" 中'}]


def test_columns_with_commas_quotes_and_unicode_survive(logger: Logger, table: Read) -> None:
    names = ["a,b", 'say "x"', "损失", " padded ", "100%", "é;\t'", "%s", "-", "a/b"]
    for row in range(3):
        for number, name in enumerate(names):
            logger.log_tabular(name, row + number / 7)
        logger.dump_tabular()
    assert table(logger.output_dir)[2] == {name: repr(2 + n / 7) for n, name in enumerate(names)}
    frame = pandas.read_csv(Path(logger.output_dir, "progress.csv"))
    assert list(frame.columns) == names


def test_late_columns_are_blank_before_and_absent_keys_are_blank(logger: Logger, table: Read) -> None:
    logger.register_keys(["registered", "eval"])
    logger.add_tabular_data(a=1)
    logger.dump_tabular()
    logger.add_tabular_data(b=2)
    logger.dump_tabular()
    logger.add_tabular_data(a=3, eval=9, c=[])
    logger.dump_tabular()
    logger.dump_tabular()
    blank = dict.fromkeys(["registered", "eval", "a", "b", "c"], "")
    assert table(logger.output_dir) == [
        blank | {"a": "1.0"},
        blank | {"b": "2.0"},
        blank | {"a": "3.0", "eval": "9.0"},
        blank,
    ]
    assert len(pandas.read_csv(Path(logger.output_dir, "progress.csv"), skip_blank_lines=True)) == 4


def test_a_single_blank_column_still_has_a_row_per_dump(logger: Logger, table: Read) -> None:
    for value in ([1], [], [3]):
        logger.add_tabular_data(only=value)
        logger.dump_tabular()
    assert table(logger.output_dir) == [{"only": "1.0"}, {"only": ""}, {"only": "3.0"}]
    assert len(pandas.read_csv(Path(logger.output_dir, "progress.csv"))) == 3


def test_dump_without_any_data_writes_no_row_and_says_so_once(
    logger: Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    logger.dump_tabular()
    logger.dump_tabular()
    assert capsys.readouterr().out.count("without any data") == 1
    assert logger.step == 0


def test_dump_after_close_names_folder_and_remedy(logger: Logger, table: Read) -> None:
    logger.add_tabular_data(x=1)
    logger.dump_tabular()
    logger.close()
    logger.close()
    with pytest.raises(LoggerClosedError, match="create a new Logger") as caught:
        logger.dump_tabular()
    assert logger.output_dir in str(caught.value)
    assert len(table(logger.output_dir)) == 1


cells = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True),
    st.integers(),
    st.none(),
    st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=8),
)


@given(st.lists(st.lists(cells, min_size=3, max_size=3), min_size=1, max_size=8))
def test_every_cell_is_read_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[Any]]
) -> None:
    path = tmp_path_factory.mktemp("table") / "progress.csv"
    output, table = CsvOutput(path), Table(["a", "b", "c"])
    for step, row in enumerate(rows):
        for key, cell in zip("abc", row, strict=True):
            if cell is not None:
                table.set(key, cell, no_tb=True)
        shape, values = table.in_column_order(table.take())
        output.write_row(Row(shape, values, step, step, 0.0, ""))
    output.close()
    with path.open(newline="", encoding="utf-8") as file:
        read_rows = list(csv.reader(file))[1:]
    assert len(path.read_bytes().splitlines()) == len(rows) + 1
    for written, read in zip(rows, read_rows, strict=True):
        for cell, text in zip(written, read, strict=True):
            if isinstance(cell, float):
                assert float(text) == cell or (math.isnan(cell) and math.isnan(float(text)))
                assert math.copysign(1, float(text)) == math.copysign(1, cell) or math.isnan(cell)
            elif isinstance(cell, int):
                assert int(text) == cell
            else:
                assert text == (cell or "")


class Raising:
    def __float__(self) -> float:
        raise RuntimeError("not on this device")


class RaisingTensor:
    def tolist(self) -> Any:
        raise NotImplementedError("no data on meta")


@pytest.mark.parametrize("value", [Raising(), RaisingTensor(), [1.0, RaisingTensor()]])
def test_whatever_a_value_raises_the_error_names_the_key(logger: Logger, value: Any) -> None:
    with pytest.raises(MetricTypeError, match=r"'loss': .* is not a number") as added:
        logger.add_tabular_data(loss=value)
    with pytest.raises(MetricTypeError, match=r"'loss': .* is not a number") as logged:
        logger.log_tabular("loss", value)
    for caught in (added, logged):
        assert isinstance(caught.value.__cause__, RuntimeError)


def test_the_error_about_a_huge_value_is_short(logger: Logger) -> None:
    with pytest.raises(MetricTypeError) as caught:
        logger.log_tabular("info", ["x" * 100_000])
    assert len(str(caught.value)) < 500


def test_a_metric_may_be_called_self(logger: Logger, table: Read) -> None:
    row: dict[str, Any] = {"self": 1.5}
    logger.add_tabular_data(**row)
    logger.dump_tabular()
    assert table(logger.output_dir) == [{"self": "1.5"}]
