"""JSON that a training writes once it has ended: Hugging Face's results and Keras' histories."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from sml_viewer.library import Library
from sml_viewer.model.run import Run
from sml_viewer.run_views.no_runs import describe_files

RESULTS = {"epoch": 3.0, "eval_accuracy": 0.8, "eval_loss": 0.5, "train_loss": 0.4, "train_runtime": 90.5}
HISTORY = {"loss": [1.0, 0.5, 0.25], "val_loss": [1.5, None, 0.5]}
EVENTS = Path(__file__).parent / "framework_files" / "lightning_tensorboard" / "lightning_logs" / "version_0"


def write(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))


def runs_of(library: Library) -> list[Run]:
    library.refresh()
    return list(library.runs())


def column(library: Library, run: Run, name: str) -> list[float]:
    (found,) = library.columns([run], [name])
    return found[name].tolist()


def test_results_alone_are_a_run_with_one_value_of_each(logs: Path, library: Library) -> None:
    write(logs / "a" / "all_results.json", RESULTS)
    write(logs / "a" / "eval_results.json", {"eval_loss": 9.0})
    (run,) = runs_of(library)
    assert (run.reader, run.rows, run.state) == ("trainer_results", 1, "finished")
    assert run.last == RESULTS


def test_results_beside_a_trainers_state_are_further_columns_of_its_run(logs: Path, library: Library) -> None:
    history = [{"step": 10, "loss": 1.0}, {"step": 20, "eval_loss": 0.75}]
    write(logs / "a" / "trainer_state.json", {"global_step": 20, "max_steps": 30, "log_history": history})
    write(logs / "a" / "checkpoint-20" / "eval_results.json", RESULTS)
    write(logs / "a" / "all_results.json", {**RESULTS, "test_f1": 0.25})
    (run,) = runs_of(library)
    assert (run.reader, run.rows, run.state) == ("trainer_state", 2, "finished")
    assert run.last["eval_loss"] == 0.75
    assert (run.last["test_f1"], run.last["eval_accuracy"]) == (0.25, 0.8)


def test_results_of_the_stages_are_one_run(logs: Path, library: Library) -> None:
    write(logs / "a" / "train_results.json", {"epoch": 2.0, "train_loss": 0.5})
    write(logs / "a" / "eval_results.json", {"epoch": 2.0, "eval_loss": 0.25})
    (run,) = runs_of(library)
    assert {"train_loss": 0.5, "eval_loss": 0.25}.items() <= run.last.items()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("results.json", {"results": {"mmlu": {"acc": 0.3}}}),
        ("all_results.json", {"mmlu": 0.3}),
        ("eval_results.json", [1, 2]),
        ("test_results.json", '{"test_loss": 0.'),
        ("history.json", {"user": ["alice"], "message": ["hi"]}),
        ("history.json", [{"command": "ls"}]),
        ("bash_history.json", {"a": "b"}),
        ("history.json", "{}"),
        ("loss.json", {"type": "focal", "gamma": 2.0}),
        ("predictions.json", {"target": [1.0, 2.0]}),
        ("metrics.json", [{"image_id": 1, "score": 0.5}]),
        ("log.json", {"epoch": [1, 2], "seconds": [3, 4]}),
    ],
)
def test_other_files_of_these_names_are_no_runs(
    logs: Path, library: Library, name: str, content: Any
) -> None:
    write(logs / "a" / name, content)
    assert runs_of(library) == []


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("history.json", HISTORY),
        ("training_history.json", {"history": HISTORY, "params": {"epochs": 3}}),
        ("hist_ppo.json", {name: {str(i): v for i, v in enumerate(HISTORY[name])} for name in HISTORY}),
        ("trainHistory.json", {name: [str(value) for value in HISTORY[name]] for name in HISTORY}),
        ("history.json", [{"loss": a, "val_loss": b} for a, b in zip(*HISTORY.values(), strict=True)]),
        ("history.json", "\r\n" + json.dumps(HISTORY, indent=4).replace("null", "NaN").replace("\n", "\r\n")),
    ],
)
def test_a_history_is_a_run_with_a_row_for_each_value(
    logs: Path, library: Library, name: str, content: Any
) -> None:
    write(logs / "a" / name, content)
    (run,) = runs_of(library)
    assert (run.reader, run.rows, run.state) == ("history", 3, None)
    assert column(library, run, "loss") == [1, 0.5, 0.25]
    assert str(column(library, run, "val_loss")) == "[1.5, nan, 0.5]"


@pytest.mark.parametrize(
    "name", ["evals_result.json", "xgb_evals_results.json", "train_losses.json", "learning_curve.json"]
)
def test_lists_by_data_set_and_metric_are_a_run(logs: Path, library: Library, name: str) -> None:
    """As XGBoost and LightGBM return their evaluations, one list for each data set and metric."""
    write(logs / "a" / name, {"train": {"rmse": [3.0, 2.0]}, "valid": {"rmse": [3.5, 2.5]}})
    (run,) = runs_of(library)
    assert column(library, run, "valid/rmse") == [3.5, 2.5]


@pytest.mark.parametrize("name", ["metrics.json", "train_log.json", "logs.json"])
def test_a_list_of_objects_with_steps_is_a_run(logs: Path, library: Library, name: str) -> None:
    write(logs / "a" / name, [{"epoch": epoch, "loss": 1 / epoch, "note": "x"} for epoch in (1, 2, 4)])
    (run,) = runs_of(library)
    assert (run.reader, column(library, run, "loss")) == ("history", [1, 0.5, 0.25])


def test_the_epochs_of_a_history_are_its_own_column(logs: Path, library: Library) -> None:
    write(logs / "a" / "history.json", {"history": HISTORY, "epoch": [5, 6, 7]})
    (run,) = runs_of(library)
    assert column(library, run, "epoch") == [5, 6, 7]


def test_lists_of_another_length_are_left_out_and_told(logs: Path, library: Library) -> None:
    write(logs / "a" / "history.json", {**HISTORY, "batch_loss": [1.0] * 500})
    (run,) = runs_of(library)
    assert "batch_loss" not in run.columns
    assert any("1 list of another length left out" in issue.sentence for issue in run.issues)


def test_histories_that_differ_in_a_number_are_a_run_each_and_others_sources_of_one(
    logs: Path, library: Library
) -> None:
    for name in ("a/history_fold1", "a/history_fold2", "b/history_train", "b/history_val"):
        write(logs / f"{name}.json", {**HISTORY, name: [len(name), 2, 3]})
    names = [run.name for run in runs_of(library)]
    assert sorted(names) == ["a/history_fold1", "a/history_fold2", "b"]


def test_a_long_history_is_recognised_by_its_beginning(logs: Path, library: Library) -> None:
    write(logs / "a" / "history.json", {"loss": [1 / (i + 1) for i in range(9000)]})
    (run,) = runs_of(library)
    assert run.rows == 9000


def test_a_history_that_is_cut_anywhere_never_raises(logs: Path, library: Library) -> None:
    whole = json.dumps(HISTORY)
    for length in range(0, len(whole), 3):
        write(logs / "a" / "history.json", whole[:length])
        assert all((run.rows or 0) == 0 for run in runs_of(library))


def test_a_history_beside_a_table_adds_what_that_lacks(logs: Path, library: Library) -> None:
    write(logs / "a" / "training.log", "epoch,loss\n0,1\n1,0.5\n2,0.125\n")
    write(logs / "a" / "history.json", HISTORY)
    (run,) = runs_of(library)
    assert (run.reader, run.last["loss"], run.last["val_loss"]) == ("tables", 0.125, 0.5)


@pytest.mark.parametrize("count", [1, 2])
def test_the_only_events_below_results_are_of_that_run_and_several_are_runs(
    logs: Path, library: Library, count: int
) -> None:
    write(logs / "a" / "all_results.json", RESULTS)
    for number in range(count):
        folder = logs / "a" / "runs" / f"Nov3{number}_12-00-00_host"
        folder.mkdir(parents=True)
        for file in EVENTS.glob("events*"):
            shutil.copy(file, folder)
    runs = runs_of(library)
    assert len(runs) == (1 if count == 1 else 3)
    if count == 1:
        assert {"eval_accuracy", "val_loss", "step"} <= {*runs[0].columns}


def test_pickles_are_told_and_never_loaded(tmp_path: Path) -> None:
    (tmp_path / "trainHistoryDict.pkl").write_bytes(b"cos\nsystem\n(S'false'\ntR.")
    assert "1 pickle, never loaded as that can run code" in describe_files(tmp_path)


TOML = 'lr = 1e-4\nstart = 2020-01-02\n[net]\nlayers = [64, 64]\napi_key = "abc-12345"\n'


@pytest.mark.skipif(sys.version_info < (3, 11), reason="Python reads TOML since 3.11")
def test_parameters_in_toml_are_nested_and_secrets_in_it_hidden(logs: Path, library: Library) -> None:
    write(logs / "a" / "progress.csv", "step,loss\n0,1\n")
    write(logs / "a" / "config.toml", TOML.replace("\n", "\r\n"))
    (run,) = runs_of(library)
    assert run.parameters == {
        "lr": 1e-4,
        "start": "2020-01-02",
        "net": {"layers": [64, 64], "api_key": "<redacted>"},
    }


def test_toml_that_cannot_be_read_is_told(logs: Path, library: Library) -> None:
    write(logs / "a" / "progress.csv", "step,loss\n0,1\n")
    write(logs / "a" / "config.toml", "lr = \n")
    (run,) = runs_of(library)
    reason = "invalid TOML" if sys.version_info >= (3, 11) else "TOML needs Python 3.11 or newer"
    assert any(note.startswith(f"config.toml cannot be read: {reason}") for note in run.notes)


def test_compressed_files_are_told(tmp_path: Path) -> None:
    (tmp_path / "progress.csv.gz").write_bytes(b"\x1f\x8b")
    assert "1 compressed file, not read: unpack what is a log" in describe_files(tmp_path)
