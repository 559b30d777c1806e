"""What frameworks write besides progress tables: claimed by what it holds, read as their own tools would."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sml_viewer.library import Library
from sml_viewer.model.run import Run
from sml_viewer.model.table_layouts import TABLE
from sml_viewer.readers.registry import registry
from sml_viewer.readers.text_tables.csv_orjson import plain_rows
from sml_viewer.readers.text_tables.header import read_header
from sml_viewer.readers.text_tables.json_lines import json_rows
from sml_viewer.readers.text_tables.read_csv import read_lines
from sml_viewer.select.query.parser import parse_query

ReadRuns = Callable[[], list[Run]]


def write(path: Path, content: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


def column(library: Library, run: Run, name: str) -> list[float]:
    (found,) = library.columns([run], [name])
    return found[name].tolist()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("version_0/metrics.csv", "acc,epoch,step,train_loss\n,0,9,0.5\n0.75,0,9,\n"),
        ("yolo/results.csv", "                  epoch,      train/box_loss\n              1,         1.5\n"),
        ("timm/summary.csv", "epoch,train_loss,eval_top1\n0,6.9,0.1\n"),
        ("keras/training_log.csv", "epoch,accuracy,loss\n0,0.5,1.2\n"),
        ("keras/training.log", "epoch,accuracy,loss\n0,0.5,1.2\n"),
        ("acme/logs.csv", "actor_episodes,actor_steps,episode_return\n1,1000,0.5\n"),
        ("any/of my results.tsv", "Iteration\tReward\n0\t0.5\n"),
        ("any/b.csv", "train_step,loss\n10,0.5\n"),
        ("any/c.csv", "global step,loss\n10,0.5\n"),
        ("any/f.csv", "Wall time,Step,Value\n1700000000.5,0,0.5\n"),
        ("any/g.csv", '"epoch","val.loss"\n"0","0.5"\n'),
        ("any/h.csv", "轮次,损失\n0,0.5\n"),
        ("train.log", "epoch,loss\n0,0.5\n"),
        ("any/d.csv", "epoch,loss\n" + "".join(f"1,0.{number}\n" for number in range(40))),
        ("any/e.csv", "step,loss\n" + "".join(f"{number % 30},0.5\n" for number in range(60))),
    ],
)
def test_a_table_of_steps_is_a_run_and_has_the_numbers_of_pandas(
    logs: Path, library: Library, name: str, content: str
) -> None:
    path = write(logs / name, content)
    library.refresh()
    (run,) = library.runs()
    assert (run.reader, run.tables) == ("tables", (path.name,))
    expected = pd.read_csv(path, sep="\t" if name.endswith("tsv") else ",", skipinitialspace=True)
    assert set(run.columns) == set(expected.columns)
    for title, values in expected.items():
        assert str(column(library, run, str(title))) == str(values.astype(float).tolist())


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("data.csv", "id,label\n1,2\n"),
        ("results.csv", "name,step\nx,1\n"),
        ("frames.csv", "frame,x,y\n0,1,2\n"),
        ("steps.csv", "step,instruction\n1,boil water\n2,stir\n"),
        ("step.csv", "step\n1\n"),
        ("stepwise.csv", "step_size,loss\n1,2\n"),
        ("timings.csv", "step time,loss\n1,2\n"),
        ("numbers.csv", "0,1,2\n3,4,5\n"),
        ("chat.jsonl", '{"role": "user", "content": "step"}\n'),
        ("texts.jsonl", '{"step": "one", "text": "x"}\n'),
        ("steps.jsonl", '{"step": 1, "instruction": "boil water"}\n'),
        ("shuffled.csv", "step,x\n" + "".join(f"{number * 11 % 20},{number}\n" for number in range(20))),
        (
            "payments.csv",
            "step,type,amount,name\n" + "".join(f"1,PAYMENT,{number}.5,C{number}\n" for number in range(20)),
        ),
        ("metrics.json", '{"return": {"steps": [1], "values": [2]}}\n'),
        ("log.txt", "step 1: loss 2\n"),
        ("empty.csv", ""),
        (".hidden.csv", "step,x\n1,2\n"),
        ("picture.csv", "\x89PNG\0\0\0step,x\n"),
    ],
)
def test_a_file_that_counts_no_steps_is_no_run(
    logs: Path, read_runs: ReadRuns, name: str, content: str
) -> None:
    write(logs / "a" / name, content)
    assert read_runs() == []


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        (
            "metrics.jsonl",
            ['{"step": 1, "train": {"loss": 0.5}}', '{"step": 2, "train": {"loss": NaN}, "fps": 3}'],
        ),
        (
            "metrics.json",
            ['{"iteration": 19, "total_loss": 2.5, "data_time": 0.01}', '{"iteration": 39, "eta": 1}'],
        ),
        ("scalars.json", ['{"lr": 0.1, "epoch": 1, "iter": 10, "loss": 3, "step": 10}']),
        (
            "log.txt",
            ['{"train_lr": 1e-6, "train_loss": 6.9, "test_acc1": 0.5, "epoch": 0, "n_parameters": 5}'],
        ),
        ("my run.ndjson", ['{"env_step": 5, "score": -1}']),
        ("20240105_120000.log.json", ['{"mode": 1, "epoch": 1, "iter": 50, "loss": 0.5}']),
    ],
)
def test_json_lines_with_a_step_are_a_run_and_have_the_numbers_of_json(
    logs: Path, library: Library, name: str, lines: list[str]
) -> None:
    write(logs / "a" / name, "\n".join(lines) + "\n")
    library.refresh()
    (run,) = library.runs()
    assert (run.reader, run.rows) == ("tables", len(lines))
    rows = [pd.json_normalize(json.loads(line), sep="/").iloc[0].to_dict() for line in lines]
    for title in {title for row in rows for title in row}:
        expected = [float(row.get(title, math.nan)) for row in rows]
        assert str(column(library, run, title)) == str(expected)


def test_training_and_evaluation_beside_each_other_are_two_sources_of_one_run(
    logs: Path, library: Library
) -> None:
    write(logs / "a" / "train.csv", "episode_reward,frame\n1,1000\n2,2000\n")
    write(logs / "a" / "eval.csv", "episode_reward,frame\n5,2000\n")
    library.refresh()
    (run,) = library.runs()
    assert column(library, run, "eval/episode_reward") == [5]
    assert column(library, run, "train/episode_reward") == [1, 2]


def test_the_processes_of_a_run_of_acme_are_sources_of_one_run(logs: Path, library: Library) -> None:
    for label, steps in (("actor", 3), ("evaluator", 2)):
        rows = "".join(f"{number},{number * 100},{number / 7}\n" for number in range(steps))
        write(logs / "uid" / "logs" / label / "logs.csv", "episodes,actor_steps,episode_return\n" + rows)
    library.refresh()
    (run,) = library.runs()
    assert (run.name, [source.name for source in run.sources]) == ("uid", ["", "actor"])
    assert column(library, run, "episode_return") == [0, 1 / 7]
    assert column(library, run, "actor/episode_return") == [0, 1 / 7, 2 / 7]


def test_tables_with_equal_columns_in_one_folder_are_a_run_each(logs: Path, read_runs: ReadRuns) -> None:
    for seed in (1, 2, 3):
        write(logs / "results" / f"ppo_s{seed}.csv", f"step,return\n0,{seed}\n10,{seed + 1}\n")
    assert [run.name for run in read_runs()] == ["results/ppo_s1", "results/ppo_s2", "results/ppo_s3"]


def test_each_log_of_mmcv_is_a_run_behind_its_long_line_of_settings(logs: Path, read_runs: ReadRuns) -> None:
    settings = json.dumps({"env_info": "gcc 9\n" * 9_000, "seed": 0, "config": "model = dict()"})
    rows = [{"mode": "train", "epoch": epoch, "iter": 50, "loss": 1 / epoch} for epoch in (1, 2)] + [
        {"mode": "val", "epoch": 2, "iter": 9, "bbox_mAP": 0.5}
    ]
    for start in ("20240105_120000", "20240106_120000"):
        lines = [settings, *map(json.dumps, rows)]
        write(logs / "retina" / f"{start}.log.json", "\n".join(lines) + "\n")
    assert [(run.name, run.rows) for run in read_runs()] == [
        ("retina/20240105_120000.log", 4),
        ("retina/20240106_120000.log", 4),
    ]


def test_rounds_of_federated_training_are_steps(logs: Path, read_runs: ReadRuns) -> None:
    write(logs / "fedavg" / "result.csv", "round,accuracy\n1,0.3\n2,0.5\n")
    assert [run.name for run in read_runs()] == ["fedavg"]


def test_a_folder_of_very_many_tables_is_a_data_set(logs: Path, read_runs: ReadRuns) -> None:
    for number in range(65):
        write(logs / "episodes" / f"{number}.csv", "step,x\n0,1\n1,2\n")
    assert read_runs() == []


def test_a_table_that_grows_is_followed(logs: Path, library: Library) -> None:
    path = write(logs / "a" / "metrics.csv", "epoch,loss\n0,1\n")
    library.refresh()
    with path.open("a") as file:
        file.write("1,0.5\n2,")
    library.refresh()
    (run,) = library.runs()
    assert column(library, run, "loss") == [1, 0.5]


def trainer_state(folder: Path, steps: int, most: int = 30) -> Path:
    """As the Trainer saves it: an entry of training for every 10 steps, one of evaluation at the last."""
    history: list[dict[str, float]] = [
        {"epoch": step / 10, "loss": 1 / step, "learning_rate": 1e-5, "step": step}
        for step in range(10, steps + 1, 10)
    ]
    history.append({"epoch": steps / 10, "eval_loss": 0.25, "step": steps})
    state = {"global_step": steps, "max_steps": most, "train_batch_size": 8, "log_history": history}
    return write(folder / "trainer_state.json", json.dumps(state))


def test_a_trainers_state_has_a_row_for_each_step(logs: Path, library: Library) -> None:
    path = trainer_state(logs / "a", 30)
    library.refresh()
    (run,) = library.runs()
    history = json.loads(path.read_text())["log_history"]
    assert (run.reader, run.rows, run.state) == ("trainer_state", 3, "finished")
    assert column(library, run, "loss") == [entry["loss"] for entry in history[:3]]
    assert str(column(library, run, "eval_loss")) == "[nan, nan, 0.25]"
    assert run.parameters == {"train_batch_size": 8, "max_steps": 30}


def test_the_newest_checkpoint_is_the_run_and_no_other(logs: Path, library: Library) -> None:
    trainer_state(logs / "a" / "checkpoint-9", 9)
    trainer_state(logs / "a" / "checkpoint-20", 20)
    write(logs / "a" / "runs" / "now" / "events.out.tfevents.1700000000.host", "")
    library.refresh()
    (run,) = library.runs()
    assert (run.name, run.rows, run.state) == ("a", 2, None)
    assert "runs/now: TensorBoard event files of the same run; its rows are not read" in run.notes


def test_a_state_that_is_cut_anywhere_never_raises(logs: Path, library: Library) -> None:
    path = trainer_state(logs / "a", 20)
    whole = path.read_text()
    for length in range(0, len(whole), 7):
        path.write_text(whole[:length])
        library.refresh()
        (run,) = library.runs()
        assert (run.rows or 0) == 0


def evaluations(folder: Path, count: int = 4) -> dict[str, np.ndarray]:
    numbers = np.random.default_rng(0)
    arrays = {
        "timesteps": np.arange(1, count + 1) * 1000,
        "results": numbers.normal(size=(count, 5)),
        "ep_lengths": numbers.integers(1, 500, (count, 5)),
    }
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(folder / "evaluations.npz", **arrays)
    return arrays


def test_an_evaluation_is_a_row_and_its_episodes_are_a_mean(logs: Path, library: Library) -> None:
    arrays = evaluations(logs / "a")
    library.refresh()
    (run,) = library.runs()
    assert run.reader == "evaluations"
    assert column(library, run, "timesteps") == arrays["timesteps"].tolist()
    assert column(library, run, "eval/mean_reward") == arrays["results"].mean(axis=1).tolist()
    assert column(library, run, "eval/mean_ep_length") == arrays["ep_lengths"].mean(axis=1).tolist()


def test_evaluations_beside_monitors_are_a_further_source_of_the_run(logs: Path, library: Library) -> None:
    arrays = evaluations(logs / "PPO_1")
    write(
        logs / "PPO_1" / "0.monitor.csv", '#{"t_start": 1.0, "env_id": "X-v0"}\nr,l,t\n1,10,0.5\n2,10,0.9\n'
    )
    write(
        logs / "PPO_1" / "X-v0" / "args.yml",
        "!!python/object/apply:collections.OrderedDict\n- - - seed\n    - 3\n",
    )
    write(logs / "PPO_1" / "X-v0" / "config.yml", "gamma: 0.99\nlr: 1e-4\n")
    library.refresh()
    (run,) = library.runs()
    assert [source.name for source in run.sources] == ["", "evaluations"]
    assert column(library, run, "eval/mean_reward") == arrays["results"].mean(axis=1).tolist()
    assert column(library, run, "r") == [1, 2]
    assert run.parameters == {"seed": 3, "gamma": 0.99, "lr": 1e-4}


def test_pickles_and_torn_archives_are_told_and_not_loaded(logs: Path, library: Library) -> None:
    arrays = evaluations(logs / "torn")
    path = logs / "torn" / "evaluations.npz"
    path.write_bytes(path.read_bytes()[:-40])
    evaluations(logs / "pickled")
    np.savez(logs / "pickled" / "evaluations.npz", timesteps=np.array([{}]), results=arrays["results"])
    library.refresh()
    pickled, torn = library.runs()
    assert (pickled.rows or 0, torn.rows or 0) == (0, 0)
    assert any("not a whole archive of arrays" in note for note in torn.notes)
    assert any("it has no timesteps" in note for note in pickled.notes)


def test_a_run_in_a_hydra_folder_has_its_parameters(logs: Path, read_runs: ReadRuns) -> None:
    for number, lr in enumerate((0.1, 0.01)):
        folder = logs / "multirun" / "2026-01-01" / str(number)
        write(folder / ".hydra" / "config.yaml", f"optimizer:\n  lr: {lr}\nseed: 1\n")
        write(folder / ".hydra" / "overrides.yaml", f"- optimizer.lr={lr}\n")
        write(folder / "lightning_logs" / "version_0" / "metrics.csv", "epoch,step,loss\n0,9,1\n")
    first, second = read_runs()
    assert (first.flat["optimizer.lr"], second.flat["optimizer.lr"]) == (0.1, 0.01)
    assert first.varied == ("optimizer.lr",)


def mlflow_run(folder: Path, status: int = 3, **metrics: list[tuple[int, float, int]]) -> Path:
    """As MLflow's file store writes it."""
    write(folder / "meta.yaml", f"lifecycle_stage: active\nrun_name: nice-fox-1\nstatus: {status}\n")
    for name, rows in metrics.items():
        lines = "".join(f"{time} {value} {step}\n" for time, value, step in rows)
        write(folder / "metrics" / name.replace("__", "/"), lines)
    write(folder / "params" / "lr", "0.01")
    write(folder / "params" / "model" / "name", "resnet18")
    return folder


def test_a_run_of_mlflows_file_store_has_its_metrics_parameters_and_state(
    logs: Path, library: Library
) -> None:
    acc = [(1_700_000_000_000 + step, step / 7, step) for step in range(0, 50, 10)]
    loss = [(1_700_000_000_000 + step, 1 / (step + 1), step) for step in range(50)]
    folder = mlflow_run(logs / "mlruns" / "0" / ("ab" * 16), acc=acc, train__loss=[*loss, (1, math.nan, 50)])
    write(folder / "artifacts" / "history.csv", "epoch,loss\n0,1\n")
    write(logs / "mlruns" / "0" / "models" / ("m-" + "c" * 32) / "meta.yaml", "x: 1\n")
    library.refresh()
    (run,) = library.runs()
    assert (run.reader, run.state) == ("mlflow", "finished")
    assert run.parameters == {"lr": 0.01, "model/name": "resnet18"}
    assert column(library, run, "acc") == [value for _, value, _ in acc]
    assert column(library, run, "train/loss")[:50] == [value for _, value, _ in loss]
    assert column(library, run, "train/loss/step") == [*range(51)]
    assert "artifacts: tables with a column of steps of the same run; its rows are not read" in run.notes


def test_a_running_or_deleted_run_of_mlflow_is_not_said_to_run(logs: Path, library: Library) -> None:
    mlflow_run(logs / "0" / ("a" * 32), status=1, x=[(1, 1.0, 1)])
    deleted = mlflow_run(logs / "0" / ("b" * 32), x=[(1, 1.0, 1)])
    write(deleted / "meta.yaml", "lifecycle_stage: deleted\nstatus: 3\n")
    library.refresh()
    (run,) = library.runs()
    assert (run.path.name, run.state) == ("a" * 32, None)
    write(logs / "0" / ("a" * 32) / "meta.yaml", "lifecycle_stage: active\nstatus: 4\n")
    library.refresh()
    (run,) = library.runs()
    assert run.state == "failed"


def test_runs_of_mlflow_have_the_names_and_tags_that_mlflow_shows(logs: Path, library: Library) -> None:
    for number, (name, team) in enumerate([("calm-owl-1", "a"), ("calm-owl-1", "b"), ("big/fish-2", "a")]):
        folder = mlflow_run(logs / "mlruns" / "7" / (f"{number}" * 32), x=[(1, 1.0, 1)])
        write(folder / "tags" / "mlflow.runName", name)
        write(folder / "tags" / "team", team)
        write(folder / "tags" / "mlflow.log-model.history", "x" * 1000)
    write(logs / "mlruns" / "7" / "meta.yaml", "name: resnets\n")
    library.refresh()
    assert [run.name for run in library.runs()] == [
        "mlruns/resnets/big/fish-2",
        "mlruns/resnets/calm-owl-1-00000000",
        "mlruns/resnets/calm-owl-1-11111111",
    ]
    chosen = parse_query("tags.team = a", library.runs()).select(library.runs())
    assert [run.path.name[0] for run in chosen] == ["2", "0"]
    (fish, *_) = library.runs()
    assert fish.settings == {"tags.mlflow.runName": "big/fish-2", "tags.team": "a"}
    assert fish.parameters == {"lr": 0.01, "model/name": "resnet18"}


def test_a_run_with_a_file_for_each_metric_has_the_rows_of_the_longest(logs: Path, library: Library) -> None:
    mlflow_run(logs / ("a" * 32), acc=[(1, 0.5, 9)], loss=[(1, 1.0, step) for step in range(30)])
    write(logs / "ppo" / "scalars" / "a_return.csv", "0,1.5\n")
    write(logs / "ppo" / "scalars" / "loss.csv", "0,0.5\n5,0.25\n7,0.125\n")
    library.refresh()
    assert {run.reader: run.rows for run in library.runs()} == {"mlflow": 30, "torchrl": 3}


def test_a_metric_of_mlflow_cut_anywhere_and_grown_is_what_was_whole(logs: Path, library: Library) -> None:
    rows = [(1_700_000_000_000, step / 3, step) for step in range(6)]
    path = mlflow_run(logs / ("a" * 32), x=rows) / "metrics" / "x"
    whole = path.read_bytes()
    for length in range(1, len(whole) + 1, 3):
        with path.open("r+b") as file:
            file.truncate(0)
            file.write(whole[:length])
        library.refresh()
        (run,) = library.runs()
        found = column(library, run, "x") if run.rows else []
        assert found == [value for _, value, _ in rows][: whole[:length].count(b"\n")]


def sacred_run(folder: Path, status: str = "COMPLETED") -> None:
    """As Sacred writes it, with what PyMARL puts into `info.json`."""
    write(folder / "run.json", json.dumps({"status": status, "experiment": {"name": "pymarl"}}))
    write(folder / "config.json", json.dumps({"seed": 7, "env_args": {"key": "foraging"}, "lr": 0.0005}))
    loss = {
        "steps": [10, 20],
        "timestamps": ["2026-01-01T00:00:00.5", "2026-01-01T00:00:01"],
        "values": [1, 0.5],
    }
    write(folder / "metrics.json", json.dumps({"loss": loss}))
    info = {
        "loss": [1, 0.5],
        "loss_T": [10, 20],
        "grad": [{"py/object": "numpy.float32", "value": 3.5}],
        "grad_T": [20],
    }
    write(folder / "info.json", json.dumps({**info, "nan": [math.nan, 2], "nan_T": [10, 20], "name": "x"}))


def test_a_run_of_sacred_has_metrics_parameters_and_state(logs: Path, library: Library) -> None:
    sacred_run(logs / "results" / "1")
    write(logs / "results" / "_sources" / "main.py", "")
    library.refresh()
    (run,) = library.runs()
    assert (run.name, run.reader, run.state, run.rows) == ("results/1", "sacred", "finished", 2)
    assert (run.flat["seed"], run.flat["env_args.key"]) == (7, "foraging")
    assert set(run.columns) == {"step", "wall_time", "loss", "grad", "nan"}
    assert column(library, run, "loss") == [1, 0.5]
    assert column(library, run, "wall_time") == [1767225600.5, 1767225601]
    assert str(column(library, run, "grad")) == "[nan, 3.5]"
    assert column(library, run, "nan")[1] == 2


@pytest.mark.parametrize(
    ("status", "state"), [("RUNNING", None), ("FAILED", "failed"), ("INTERRUPTED", "killed")]
)
def test_the_state_of_sacred_is_its_own_word(
    logs: Path, read_runs: ReadRuns, status: str, state: str | None
) -> None:
    sacred_run(logs / "1", status)
    (logs / "1" / "metrics.json").write_text("{}")
    (logs / "1" / "info.json").unlink()
    (run,) = read_runs()
    assert (run.state, run.rows) == (state, 0)


def test_a_run_of_sacred_that_is_cut_anywhere_never_raises(logs: Path, library: Library) -> None:
    sacred_run(logs / "1")
    for name in ("metrics.json", "info.json"):
        path = logs / "1" / name
        whole = path.read_text()
        for length in range(0, len(whole) - 1, 5):
            path.write_text(whole[:length])
            library.refresh()
            (run,) = library.runs()
            assert not set(column(library, run, "loss") if "loss" in run.columns else ()) - {1, 0.5}


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(["step", "loss", "a/b", "\u00e9", "n"]),
            st.one_of(
                st.integers(-(10**25), 10**25),
                st.floats(),
                st.booleans(),
                st.none(),
                st.text(max_size=3),
                st.dictionaries(st.sampled_from("xy"), st.floats(), max_size=2),
            ),
            max_size=4,
        ),
        max_size=6,
    ),
    st.sampled_from(["\n", "\r\n", "\n\n", ",\n", "}\n"]),
)
def test_json_lines_read_at_once_are_what_python_reads_line_by_line(
    objects: list[dict[str, object]], end: str
) -> None:
    lines = [json.dumps(value) for value in objects]
    rows = json_rows("".join(line + end for line in lines).encode())
    if end in ("\n", "\r\n", "\n\n"):
        expected = [pd.json_normalize(value, sep="/").to_dict("records") for value in objects]
        assert rows.count == len(objects)
        for name, values in rows.columns.items():
            cells = [(records[0] if records else {}).get(name, math.nan) for records in expected]
            known = [float(cell) if isinstance(cell, (int, float)) else math.nan for cell in cells]
            assert str(values.tolist()) == str(known)
    else:
        assert rows.count == 0


@pytest.mark.parametrize(
    "lines",
    [
        b'{"a": 1, "b": 2.5}\n{"b": 3, "a": 4}\n',
        b'{"a": 1}\n{"b": 2}\n',
        b'{"a": 1}\n{"a": true}\n',
        b'{"a": 1, "b": 2}\n{"a": 3, "c": 4}\n',
        b'{"a": 1, "b": 2}\n{"a": 3}\n',
        b'{"a": 1, "b": "7"}\n{"a": 2, "b": 8}\n',
        b'{"a": 1, "b": null}\n{"a": 2, "b": 8}\n',
        b'{"a": 1, "b": {"c": 5}}\n{"a": 2, "b": {"c": 6}}\n',
        b'{"a": 1, "b": [5]}\n{"a": 2, "b": [6]}\n',
        b'{"a": 1, "a": 2}\n{"a": 3, "a": 4}\n',
        b'{"a": 1' + b"0" * 400 + b'}\n{"a": 2}\n',
        b'{"a": 1, "b": 2}, {"a": 3, "b": 4}\n{"a": 5, "b": 6}\n',
        b"{}\n{}\n",
    ],
)
def test_json_lines_that_are_alike_are_read_as_they_are_beside_others(lines: bytes) -> None:
    alike, beside = json_rows(lines), json_rows(lines + b"not JSON\n")
    assert alike.count == beside.count
    assert {name: repr(values.tolist()) for name, values in alike.columns.items()} == {
        name: repr(values.tolist()) for name, values in beside.columns.items()
    }


@pytest.mark.parametrize(
    "rows",
    [
        b"    1,   2.5\n    2,     3\n",
        b"1, 2\n3, 4\n",
        b"1 ,2 \n3 ,4 \n",
        b"1 2,3\n4,5\n",
        b" , 2\n3, 4\n",
        b"- 1,2\n3,4\n",
        b"1,2\n   \n3,4\n",
    ],
)
def test_padded_cells_are_read_at_once_as_they_are_line_by_line(rows: bytes) -> None:
    table = b"  epoch,  loss\n" + rows
    dialect = read_header(table, "results.csv", TABLE)[0]
    assert dialect is not None
    at_once = plain_rows(rows, dialect)
    assert (at_once is None) == (rows[:3] in (b"1 2", b" , ", b"- 1", b"1,2"))
    if at_once is not None:
        (piece,) = read_lines(rows, dialect).pieces
        assert {name: values.tolist() for name, values in at_once.columns.items()} == {
            name: values.tolist() for name, values in piece.columns.items()
        }


@pytest.mark.parametrize("page", ["other-peoples-logs.md", "other-peoples-logs.zh.md"])
def test_every_reader_has_a_row_in_the_documented_table(page: str) -> None:
    text = (Path(__file__).parents[2] / "docs" / "howto" / page).read_text(encoding="utf-8")
    known = registry()
    named = [reader.name for reader in (*known.readers, *known.of_many_runs)]
    rows = {name: rf"^\| `{name}` \| [^|]+ \| [^|]+ \|" for name in named}
    assert [name for name, row in rows.items() if not re.search(row, text, re.MULTILINE)] == []


def test_settings_before_the_first_step_of_json_lines_are_no_obstacle(
    logs: Path, read_runs: ReadRuns
) -> None:
    write(
        logs / "a" / "log.jsonl",
        '{"config": {"lr": 0.1}}\n{"iter": 0, "loss": 1}\n{"iter": 1, "loss": 0.5}\n',
    )
    (run,) = read_runs()
    assert (run.reader, run.summary["loss"].last) == ("tables", 0.5)
