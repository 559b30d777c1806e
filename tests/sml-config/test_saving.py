"""`save_config` and what loads it again."""

from __future__ import annotations

import argparse
import enum
import json
import math
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import sml_config
from sml_config import ParameterError, ParameterTemplate
from sml_config.values import canonical, plain_with_types, restored

CommandLine = Callable[..., None]


def test_whole_numbers_as_keys_are_kept() -> None:
    value = {"schedule": {0: 0.1, 10: {np.int64(5): "x"}, "end": (1, {7: 2})}}
    saved, notes = plain_with_types("x", value)
    assert json.loads(json.dumps(saved)) == {"schedule": {"0": 0.1, "10": {"5": "x"}, "end": [1, {"7": 2}]}}
    assert restored("x", json.loads(json.dumps(saved)), notes) == value


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


class Old(ParameterTemplate):
    seed: int = 1
    policy_lr: float = 0.01
    hidden: tuple[int, ...] = (1, 2)
    lost: str = "kept"


class New(ParameterTemplate):
    seed: int = 1
    policy_lr: float = 0.01
    hidden: tuple[int, ...] = (1, 2)
    gained: float = 0.5
    colour: Colour = Colour.BLUE


class Anything(ParameterTemplate):
    """Parameters of any type, as a script may make them."""

    def parse(self) -> argparse.Namespace:
        parser = argparse.ArgumentParser()
        parser.add_argument("--x", default=None)
        return parser.parse_args()


def saved(folder: Path, kind: type[ParameterTemplate] = Anything, **values: Any) -> Path:
    parameter = kind.from_dict(values, silence=True)
    parameter.set_config_path(folder / "config")
    parameter.save_config()
    return folder / "config"


def test_three_files_are_written(
    tmp_path: Path, command_line: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    config = saved(tmp_path, Old, seed=3)
    assert sorted(path.name for path in config.iterdir()) == [
        "full_description.txt",
        "parameter.json",
        "run_config.json",
    ]
    assert json.loads((config / "parameter.json").read_text()) == {
        "seed": 3,
        "policy_lr": 0.01,
        "hidden": [1, 2],
        "lost": "kept",
    }
    run_config = json.loads((config / "run_config.json").read_text())
    assert run_config["parameter_defaults"]["seed"] == 1
    assert run_config["EXPERIMENT_TARGET"] == ""
    assert len(run_config["run_id"]) == 32
    assert {"commit_id", "start_time", "host", "ip", "pid", "command", "python", "packages", "gpus"} <= set(
        run_config
    )
    description = (config / "full_description.txt").read_text()
    assert description.startswith("policy_lr_0.01_seed_3\n")
    assert "* seed: 3" in description
    assert "  hidden: [1, 2]" in description


def test_the_target_and_customized_values_are_stored_with_the_run(
    tmp_path: Path, project: Path, command_line: CommandLine
) -> None:
    sml_config.init_config(
        "common_config/common_config.yaml", "common_config/experiment_config.yaml", project
    )
    run_config = json.loads((saved(tmp_path, Old) / "run_config.json").read_text())
    assert run_config["EXPERIMENT_TARGET"] == "RELEASE"
    assert run_config["EXPERIMENT_COMMON_PARAMETERS"] == {"demo_variable": "test"}
    assert run_config["BASE_PATH"] == str(project)


SURVIVORS: dict[str, Any] = {
    "nan": math.nan,
    "inf": [math.inf, -math.inf],
    "tuple": (1, (2.0, "a"), []),
    "path": Path("a/b"),
    "enum": Colour.RED,
    "huge": 10**300,
    "text": "中文 \ud800 \x00 \u2028",
    "nested": {"a": {"b": (1, Path("c"))}, "": None},
    "bool": True,
    "one": 1.0,
}


def test_awkward_values_survive(tmp_path: Path, command_line: CommandLine) -> None:
    config = saved(tmp_path, **SURVIVORS)
    loaded = Anything(config_path=config, silence=True)
    assert canonical({name: getattr(loaded, name) for name in SURVIVORS}) == canonical(SURVIVORS)
    assert type(loaded.tuple) is tuple
    assert isinstance(loaded.path, Path)
    assert loaded.enum is Colour.RED
    assert math.isnan(loaded.nan)
    assert loaded.signature == Anything.from_dict(SURVIVORS, silence=True).signature


@pytest.mark.parametrize(
    "value",
    [
        np.float64(0.1),
        np.float32(0.1),
        np.int64(3),
        np.bool_(True),
        np.array(2.5),
        np.str_("a"),
        np.uint8(255),
    ],
)
def test_numpy_scalars_survive_as_equal_values(tmp_path: Path, command_line: CommandLine, value: Any) -> None:
    config = saved(tmp_path, x=value)
    loaded = Anything(config_path=config)
    assert loaded.x == value
    assert type(loaded.x) in (bool, int, float, str)
    assert loaded.signature == Anything.from_dict({"x": value}).signature


ENDLESS: list[Any] = []
ENDLESS.append(ENDLESS)


class Access(enum.Flag):
    READ = 1
    WRITE = 2
    RUN = 4
    ALL = 7


@pytest.mark.parametrize("number", range(8))
def test_flags_survive_alone_and_put_together(tmp_path: Path, command_line: CommandLine, number: int) -> None:
    loaded = Anything(config_path=saved(tmp_path, x=Access(number)))
    assert loaded.x is Access(number)


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (object(), "parameter x: a value of type object cannot be saved"),
        (b"bytes", "parameter x: a value of type bytes cannot be saved"),
        ({1, 2}, "parameter x: a value of type set cannot be saved"),
        ([1, {"a": len}], "parameter x/1/a: a value of type builtin_function_or_method cannot be saved"),
        (ENDLESS, "parameter x: the value contains itself or is nested too deeply; it cannot be saved"),
        (np.array([1j]), "parameter x/0: a value of type complex cannot be saved"),
        (1j, "parameter x: a value of type complex cannot be saved"),
        ({1.5: 2}, "parameter x: the key 1.5 cannot be saved; expected text or an integer"),
        ({True: 2}, "parameter x: the key True cannot be saved; expected text or an integer"),
        ({1: 2, "1": 3}, "parameter x: the keys 1 and '1' are the same in a file; rename one of them"),
        pytest.param(
            10**5000, "parameter x: an integer of 16610 bits cannot be saved; write it as text", id="huge"
        ),
    ],
)
def test_what_cannot_be_saved_is_an_error_that_names_the_parameter(
    tmp_path: Path, command_line: CommandLine, value: Any, error: str
) -> None:
    parameter = Anything.from_dict({"x": value})
    parameter.set_config_path(tmp_path / "config")
    with pytest.raises(ParameterError) as caught:
        parameter.save_config()
    assert str(caught.value).startswith(error)
    assert not (tmp_path / "config").exists()
    with pytest.raises(ParameterError):
        _ = parameter.signature


def test_a_class_that_gained_and_lost_parameters_loads_an_old_file_and_says_so(
    tmp_path: Path, command_line: CommandLine, capsys: pytest.CaptureFixture[str]
) -> None:
    config = saved(tmp_path, Old, seed=5, lost="old value")
    new = New(config_path=config)
    assert (new.seed, new.gained, new.colour) == (5, 0.5, Colour.BLUE)
    assert new.make_dict()["lost"] == "old value"
    assert capsys.readouterr().out.splitlines() == [
        f"{config}/parameter.json: missing, using the default: gained=0.5, colour=<Colour.BLUE: 2>",
        f"{config}/parameter.json: no longer declared, keeping the saved value: lost='old value'",
    ]
    New(config_path=config, silence=True)
    assert capsys.readouterr().out == ""


def test_the_tutorials_class_says_so_too(
    tmp_path: Path, command_line: CommandLine, capsys: pytest.CaptureFixture[str]
) -> None:
    command_line("--not-looked-at", "1")
    (tmp_path / "parameter.json").write_text('{"y": 1}')
    loaded = Anything(config_path=tmp_path)
    assert loaded.make_dict() == {"x": None, "y": 1}
    assert "missing, using the default: x=None" in capsys.readouterr().out


@pytest.mark.parametrize("location", ["", "config", "config/parameter.json"])
def test_a_run_a_config_folder_or_a_file_can_be_loaded(
    tmp_path: Path, command_line: CommandLine, location: str
) -> None:
    saved(tmp_path, Old, seed=4)
    loaded = Old(config_path=tmp_path / location)
    assert loaded.seed == 4
    assert loaded.hidden == (1, 2)


def test_what_was_loaded_from_a_run_folder_is_saved_into_its_config_folder(
    tmp_path: Path, command_line: CommandLine
) -> None:
    saved(tmp_path, Old, seed=4)
    loaded = Old(config_path=tmp_path)
    loaded.seed = 5
    loaded.save_config()
    assert Old(config_path=tmp_path / "config").seed == 5
    assert not (tmp_path / "parameter.json").exists()


def test_parameters_load_without_any_class(tmp_path: Path, command_line: CommandLine) -> None:
    config = saved(tmp_path, Old, seed=4)
    loaded = ParameterTemplate(config_path=str(config))
    assert loaded.make_dict() == Old.from_dict({"seed": 4}).make_dict()


def test_a_value_that_no_longer_fits_its_declaration_is_named(
    tmp_path: Path, command_line: CommandLine
) -> None:
    (tmp_path / "parameter.json").write_text('{"seed": "one"}')
    with pytest.raises(ParameterError) as caught:
        Old(config_path=tmp_path)
    assert (
        str(caught.value)
        == f"{tmp_path}/parameter.json: parameter seed: invalid value 'one'; expected an integer"
    )


def test_nothing_to_load_is_said(tmp_path: Path, command_line: CommandLine) -> None:
    with pytest.raises(ParameterError) as caught:
        Old(config_path=tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}/parameter.json: no such file; expected the parameter.json of a run"
    )
    (tmp_path / "parameter.json").write_text("[1]")
    with pytest.raises(ParameterError, match="not a JSON object; expected the saved parameters of a run"):
        Old(config_path=tmp_path)


def test_differences_and_identity(tmp_path: Path, command_line: CommandLine) -> None:
    config = saved(tmp_path, Old, seed=5, policy_lr=math.nan)
    other = Old.from_dict({"seed": 6, "policy_lr": math.nan})
    other.set_config_path(config)
    assert other.differences == ["seed"]
    assert not other.check_identity()
    same = Old(config_path=config)
    assert same.differences == []
    assert same.check_identity()
    assert same.check_identity(need_description=True)
    sml_config.set_experiment_config(EXPERIMENT_TARGET="another")
    assert same.check_identity()
    assert not same.check_identity(need_description=True)
    same.exec_time = "another time"
    assert not same.check_identity(need_exec_time=True)
    other.set_config_path(tmp_path / "nothing")
    assert other.differences is None
    assert not other.check_identity()


def test_from_dict_and_config_data_take_nested_and_foreign_keys(
    command_line: CommandLine, capsys: pytest.CaptureFixture[str]
) -> None:
    command_line("--seed", "99")
    assert Old.from_dict({"seed": 2, "hidden": [3]}, silence=True).hidden == (3,)
    assert Old(config_data={"seed": 2}, silence=True).make_dict() == {
        **Old.from_dict({"seed": 2}).make_dict()
    }
    assert sml_config.ParameterTemplate2 is ParameterTemplate


def test_the_logger_is_told_instead_of_the_terminal(
    tmp_path: Path, command_line: CommandLine, capsys: pytest.CaptureFixture[str]
) -> None:
    messages: list[str] = []
    parameter = Old(silence=True)
    parameter.set_logger(messages.append)
    parameter.set_config_path(tmp_path / "config")
    parameter.save_config()
    assert messages == [f"parameters saved in {tmp_path / 'config'}"]
    assert capsys.readouterr().out == ""


def test_the_run_id_stays_when_parameters_are_saved_again(tmp_path: Path, command_line: CommandLine) -> None:
    first = json.loads((saved(tmp_path, Old) / "run_config.json").read_text())
    second = json.loads((saved(tmp_path, Old, seed=2) / "run_config.json").read_text())
    assert second["run_id"] == first["run_id"]
    assert second["signature"] != first["signature"]


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(list(Colour))
    | st.builds(PurePosixPath, st.text(st.characters(min_codepoint=48, max_codepoint=122), max_size=8)),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(VALUES)
def test_every_value_survives_the_round_trip_through_json(value: Any) -> None:
    as_json, notes = plain_with_types("x", value)
    back = restored("x", json.loads(json.dumps(as_json)), notes)
    assert canonical(back) == canonical(value)
