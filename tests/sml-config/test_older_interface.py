"""What scripts of older releases read from, call on and override in their `Parameter` class."""

from __future__ import annotations

import argparse
import copy
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import sml_config
from sml_config import ParameterTemplate, RunFolder
from sml_config.process import host_name

CommandLine = Callable[..., None]


class Run(ParameterTemplate):
    def parse(self) -> argparse.Namespace:
        parser = argparse.ArgumentParser()
        parser.add_argument("--env_name", default="Hopper-v2")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--value_lr", type=float, default=0.1)
        return parser.parse_args()


class Overriding(Run):
    @staticmethod
    def important_configs() -> list[str]:
        return ["value_lr", "algo"]


def test_an_attribute_that_is_set_after_parsing_names_the_run(command_line: CommandLine) -> None:
    parameter = Run()
    parameter.algo = "sac"
    parameter.information = "first"
    with sml_config.override(IMPORTANT_CONFIGS=["algo", "absent", "seed", "make_dict", "signature"]):
        assert parameter.short_name == "sac_seed_1-first"


def test_important_configs_of_a_subclass_name_the_run(tmp_path: Path, command_line: CommandLine) -> None:
    parameter = Overriding()
    parameter.algo = "td3"
    assert parameter.short_name == "value_lr_0.1_td3"
    parameter.set_config_path(tmp_path / "config")
    parameter.save_config()
    assert "* value_lr: 0.1" in (tmp_path / "config" / "full_description.txt").read_text()


@pytest.mark.parametrize(
    ("values", "setting", "suffix"),
    [
        ({"name_suffix": "group", "information": "x"}, "FILE", "group"),
        ({"name_suffix": "None"}, "FILE", "FILE"),
        ({"information": "x"}, "FILE", "FILE"),
        ({"information": "x"}, "", None),
    ],
)
def test_suffix_is_name_suffix_or_that_of_the_settings(
    values: dict[str, Any], setting: str, suffix: str | None
) -> None:
    parameter = Run.from_dict(values)
    with sml_config.override(SHORT_NAME_SUFFIX=setting):
        assert parameter.suffix == suffix


def test_the_attributes_of_older_releases(
    tmp_path: Path, command_line: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    sml_config.set_experiment_config(EXPERIMENT_TARGET="first try", EXPERIMENT_COMMON_PARAMETERS={"own": 3})
    sml_config.set_common_config(MAIN_MACHINE_PASSWD="planted-password")
    parameter = Run()
    assert parameter.base_path == parameter.get_base_path() == str(tmp_path)
    assert parameter.host_name == host_name()
    assert parameter.experiment_target == "first try"
    assert parameter.args == argparse.Namespace(env_name="Hopper-v2", seed=1, value_lr=0.1)
    assert parameter.DEFAULT_CONFIGS["LOG_FOLDER_NAME"] == "logfile"
    assert parameter.DEFAULT_CONFIGS["MAIN_MACHINE_PASSWD"] == "<redacted>"
    assert parameter.DEFAULT_CONFIGS_EXP["EXPERIMENT_TARGET"] == "first try"
    assert parameter.txt_name == "full_description.txt"
    assert isinstance(parameter.parser, argparse.ArgumentParser)
    assert parameter.commit_id is None  # the folder is not under version control
    known = parameter.get_version_dict()
    assert (known["description"], known["own"], known["ip"]) == ("first try", 3, parameter.ip)
    text = parameter.get_experiment_description()
    assert "**seed**: 1\nvalue_lr: 0.1\n" in text
    assert "planted-password" not in text


def test_log_func_says_things_as_info_does(
    command_line: CommandLine, capsys: pytest.CaptureFixture[str]
) -> None:
    Run().log_func("hello")
    assert capsys.readouterr().out == "hello\n"


def test_an_assigned_log_func_is_what_things_are_said_through(command_line: CommandLine) -> None:
    parameter, output = Run(silence=True), []
    parameter.log_func = output.append
    parameter.info("hello")
    assert output == ["hello"]
    assert "log_func" not in vars(copy.deepcopy(parameter))
    parameter.log_func = print
    parameter.info("silent")


def test_a_parameter_of_the_name_of_an_older_attribute_keeps_its_value() -> None:
    parameter = Run.from_dict({"ip": "10.0.0.1", "base_path": "/data"})
    assert (parameter.ip, parameter.base_path) == ("10.0.0.1", "/data")
    assert parameter.make_dict()["ip"] == "10.0.0.1"


def test_values_are_taken_from_namespaces_and_mappings(command_line: CommandLine) -> None:
    parameter = Run()
    parameter.apply_vars(argparse.Namespace(env_name="Ant-v2", seed=5, value_lr=0.2, more=1))
    assert (parameter.env_name, parameter.seed) == ("Ant-v2", 5)
    parameter.load_config_form_dict({"seed": 7})
    assert parameter.seed == 7


def test_an_unknown_attribute_is_an_attribute_error_and_copies_work(command_line: CommandLine) -> None:
    parameter = Run()
    with pytest.raises(AttributeError, match="'Run' object has no attribute 'hostname'"):
        _ = parameter.hostname
    assert copy.deepcopy(parameter).make_dict() == parameter.make_dict()
    assert pickle.loads(pickle.dumps(parameter)).host_name == host_name()  # noqa: S301  our own


def moved_away(root: Path, name: str, time: str, **values: Any) -> RunFolder:
    """What a logger leaves of a run whose name was taken again."""
    earlier = RunFolder(root / "logfile_bk" / f"{name}_{time}-0123abcd")
    earlier.config.mkdir(parents=True)
    parameter = Run.from_dict(values, silence=True)
    parameter.set_config_path(earlier.config)
    parameter.save_config()
    new = RunFolder(root / "logfile" / name)
    new.path.mkdir(parents=True, exist_ok=True)
    new.previous_log.write_text("")
    return new


@pytest.mark.parametrize(("value_lr", "is_warned"), [(0.5, True), (0.1, False)])
def test_a_run_that_moved_another_with_other_parameters_away_says_so(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    value_lr: float,
    is_warned: bool,
) -> None:
    monkeypatch.chdir(tmp_path)
    moved_away(tmp_path, "Hopper-v2_seed_1", "2026-01-01-10-00-00", value_lr=0.9)
    new = moved_away(tmp_path, "Hopper-v2_seed_1", "2026-01-02-10-00-00", value_lr=value_lr)
    moved_away(tmp_path, "Hopper-v2_seed_1_more", "2026-01-03-10-00-00", value_lr=0.7)
    capsys.readouterr()
    parameter = Run.from_dict({})
    parameter.set_config_path(new.config)
    parameter.save_config()
    output = capsys.readouterr().out
    assert ("has other parameters: value_lr (0.5, now 0.1)" in output) is is_warned
    assert ("IMPORTANT_CONFIGS" in output) is is_warned
