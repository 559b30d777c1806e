"""A script written for W&B logs into a run folder after one changed line, loses no row and asks no server."""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sml_logger.wandb as wandb
from sml_config import RunFolder
from sml_logger import MetricTypeError, SmlLoggerError
from sml_logger.wandb import not_kept, session

CHILDREN = Path(__file__).parent / "children"
Table = Callable[[Path | str], list[dict[str, str]]]
Status = Callable[[Path | str], dict[str, Any]]


@pytest.fixture(autouse=True)
def quiet(project: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No variables of W&B, no run that another test began, nothing reported before."""
    for name in list(os.environ):
        if name.startswith("WANDB_"):
            monkeypatch.delenv(name)
    monkeypatch.setattr(not_kept, "_warned", set())
    monkeypatch.chdir(project)
    yield
    if session.current is not None:
        session.current.finish()


def folder_of(run: wandb.Run) -> RunFolder:
    """The run folder."""
    assert run._folder is not None
    return run._folder


def run_config(run: wandb.Run) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(folder_of(run).run_config.read_text())
    return content


def parameters(run: wandb.Run) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(folder_of(run).parameters.read_text())
    return content


def cells(run: wandb.Run, column: str) -> list[tuple[int, float]]:
    """Step and value of each row that has a value."""
    with folder_of(run).table.open(newline="") as file:
        return [(int(row["step"]), float(row[column])) for row in csv.DictReader(file) if row.get(column)]


def test_a_run_lies_below_its_project_with_its_name_and_id(project: Path) -> None:
    run = wandb.init(project="cartpole", name="first", config={"lr": 0.1, "seed": 3})
    assert wandb.run is run
    assert folder_of(run).path == project / "logfile" / "cartpole" / f"first-{run.id}"
    assert parameters(run) == {"lr": 0.1, "seed": 3}
    wandb.finish()
    assert wandb.run is None


def test_runs_of_one_name_are_runs_of_their_own(project: Path) -> None:
    for _ in range(3):
        with wandb.init(project="p", name="same"):
            wandb.log({"loss": 1.0})
    assert len(list((project / "logfile" / "p").glob("same-*/progress.csv"))) == 3
    assert not (project / "logfile_bk").exists()


def test_each_call_of_log_is_a_step(project: Path) -> None:
    with wandb.init() as run:
        for number in range(3):
            wandb.log({"loss": number / 2, "acc": number})
        assert run.step == 3
    assert cells(run, "loss") == [(0, 0.0), (1, 0.5), (2, 1.0)]
    assert cells(run, "acc") == [(0, 0), (1, 1), (2, 2)]


def test_calls_without_commit_and_calls_of_one_step_share_a_row(project: Path, table: Table) -> None:
    with wandb.init() as run:
        wandb.log({"a": 1.0}, commit=False)
        wandb.log({"b": 2.0})
        wandb.log({"a": 3.0}, step=7)
        wandb.log({"b": 4.0}, step=7)
        wandb.log({"a": 5.0})
        wandb.log({"a": 6.0})
    rows = table(folder_of(run).path)
    assert [{name: row[name] for name in ("step", "a", "b")} for row in rows] == [
        {"step": "0", "a": "1.0", "b": "2.0"},
        {"step": "7", "a": "5.0", "b": "4.0"},
        {"step": "8", "a": "6.0", "b": ""},
    ]


def test_steps_in_any_order_are_all_kept(project: Path) -> None:
    steps = [10, 3, 7, 3, 20, 0, 15]
    with wandb.init() as run:
        for number, step in enumerate(steps):
            wandb.log({f"metric {number}": float(number)}, step=step)
            wandb.log({"all": float(number)}, step=step)
        assert run.step == 20
    for number, step in enumerate(steps):
        assert cells(run, f"metric {number}") == [(step, float(number))]
    assert sorted(cells(run, "all")) == sorted(zip(steps, map(float, range(7)), strict=True))


def test_nested_values_numbers_of_arrays_and_text_become_cells(project: Path, table: Table) -> None:
    with wandb.init() as run:
        wandb.log(
            {
                "train": {"loss": np.float32(0.5), "deep": {"acc": np.array(2)}},
                "one": np.array([7.0]),
                "phase": "warm up",
                "done": True,
                "nothing": None,
            }
        )
    (row,) = table(folder_of(run).path)
    assert row == {
        "step": "0", "train/loss": "0.5", "train/deep/acc": "2", "one": "7.0", "phase": "warm up",
        "done": "1", "nothing": "",
    }  # fmt: skip


def test_the_configuration_is_a_mapping_and_attributes_and_each_change_is_written(project: Path) -> None:
    run = wandb.init(config={"lr": 0.1, "model": {"width": 64}})
    wandb.config.seed = 3
    wandb.config["batch"] = 32
    wandb.config.update({"lr": 0.2}, allow_val_change=True)
    wandb.config.setdefaults({"lr": 9, "gamma": 0.99})
    assert (wandb.config.lr, wandb.config["seed"], wandb.config.get("none", 5)) == (0.2, 3, 5)
    assert wandb.config.model["width"] == 64
    assert dict(run.config) == parameters(run)
    assert parameters(run) == {"lr": 0.2, "model": {"width": 64}, "seed": 3, "batch": 32, "gamma": 0.99}
    with pytest.raises(AttributeError, match="no 'lrr'"):
        _ = wandb.config.lrr


@dataclass
class _Parameters:
    lr: float = 0.1
    layers: tuple[int, ...] = (64, 64)


class _Odd:
    def __repr__(self) -> str:
        return "odd"


@pytest.mark.parametrize(
    ("given", "saved"),
    [
        (argparse.Namespace(lr=0.1, path=Path("/data")), {"lr": 0.1, "path": "/data"}),
        (_Parameters(), {"lr": 0.1, "layers": [64, 64]}),
        ({"n": np.int64(3), "odd": {"inner": _Odd()}, 5: "x"}, {"n": 3, "odd": {"inner": "odd"}, "5": "x"}),
        ("config.yaml", {"lr": 0.1, "env": "Hopper-v5"}),
        (None, {}),
    ],
)
def test_any_configuration_becomes_the_parameters(project: Path, given: Any, saved: dict[str, Any]) -> None:
    Path("config.yaml").write_text("lr:\n  value: 0.1\n  desc: null\nenv: Hopper-v5\n")
    assert parameters(wandb.init(config=given)) == saved


def test_a_configuration_without_names_is_refused(project: Path) -> None:
    with pytest.raises(SmlLoggerError, match="invalid config 3; expected a mapping"):
        wandb.init(config=3)


def test_a_secret_in_the_configuration_is_masked(project: Path) -> None:
    run = wandb.init(config={"lr": 0.1, "api_key": "sk-abcdef123456"})
    assert parameters(run)["api_key"] == "<redacted>"
    assert wandb.config.api_key == "sk-abcdef123456"


def test_project_tags_group_and_notes_are_recorded(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_RUN_GROUP", "from the variable")
    monkeypatch.setenv("WANDB_NAME", "not this")
    run = wandb.init(
        project="p", name="n", tags=["a", "b"], notes="why", settings=wandb.Settings(run_job_type="train")
    )
    assert run_config(run)["wandb"] == {
        "id": run.id, "name": "n", "project": "p", "group": "from the variable", "job_type": "train",
        "tags": ["a", "b"], "notes": "why", "metrics": {},
    }  # fmt: skip


def test_the_summary_is_the_last_value_unless_defined_otherwise(project: Path) -> None:
    with wandb.init() as run:
        wandb.define_metric("loss", summary="min")
        wandb.define_metric("eval/*", step_metric="epoch", summary="max,mean")
        for number, loss in enumerate([3.0, 1.0, 2.0]):
            wandb.log({"loss": loss, "eval/acc": float(number), "epoch": number, "bad": float("nan")})
        run.summary["note"] = "good"
        wandb.summary.update({"score": np.float64(5.0)})
    assert run_config(run)["summary"] == {
        "loss.min": 1.0, "eval/acc.max": 2.0, "eval/acc.mean": 1.0, "epoch": 2, "bad": None, "note": "good",
        "score": 5.0,
    }  # fmt: skip
    assert run_config(run)["wandb"]["metrics"]["eval/*"] == {"step_metric": "epoch", "summary": "max,mean"}


def test_the_end_is_finished_or_failed_by_the_exit_code(project: Path, status: Status) -> None:
    first = wandb.init()
    wandb.finish(exit_code=3)
    second = wandb.init()
    wandb.finish()
    assert status(folder_of(first).path)["state"] == "failed"
    assert status(folder_of(first).path)["error"] == "exit code 3"
    assert status(folder_of(second).path)["state"] == "finished"


def test_an_exception_in_the_block_fails_the_run(project: Path, status: Status) -> None:
    with pytest.raises(ValueError, match="boom"), wandb.init() as run:
        raise ValueError("boom")
    assert status(folder_of(run).path)["error"] == "ValueError: boom"
    assert wandb.run is None


def test_a_run_resumes_by_its_id_after_its_last_step(project: Path) -> None:
    with wandb.init(project="p", id="abc", config={"lr": 1}) as first:
        wandb.log({"loss": 1.0})
        wandb.log({"loss": 2.0})
    with wandb.init(project="p", id="abc", resume="allow", config={"seed": 2}) as second:
        assert (second.resumed, second.step) == (True, 2)
        wandb.log({"loss": 3.0})
    assert folder_of(first).path == folder_of(second).path
    assert cells(second, "loss") == [(0, 1.0), (1, 2.0), (2, 3.0)]
    assert parameters(second) == {"lr": 1, "seed": 2}
    with pytest.raises(SmlLoggerError, match="no run with the id 'xyz'"):
        wandb.init(project="p", id="xyz", resume="must")
    with pytest.raises(SmlLoggerError, match="there is a run with the id 'abc'"):
        wandb.init(project="p", id="abc", resume="never")


def test_a_second_init_returns_the_run_or_begins_another(project: Path) -> None:
    first = wandb.init(config={"a": 1})
    assert wandb.init(config={"b": 2}) is first
    assert parameters(first) == {"a": 1, "b": 2}
    second = wandb.init(reinit=True)
    assert second is not first
    third = wandb.init(reinit="create_new")
    first.finish()
    wandb.log({"x": 1.0})
    second.log({"y": 1.0})
    second.finish()
    assert wandb.run is third
    assert cells(second, "y") == [(0, 1.0)]


@pytest.mark.parametrize("how", ["argument", "variable", "settings"])
def test_a_disabled_run_writes_nothing(project: Path, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    before = sorted(project.iterdir())
    if how == "variable":
        monkeypatch.setenv("WANDB_MODE", "disabled")
    settings = wandb.Settings(mode="disabled") if how == "settings" else None
    run = wandb.init(mode="disabled" if how == "argument" else None, settings=settings, config={"lr": 1})
    wandb.log({"loss": 1.0, "image": wandb.Image(np.zeros((2, 2)))})
    wandb.save("main.py")
    wandb.define_metric("loss", summary="min")
    wandb.alert("x")
    assert (run.disabled, wandb.config.lr) == (True, 1)
    wandb.finish()
    assert sorted(project.iterdir()) == before


def media(run: wandb.Run) -> list[str]:
    """The media files of a run."""
    root = folder_of(run).path / "media"
    return sorted(
        str(path.relative_to(root)) for path in root.rglob("*") if path.is_file() and path.parent != root
    )


def test_media_become_files_of_their_key_and_step(project: Path) -> None:
    with wandb.init() as run:
        run.log({"loss": 1.0})
        table = wandb.Table(columns=["a", "b"])
        table.add_data(1, "x")
        table.add_column("c", [2.5])
        wandb.log(
            {
                "image": wandb.Image(np.zeros((8, 8, 3), np.uint8), caption="black"),
                "images": [wandb.Image(np.zeros((8, 8))), wandb.Image(np.ones((8, 8)))],
                "histogram": wandb.Histogram([1.0, 2.0, 3.0]),
                "bins": wandb.Histogram(np_histogram=([1, 2], [0.0, 1.0, 2.0])),
                "weights": np.arange(10.0),
                "numbers": [1.0, 2.0],
                "table": table,
                "page": wandb.Html("<b>hello</b>"),
                "lines": "two\nlines",
                "acc": 0.5,
            }
        )
    names = media(run)
    keys = {name.rpartition("/")[0] for name in names}
    assert keys == {
        "image", "images/0", "images/1", "histogram", "bins", "weights", "numbers", "table", "page", "lines",
    }  # fmt: skip
    assert all(Path(name).name.startswith("1.") for name in names)
    assert cells(run, "acc") == [(1, 0.5)]
    assert table.get_column("c") == [2.5]


def test_what_is_not_kept_is_reported_once_by_name_with_what_to_do(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with wandb.init() as run:
        for _ in range(3):
            run.watch(object())
            wandb.log(
                {
                    "chart": wandb.plot.line(None, "a", "b"),
                    "scene": wandb.Object3D("x"),
                    "odd": _Odd(),
                    "a": 1,
                }
            )
            run.log_artifact("data.csv", type="dataset")
    out = capsys.readouterr().out
    for name, remedy in {
        "the gradients of wandb.watch": "log their norms",
        "wandb.plot.line": "a figure with wandb.Image",
        "wandb.Object3D": "wandb.save",
        "'odd' (": "log numbers",
        "an artifact": "wandb.save",
    }.items():
        (line,) = [line for line in out.splitlines() if name in line]
        assert "is not kept; " in line
        assert remedy in line
    assert len(cells(run, "a")) == 3
    assert "wandb.plot.line is not kept" in folder_of(run).log.read_text()


def test_models_are_recorded_as_checkpoints(project: Path) -> None:
    Path("model.pt").write_bytes(b"x" * 10)
    with wandb.init() as run:
        wandb.log({"loss": 1.0}, step=5)
        artifact = wandb.Artifact("model", type="model")
        artifact.add_file("model.pt")
        run.log_artifact(artifact)
    record = json.loads(folder_of(run).checkpoints.read_text())
    assert (record["path"], record["step"], record["bytes"]) == (str(project / "model.pt"), 5, 10)


def test_saved_files_are_copies_as_of_the_end(project: Path) -> None:
    Path("out/deep").mkdir(parents=True)
    Path("out/deep/a.txt").write_text("first")
    Path("fixed.txt").write_text("first")
    with wandb.init() as run:
        assert len(wandb.save("out/**/*.txt")) == 1
        wandb.save("fixed.txt", policy="now")
        Path("out/deep/a.txt").write_text("last")
        Path("fixed.txt").write_text("last")
        files = Path(run.dir)
    assert (files / "out/deep/a.txt").read_text() == "last"
    assert (files / "fixed.txt").read_text() == "first"
    assert Path("out/deep/a.txt").read_text() == "last"


def test_a_file_outside_of_the_base_is_saved_by_its_name(project: Path, tmp_path: Path) -> None:
    (tmp_path / "outside.txt").write_text("x")
    with wandb.init() as run:
        wandb.save(f"{tmp_path}/outside.txt", base_path=str(project))
    assert [path.name for path in (folder_of(run).path / "files").rglob("*")] == ["outside.txt"]


@pytest.mark.parametrize("name", ["log", "define_metric", "save", "watch", "alert"])
def test_what_needs_a_run_says_so(name: str) -> None:
    with pytest.raises(wandb.Error, match=rf"wandb.{name}\(\) before wandb.init\(\)"):
        getattr(wandb, name)("x")


def test_wrong_calls_name_what_was_expected(project: Path) -> None:
    wandb.init()
    with pytest.raises(SmlLoggerError, match="expected a mapping"):
        wandb.log(3)  # type: ignore[arg-type]
    with pytest.raises(SmlLoggerError, match="invalid step 'x'"):
        wandb.log({"a": 1}, step="x")  # type: ignore[arg-type]
    with pytest.raises(AttributeError, match="'sklearn'"):
        _ = wandb.sklearn
    with pytest.raises((SmlLoggerError, MetricTypeError)):
        wandb.log({"": 1.0})


@pytest.mark.slow
def test_no_network_is_used_whatever_the_script_calls(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, CHILDREN / "blocked.py", tmp_path], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("attempts: []\n")
    for words in ("sml-launch", "sml-viewer list --json", "read the file by its path"):
        assert words in done.stdout


def test_the_summary_is_written_when_a_script_never_finishes(project: Path) -> None:
    code = "import sml_logger.wandb as wandb; wandb.init(); wandb.log({'loss': 2.5})"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=project, capture_output=True, timeout=60)
    (record,) = project.glob("logfile/*/config/run_config.json")
    assert json.loads(record.read_text())["summary"] == {"loss": 2.5}
    assert json.loads(record.with_name("status.json").read_text())["state"] == "finished"


@pytest.mark.slow
def test_no_row_is_lost_when_the_process_is_killed(project: Path) -> None:
    code = """
import os, signal
import sml_logger.wandb as wandb
wandb.init(config={"lr": 1})
for step in range(200):
    wandb.log({"loss": float(step)})
    wandb.log({"late": float(step)}, step=step // 2)
os.kill(os.getpid(), signal.SIGKILL)
"""
    subprocess.run([sys.executable, "-c", code], cwd=project, capture_output=True, timeout=60)
    (path,) = project.glob("logfile/*/progress.csv")
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert sorted(float(row["loss"]) for row in rows if row["loss"]) == list(map(float, range(200)))
    assert sorted(float(row["late"]) for row in rows if row["late"]) == list(map(float, range(200)))
