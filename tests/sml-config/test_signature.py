"""The signature: configuration alone, the same everywhere."""

from __future__ import annotations

import copy
import enum
import itertools
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import sml_config
from sml_config import ParameterTemplate
from sml_config.values import canonical

SOURCES = Path(sml_config.__file__).parent.parent

SCRIPT = """
import enum
import sys
sys.path[:0] = sys.argv[1:3]
from sml_config import ParameterTemplate
values = {"lr": 1e-4, "third": 1 / 3, "seed": 1, "flag": True, "one": 1.0, "none": None, "text": "中文\\n",
          "list": [1, 2.5, "a"], "tuple": (1, (2,)), "nested": {"b": 1, "a": float("nan")}, "big": 2**80,
          "tiny": 5e-324, "inf": float("inf")}
class Access(enum.Flag):
    READ = 1
    WRITE = 2
    RUN = 4
values["access"] = [Access.READ | Access.WRITE, Access.WRITE | Access.RUN, Access(0)]
print(ParameterTemplate(config_data=values).signature)
"""
EXPECTED = "03b946e124c4fa378b449435e330d44034fe579b7661219a59064569da273a14"


def values_signature(**values: Any) -> str:
    return ParameterTemplate(config_data=values).signature


def interpreters() -> list[str]:
    names = ["python3.10", "python3.11", "python3.12", "python3.13", "python3.14"]
    paths = {name: shutil.which(name) for name in names}
    usable = []
    for path in [sys.executable, *filter(None, paths.values())]:
        done = subprocess.run(
            [path, "-c", "import sys; print(sys.version_info[:2])"],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode == 0:
            usable.append(path)
    return usable


def test_every_python_agrees() -> None:
    # PyYAML's pure Python part serves any interpreter.
    libraries = Path(yaml.__file__).parent.parent
    paths = interpreters()
    if len(paths) < 2:
        pytest.skip("no other interpreter (python3.10 … python3.14) is on PATH: only this one was asked")
    signatures = {
        subprocess.run(
            [path, "-c", SCRIPT, str(SOURCES), str(libraries)], capture_output=True, text=True, check=True
        ).stdout
        for path in paths
    }
    assert len(signatures) == 1


def test_the_signature_is_this_on_every_machine() -> None:
    values = {"lr": 1e-4, "seed": 1, "flag": True, "name": "Hopper-v2", "hidden": [256, 256]}
    assert values_signature(**values) == EXPECTED


def test_another_process_with_another_hash_seed_agrees(run_script: Callable[..., Any]) -> None:
    outputs = {
        run_script(SCRIPT, str(SOURCES), str(SOURCES), PYTHONHASHSEED=seed).stdout for seed in ("1", "2")
    }
    assert len(outputs) == 1
    assert len(outputs.pop().strip()) == 64


class Access(enum.Flag):
    READ = 1
    WRITE = 2
    RUN = 4


def test_flags_put_together_differ_if_one_of_them_differs() -> None:
    every = [Access(number) for number in range(8)]
    assert len({values_signature(x=access) for access in every}) == 8


def test_settings_time_and_order_do_not_matter(project: Path) -> None:
    before = values_signature(a=1, b=2)
    sml_config.init_config(
        "common_config/common_config.yaml", "common_config/experiment_config.yaml", project
    )
    assert values_signature(b=2, a=1) == before


DIFFERENT: list[Any] = [
    1,
    1.0,
    True,
    "1",
    "True",
    None,
    "None",
    0,
    0.0,
    -0.0,
    False,
    "",
    [],
    (),
    {},
    [1],
    (1,),
    "[1]",
]
DIFFERENT += [
    {"a": 1},
    {"a": 1.0},
    float("nan"),
    "nan",
    float("inf"),
    [[1], 2],
    [1, [2]],
    ["1", "2"],
    ['1","2'],
]


def test_any_other_value_gives_another_signature() -> None:
    for left, right in itertools.combinations(DIFFERENT, 2):
        assert values_signature(x=left) != values_signature(x=right), (left, right)
    assert values_signature(x=1) != values_signature(y=1)
    assert values_signature(x=1) != values_signature(x=1, y=None)


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


def alike(left: Any, right: Any) -> bool:
    """Equal in type and value all the way down; NaN is like NaN, 0.0 is not like -0.0."""
    if type(left) is not type(right):
        return False
    if isinstance(left, list):
        return len(left) == len(right) and all(map(alike, left, right))
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(alike(left[key], right[key]) for key in left)
    return repr(left) == repr(right)


@given(PLAIN, PLAIN)
def test_two_values_have_one_text_only_if_they_are_alike(left: Any, right: Any) -> None:
    assert (canonical(left) == canonical(right)) == alike(left, right)
    assert canonical(left) == canonical(copy.deepcopy(left))
