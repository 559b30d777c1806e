"""MLflow's database, of which only the metrics that an answer needs are read: as if all were read."""

from __future__ import annotations

import math
import random
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path

import pytest

from sml_viewer.config.plot_config import Configuration, from_json
from sml_viewer.errors import SmlViewerError
from sml_viewer.index import indexer
from sml_viewer.library import Library
from sml_viewer.readers.trackers import mlflow_preview
from sml_viewer.render.request import PlotRequest, figure_set_of

from ..mlflow_tables import MLFLOW_TABLES

_TABLES = (
    MLFLOW_TABLES
    + """CREATE INDEX index_metrics_run_uuid_key_step ON metrics (run_uuid, key, step);
INSERT INTO experiments VALUES (0, 'Default', 'active');
"""
)
pytestmark = pytest.mark.slow

# A metric's name, its value and its step.
Row = tuple[str, object, object]
_PLAIN: list[Row] = [
    (name, step * factor, step) for step in range(6) for name, factor in (("return", 2.5), ("loss", -0.5))
]


@pytest.fixture(autouse=True)
def _previews_of_small_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexer, "LEAST_PREVIEWED", 0)


def _create(path: Path, tables: str = _TABLES) -> None:
    path.parent.mkdir(parents=True)
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(tables)


def _log(path: Path, run: str, rows: Iterable[Row], seed: int | None = None) -> None:
    """Add a run, if it is new, and its rows, as MLflow stores them."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "INSERT OR IGNORE INTO runs VALUES (?, ?, 'FINISHED', 1, 2, 'active', 0)", (run, f"name-{run}")
        )
        if seed is not None:
            connection.execute("INSERT OR IGNORE INTO params VALUES ('seed', ?, ?)", (str(seed), run))
        (count,) = connection.execute("SELECT count(*) FROM metrics").fetchone()
        connection.executemany(
            "INSERT INTO metrics VALUES (?, ?, ?, ?, ?, ?)",
            [
                (
                    name,
                    0.0 if value != value else value,
                    1_700_000_000_000 + count + index,
                    run,
                    step,
                    value != value,
                )
                for index, (name, value, step) in enumerate(rows)
            ],
        )


def _seeds(path: Path, rows: Iterable[Row] = _PLAIN, count: int = 4) -> None:
    _create(path)
    for seed in range(count):
        of_run = [
            (name, value + seed / 8 if isinstance(value, float) else value, step)
            for name, value, step in rows
        ]
        _log(path, f"{seed:032x}", of_run, seed)


def _answer(library: Library, options: dict[str, object] | None, kind: str) -> str:
    configuration = from_json(options) if options else Configuration()
    figures = figure_set_of(PlotRequest(library, configuration, ""), kind)
    try:
        numbers = f"{figures.numbers}\n{figures.details}"
    except SmlViewerError as error:
        numbers = f"{type(error).__name__}: {error}"
    runs = [
        (run.name, run.rows, run.columns, repr(run.summary_values()), repr(run.last), run.notes)
        for run in library.runs()
    ]
    return "\n".join([numbers, *map(repr, runs)])


def _both(
    path: Path, options: dict[str, object] | None = None, kind: str = "plot"
) -> tuple[str, str, list[int | None]]:
    """The answers of a preview and of the whole read, and the rows that the index has after the preview."""
    root = path.parent
    with Library([root], root.parent / "w-preview") as library:
        library.preview()
        first = _answer(library, options, kind)
    with Library([root], root.parent / "w-preview") as library:
        stored = [run.rows for run in library.runs()]
    with Library([root], root.parent / "w-whole") as library:
        library.refresh()
        return first, _answer(library, options, kind), stored


def test_the_answer_is_that_of_the_whole_read_and_nothing_is_written_to_the_index(tmp_path: Path) -> None:
    path = tmp_path / "logs" / "mlflow.db"
    _seeds(path)
    first, whole, stored = _both(path)
    assert first == whole
    assert "return" in first
    assert stored == [None] * 4
    with Library([path.parent], tmp_path / "w-preview") as library:
        library.preview()
        assert [run.rows for run in library.runs()] == [6] * 4  # the second time all is read


@pytest.mark.parametrize(
    "options",
    [
        {"USE_SMOOTH": True, "SMOOTH_RADIUS": 2},
        {"PLOTTING_XY": [["step", "loss"], ["step", "return"]]},
        {"PLOTTING_XY": [["wall_time", "loss"]]},
        {"PLOTTING_XY": [["(hours)", "loss"]]},
        {"PLOTTING_XY": [["(row)", "loss"]]},
        {"PLOTTING_XY": [["step", "nothing"]]},
    ],
)
@pytest.mark.parametrize("kind", ["plot", "bar", "table"])
def test_options_make_no_difference_to_that(tmp_path: Path, options: dict[str, object], kind: str) -> None:
    path = tmp_path / "logs" / "mlflow.db"
    _seeds(path)
    first, whole, _ = _both(path, options, kind)
    assert first == whole


@pytest.mark.parametrize(
    "rows",
    [
        [("eval", 1.5, 2), ("eval", 2.5, 5)],
        [("eval", 1.5, 100), ("eval", 2.5, 103)],
        [("return", 7.5, 3), ("return", 8.5, 3)],
        [("return", 7.5, -4), ("loss", 8.5, -4)],
        [("return", float(step), step) for step in range(20, 10, -1)],
        [("return", math.nan, 9)],
        [("only-nan", math.nan, 1), ("only-nan", math.nan, 2)],
        [("return", 1.7976931348623157e308, 9), ("return", -1.7976931348623157e308, 10)],
        [("step", 5.0, 1)],
        [("wall_time", 5.0, 1)],
        [("return", 0.5, 2.5)],
        [("return", 0.5, "7,8")],
        [("return", 0.5, 1 << 62)],
        [("return", "1.5 or so", 9)],
        [("a/b c", 1.5, 0)],
    ],
)
def test_one_run_that_differs_makes_no_difference_to_the_answer(tmp_path: Path, rows: list[Row]) -> None:
    path = tmp_path / "logs" / "mlflow.db"
    _seeds(path)
    _log(path, f"{1:032x}", rows)
    first, whole, _ = _both(path)
    assert first == whole


def test_metrics_come_in_the_order_in_which_they_were_logged_first(tmp_path: Path) -> None:
    path = tmp_path / "logs" / "mlflow.db"
    _seeds(path, [("zeta", 1.0, 3), ("alpha", 2.0, 1), ("zeta", 3.0, 1), ("alpha", 4.5, 2)])
    with Library([path.parent], tmp_path / "w") as library:
        library.preview()
        assert library.runs()[0].columns == ("step", "wall_time", "zeta", "alpha")
    first, whole, _ = _both(path)
    assert first == whole


def test_runs_without_metrics_and_equal_runs_without_parameters_are_as_in_the_whole_read(
    tmp_path: Path,
) -> None:
    path = tmp_path / "logs" / "mlflow.db"
    _create(path)
    for number in range(4):
        _log(path, f"{number:032x}", [] if number == 3 else _PLAIN)
    first, whole, stored = _both(path)
    assert first == whole
    assert stored == [None, None, None, 0]


def test_logs_at_random_are_answered_as_in_the_whole_read(tmp_path: Path) -> None:
    chance = random.Random(3)
    for number in range(25):
        path = tmp_path / f"case{number}" / "logs" / "mlflow.db"
        _create(path)
        for seed in range(9):
            rows: list[Row] = [
                (
                    chance.choice("abc"),
                    chance.choice([chance.gauss(0, 1), math.nan, 2.0][:: chance.choice([2, 3])]),
                    step,
                )
                for step in sorted(
                    chance.choices(range(12), k=chance.randrange(9)), key=lambda _: chance.random()
                )
            ]
            _log(path, f"{seed:032x}", rows, seed)
        first, whole, _ = _both(path)
        assert first == whole, number


@pytest.mark.parametrize("change", ["a row more", "a NaN more", "a run less", "a database less"])
def test_a_database_that_changes_after_the_look_is_read_again(tmp_path: Path, change: str) -> None:
    path = tmp_path / "logs" / "mlflow.db"
    _seeds(path)
    with Library([path.parent], tmp_path / "w") as library:
        library.preview()
        _change(path)[change]()
        request = PlotRequest(library, Configuration(), "")
        figures = figure_set_of(request, "plot")
        if change == "a database less":
            with pytest.raises(SmlViewerError):
                _ = figures.numbers
            return
        first = f"{figures.numbers}\n{figures.details}"
    with Library([path.parent], tmp_path / "w-whole") as library:
        library.refresh()
        whole = figure_set_of(PlotRequest(library, Configuration(), ""), "plot")
        assert first == f"{whole.numbers}\n{whole.details}"


def _change(path: Path) -> dict[str, Callable[[], object]]:
    def less() -> None:
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("DELETE FROM metrics WHERE run_uuid = ?", (f"{2:032x}",))

    return {
        "a row more": lambda: _log(path, f"{2:032x}", [("return", 99.0, 6)]),
        "a NaN more": lambda: _log(path, f"{2:032x}", [("return", math.nan, 5)]),
        "a run less": less,
        "a database less": path.unlink,
    }


def test_a_database_with_other_indexes_or_mostly_deleted_runs_is_read_whole(tmp_path: Path) -> None:
    older = tmp_path / "older" / "mlflow.db"
    _create(older, _TABLES.replace("CREATE INDEX index_metrics_run_uuid_key_step", "-- "))
    _log(older, "1", _PLAIN)
    deleted = tmp_path / "deleted" / "mlflow.db"
    _create(deleted)
    for number in range(20):
        _log(deleted, str(number), _PLAIN)
    assert mlflow_preview.opened_runs(str(older), ["1"]) is None
    assert mlflow_preview.opened_runs(str(deleted), ["1", "2"]) is None
    opened = mlflow_preview.opened_runs(str(deleted), ["1", "2", "3"])
    assert opened is not None
    assert {*opened.tables} == {"1", "2", "3"}


def test_few_runs_are_read_one_by_one_and_all_of_them_in_one_scan(tmp_path: Path) -> None:
    path = tmp_path / "mlflow" / "mlflow.db"
    _create(path)
    names = [str(number) for number in range(20)]
    for number, name in enumerate(names):
        _log(path, name, [("loss", float(number), 0), ("loss", 0.5, 1), ("loss", 7.0, 1)])
    opened = mlflow_preview.opened_runs(str(path), names)
    assert opened is not None
    (one,) = opened.columns(["3"], ["loss", "nothing"])
    every = opened.columns(names, ["step", "loss"])
    assert one is not None
    assert {name: values.tolist() for name, values in one.items()} == {"loss": [3, 0.5, 7]}
    assert [None if columns is None else columns["loss"].tolist() for columns in every] == [
        [number, 0.5, 7] for number in range(20)
    ]
    assert all(columns is not None and columns["step"].tolist() == [0, 1, 1] for columns in every)
