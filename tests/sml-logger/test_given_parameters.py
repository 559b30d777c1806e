"""Parameters of any kind of object are saved with the run, and some of them name its folder."""

from __future__ import annotations

import argparse
import dataclasses
import enum
import json
import random
import subprocess
import sys
import time
import types
from collections import namedtuple
from pathlib import Path
from typing import Any

import pytest

import sml_config
from sml_config import CommonConfig, ExperimentConfig, ParameterTemplate, Settings, Task
from sml_logger import Logger, SmlLoggerError, logger_from_param


@dataclasses.dataclass
class Optimizer:
    lr: float = 0.1
    betas: tuple[float, float] = (0.9, 0.99)


@dataclasses.dataclass
class Experiment:
    env_name: str = "Hopper-v4"
    seed: int = 3
    optimizer: Optimizer = dataclasses.field(default_factory=Optimizer)


class Attrs:
    """As attrs makes classes: with slots, and a tuple of attributes."""

    __slots__ = ("lr", "seed")
    __attrs_attrs__ = (types.SimpleNamespace(name="lr"), types.SimpleNamespace(name="seed"))

    def __init__(self) -> None:
        self.lr, self.seed = 0.1, 2


class Pydantic:
    """As pydantic makes classes."""

    model_fields: Any = {"lr": None, "inner": None}  # noqa: RUF012

    def __init__(self) -> None:
        self.lr = 0.1
        self.inner = Optimizer()


class Plain:
    """Like many a script's own."""

    def __init__(self) -> None:
        self.lr = 0.1
        self._hidden = 5


class Size(enum.Enum):
    SMALL = "small"


NESTED = {"lr": 0.1, "inner.lr": 0.1, "inner.betas": [0.9, 0.99]}


def saved(logger: Logger) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(Path(logger.output_dir, "config", "parameter.json").read_text())
    return content


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        (argparse.Namespace(lr=0.1, seed=1), {"lr": 0.1, "seed": 1}),
        (types.SimpleNamespace(lr=0.1), {"lr": 0.1}),
        ({"lr": 0.1, "inner": {"lr": 0.1, "betas": (0.9, 0.99)}}, NESTED),
        (Attrs(), {"lr": 0.1, "seed": 2}),
        (Pydantic(), NESTED),
        (Plain(), {"lr": 0.1}),
        (namedtuple("Args", "lr seed")(0.1, 2), {"lr": 0.1, "seed": 2}),
        (
            Experiment(),
            {"env_name": "Hopper-v4", "seed": 3, "optimizer.lr": 0.1, "optimizer.betas": [0.9, 0.99]},
        ),
        (
            {"f": print, "type": int, "size": Size.SMALL, "path": Path("x"), "set": {2, 1}, "odd": object()},
            {"f": "builtins.print", "type": "builtins.int", "size": "small", "path": "x", "set": [1, 2]}
            | {"odd": "object"},
        ),
    ],
)
def test_parameters_of_every_kind_are_saved(project: Path, parameters: Any, expected: dict[str, Any]) -> None:
    with Logger(log_name="a", backup_code=False, parameters=parameters) as logger:
        pass
    assert saved(logger) == expected
    assert Path(logger.output_dir, "signature").read_text()


def test_parameters_name_the_folder_as_the_script_says(project: Path) -> None:
    names = ("env_name", "optimizer.lr", "seed")
    with Logger(backup_code=False, parameters=Experiment(), name_from=names) as logger:
        pass
    assert Path(logger.output_dir).name == "Hopper-v4_optimizer.lr_0.1_seed_3"
    with Logger(backup_code=False, parameters=Experiment(), name_from="seed", log_name="own") as logger:
        pass
    assert Path(logger.output_dir).name == "own"


def test_otherwise_the_setting_names_it(project: Path) -> None:
    experiment = ExperimentConfig(IMPORTANT_CONFIGS=["seed", "absent"], SHORT_NAME_SUFFIX="x")
    sml_config.set_settings(Settings(CommonConfig(), experiment, project))
    logger, given = logger_from_param(argparse.Namespace(seed=4), backup_code=False)
    logger.close()
    assert given == argparse.Namespace(seed=4)
    assert Path(logger.output_dir).name == "seed_4-x"


@pytest.mark.parametrize("name_from", ["sed", ["seed", "sed"], [], 5, [5]])
def test_a_wrong_name_from_is_one_error_with_a_hint(project: Path, name_from: Any) -> None:
    with pytest.raises(SmlLoggerError, match=r"^invalid name_from ") as raised:
        Logger(parameters={"seed": 1}, name_from=name_from)
    if "sed" in str(name_from):
        assert "'seed'" in str(raised.value)
    assert not (project / "logfile").exists()


def test_equal_parameters_have_one_signature_and_others_another(project: Path) -> None:
    signatures = []
    for parameters in ({"a": 1, "f": lambda: 0}, {"a": 1, "f": lambda: 0}, {"a": 2, "f": lambda: 0}):
        with Logger(log_name="a", backup_code=False, parameters=parameters) as logger:
            signatures.append(Path(logger.output_dir, "signature").read_text())
    assert signatures[0] == signatures[1] != signatures[2]


@pytest.mark.parametrize("parameters", [{}, argparse.Namespace()])
def test_a_script_without_parameters_may_say_so(project: Path, parameters: Any) -> None:
    with Logger(log_name="a", backup_code=False, parameters=parameters) as logger:
        pass
    assert saved(logger) == {}


def test_a_template_is_taken_too(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Parameter(ParameterTemplate):
        lr: float = 0.1
        seed: int = 1

    monkeypatch.setattr(sys, "argv", ["main.py", "--seed", "5"])
    with Logger(backup_code=False, parameters=Parameter(), name_from=["seed"]) as logger:
        pass
    assert saved(logger) == {"lr": 0.1, "seed": 5}
    assert Path(logger.output_dir).name == "seed_5"


def test_a_container_that_contains_itself_ends(project: Path) -> None:
    endless: dict[str, Any] = {"a": 1}
    endless["self"] = endless
    with Logger(log_name="a", backup_code=False, parameters=endless) as logger:
        assert saved(logger)["a"] == 1


def test_secrets_are_replaced(project: Path) -> None:
    common = CommonConfig(MAIN_MACHINE_PASSWD="hunter2hunter")
    sml_config.set_settings(Settings(common, ExperimentConfig(), project))
    with Logger(log_name="a", backup_code=False, parameters={"token": "hunter2hunter"}) as logger:
        assert "hunter2" not in Path(logger.output_dir, "config", "parameter.json").read_text()


def test_no_library_of_parameters_is_imported(project: Path) -> None:
    code = (
        "import sys\nfrom sml_logger import Logger\n"
        "Logger(parameters={'a': 1}, backup_code=False).close()\n"
        "assert not {'omegaconf', 'pydantic', 'attr', 'attrs', 'tyro', 'numpy'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=project, capture_output=True)


@pytest.mark.parametrize("library", ["omegaconf", "pydantic", "attrs"])
def test_objects_of_the_libraries_themselves(project: Path, library: str) -> None:
    module = pytest.importorskip(library)
    parameters: Any
    if library == "omegaconf":
        parameters = module.OmegaConf.create({"lr": 0.1, "inner": {"lr": "${lr}"}})
    elif library == "pydantic":
        inner = module.create_model("Inner", lr=(float, 0.1))
        parameters = module.create_model("Outer", lr=(float, 0.1), inner=(inner, inner()))()
    else:
        inner = module.make_class("Inner", {"lr": module.field(default=0.1)})
        parameters = module.make_class("Outer", {"lr": module.field(), "inner": module.field()})(0.1, inner())
    with Logger(log_name="a", backup_code=False, parameters=parameters) as logger:
        assert saved(logger) == {"lr": 0.1, "inner.lr": 0.1}


def defaults(logger: Logger) -> Any:
    return json.loads(Path(logger.output_dir, "config", "run_config.json").read_text())["parameter_defaults"]


@dataclasses.dataclass
class Defaults:
    seed: int  # it has none
    made: float = dataclasses.field(default_factory=time.time)
    drawn: float = dataclasses.field(default_factory=lambda: random.random())
    layers: list[int] = dataclasses.field(default_factory=lambda: [64, 64])
    names: list[str] = dataclasses.field(default_factory=list)
    optimizer: Optimizer = dataclasses.field(default_factory=Optimizer)
    other: Any = None


def test_the_defaults_of_a_dataclass_are_saved_but_for_those_that_calls_make(project: Path) -> None:
    given = Defaults(3, optimizer=Optimizer(lr=5.0), layers=[1], other=Optimizer(lr=7.0))
    state = random.getstate()
    with Logger(log_name="a", backup_code=False, parameters=given) as logger:
        pass
    assert random.getstate() == state
    assert defaults(logger) == {
        "layers": [64, 64],
        "names": [],
        "optimizer.lr": 0.1,
        "optimizer.betas": [0.9, 0.99],
    }


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        (argparse.Namespace(lr=0.1), {}),
        ({"lr": 0.1, "inner": Optimizer(lr=3.0)}, {"inner.lr": 0.1, "inner.betas": [0.9, 0.99]}),
        (namedtuple("Args", "lr seed", defaults=(2,))(0.1, 5), {"seed": 2}),
        (Plain(), {}),
        (Attrs(), {}),
    ],
)
def test_defaults_of_other_objects(project: Path, parameters: Any, expected: dict[str, Any]) -> None:
    with Logger(log_name="a", backup_code=False, parameters=parameters) as logger:
        pass
    assert defaults(logger) == expected


@pytest.mark.parametrize("library", ["omegaconf", "pydantic", "attrs"])
def test_defaults_of_the_libraries_own_objects(project: Path, library: str) -> None:
    module = pytest.importorskip(library)
    parameters: Any
    if library == "omegaconf":
        parameters = module.OmegaConf.structured(Experiment(seed=5))
    elif library == "pydantic":
        inner = module.create_model(
            "Inner", lr=(float, 0.1), betas=(list, module.Field(default_factory=list))
        )
        outer = module.create_model("Outer", seed=(int, 3), name=(str, ...), optimizer=(inner, inner(lr=0.5)))
        parameters = outer(seed=5, name="x")
    else:
        inner = module.make_class("Inner", {"lr": module.field(default=0.1)})
        fields = {"name": module.field(), "seed": module.field(default=3)}
        fields["optimizer"] = module.field(factory=inner)
        parameters = module.make_class("Outer", fields)("x", 5)
    with Logger(log_name="a", backup_code=False, parameters=parameters) as logger:
        pass
    known = defaults(logger)
    assert known["seed"] == 3
    assert known["optimizer.lr"] == {"pydantic": 0.5}.get(library, 0.1)
    assert "name" not in known


def test_a_sweep_that_names_a_default_is_done_by_the_run_that_had_it(project: Path) -> None:
    with Logger(log_name="a", backup_code=False, parameters=Experiment()) as logger:
        pass
    written = defaults(logger)
    assert Task((), {"seed": 3, "optimizer.lr": 0.1}).covered_by(written)
    assert not Task((), {"seed": 4}).covered_by(written)
