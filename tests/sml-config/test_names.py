"""Names of runs: as in the tutorial, safe as folders, different where they differ."""

from __future__ import annotations

import argparse
import enum
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import sml_config
from sml_config import ParameterTemplate, safe_name

CommandLine = Callable[..., None]


class Mode(enum.Enum):
    FAST = "fast"


class Level(enum.Enum):
    LOW = 1


class Run(ParameterTemplate):
    def parse(self) -> argparse.Namespace:
        return argparse.ArgumentParser().parse_args()


def name_of(important: list[str], suffix: str = "", debug: bool = False, **values: Any) -> str:
    parameter = Run.from_dict(values)
    parameter.debug = debug
    with sml_config.override(IMPORTANT_CONFIGS=important, SHORT_NAME_SUFFIX=suffix):
        return parameter.short_name


def test_the_tutorials_name() -> None:
    important = ["env_name", "policy_lr", "seed"]
    values = {"env_name": "Hopper-v2", "policy_lr": 0.01, "seed": 2}
    assert name_of(important, "DEMO_FILE", **values) == "Hopper-v2_policy_lr_0.01_seed_2-DEMO_FILE"


@pytest.mark.parametrize(
    ("value", "part"),
    [
        ("text", "text"),
        (True, "x"),
        (False, "x_False"),
        (3e-4, "x_0.0003"),
        (1e-10, "x_1e-10"),
        ([256, 256], "256_256"),
        ((1, "a"), "1_a"),
        (None, "x_None"),
        (7, "x_7"),
        (np.float64(0.5), "x_0.5"),
        (Mode.FAST, "fast"),
        (Level.LOW, "x_LOW"),
        (float("nan"), "x_nan"),
    ],
)
def test_how_each_kind_of_value_names_a_run(value: Any, part: str) -> None:
    assert name_of(["x"], x=value) == part


@pytest.mark.parametrize(
    ("information", "tail"),
    [("why", "why"), ("None", "SUFFIX"), (None, "SUFFIX"), (3, "3"), (Mode.FAST, "fast")],
)
def test_the_suffix_is_information_unless_that_is_none(information: Any, tail: str) -> None:
    assert name_of(["seed"], "SUFFIX", seed=1, information=information) == f"seed_1-{tail}"


def test_parameters_that_do_not_exist_are_left_out_and_debug_is_said() -> None:
    assert name_of(["absent", "seed"], "S", debug=True, seed=1) == "seed_1-S-debug"
    assert name_of(["absent"]) == safe_name("")


def test_a_secret_does_not_become_a_folders_name() -> None:
    sml_config.set_common_config(MAIN_MACHINE_PASSWD="geheim-123")
    assert "geheim" not in name_of(["x"], x="geheim-123")


AWKWARD = [
    "",
    ".",
    "..",
    "a/b",
    "../../etc",
    "a b",
    "-x",
    ".hidden",
    "a" * 300,
    "中" * 300,
    "ALE/Pong-v5",
    "a\\b",
]
AWKWARD += [
    "con",
    "NUL.txt",
    "COM1",
    "a.",
    "a\x00b",
    "\ud800",
    "e\u0301",
    "é",
    "a*?[b]",
    "$HOME",
    "a\nb",
    "🤖",
    "~",
]


@pytest.mark.parametrize("text", AWKWARD)
def test_every_name_can_be_a_folder(tmp_path: Path, text: str) -> None:
    name = safe_name(text)
    (tmp_path / name).mkdir()
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert len(f"{name}_2024-01-01_00-00-00-12345678".encode()) <= 255
    assert not name.startswith((".", "-"))
    assert not name.endswith(".")
    assert name.split(".")[0].lower() not in {"con", "nul", "com1"}


def test_different_names_are_different_folders_even_if_one_imitates_the_other() -> None:
    names = [*AWKWARD, *(safe_name(text) for text in AWKWARD if safe_name(text) != text)]
    assert len({safe_name(text) for text in names}) == len(set(names))


def test_good_names_stay_as_they_are() -> None:
    for name in ["Hopper-v2_policy_lr_0.01_seed_2-DEMO_FILE", "实验_1", "a=b,c+d@e"]:
        assert safe_name(name) == name


@given(st.lists(st.text(), min_size=2, max_size=5, unique=True))
def test_no_two_names_become_one_folder(names: list[str]) -> None:
    folders = [safe_name(name) for name in names]
    folders += [safe_name(folder) for folder, name in zip(folders, names, strict=True) if folder not in names]
    assert len(set(folders)) == len(folders)


@given(st.text())
def test_no_name_leaves_its_folder(name: str) -> None:
    folder = safe_name(name)
    assert (Path("/base") / folder).parent == Path("/base")
    assert folder not in ("", ".", "..")
    assert not set(folder) & set('/\\:*?"<>|\x00\n ')
