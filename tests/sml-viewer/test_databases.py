# ruff: noqa: E501, S608 - statements of SQL
"""Databases of MLflow and Trackio: one file holds many runs, read only, exactly, and while it grows."""

from __future__ import annotations

import json
import math
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from sml_viewer.columns.blank import blank_columns
from sml_viewer.library import Library
from sml_viewer.model.results import ScoreTable
from sml_viewer.model.run import Run
from sml_viewer.readers.trackers import sqlite_file
from sml_viewer.render.provenance import table_hash

from ..mlflow_tables import MLFLOW_TABLES

ReadRuns = Callable[[], list[Run]]

MLFLOW = (
    MLFLOW_TABLES
    + """INSERT INTO experiments VALUES (0, 'Default', 'active'), (1, 'cifar', 'active'), (2, 'old', 'deleted');
"""
)
TRACKIO = """
CREATE TABLE metrics (id INTEGER PRIMARY KEY AUTOINCREMENT, timestamp TEXT NOT NULL, run_name TEXT NOT NULL,
    step INTEGER NOT NULL, metrics TEXT NOT NULL);
CREATE TABLE configs (id INTEGER PRIMARY KEY AUTOINCREMENT, run_name TEXT NOT NULL, config TEXT NOT NULL,
    created_at TEXT NOT NULL, UNIQUE(run_name));
"""


def execute(path: Path, script: str, rows: Sequence[Sequence[object]] = ()) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as connection, connection:
        if rows:
            connection.executemany(script, rows)
        else:
            connection.executescript(script)


def test_tags_of_mlflow_are_facts_by_which_runs_are_selected(logs: Path, library: Library) -> None:
    execute(
        logs / "mlflow.db",
        MLFLOW
        + """
        CREATE TABLE tags (key VARCHAR(250) NOT NULL, value VARCHAR(8000), run_uuid VARCHAR(32) NOT NULL);
        INSERT INTO runs VALUES ('r1', 'owl', 'FINISHED', 1, 2, 'active', 1);
        INSERT INTO tags VALUES ('team', 'vision', 'r1'), ('mlflow.note.content', printf('%0500d', 1), 'r1');
        """,
    )
    log_metrics(logs / "mlflow.db", "r1", [("loss", 1.0, 1)])
    library.refresh()
    (run,) = library.runs()
    assert (run.name, run.settings) == ("cifar/owl", {"tags.team": "vision"})


def log_metrics(path: Path, run: str, rows: Sequence[tuple[str, float, int]]) -> None:
    """Each a name, a value, a step; stored as MLflow stores them."""
    execute(
        path,
        "INSERT INTO metrics VALUES (?, ?, ?, ?, ?, ?)",
        [
            (name, _finite(value), 1_700_000_000_000 + 1000 * step, run, step, math.isnan(value))
            for name, value, step in rows
        ],
    )


def _finite(value: float) -> float:
    if math.isnan(value):
        return 0.0
    return math.copysign(1.7976931348623157e308, value) if math.isinf(value) else value


def mlflow_database(path: Path, runs: int = 2) -> Path:
    execute(path, MLFLOW)
    for number in range(runs):
        run = f"{number:032x}"
        status = ("FINISHED", "FAILED", "RUNNING")[number % 3]
        execute(
            path,
            "INSERT INTO runs VALUES (?, ?, ?, ?, ?, 'active', 1)",
            [(run, f"fox-{number}", status, number, None)],
        )
        execute(
            path,
            "INSERT INTO params VALUES (?, ?, ?)",
            [("lr", f"{number + 1}e-4", run), ("net", "cnn", run)],
        )
        log_metrics(path, run, [("loss", 1 / (step + 1 + number), step) for step in range(5)])
        log_metrics(path, run, [("val/acc", step / 7, step) for step in range(0, 5, 2)])
    return path


def column(library: Library, run: Run, name: str) -> list[float]:
    (columns,) = library.columns([run], [name])
    return columns[name].tolist()


@pytest.fixture(params=["delete", "wal"])
def database(request: pytest.FixtureRequest, logs: Path) -> Path:
    path = mlflow_database(logs / "project" / "mlflow.db")
    execute(path, f"PRAGMA journal_mode = {request.param}")
    return path


def test_each_run_of_mlflows_database_is_a_run_with_its_numbers(database: Path, library: Library) -> None:
    library.refresh()
    first, second = library.runs()
    assert [run.name for run in (first, second)] == ["project/cifar/fox-0", "project/cifar/fox-1"]
    assert (first.reader, first.state, second.state) == ("mlflow_sqlite", "finished", "failed")
    assert first.parameters == {"lr": 1e-4, "net": "cnn"}
    assert column(library, second, "loss") == [1 / (step + 2) for step in range(5)]
    assert str(column(library, first, "val/acc")) == str([0.0, math.nan, 2 / 7, math.nan, 4 / 7])
    assert column(library, first, "step") == [0, 1, 2, 3, 4]
    assert column(library, first, "wall_time") == [1_700_000_000 + step for step in range(5)]


def test_reading_leaves_the_folder_of_a_database_as_it_was(database: Path, library: Library) -> None:
    before = {path.name: path.read_bytes() for path in database.parent.iterdir()}
    library.refresh()
    assert len(library.runs()) == 2
    assert {path.name: path.read_bytes() for path in database.parent.iterdir()} == before


def test_a_database_in_a_folder_that_cannot_be_written_to_is_read(
    database: Path, read_runs: ReadRuns
) -> None:
    database.parent.chmod(0o555)
    try:
        assert len(read_runs()) == 2
    finally:
        database.parent.chmod(0o755)


def test_not_a_number_is_blank_and_infinity_is_infinite(logs: Path, library: Library) -> None:
    path = mlflow_database(logs / "mlflow.db", 1)
    log_metrics(path, "0" * 32, [("odd", math.nan, 0), ("odd", math.inf, 1), ("odd", -math.inf, 2)])
    library.refresh()
    (run,) = library.runs()
    assert str(column(library, run, "odd")) == str([math.nan, math.inf, -math.inf, math.nan, math.nan])


def test_steps_below_zero_and_repeated_ones_and_long_parameters_are_as_logged(
    logs: Path, library: Library
) -> None:
    path = mlflow_database(logs / "mlflow.db", 0)
    execute(path, "INSERT INTO runs VALUES ('r', 'owl', 'FINISHED', 1, 2, 'active', 1)")
    execute(path, "INSERT INTO params VALUES ('prompt', ?, 'r')", [("x" * 3000,)])
    log_metrics(path, "r", [("acc", 0.5, -1), ("acc", 0.6, 0)])
    execute(path, "INSERT INTO metrics VALUES ('acc', 0.7, 1700000009000, 'r', 0, 0)")
    library.refresh()
    (run,) = library.runs()
    assert (column(library, run, "step"), column(library, run, "acc")) == ([-1, 0, 0], [0.5, 0.6, 0.7])
    assert run.flat["prompt"] == "x" * 3000


def test_a_parent_run_without_parameters_is_no_seed_of_its_children(
    logs: Path, table: Callable[..., ScoreTable]
) -> None:
    path = mlflow_database(logs / "mlflow.db", 0)
    for name in ("parent", "child1", "child2"):
        execute(path, f"INSERT INTO runs VALUES ('{name}', '{name}', 'FINISHED', 1, 2, 'active', 1)")
        log_metrics(path, name, [("acc", 0.9 if name == "parent" else 0.4, 0)])
    execute(path, "INSERT INTO params VALUES ('seed', '1', 'child1'), ('seed', '2', 'child2')")
    assert sorted((cell.n, cell.mean) for _, _, cell in table().cells()) == [(1, 0.9), (2, 0.4)]


def test_a_deleted_run_or_experiment_is_left_out(logs: Path, read_runs: ReadRuns) -> None:
    path = mlflow_database(logs / "mlruns.db", 3)
    execute(path, "UPDATE runs SET lifecycle_stage = 'deleted' WHERE name = 'fox-1'")
    execute(path, "UPDATE runs SET experiment_id = 2 WHERE name = 'fox-2'")
    assert [run.name for run in read_runs()] == ["cifar/fox-0"]


def test_runs_of_one_name_are_told_apart_by_their_ids(logs: Path, read_runs: ReadRuns) -> None:
    path = mlflow_database(logs / "mlflow.db")
    execute(
        path,
        "UPDATE runs SET name = 'same', run_uuid = CASE name WHEN 'fox-0' THEN 'aaaaaaaabb' ELSE 'ccccccccdd' END",
    )
    assert sorted(run.name for run in read_runs()) == ["cifar/same-aaaaaaaa", "cifar/same-cccccccc"]


def test_a_database_that_grows_is_followed_and_only_its_grown_runs_change(
    database: Path, library: Library
) -> None:
    library.refresh()
    versions = {run.name: run.version for run in library.runs()}
    log_metrics(database, f"{0:032x}", [("loss", 0.125, 5), ("late", 3.0, 5)])
    library.refresh()
    first, second = library.runs()
    assert column(library, first, "loss") == [*(1 / (step + 1) for step in range(5)), 0.125]
    assert str(column(library, first, "late")) == str([*[math.nan] * 5, 3.0])
    assert (first.version > versions[first.name], second.version) == (True, versions[second.name])


def test_a_metric_of_an_earlier_step_and_one_that_is_gone_are_read_anew(
    database: Path, library: Library
) -> None:
    library.refresh()
    log_metrics(database, f"{0:032x}", [("late", 3.0, 1)])
    execute(database, f"DELETE FROM metrics WHERE key = 'val/acc' AND run_uuid = '{1:032x}'")
    library.refresh()
    first, second = library.runs()
    assert str(column(library, first, "late")) == str([math.nan, 3.0, *[math.nan] * 3])
    assert "val/acc" not in second.columns


def test_a_new_run_a_new_state_and_a_new_parameter_are_noticed(database: Path, library: Library) -> None:
    library.refresh()
    execute(database, "UPDATE runs SET status = 'KILLED', end_time = 7 WHERE name = 'fox-0'")
    execute(
        database,
        "INSERT INTO runs SELECT 'f' || run_uuid, 'new', status, 9, 9, 'active', 0 FROM runs LIMIT 1",
    )
    execute(database, f"INSERT INTO params VALUES ('seed', '3', '{1:032x}')")
    library.refresh_known()
    states = {run.name: (run.state, run.parameters.get("seed")) for run in library.runs()}
    assert states == {
        "project/Default/new": ("killed", None),
        "project/cifar/fox-0": ("killed", None),
        "project/cifar/fox-1": ("failed", 3),
    }


def test_rows_that_lie_in_the_write_ahead_log_alone_are_read_while_their_writer_lives(
    logs: Path, library: Library
) -> None:
    path = mlflow_database(logs / "mlflow.db", 1)
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode = wal")
        writer.execute("PRAGMA wal_autocheckpoint = 0")
        for step in range(5, 8):
            writer.execute("INSERT INTO metrics VALUES ('loss', 9, 0, ?, ?, 0)", ("0" * 32, step))
            library.refresh_known()
            (run,) = library.runs()
            assert column(library, run, "loss")[5:] == [9.0] * (step - 4)
    # The writer was the last to have it open: nothing of it is held by us.
    assert sorted(path.name for path in logs.iterdir()) == ["mlflow.db"]


def test_a_copy_with_its_write_ahead_log_but_without_shared_memory_has_all_rows(
    logs: Path, tmp_path: Path, library: Library
) -> None:
    path = mlflow_database(tmp_path / "live" / "mlflow.db", 1)
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode = wal")
        writer.execute("INSERT INTO metrics VALUES ('loss', 9, 0, ?, 5, 0)", ("0" * 32,))
        for name in ("mlflow.db", "mlflow.db-wal"):
            shutil.copy(path.parent / name, logs / name)
    library.refresh()
    (run,) = library.runs()
    assert column(library, run, "loss")[5:] == [9.0]
    assert sorted(path.name for path in logs.iterdir()) == ["mlflow.db", "mlflow.db-wal"]


def test_a_database_beside_or_below_a_run_that_holds_that_run_is_counted_once(
    logs: Path, read_runs: ReadRuns
) -> None:
    (logs / "a").mkdir()
    (logs / "a" / "progress.csv").write_text("step,loss\n0,1\n")
    mlflow_database(logs / "a" / "mlruns" / "mlflow.db", 1)
    (run,) = read_runs()
    assert any(
        "mlruns/mlflow.db: a run in MLflow's database of the same run; its rows are not read" in note
        for note in run.notes
    )


def test_other_databases_and_files_of_that_name_are_no_runs(logs: Path, read_runs: ReadRuns) -> None:
    execute(logs / "other.db", "CREATE TABLE metrics (key, value)")
    (logs / "mlflow.db").write_text("not a database")
    (logs / "empty.db").touch()
    assert read_runs() == []


def test_a_database_that_is_cut_anywhere_never_raises_or_invents(logs: Path, library: Library) -> None:
    path = mlflow_database(logs / "mlflow.db", 1)
    whole = path.read_bytes()
    expected = {1 / (step + 1) for step in range(5)}
    for length in range(0, len(whole), 997):
        path.write_bytes(whole[:length])
        library.refresh()
        for run in library.runs():
            values = column(library, run, "loss") if "loss" in run.columns else []
            assert {value for value in values if not math.isnan(value)} <= expected


def test_a_database_whose_writer_crashed_is_named_with_the_reason_and_left_as_it_is(
    logs: Path, tmp_path: Path, library: Library
) -> None:
    path = mlflow_database(tmp_path / "live" / "mlflow.db", 1)
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("PRAGMA cache_size = 1")
        writer.execute("BEGIN")
        rows = [("x", 1.0, time, "0" * 32, time, 0) for time in range(5000)]
        writer.executemany("INSERT INTO metrics VALUES (?, ?, ?, ?, ?, ?)", rows)
        for name in ("mlflow.db", "mlflow.db-journal"):
            shutil.copy(path.parent / name, logs / name)
    before = {name.name: name.read_bytes() for name in logs.iterdir()}
    (update,) = library.refresh()
    assert library.runs() == []
    assert any("mlflow.db: not readable as an SQLite database" in note for note in update.notes)
    assert {name.name: name.read_bytes() for name in logs.iterdir()} == before


PAGE = 4096


def grown_database(path: Path, tail: int) -> None:
    """A database whose run has 600 rows, and `tail` more that were logged later, as MLflow's index has them."""
    mlflow_database(path, 2)
    execute(path, "CREATE INDEX index_metrics_run_uuid_key_step ON metrics (run_uuid, key, step)")
    log_metrics(path, "0" * 32, [("loss", step / 7, step) for step in range(5, 600)])
    if tail:
        log_metrics(path, "0" * 32, [("loss", step / 7, step) for step in range(600, 600 + tail)])


def exact_or_fewer(library: Library, expected: Sequence[float]) -> None:
    """No run of the library has a value that the whole database does not have."""
    for run in library.runs():
        if run.name.endswith("fox-0") and "loss" in run.columns:
            assert set(column(library, run, "loss")) <= {*expected}


@pytest.mark.parametrize("order", ["forwards", "backwards", "every other", "blank first"])
def test_a_database_that_is_copied_page_by_page_over_an_older_copy_is_exact_in_the_end(
    order: str, logs: Path, tmp_path: Path, library: Library
) -> None:
    older, newer, path = (
        tmp_path / "older" / "mlflow.db",
        tmp_path / "newer" / "mlflow.db",
        logs / "mlflow.db",
    )
    grown_database(older, 0)
    grown_database(newer, 900)
    whole = newer.read_bytes()
    expected = [1 / (step + 1) for step in range(5)] + [step / 7 for step in range(5, 1500)]
    path.write_bytes(b"" if order == "blank first" else older.read_bytes())
    library.refresh()
    pages = list(range(len(whole) // PAGE))
    pages = {"backwards": pages[::-1], "every other": pages[::2] + pages[1::2]}.get(order, pages)
    with path.open("r+b") as copy:
        if order == "blank first":
            copy.truncate(len(whole))
        for number, page in enumerate(pages):
            copy.seek(page * PAGE)
            copy.write(whole[page * PAGE : (page + 1) * PAGE])
            copy.flush()
            if number % 7 == 0:
                library.refresh_known()
                exact_or_fewer(library, expected)
    library.refresh()
    first, _ = library.runs()
    assert column(library, first, "loss") == expected


@pytest.mark.parametrize("order", ["forwards", "backwards", "every other", "middle last"])
@pytest.mark.parametrize("looks", [1, 7, 1000])
def test_a_large_database_that_is_copied_in_place_is_exact_once_the_copy_is_at_rest(
    order: str, looks: int, logs: Path, tmp_path: Path, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_file, "_SMALL", 0)
    older, newer, path = (tmp_path / "a" / "mlflow.db", tmp_path / "b" / "mlflow.db", logs / "mlflow.db")
    grown_database(older, 0)
    grown_database(newer, 900)
    whole = newer.read_bytes()
    expected = [1 / (step + 1) for step in range(5)] + [step / 7 for step in range(5, 1500)]
    path.write_bytes(older.read_bytes())
    library.refresh()
    pages = list(range(len(whole) // PAGE))
    third = len(pages) // 3
    orders = {
        "backwards": pages[::-1],
        "every other": pages[::2] + pages[1::2],
        "middle last": [*pages[-third:], *pages[:third], *pages[third:-third]],
    }
    with path.open("r+b") as copy:
        for number, page in enumerate(orders.get(order, pages)):
            copy.seek(page * PAGE)
            copy.write(whole[page * PAGE : (page + 1) * PAGE])
            copy.flush()
            if number % looks == 0:
                library.refresh_known()
                exact_or_fewer(library, expected)
    library.refresh()
    monkeypatch.setattr(sqlite_file, "_REST_SECONDS", 0.0)
    library.refresh_known()
    first, _ = library.runs()
    assert column(library, first, "loss") == expected


def test_a_large_database_with_a_hole_in_the_middle_is_read_again_once_it_is_at_rest(
    logs: Path, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_file, "_SMALL", 0)
    path = mlflow_database(logs / "mlflow.db", 1)
    execute(path, "DELETE FROM metrics WHERE step IN (1, 2)")
    library.refresh()
    hole = path.read_bytes()
    whole = bytearray(mlflow_database(logs.parent / "whole" / "mlflow.db", 1).read_bytes())
    # As if the header, with its number of transactions, came between the newest rows and earlier ones.
    whole[24:28] = whole[92:96] = (int.from_bytes(hole[24:28], "big") + 1).to_bytes(4, "big")
    path.write_bytes(whole)
    library.refresh()
    monkeypatch.setattr(sqlite_file, "_REST_SECONDS", 0.0)
    library.refresh_known()
    (run,) = library.runs()
    assert column(library, run, "loss") == [1 / (step + 1) for step in range(5)]


def test_rows_in_the_middle_that_come_after_the_newest_one_are_read(logs: Path, library: Library) -> None:
    """As when a page of the table is copied after a later one: the newest row is there, earlier ones are not."""
    path = mlflow_database(logs / "mlflow.db", 1)
    execute(path, "DELETE FROM metrics WHERE step IN (1, 2)")
    library.refresh()
    whole = mlflow_database(logs.parent / "whole" / "mlflow.db", 1).read_bytes()
    path.write_bytes(whole)
    library.refresh()
    (run,) = library.runs()
    assert column(library, run, "loss") == [1 / (step + 1) for step in range(5)]


def test_a_copy_without_its_log_has_fewer_rows_and_all_once_the_log_is_there(
    logs: Path, tmp_path: Path, library: Library
) -> None:
    live, path = tmp_path / "live" / "mlflow.db", logs / "mlflow.db"
    grown_database(live, 0)
    expected = [1 / (step + 1) for step in range(5)] + [step / 7 for step in range(5, 800)]
    with closing(sqlite3.connect(live, isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode = wal")
        writer.execute("PRAGMA wal_autocheckpoint = 0")
        for step in range(600, 800):
            row = (step / 7, 1_700_000_000_000 + 1000 * step, "0" * 32, step)
            writer.execute("INSERT INTO metrics VALUES ('loss', ?, ?, ?, ?, 0)", row)
        shutil.copy(live, path)
        library.refresh()
        assert column(library, library.runs()[0], "loss") == expected[:600]
        log = live.with_name("mlflow.db-wal").read_bytes()
        for length in (len(log) // 3, len(log) // 2, len(log)):
            path.with_name("mlflow.db-wal").write_bytes(log[:length])
            library.refresh()
            exact_or_fewer(library, expected)
    assert column(library, library.runs()[0], "loss") == expected


def trackio_database(path: Path, runs: int = 2) -> Path:
    execute(path, TRACKIO)
    for number in range(runs):
        config = json.dumps({"lr": 10.0**-number, "model": {"depth": 3}, "_Username": "me"})
        execute(
            path,
            "INSERT INTO configs (run_name, config, created_at) VALUES (?, ?, '')",
            [(f"run-{number}", config)],
        )
        log_rows(
            path, f"run-{number}", [{"loss": 1 / (step + 1), "train": {"acc": step}} for step in range(3)]
        )
    return path


def log_rows(path: Path, run: str, rows: Sequence[dict[str, object]], first: int = 0) -> None:
    values = [
        (f"2026-01-01T00:00:{first + step:02}+00:00", run, first + step, json.dumps(row))
        for step, row in enumerate(rows)
    ]
    execute(path, "INSERT INTO metrics (timestamp, run_name, step, metrics) VALUES (?, ?, ?, ?)", values)


def test_each_run_of_trackios_database_is_a_run_with_its_rows(logs: Path, library: Library) -> None:
    path = trackio_database(logs / "trackio" / "my-project.db")
    log_rows(
        path, "run-1", [{"loss": "NaN", "x": "Infinity", "image": {"_type": "trackio.image", "id": 3}}], 3
    )
    library.refresh()
    first, second = library.runs()
    assert [run.name for run in (first, second)] == ["trackio/my-project/run-0", "trackio/my-project/run-1"]
    assert (first.reader, first.state, first.rows) == ("trackio", None, 3)
    assert second.flat == {"lr": 0.1, "model.depth": 3}
    assert column(library, first, "train/acc") == [0, 1, 2]
    assert column(library, first, "wall_time") == [1767225600 + step for step in range(3)]
    assert str(column(library, second, "loss")) == str([1.0, 0.5, 1 / 3, math.nan])
    assert column(library, second, "x")[3] == math.inf
    assert not [name for name in second.columns if name.startswith("image")]


def test_a_run_of_trackio_grows_by_its_rows(logs: Path, library: Library) -> None:
    path = trackio_database(logs / "p.db")
    library.refresh()
    version = library.runs()[1].version
    log_rows(path, "run-0", [{"loss": 0.0}], 3)
    library.refresh_known()
    first, second = library.runs()
    assert column(library, first, "loss") == [1, 0.5, 1 / 3, 0]
    assert second.version == version


def test_rows_of_trackio_in_the_middle_that_come_after_the_newest_one_are_read(
    logs: Path, library: Library
) -> None:
    path = trackio_database(logs / "p.db")
    whole = path.read_bytes()
    execute(path, "DELETE FROM metrics WHERE step = 1")
    library.refresh()
    path.write_bytes(whole)
    library.refresh()
    assert [column(library, run, "loss") for run in library.runs()] == [[1, 0.5, 1 / 3]] * 2


def test_newer_databases_of_trackio_have_ids_of_runs_and_json_as_bytes(logs: Path, library: Library) -> None:
    path = logs / "p.db"
    execute(
        path,
        TRACKIO.replace("run_name TEXT", "run_id TEXT, run_name TEXT").replace(
            "UNIQUE(run_name)", "UNIQUE(run_id)"
        ),
    )
    for run in ("one", "two"):
        execute(
            path,
            "INSERT INTO configs (run_id, run_name, config, created_at) VALUES (?, 'same', ?, '')",
            [(run, b'{"lr":0.5}')],
        )
        execute(
            path,
            "INSERT INTO metrics (run_id, timestamp, run_name, step, metrics) VALUES (?, '', 'same', 0, ?)",
            [(run, b'{"loss":1.5}')],
        )
    library.refresh()
    first, second = library.runs()
    assert {first.name, second.name} == {"p/same-one", "p/same-two"}
    assert (first.parameters, column(library, second, "loss")) == ({"lr": 0.5}, [1.5])


def test_a_row_of_trackio_that_is_not_json_is_left_out_and_counted(logs: Path, library: Library) -> None:
    path = trackio_database(logs / "p.db", 1)
    execute(
        path, "INSERT INTO metrics (timestamp, run_name, step, metrics) VALUES ('', 'run-0', 3, '{\"a\"')"
    )
    library.refresh()
    (run,) = library.runs()
    assert run.rows == 3
    assert any("1 line " in note for note in run.notes)


@pytest.fixture
def several(logs: Path) -> Path:
    mlflow_database(logs / "a" / "mlflow.db", 3)
    trackio_database(logs / "b" / "p.db", 3)
    return logs


def test_runs_in_files_have_ids_and_paths_of_their_own(several: Path, read_runs: ReadRuns) -> None:
    runs = read_runs()
    assert len({run.id for run in runs}) == len({run.name for run in runs}) == 6


def test_the_page_and_figures_show_runs_of_databases_without_reading_these_as_tables(
    several: Path, library: Library, page: Any
) -> None:
    assert blank_columns(library.runs()) == []
    before = {run.name: table_hash(run) for run in library.runs()}
    assert len(set(before.values())) == 6
    log_rows(several / "b" / "p.db", "run-0", [{"loss": 0.0}], 3)
    library.refresh_known()
    after = {run.name: table_hash(run) for run in library.runs()}
    assert [name for name in before if before[name] != after[name]] == ["b/p/run-0"]
    for run in library.runs():
        shown = page.get(f"/api/v1/runs/{run.id}").get_json()
        assert shown["name"] == run.name
        assert page.get(f"/api/v1/runs/{run.id}/metrics").status_code == 200


def nested_runs(path: Path, parent_has: str = "loss") -> None:
    """A parent without parameters, with a value of its own, and two runs within it."""
    mlflow_database(path)
    execute(
        path,
        """
        CREATE TABLE tags (key VARCHAR(250) NOT NULL, value VARCHAR(8000), run_uuid VARCHAR(32) NOT NULL);
        INSERT INTO runs VALUES ('parent', 'search', 'FINISHED', 9, 9, 'active', 1);
        """,
    )
    rows = [("mlflow.parentRunId", "parent", f"{number:032x}") for number in range(2)]
    execute(path, "INSERT INTO tags VALUES (?, ?, ?)", rows)
    log_metrics(path, "parent", [(parent_has, 0.1, 0)])


def test_a_parent_of_nested_runs_is_left_out_of_figures_and_tables_of_their_metric(
    logs: Path, library: Library, curves: Any, table: Any
) -> None:
    nested_runs(logs / "mlflow.db")
    for shown in (curves(PLOTTING_XY=[["step", "loss"]]), table(PLOTTING_XY=[["step", "loss"]])):
        assert len(shown.algorithms) == 2
        assert [note for note in shown.notes if "parent of nested runs that have loss, too; left out" in note]
    assert len(library.runs()) == 3


def test_a_metric_that_only_the_parent_of_nested_runs_has_is_drawn(logs: Path, curves: Any) -> None:
    nested_runs(logs / "mlflow.db", parent_has="best_loss")
    drawn = curves(PLOTTING_XY=[["step", "best_loss"]])
    assert [run.name for panel in drawn.panels for curve in panel.curves for run in curve.runs] == [
        "cifar/search"
    ]
