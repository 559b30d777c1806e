"""State, tags and notes of a run that several trackers logged: from whichever of them knows."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from sml_viewer.library import Library
from sml_viewer.model.run import Run

from ..mlflow_tables import MLFLOW_TABLES
from .test_wandb import FOLDER, field, history, item, log, write

METRICS = "epoch,step,loss\n0,9,1\n1,19,0.5\n"


def lightning(folder: Path) -> None:
    (folder / "lightning_logs" / "version_0").mkdir(parents=True)
    (folder / "lightning_logs" / "version_0" / "metrics.csv").write_text(METRICS)


def wandb(folder: Path, code: int | None = 0, run: str = FOLDER) -> None:
    start = field(1, b"abc123") + field(4, item("lr", 0.1)) + field(9, b"see issue 3") + field(10, b"paper")
    end = [] if code is None else [field(18, field(1, code))]
    write(folder, log([field(17, start), history(0, loss=1.0), *end]), run)


def only(library: Library) -> Run:
    library.refresh()
    (run,) = library.runs()
    return run


@pytest.mark.parametrize(("code", "state"), [(0, "finished"), (1, "failed"), (None, None)])
@pytest.mark.parametrize("is_job", [True, False])
def test_the_table_of_lightning_counts_with_the_state_tags_and_note_of_wandb(
    logs: Path, library: Library, code: int | None, state: str | None, is_job: bool
) -> None:
    if is_job:
        (logs / "a" / ".hydra").mkdir(parents=True)
    lightning(logs / "a")
    wandb(logs / "a", code)
    run = only(library)
    assert (run.reader, run.rows, run.state) == ("tables", 2, state)
    assert (run.labels, run.note) == (("paper",), "see issue 3")


def test_a_log_in_the_folder_of_a_run_tells_its_state(logs: Path, library: Library) -> None:
    (logs / "a").mkdir()
    (logs / "a" / "progress.csv").write_text(METRICS)
    wandb(logs / "a", 1)
    assert only(library).state == "failed"


def test_an_end_that_is_recorded_later_is_noticed(logs: Path, library: Library) -> None:
    lightning(logs / "a")
    wandb(logs / "a", None)
    assert only(library).state is None
    wandb(logs / "a", 0)
    assert only(library).state == "finished"


def test_of_several_logs_of_one_tracker_none_tells_the_state(logs: Path, library: Library) -> None:
    (logs / "a").mkdir()
    (logs / "a" / "trainer_state.json").write_text(
        json.dumps({"log_history": [{"step": 1, "loss": 1.0}], "global_step": 1, "max_steps": 2})
    )
    wandb(logs / "a", 0)
    wandb(logs / "a", 1, "wandb/offline-run-20260102_040506-abc124")
    library.refresh()
    assert [run.state for run in library.runs() if run.reader == "trainer_state"] == [None]


def test_two_trackers_that_disagree_are_told(logs: Path, library: Library) -> None:
    (logs / "a").mkdir()
    (logs / "a" / "trainer_state.json").write_text(
        json.dumps({"log_history": [{"step": 1, "loss": 1.0}], "global_step": 2, "max_steps": 2})
    )
    wandb(logs / "a", 1)
    run = only(library)
    assert run.state == "finished"
    assert "a local run of W&B of the same run says failed, not finished" in run.remarks


def test_the_only_run_in_a_database_within_a_run_tells_its_state(logs: Path, library: Library) -> None:
    (logs / "a" / "mlruns").mkdir(parents=True)
    (logs / "a" / "progress.csv").write_text(METRICS)
    with closing(sqlite3.connect(logs / "a" / "mlruns" / "mlflow.db")) as connection, connection:
        connection.executescript(MLFLOW_TABLES)
        connection.execute("INSERT INTO experiments VALUES (0, 'Default', 'active')")
        connection.execute("INSERT INTO runs VALUES ('r', 'first', 'KILLED', 1, 2, 'active', 0)")
        connection.execute("INSERT INTO metrics VALUES ('loss', 0.5, 1700000000000, 'r', 1, 0)")
    assert only(library).state == "killed"


def test_parameters_that_only_another_log_has_are_taken_over_with_their_file(
    logs: Path, library: Library
) -> None:
    lightning(logs / "a")
    (logs / "a" / "lightning_logs" / "version_0" / "hparams.yaml").write_text("lr: 0.1\nlayers: [64, 64]\n")
    wandb(logs / "a")
    log_of = {"lr": 0.1, "layers": "[64, 64]", "seed": 3}
    start = b"".join(field(4, item(name, value)) for name, value in log_of.items())
    write(logs / "a", log([field(17, start), history(0, loss=1.0), field(18, field(1, 0))]))
    run = only(library)
    assert run.parameters == {"lr": 0.1, "layers": [64, 64], "seed": 3}
    assert not [note for note in run.remarks if "other values" in note]


def test_parameters_in_which_two_logs_differ_are_told_and_the_first_counts(
    logs: Path, library: Library
) -> None:
    lightning(logs / "a")
    (logs / "a" / "lightning_logs" / "version_0" / "hparams.yaml").write_text("lr: 0.5\n")
    wandb(logs / "a")
    run = only(library)
    assert run.parameters == {"lr": 0.5}
    assert [
        note for note in run.remarks if note.endswith(": lr: other values than in hparams.yaml, which count")
    ]
