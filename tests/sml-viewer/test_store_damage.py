"""A store that is damaged while it is used is rebuilt, once, with a warning; nothing wrong is ever shown."""

from __future__ import annotations

import contextlib
import json
import logging
import random
from pathlib import Path

import numpy as np
import pytest

from sml_viewer.errors import SmlViewerError
from sml_viewer.index.location import store_path
from sml_viewer.library import Library
from sml_viewer.model.run import Run

pytestmark = pytest.mark.slow

TRIALS = 120


def make_runs(logs: Path) -> None:
    for number in range(12):
        run = logs / f"run{number:02}"
        (run / "config").mkdir(parents=True)
        rows = "".join(f"{step},{step * 0.5 + number},{number - step}\n" for step in range(400))
        (run / "progress.csv").write_text(f"step,reward,loss{number % 3}\n{rows}")
        (run / "config" / "parameter.json").write_text(json.dumps({"seed": number, "lr": 0.1 * number}))
        (run / "config" / "run_config.json").write_text(json.dumps({"run_id": f"id{number}", "host": "hub"}))
        (run / "config" / "status.json").write_text('{"state": "finished"}')


def told(runs: list[Run]) -> dict[str, tuple[object, ...]]:
    """All that a list shows of runs, by name."""
    return {
        run.name: (
            run.id, dict(run.parameters), dict(run.provenance), run.state, run.rows, run.notes, run.identity,
            {name: tuple(run.summary[name]) for name in run.summary},
        )
        for run in runs
    }  # fmt: skip


def numbers_of(library: Library, runs: list[Run]) -> dict[str, dict[str, list[float]]]:
    names = ("step", "reward", "loss0", "loss1", "loss2")
    columns = library.columns(runs, names)
    return {
        run.name: {name: own[name].tolist() for name in own} for run, own in zip(runs, columns, strict=True)
    }


def flip(path: Path, randomly: random.Random) -> None:
    """Flip some bits of the store's file, as another program or a bad disk would."""
    data = bytearray(path.read_bytes())
    for _ in range(randomly.choice((1, 3, 20, 200, 3000))):
        place = randomly.randrange(len(data))
        data[place] ^= 1 << randomly.randrange(8)
    path.write_bytes(data)


def merged(library: Library) -> None:
    """All of the store in its one file."""
    for source in library._sources:
        source.database.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def test_bits_that_flip_in_a_store_show_nothing_wrong(
    logs: Path, workspace: Path, caplog: pytest.LogCaptureFixture
) -> None:
    make_runs(logs)
    with Library([logs], workspace) as library:
        library.refresh()
        right, right_numbers = told(library.runs()), numbers_of(library, library.runs())
        merged(library)
    store = store_path(workspace, logs)
    sound = store.read_bytes()
    anew = 0
    for trial in range(TRIALS):
        for path in store.parent.iterdir():
            path.unlink()
        store.write_bytes(sound)
        flip(store, random.Random(trial))
        caplog.clear()
        with caplog.at_level(logging.WARNING), Library([logs], workspace) as library:
            if trial % 2:
                library.refresh()
            shown: dict[str, tuple[object, ...]] = {}
            for _ in range(2):
                with contextlib.suppress(SmlViewerError):
                    if not library.runs():  # found damaged as it was opened
                        library.refresh()
                    runs = library.runs()
                    numbers = numbers_of(library, runs)
                    shown = told(runs)
                    break
            assert shown == right, trial
            for name, columns in numbers.items():
                assert columns.keys() == right_numbers[name].keys(), trial
                for column, values in columns.items():
                    np.testing.assert_array_equal(values, right_numbers[name][column], err_msg=str(trial))
        messages = [record for record in caplog.records if "is rebuilt" in record.message]
        anew += bool(messages)
        assert len(messages) <= 2, trial
    assert anew > TRIALS // 3


def test_a_store_that_is_damaged_under_an_open_library_is_made_anew_and_told(
    logs: Path, workspace: Path, caplog: pytest.LogCaptureFixture
) -> None:
    make_runs(logs)
    with Library([logs], workspace) as library:
        library.refresh()
        right = told(library.runs())
        connection = library._sources[0].database.connection
        with library._sources[0].database.writing():
            connection.execute("UPDATE run SET parameters = replace(parameters, '0.1', '0.7')")
            connection.execute("UPDATE counter SET version = version + 1")
            connection.execute("UPDATE run SET version = (SELECT version FROM counter)")
        with caplog.at_level(logging.WARNING):
            assert told(library.runs()) == right
            assert told(library.runs()) == right
        assert sum("is rebuilt" in record.message for record in caplog.records) == 1


def test_a_store_that_another_process_made_anew_is_taken_over(logs: Path, workspace: Path) -> None:
    make_runs(logs)
    with Library([logs], workspace) as library:
        library.refresh()
        right = told(library.runs())
        for path in store_path(workspace, logs).parent.iterdir():
            path.unlink()
        with Library([logs], workspace) as other:
            other.refresh()
        (logs / "run00" / "config" / "parameter.json").write_text('{"seed": 99}')
        library.refresh()
        assert told(library.runs()).keys() == right.keys()
        assert library.runs()[0].parameters == {"seed": 99}


def grown(run: Path, pieces: int, library: Library) -> None:
    """A run of several chunks, with a column that came late and one that went."""
    table = run / "progress.csv"
    table.parent.mkdir(parents=True)
    table.write_text("step,reward,late,early\n")
    for piece in range(pieces):
        with table.open("a") as file:
            for step in range(600 * piece, 600 * (piece + 1)):
                late, early = (step if piece else ""), ("" if piece else step)
                file.write(f"{step},{step * 0.5},{late},{early}\n")
        library.refresh()


@pytest.mark.parametrize(
    ("statement", "values"),
    [
        ("DELETE FROM blob WHERE seq = ? AND col IN (SELECT id FROM col WHERE name = 'reward')", (0, 1, 2)),
        ("DELETE FROM blob WHERE seq = ? AND col IN (SELECT id FROM col WHERE name = 'late')", (1, 2)),
        ("DELETE FROM blob WHERE seq = ?", (0, 1, 2)),
    ],
)
def test_a_piece_of_a_column_that_went_is_not_shown_as_blank(
    logs: Path, workspace: Path, caplog: pytest.LogCaptureFixture, statement: str, values: tuple[int, ...]
) -> None:
    names = ("step", "reward", "late", "early")
    with Library([logs], workspace) as library:
        grown(logs / "a", 3, library)
        assert library._sources[0].database.connection.execute("SELECT count(*) FROM chunk").fetchone() == (
            3,
        )
        right = {name: one.tolist() for name, one in library.columns(library.runs(), names)[0].items()}
    for seq in values:
        with Library([logs], workspace) as library:
            with library._sources[0].database.writing() as connection:
                connection.execute(statement, (seq,))
            caplog.clear()
            with caplog.at_level(logging.WARNING):
                with contextlib.suppress(SmlViewerError):
                    library.columns(library.runs(), names)
                (columns,) = library.columns(library.runs(), names)
            for name, one in columns.items():
                np.testing.assert_array_equal(one, right[name])
            assert columns.keys() == right.keys()
            assert sum("is rebuilt" in record.message for record in caplog.records) == 1
            for path in store_path(workspace, logs).parent.iterdir():
                path.unlink()
        with Library([logs], workspace) as library:
            (logs / "a" / "progress.csv").unlink()
            (logs / "a").rmdir()
            grown(logs / "a", 3, library)


def test_a_chunk_of_rows_that_went_with_all_its_numbers_is_damage(
    logs: Path, workspace: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Library([logs], workspace) as library:
        grown(logs / "a", 3, library)
        with library._sources[0].database.writing() as connection:
            connection.execute("DELETE FROM blob WHERE seq = 1")
            connection.execute("DELETE FROM chunk WHERE seq = 1")
        with caplog.at_level(logging.WARNING):
            with contextlib.suppress(SmlViewerError):
                library.columns(library.runs(), ("step", "reward"))
            (columns,) = library.columns(library.runs(), ("step", "reward"))
        assert columns["step"].tolist() == list(range(1800))
        assert sum("is rebuilt" in record.message for record in caplog.records) == 1
