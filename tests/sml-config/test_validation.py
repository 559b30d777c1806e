"""Public functions take what a person naturally gives, and name the argument that they cannot take."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sml_config
from sml_config import (
    ArgumentError,
    CommonConfig,
    ExperimentConfig,
    ParameterTemplate,
    Plan,
    Redactor,
    RunFolder,
    Settings,
    SettingsWarning,
    Task,
)


class Parameter(ParameterTemplate):
    seed: int = 1
    lr: float = 0.1


@pytest.fixture(autouse=True)
def words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["train.py"])


# By public name: the argument, and a call with a value for it.
PATHS: dict[str, list[tuple[str, Callable[[Any], Any]]]] = {
    "init_config": [
        ("common_config_file", lambda value: sml_config.init_config(value)),
        ("experiment_config_file", lambda value: sml_config.init_config(None, value)),
        ("base_path", lambda value: sml_config.init_config(base_path=value)),
    ],
    "read_plan": [("path", sml_config.read_plan)],
    "record_run": [("folder", sml_config.record_run)],
    "save_all": [("folder", sml_config.save_all)],
    "RunFolder": [("path", RunFolder)],
    "Settings": [("base_path", lambda value: Settings(CommonConfig(), ExperimentConfig(), value))],
    "ParameterTemplate": [
        ("config_path", lambda value: Parameter(config_path=value)),
        ("config_path", lambda value: Parameter().set_config_path(value)),
    ],
    "Plan": [("path", Plan(()).save)],
}
TEXTS = {
    "get_customized_value": [("name", sml_config.get_customized_value)],
    "has_customized_value": [("name", sml_config.has_customized_value)],
    "register_customized_value": [("name", lambda value: sml_config.register_customized_value(value, 1))],
    "safe_name": [("text", sml_config.safe_name)],
}
OTHERS = {
    "ParameterTemplate": [
        ("config_data", lambda value: Parameter(config_data=value)),
        ("values", Parameter.from_dict),
        ("logger", lambda value: Parameter().set_logger(value)),
    ],
    "set_total_config": [("config", sml_config.set_total_config)],
    "set_settings": [("settings", sml_config.set_settings)],
    "secret_values": [("settings", sml_config.secret_values)],
    "Task": [
        ("header", lambda value: Task(value, {})),
        ("parameters", lambda value: Task(("a",), value)),
    ],
    "Plan": [("tasks", Plan), ("swept", lambda value: Plan((), value))],
    "Redactor": [("secrets", Redactor)],
}
# Of settings: a wrong type is told by key, without the value.
KEYS = {
    "override": [
        ("MAIN_MACHINE_PORT", lambda value: sml_config.override(MAIN_MACHINE_PORT=value).__enter__())
    ],
    "set_defaults": [("IMPORTANT_CONFIGS", lambda value: sml_config.set_defaults(IMPORTANT_CONFIGS=value))],
    "CommonConfig": [("LOG_FOLDER_NAME", lambda value: CommonConfig(LOG_FOLDER_NAME=value))],
    "ExperimentConfig": [("EXPERIMENT_TARGET", lambda value: ExperimentConfig(EXPERIMENT_TARGET=value))],
}
# Named elsewhere: they warn, take anything, or are no functions.
NOT_HERE = {
    *("set_common_config", "set_experiment_config", "set_experiment_customized_config"),
    *("settings", "active_redactor", "get_base_path", "get_total_config", "param"),
    *("ParameterGroup", "ParameterTemplate2", "Fault", "nearest"),
}


def test_every_public_name_is_in_a_table() -> None:
    errors = {
        name
        for name in sml_config.__all__
        if inspect.isclass(getattr(sml_config, name))
        and issubclass(getattr(sml_config, name), Warning | Exception)
    }
    tables = {*PATHS, *TEXTS, *OTHERS, *KEYS}
    assert tables | NOT_HERE | errors == set(sml_config.__all__)


CASES = [
    (f"{name}({argument})", argument, call, value)
    for table, values in (
        (PATHS, (5, b"a", ["a"], True, np.array([1]), "a\0b")),
        (TEXTS, (5, b"a", ["a"], None, np.array([1]))),
        (OTHERS, (5, [5], object())),
        (KEYS, (3.5, {"a": 1}, object())),
    )
    for name, calls in table.items()
    for argument, call in calls
    for value in values
]


@pytest.mark.parametrize(
    ("argument", "call", "value"), [case[1:] for case in CASES], ids=[c[0] for c in CASES]
)
def test_a_wrong_type_is_one_error_that_names_the_argument(
    project: Path, argument: str, call: Callable[[Any], Any], value: Any
) -> None:
    with pytest.raises(ArgumentError, match=f"^invalid {argument} .*; expected ") as raised:
        call(value)
    assert raised.value.name == argument
    assert not (project / "configs").exists()


@pytest.mark.parametrize("make", [str, Path])
def test_a_path_is_a_text_or_a_path_and_may_begin_with_the_home(
    project: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[str], Any]
) -> None:
    monkeypatch.setenv("HOME", str(project))
    Plan([Task("python a.py", {"a": 1})]).save(make("~/plan.json"))
    assert sml_config.read_plan(make("~/plan.json")).tasks[0].header == ("python", "a.py")
    sml_config.save_all(make("~/saved"))
    assert (
        sml_config.init_config(make("~/saved/common_config.yaml"), base_path=make("~")).base_path == project
    )
    assert RunFolder("~/run").table == project / "run" / "progress.csv"
    assert sml_config.record_run(make("~/run"))["run_id"]
    assert (project / "run" / "config" / "run_config.json").is_file()
    assert sml_config.safe_name(make("run")) == "run"


def test_one_stands_for_a_list_of_one() -> None:
    task = Task(Path("run.sh"), None)  # type: ignore[arg-type]  # what a person may give
    assert (task.header, Plan(task).tasks, Plan([task], "a").swept) == (("run.sh",), (task,), ("a",))  # type: ignore[arg-type]
    assert Redactor("secret-of-mine").text("a secret-of-mine b") == "a <redacted> b"  # type: ignore[arg-type]
    with sml_config.override(
        IMPORTANT_CONFIGS="seed", MAIN_MACHINE_IP="host", MAIN_MACHINE_PORT=22
    ) as inside:
        assert inside.experiment.IMPORTANT_CONFIGS == ["seed"]
        assert (inside.common.MAIN_MACHINE_IP, inside.common.MAIN_MACHINE_PORT) == (["host"], [22])


def test_a_choice_is_not_cut_into_letters() -> None:
    class Choosing(ParameterTemplate):
        kind: str = sml_config.param("adam", choices="adam")

    assert Choosing().kind == "adam"


@pytest.mark.parametrize(
    ("key", "given", "taken"),
    [
        ("BACKUP_IGNORE_KEY", "data", ["data"]),
        ("BACKUP_IGNORE_KEY", ("a", Path("b")), ["a", "b"]),
        ("BACKUP_IGNORE_KEY", None, []),
        ("BACKUP_GIT_IGNORED", np.bool_(True), True),
        ("BASE_PATH", Path("/base"), "/base"),
        ("MAIN_MACHINE_PORT", np.int64(22), [22]),
        ("MAIN_MACHINE_PORT", np.array([22, 23]), [22, 23]),
        ("MAIN_MACHINE_PORT", ["22", np.int32(23)], [22, 23]),
        ("MAIN_MACHINE_LOG_PATH", Path("/data/TESTLog"), "/data/TESTLog"),
        ("FSYNC_SECONDS", "2m", 120.0),
        ("FSYNC_SECONDS", "0", 0.0),
        ("FSYNC_SECONDS", timedelta(seconds=3), 3.0),
        ("FSYNC_SECONDS", np.float32(2.5), 2.5),
    ],
)
def test_a_setting_takes_what_means_the_same(key: str, given: Any, taken: Any) -> None:
    sml_config.set_common_config(**{key: given})
    value = sml_config.settings().common.values()[key]
    assert value == taken
    assert type(value) is type(taken)


@pytest.mark.parametrize(
    ("key", "given"),
    [
        ("BACKUP_IGNORE_KEY", 5),
        ("MAIN_MACHINE_PORT", "ssh"),
        ("FSYNC_SECONDS", "soon"),
        ("FSYNC_SECONDS", -1),
    ],
)
def test_a_setter_warns_of_what_means_nothing(key: str, given: Any) -> None:
    before = sml_config.settings().common.values()[key]
    with pytest.warns(SettingsWarning, match=f"^{key} is not changed: .*; expected "):
        sml_config.set_common_config(**{key: given})
    assert sml_config.settings().common.values()[key] == before


def test_a_list_of_the_script_is_the_one_in_force() -> None:
    mine = ["data"]
    sml_config.set_common_config(BACKUP_IGNORE_KEY=mine)
    mine.append("videos")
    assert sml_config.settings().common.BACKUP_IGNORE_KEY == ["data", "videos"]


def test_a_number_of_numpy_is_saved_as_it_was_written(tmp_path: Path) -> None:
    parameter = Parameter.from_dict({"seed": np.int64(3), "lr": np.float32(0.1)})
    assert parameter.make_dict() == {"seed": 3, "lr": 0.1}
    assert parameter.signature == Parameter.from_dict({"seed": 3, "lr": 0.1}).signature
    task = Task("a", {"lr": np.float16(0.5), "sizes": np.array([[1, 2], [3, 4]])})
    assert task.parameters == {"lr": 0.5, "sizes": [[1, 2], [3, 4]]}
