"""True, False and None of a grid reach the script as these values, or nothing starts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sml_config import Task
from sml_launch import CommandLineWarning, Grid, GridError, Plan
from sml_launch.state.launch_file import assigned

pytestmark = pytest.mark.slow

PLAIN = """
import argparse, json
p = argparse.ArgumentParser()
p.add_argument("--word", type=bool, default=False)
p.add_argument("--on", type=bool, default=True)
p.add_argument("--both", action=argparse.BooleanOptionalAction, default=True)
p.add_argument("--dashed-name", action=argparse.BooleanOptionalAction, default=True)
p.add_argument("--flag", action="store_true")
p.add_argument("--no_aug", dest="aug", action="store_false")
p.add_argument("--lim", type=float)
p.add_argument("--cap", type=float, default=1.0)
p.add_argument("--maybe", type=lambda text: None if text == "None" else float(text), default=2.0)
p.add_argument("--text", default="x")
p.add_argument("--always", action="store_true", default=True)
p.add_argument("--count", type=int, default=0)
a = p.parse_args()
open("got.jsonl", "a").write(json.dumps(vars(a)) + "\\n")
"""
OURS = """
from sml_config import ParameterTemplate
class P(ParameterTemplate):
    big: bool = True
    small: bool = False
    lim: float | None = 1.0
    name: str | None = "x"
    width: int = 1
import json
open("got.jsonl", "a").write(json.dumps(P(silence=True).make_dict()) + "\\n")
"""


def run(project: Any, script: str, **candidates: list[Any]) -> Any:
    (project.folder / "main.py").write_text(script)
    project.sweep(exclusive_candidates=candidates, MAX_PARALLEL=1)
    return project.launch("--backend", "local")


def got(project: Any, name: str) -> list[Any]:
    path = project.folder / "got.jsonl"
    lines = path.read_text().splitlines() if path.exists() else []
    return sorted((json.loads(line)[name] for line in lines), key=repr)


@pytest.mark.parametrize("name", ["word", "on", "both", "dashed_name", "flag", "aug"])
def test_both_truth_values_reach_an_argparse_script(project, name: str) -> None:
    done = run(project, PLAIN, **{name: [True, False]})
    assert done.returncode == 0, done.stdout + done.stderr
    assert got(project, name) == [False, True]


@pytest.mark.parametrize("name", ["lim", "maybe"])
def test_none_reaches_an_argparse_script_that_can_take_it(project, name: str) -> None:
    done = run(project, PLAIN, **{name: [None, 3.0]})
    assert done.returncode == 0, done.stdout + done.stderr
    assert got(project, name) == [3.0, None]


@pytest.mark.parametrize("name", ["big", "small"])
def test_both_truth_values_reach_a_parameter_class(project, name: str) -> None:
    done = run(project, OURS, **{name: [True, False]})
    assert done.returncode == 0, done.stdout + done.stderr
    assert got(project, name) == [False, True]


@pytest.mark.parametrize(("name", "other"), [("lim", 2.5), ("name", "y")])
def test_none_reaches_an_optional_of_a_parameter_class(project, name: str, other: Any) -> None:
    done = run(project, OURS, **{name: [None, other]})
    assert done.returncode == 0, done.stdout + done.stderr
    assert got(project, name) == sorted([other, None], key=repr)


@pytest.mark.parametrize(
    ("script", "candidates", "words"),
    [
        (
            PLAIN,
            {"cap": [None, 2.0]},
            "cap=None cannot be passed to the script on its command line (its default is 1.0)",
        ),
        (PLAIN, {"text": [None]}, "text=None cannot be passed"),
        (PLAIN, {"always": [True, False]}, "always=False cannot be passed to the script"),
        (PLAIN, {"flag": [None]}, "flag=None cannot be passed"),
        (PLAIN, {"count": [True]}, "count=True cannot be passed"),
        (OURS, {"width": [None, 2]}, "width=None cannot be passed"),
    ],
)
def test_what_cannot_be_given_starts_nothing(project, script: str, candidates: dict, words: str) -> None:
    done = run(project, script, **candidates)
    assert done.returncode == 2
    assert words in done.stderr
    assert "nothing was started" in done.stderr
    assert not (project.folder / "got.jsonl").exists()


PARSER = "import argparse\np = argparse.ArgumentParser()\n"


@pytest.mark.parametrize(
    ("script", "name", "words"),
    [
        (
            PARSER + "p.add_argument('--big', type=str2bool, nargs='?', const=True)\n",
            "big",
            ["--big", "False"],
        ),
        (
            PARSER + "for n in NAMES:\n p.add_argument(f'--{n}', action=argparse.BooleanOptionalAction)\n",
            "big",
            ["--no-big"],
        ),
        ("import fire\nfire.Fire(main)\n", "big", ["--big", "False"]),
        ("import tyro\ntyro.cli(Args)\n", "net.big", ["--net.no-big"]),
        (
            "import tyro\nclass Args:\n  big: bool\n  small: bool = True\ntyro.cli(Args)\n",
            "big",
            ["--big", "False"],
        ),
        (
            "import typer\ndef main(use_x: bool = True): ...\ntyper.run(main)\n",
            "use_x",
            ["--no-use-x"],
        ),
        (
            "import typer\ndef main(x: bool = typer.Option(True, '--on/--off')): ...\ntyper.run(main)\n",
            "x",
            ["--off"],
        ),
        ("from absl import flags\nflags.DEFINE_boolean('big', True, 'help')\n", "big", ["--nobig"]),
        ("from jsonargparse import CLI\nCLI(main)\n", "big", ["--big", "false"]),
        ("from lightning.pytorch.cli import LightningCLI\nLightningCLI(M)\n", "a.b", ["--a.b", "false"]),
        ("from transformers import HfArgumentParser\nHfArgumentParser(A)\n", "fp16", ["--fp16", "False"]),
        ("from simple_parsing import parse\nparse(A)\n", "big", ["--big", "False"]),
        ("import click\n@click.option('--big/--no-big', default=True)\ndef f(): ...\n", "big", ["--no-big"]),
        ("import click\n@click.option('--big', type=bool)\ndef f(): ...\n", "big", ["--big", "False"]),
    ],
)
def test_false_reaches_scripts_of_other_libraries(
    tmp_path: Path, script: str, name: str, words: list[str]
) -> None:
    (tmp_path / "main.py").write_text(script)
    plan = Plan.from_grid(Grid("python main.py", exclusive_candidates={name: [True, False]}), tmp_path)
    assert plan.launch(plan.tasks, "local", {}, {}).spelling[name]["False"] == words


@pytest.mark.parametrize(
    ("script", "value"),
    [
        (PARSER + "p.add_argument('--big', action='store_true')\np.set_defaults(big=True)\n", False),
        (PARSER + "p.add_argument('--big', type=bool, nargs='+')\n", [True, False]),
        ("from absl import flags\nflags.DEFINE_float('big', 1.0, 'help')\n", None),
        ("import click\n@click.option('--big', is_flag=True, default=True)\ndef f(): ...\n", False),
    ],
)
def test_values_that_would_become_others_start_nothing(tmp_path: Path, script: str, value: Any) -> None:
    (tmp_path / "main.py").write_text(script)
    plan = Plan.from_grid(Grid("python main.py", exclusive_candidates={"big": [value]}), tmp_path)
    with pytest.raises(GridError, match=r"big=.* cannot be passed to the script"):
        plan.launch(plan.tasks, "local", {}, {})


def test_all_that_cannot_be_given_is_told_at_once(project) -> None:
    done = run(project, PLAIN, cap=[None], text=[None])
    assert "cap=None" in done.stderr
    assert "text=None" in done.stderr


def test_arguments_of_a_module_of_the_project_are_seen(project) -> None:
    (project.folder / "options").mkdir()
    (project.folder / "options/__init__.py").write_text("from .parser import p\n")
    body = PLAIN.replace("a = p.parse_args()", "").replace('open("got', "#")
    (project.folder / "options/parser.py").write_text(body)
    script = (
        "import json\nfrom options import p\na = p.parse_args()\n" + PLAIN.strip().splitlines()[-1] + "\n"
    )
    done = run(project, script, both=[True, False])
    assert done.returncode == 0, done.stdout + done.stderr
    assert got(project, "both") == [False, True]


def test_a_script_whose_arguments_are_not_seen_is_told(project) -> None:
    done = run(project, "import sys\n", mystery=[True, False])
    assert (
        "the script's sources do not show how it parses mystery: True is passed as --mystery" in done.stderr
    )
    assert done.returncode == 0


def test_a_script_is_read_and_never_run(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("open('ran', 'w')\nimport argparse\n")
    plan = Plan.from_grid(Grid("python main.py", exclusive_candidates={"a": [True, False]}), tmp_path)
    with pytest.warns(CommandLineWarning):
        plan.launch(plan.tasks, "local", {}, {})
    assert not (tmp_path / "ran").exists()


def test_a_script_that_python_cannot_read_tells_of_itself_when_it_runs(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("def (:\n")
    plan = Plan.from_grid(Grid("python main.py", exclusive_candidates={"a": [True]}), tmp_path)
    assert plan.launch(plan.tasks, "local", {}, {}).spelling == {}


def test_a_python_plan_refuses_what_cannot_be_given(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(PLAIN)
    plan = Plan.from_grid(Grid("python main.py", exclusive_candidates={"cap": [None]}), tmp_path)
    with pytest.raises(GridError, match="cap=None cannot be passed"):
        plan.submit("local")


def test_click_switches_are_seen(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(
        "import click\n@click.option('--shout/--no-shout', default=True)\ndef f(): ...\n"
    )
    plan = Plan.from_grid(Grid("python main.py", exclusive_candidates={"shout": [True, False]}), tmp_path)
    shown = {plan.launch(plan.tasks, "local", {}, {}).command_text(task) for task in plan.tasks}
    assert {text.partition("main.py ")[2] for text in shown} == {"--shout", "--no-shout"}


def test_equality_assign_gives_values_as_hydra_takes_them() -> None:
    values = {"optim.lr": 0.1, "flag": True, "off": False, "sizes": [64, 64], "absent": None, "name": "a b"}
    words = assigned(Task(("python", "main.py"), values))
    assert words[2:] == ("optim.lr=0.1", "flag=True", "off=False", "sizes=[64, 64]", "name=a b")
