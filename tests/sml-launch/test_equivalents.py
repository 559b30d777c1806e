"""Finished stays finished by what a run was given, however its grid is written."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from sml_launch.state.equivalents import program

pytestmark = pytest.mark.slow

SCRIPT = """
from sml_config import ParameterTemplate
from sml_logger import logger_from_param
class P(ParameterTemplate):
    seed: int = 0
    gamma: float = 0.99
    seconds: float = 1.0
logger, parameter = logger_from_param(P(silence=True), backup_code=False)
logger.log_tabular("a", 1)
logger.dump_tabular()
logger.close()
open("ran", "a").write("x")
"""
LOCAL = ("--backend", "local")


def count(project: Any) -> int:
    file = project.folder / "ran"
    return len(file.read_text()) if file.exists() else 0


@pytest.fixture
def finished(project):
    """Two finished tasks, seed 1 and 2, of a script that records its parameters."""
    (project.folder / "main.py").write_text(SCRIPT)
    settings = "IMPORTANT_CONFIGS: [seed, gamma, seconds]\n"
    (project.folder / "experiment_config.yaml").write_text(settings)
    project.sweep(exclusive_candidates={"seed": [1, 2]}, parameters_base={"seconds": 6})
    project.launch(*LOCAL)
    assert count(project) == 2
    return project


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ({"parameters_base": {"seconds": 6, "gamma": 0.99}}, "gamma=0.99 is its default"),
        ({"parameters_base": {"seconds": 6.0}}, "seconds=6.0 for 6"),
        ({"start_up_header": f"{sys.executable} -u main.py"}, f"{sys.executable} -u main.py for"),
    ],
)
def test_another_spelling_of_what_finished_is_told_and_not_run_again(
    finished, names: dict, words: str
) -> None:
    finished.sweep(**{"exclusive_candidates": {"seed": [1, 2]}, "parameters_base": {"seconds": 6}, **names})
    done = finished.launch(*LOCAL)
    assert "2 of 2 tasks have finished before" in done.stdout
    assert "2 of them were run with the same parameters, written differently" in done.stdout
    assert words in done.stdout
    assert "--rerun changed runs them again" in done.stdout
    assert count(finished) == 2
    assert finished.launch(*LOCAL, "--rerun", "changed").returncode == 0
    assert count(finished) == 4


def test_a_grid_that_grows_in_another_spelling_runs_what_is_new_and_counts_all(finished) -> None:
    finished.sweep(exclusive_candidates={"seed": [1, 2, 3]}, parameters_base={"seconds": 6.0})
    finished.launch(*LOCAL)
    assert count(finished) == 3
    assert finished.status()["done"] == 3


@pytest.mark.parametrize(
    "base", [{"seconds": 6, "gamma": 0.5}, {"seconds": 7}, {}, {"seconds": 6, "seed": 9}]
)
def test_another_value_is_another_task(finished, base: dict) -> None:
    seeds = {"seed": [1, 2]} if "seed" not in base else {"gamma": [0.99]}
    finished.sweep(exclusive_candidates=seeds, parameters_base=base)
    done = finished.launch(*LOCAL)
    assert "finished before" not in done.stdout
    assert count(finished) > 2


def test_a_dry_run_records_nothing(finished) -> None:
    finished.sweep(exclusive_candidates={"seed": [1, 2]}, parameters_base={"seconds": 6.0})
    before = finished.results()
    finished.launch(*LOCAL, "--dry-run")
    assert finished.results() == before


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        (("python", "main.py"), ("python3.11", "-u", "main.py"), True),
        (("/venv/bin/python", "main.py"), ("python", "main.py"), True),
        (("python", "main.py"), ("python", "other.py"), False),
        (("python", "-m", "a"), ("python", "-m", "b"), False),
        (("bash", "-u", "run.sh"), ("bash", "run.sh"), False),
    ],
)
def test_a_program_is_the_same_whatever_interpreter_starts_it(
    first: tuple[str, ...], second: tuple[str, ...], same: bool
) -> None:
    assert (program(first) == program(second)) is same
