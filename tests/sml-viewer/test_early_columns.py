"""The metric that a chart will likely show is in the index before the runs of a database are read whole."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from time import monotonic, sleep

import numpy as np
import pytest

from sml_viewer.columns.likely_names import likely_names
from sml_viewer.index import Indexer, early_columns, load_columns, load_runs, open_database
from sml_viewer.index.database import Database
from sml_viewer.index.early_columns import read_early
from sml_viewer.index.pool import start_indexers
from sml_viewer.indexer_process import LookedAt
from sml_viewer.library import Library

from ..mlflow_tables import MLFLOW_TABLES
from .test_wandb import history, log, start, summary

_MORE_TABLES = """
CREATE TABLE latest_metrics (key VARCHAR(250) NOT NULL, value FLOAT, timestamp BIGINT, step BIGINT NOT NULL,
    is_nan BOOLEAN NOT NULL, run_uuid VARCHAR(32) NOT NULL, PRIMARY KEY (key, run_uuid));
INSERT INTO experiments VALUES (0, 'Default', 'active');
"""
_RUNS = 4
_LARGEST = 1.7976931348623157e308


@pytest.fixture(autouse=True)
def _small_files_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(early_columns, "_LEAST_BYTES", 0)
    monkeypatch.setattr(early_columns, "_LEAST_RUNS", 2)


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    (tmp_path / "logs").mkdir()
    with closing(sqlite3.connect(tmp_path / "logs" / "mlflow.db")) as connection, connection:
        connection.executescript(MLFLOW_TABLES + _MORE_TABLES)
        for number in range(_RUNS):
            _add(connection, f"run{number}", [(step, number + step / 7) for step in range(5)])
    return tmp_path / "logs"


def _add(connection: sqlite3.Connection, run: str, returns: list[tuple[int, float | None]]) -> None:
    """Add a run with these steps and values of `return`, None for NaN, and as many of `loss` at odd steps."""
    connection.execute("INSERT INTO runs VALUES (?, ?, 'FINISHED', 1, 2, 'active', 0)", (run, run))
    losses = [(2 * step + 1, -float(step)) for step in range(3)]
    points = [("loss", *point) for point in losses] + [("return", *point) for point in returns]
    for time, (name, step, value) in enumerate(points):
        connection.execute(
            "INSERT INTO metrics VALUES (?, ?, ?, ?, ?, ?)",
            (name, value or 0.0, time, run, step, value is None),
        )
    for name in ("loss", "return"):
        connection.execute("INSERT INTO latest_metrics VALUES (?, 0, 0, 0, 0, ?)", (name, run))


def _early(logs: Path, store: Path) -> tuple[Database, Indexer]:
    """A store with the early columns alone."""
    database = open_database(store)
    indexer = Indexer(database, logs)
    indexer.index()
    read_early(database, indexer._reload_and_changed(), likely_names)
    return database, indexer


def _columns(database: Database) -> dict[str, dict[str, list[float]]]:
    runs = load_runs(database, 0)
    names = sorted({name for run in runs for name in run.summary})
    loaded = load_columns(database, [run.key[1] for run in runs], names)
    return {
        str(run.run_in_file): {name: values.tolist() for name, values in loaded[run.key[1]].items()}
        for run in runs
    }


def test_the_likely_metric_of_all_runs_is_there_before_a_run_is_read(logs: Path, tmp_path: Path) -> None:
    database, _ = _early(logs, tmp_path / "store")
    runs = load_runs(database, 0)
    assert _columns(database) == {
        f"run{number}": {"step": [0, 1, 2, 3, 4], "return": [number + step / 7 for step in range(5)]}
        for number in range(_RUNS)
    }
    assert {run.rows for run in runs} == {None}
    assert [run.summary["return"] for run in runs] == [
        (number + 4 / 7, number, number + 4 / 7, 5) for number in range(_RUNS)
    ]


def test_the_metric_is_over_its_steps_as_in_the_run_read_whole(logs: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(logs / "mlflow.db")) as connection, connection:
        _add(connection, "late first", [(9, 1.5), (2, -_LARGEST), (5, 0.1 + 0.2)])
    early, _ = _early(logs, tmp_path / "early")
    with Library([logs], tmp_path / "workspace") as library:
        library.refresh()
        whole = {str(run.run_in_file): run for run in library.runs()}
        for name, columns in _columns(early).items():
            (values,) = library.columns([whole[name]], ["step", "return"])
            measured = ~np.isnan(values["return"])
            assert columns["step"] == values["step"][measured].tolist()
            assert columns["return"] == values["return"][measured].tolist()
    assert _columns(early)["late first"]["return"] == [-np.inf, 0.1 + 0.2, 1.5]


@pytest.mark.parametrize(
    "points", [[(0, 1.0), (1, None)], [(0, 1.0), (1, 2.0), (0, 3.0)]], ids=["nan", "a step twice"]
)
def test_a_run_of_which_more_is_to_be_told_waits_until_it_is_read(
    points: list[tuple[int, float | None]], logs: Path, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(logs / "mlflow.db")) as connection, connection:
        _add(connection, "odd", points)
    columns = _columns(_early(logs, tmp_path / "store")[0])
    assert columns["odd"] == {}
    assert columns["run0"] != {}


def test_the_whole_runs_replace_the_early_columns(logs: Path, tmp_path: Path) -> None:
    database, indexer = _early(logs, tmp_path / "store")
    assert indexer.read_tables() == _RUNS
    direct = open_database(tmp_path / "direct")
    Indexer(direct, logs).scan_all()

    def content(store: Database) -> list[object]:
        return [
            [tuple(row) for row in store.connection.execute(query)]
            for query in (
                "SELECT path, rows, columns, summary, issues, facts, read_crc FROM run ORDER BY path",
                "SELECT run, rows, columns, summary, inode, size, mtime, read_crc FROM file ORDER BY run",
                "SELECT run, rows FROM chunk ORDER BY run, seq",
            )
        ]

    assert content(database) == content(direct)
    assert str(_columns(database)) == str(_columns(direct))


def test_columns_that_are_asked_for_later_take_the_place_of_the_early_ones(
    logs: Path, tmp_path: Path
) -> None:
    database, indexer = _early(logs, tmp_path / "store")
    assert indexer.read_likely(lambda _: {"loss"}) == _RUNS
    assert _columns(database)["run0"] == {"step": [1, 3, 5], "loss": [-0.0, -1.0, -2.0]}
    assert indexer.read_tables() == _RUNS
    assert {*_columns(database)["run0"]} == {"step", "wall_time", "loss", "return"}
    assert indexer.read_likely(lambda _: {"loss"}) == 0


def test_what_users_look_at_is_read_before_what_is_likely() -> None:
    looked_at = LookedAt()
    names = ["step", "loss", "return", "aux"]
    assert looked_at.likely(names) == {"step", "return"}
    looked_at.change([["", "nowhere"], ["", "aux"]])
    assert looked_at.likely(names) == {"step", "aux"}
    looked_at.change([["", "nowhere"]])
    assert looked_at.likely(names) == {"step", "return"}


def test_what_users_come_to_look_at_while_runs_are_read_is_read_once(
    logs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    database, indexer = _early(logs, tmp_path / "store")
    looked_at = LookedAt()
    tell = looked_at.reading(indexer)
    tell("reading tables", 1, 9)
    assert {*_columns(database)["run0"]} == {"step", "return"}
    looked_at.change([["", "loss"]])
    tell("reading tables", 2, 9)
    assert {*_columns(database)["run0"]} == {"step", "return", "loss"}
    version = database.counter
    tell("reading tables", 3, 9)
    assert database.counter == version
    assert capsys.readouterr().out == "read 1 9\nread 2 9\nread 3 9\n"


def test_an_indexer_that_is_asked_for_columns_reads_on(logs: Path, tmp_path: Path) -> None:
    (indexer,) = start_indexers([logs], tmp_path / "workspace").values()
    try:
        indexer.ask_for([["", "loss"]])
        deadline = monotonic() + 30
        while indexer.progress.get(logs) != "ready":
            assert indexer.alive
            assert monotonic() < deadline
            sleep(0.02)
    finally:
        indexer.close()


@pytest.fixture
def of_trackio(tmp_path: Path) -> Path:
    """Three runs of Trackio, logged in turn; one has a text among its values, one lacks the likely metric."""
    (tmp_path / "trackio").mkdir()
    with closing(sqlite3.connect(tmp_path / "trackio" / "p.db")) as connection, connection:
        connection.execute(
            "CREATE TABLE metrics "
            "(id INTEGER PRIMARY KEY, timestamp TEXT, run_name TEXT, step INTEGER, metrics)"
        )
        for step in range(4):
            for run in ("plain", "odd", "other"):
                values: dict[str, object] = {"aux": step, "nested": {"loss": 1.0}, 'a"b': 1.0}
                if run != "other" and step:
                    values["return"] = 0.1 + step / 3 if run == "plain" or step < 3 else "NaN"
                text = json.dumps(values)
                row = (run, step, text.encode() if step % 2 else text)
                connection.execute("INSERT INTO metrics VALUES (NULL, '2026-01-01T00:00:00', ?, ?, ?)", row)
    return tmp_path / "trackio"


def test_the_likely_metric_of_runs_of_trackio_is_there_before_a_run_is_read(
    of_trackio: Path, tmp_path: Path
) -> None:
    early, indexer = _early(of_trackio, tmp_path / "early")
    if sqlite3.sqlite_version_info >= (3, 38):
        assert _columns(early) == {
            "plain": {"step": [1, 2, 3], "return": [0.1 + step / 3 for step in (1, 2, 3)]},
            "odd": {},
            "other": {},
        }
    assert indexer.read_tables() == 3
    whole = _columns(early)
    assert whole["plain"]["aux"] == [0, 1, 2, 3]
    assert whole["plain"]["return"][1:] == [0.1 + step / 3 for step in (1, 2, 3)]
    assert whole["other"]["nested/loss"] == [1.0] * 4


def test_rows_of_trackio_that_are_not_json_are_left_to_the_reading_of_the_run(
    of_trackio: Path, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(of_trackio / "p.db")) as connection, connection:
        connection.execute("UPDATE metrics SET metrics = '{' WHERE id = 2")
    early, indexer = _early(of_trackio, tmp_path / "early")
    assert {name: columns for name, columns in _columns(early).items() if columns} == {}
    assert indexer.read_tables() == 3


@pytest.fixture
def of_wandb(tmp_path: Path) -> Path:
    """Logs of W&B: usual ones, one with a text among its values, one without the likely metric."""

    def rows(number: int) -> list[bytes]:
        values = [{"return": number + step / 7, "a/return": -1.0, "aux": step} for step in range(4)]
        values[1].pop("return")
        return [history(10 * step, **each, text="y" * 500) for step, each in enumerate(values)]

    logs = {
        "plain0": [start(seed=0), *rows(0), summary(**{"return": 99.0})],
        "plain1": [start(seed=1), *rows(1)],
        "texts": [start(seed=2), *rows(2), history(50, **{"return": "NaN"})],
        "others": [start(seed=3), history(0, aux=1.0), history(1, aux=2.0)],
    }
    for name, records in logs.items():
        path = tmp_path / "logs of wandb" / f"offline-run-20260102_030405-{name}"
        path.mkdir(parents=True)
        (path / f"run-{name}.wandb").write_bytes(log(records))
    return tmp_path / "logs of wandb"


def _by_seed(database: Database) -> dict[object, dict[str, list[float]]]:
    runs = load_runs(database, 0)
    names = sorted({name for run in runs for name in run.summary})
    loaded = load_columns(database, [run.key[1] for run in runs], names)
    return {
        run.parameters["seed"]: {name: values.tolist() for name, values in loaded[run.key[1]].items()}
        for run in runs
    }


def test_the_likely_metric_of_logs_of_wandb_is_there_before_a_log_is_read(
    of_wandb: Path, tmp_path: Path
) -> None:
    database, indexer = _early(of_wandb, tmp_path / "store")
    early = _by_seed(database)
    assert [{*early[seed]} for seed in range(4)] == [
        {"_step", "return"}, {"_step", "return"}, set(), {"_step", "aux"},
    ]  # fmt: skip
    assert indexer.read_tables() == 4
    whole = _by_seed(database)
    for seed, columns in early.items():
        assert str(columns) == str({name: whole[seed][name] for name in columns})
    assert whole[0]["a/return"] == [-1.0] * 4


def test_a_library_reads_on_where_an_indexer_ended_early(logs: Path, tmp_path: Path) -> None:
    with Library([logs], tmp_path / "workspace") as library:
        source = library._sources[0]
        source.updater.index()
        assert read_early(source.database, source.updater._reload_and_changed(), likely_names) == _RUNS
        assert {run.rows for run in library.runs()} == {None}
        library.preview()
        assert {run.rows for run in library.runs()} == {6}
        assert {name for run in library.runs() for name in run.summary} == {
            "step",
            "wall_time",
            "return",
            "loss",
        }


def test_a_database_of_other_indexes_is_read_run_by_run(logs: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(logs / "mlflow.db")) as connection, connection:
        connection.executescript(
            "CREATE TABLE plain AS SELECT * FROM metrics; DROP TABLE metrics; "
            "ALTER TABLE plain RENAME TO metrics"
        )
    database, indexer = _early(logs, tmp_path / "store")
    assert {str(columns) for columns in _columns(database).values()} == {"{}"}
    assert indexer.read_tables() == _RUNS
