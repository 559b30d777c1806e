"""What an editor and a type checker know about parameters."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

CODE = """
import argparse
import enum
from typing import Literal, Optional

from sml_config import ParameterGroup, ParameterTemplate, param


class Mode(enum.Enum):
    A = "a"


class Adam(ParameterGroup):
    beta: float = 0.9


class Declared(ParameterTemplate):
    policy_lr: float = param(3e-4, help="learning rate")
    seed: int = 1
    hidden: list[int] = param([256, 256], help="layers")
    algorithm: Literal["sac", "td3"] = param("sac", help="which")
    mode: Mode = Mode.A
    limit: Optional[int] = param(None, help="none")
    needed: str = param(help="must be given")
    adam: Adam


class Parsed(ParameterTemplate):
    def __init__(self, config_path: Optional[str] = None, debug: bool = False, silence: bool = False) -> None:
        super(Parsed, self).__init__(config_path, debug, silence)

    def parse(self) -> argparse.Namespace:
        parser = argparse.ArgumentParser()
        self.policy_lr = 3e-4
        parser.add_argument("--policy_lr", type=float, default=self.policy_lr)
        return parser.parse_args()


class Algorithm:
    def __init__(self) -> None:
        self.parameter = Declared()
        reveal_type(self.parameter.policy_lr)
        reveal_type(self.parameter.seed)
        reveal_type(self.parameter.hidden)
        reveal_type(self.parameter.mode)
        reveal_type(self.parameter.limit)
        reveal_type(self.parameter.adam.beta)
        reveal_type(self.parameter.short_name)
        reveal_type(Parsed().policy_lr)
        reveal_type(Declared.from_dict({}))
"""
EXPECTED = ["float", "int", "list[int]", "Mode", "int | None", "float", "str", "float", "Declared"]
WRONG = "\n\nself_made: str = Declared().policy_lr\n"


@pytest.fixture
def module(tmp_path: Path) -> Path:
    path = tmp_path / "project.py"
    path.write_text(CODE, encoding="utf-8")
    return path


def short(revealed: str) -> str:
    name = revealed.replace("builtins.", "").replace("project.", "").replace("Union[int, None]", "int | None")
    return name.replace("Optional[int]", "int | None")


def test_mypy_knows_the_type_of_every_parameter(module: Path, tmp_path: Path) -> None:
    def check() -> tuple[int, list[str]]:
        words = [
            sys.executable,
            "-m",
            "mypy",
            "--strict",
            "--cache-dir",
            str(tmp_path / "cache"),
            str(module),
        ]
        done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=tmp_path)
        return done.returncode, done.stdout.splitlines()

    status, lines = check()
    assert status == 0, lines
    assert [short(line.split('"')[1]) for line in lines if "Revealed type" in line] == EXPECTED
    module.write_text(CODE + WRONG, encoding="utf-8")
    status, lines = check()
    assert status == 1
    assert any("incompatible type" in line.lower() or "Incompatible types" in line for line in lines)


def test_pyright_knows_the_type_of_every_parameter(module: Path, tmp_path: Path) -> None:
    if shutil.which("pyright", path=str(Path(sys.executable).parent)) is None:
        pytest.fail("pyright is a development dependency (hatch.toml) and is not installed")

    def check() -> tuple[int, list[dict[str, str]]]:
        words = [sys.executable, "-m", "pyright", "--pythonpath", sys.executable, "--outputjson", str(module)]
        done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=tmp_path)
        return done.returncode, json.loads(done.stdout)["generalDiagnostics"]

    status, messages = check()
    assert status == 0, messages
    assert [
        short(item["message"].split('"')[3]) for item in messages if item["severity"] == "information"
    ] == EXPECTED
    module.write_text(CODE + WRONG, encoding="utf-8")
    status, messages = check()
    assert status == 1
    assert any("str" in item["message"] for item in messages if item["severity"] == "error")
