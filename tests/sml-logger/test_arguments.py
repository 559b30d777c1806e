"""`Logger` takes what a person naturally gives, and names the argument that it cannot take."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sml_logger import Logger, SmlLoggerError
from sml_logger.arguments import rows_of, seconds_of


@pytest.mark.parametrize("category", ["lab/ppo", Path("lab", "ppo"), Path("lab/ppo/")])
def test_a_category_is_a_text_or_a_path(project: Path, category: Any) -> None:
    with Logger(log_name="a", logger_category=category, backup_code=False) as logger:
        assert logger.output_dir == str(project / "logfile" / "lab" / "ppo" / "a")


def test_a_name_may_be_a_path_and_a_signature_a_number(project: Path) -> None:
    with Logger(log_name=Path("a"), log_signature=12345, backup_code=False) as logger:
        pass
    assert Path(logger.output_dir, "signature").read_text() == "12345"


def test_one_key_is_registered_as_one_column(project: Path) -> None:
    with Logger(log_name="a", backup_code=False) as logger:
        logger.register_keys("loss")
        logger.log_tabular("x", 1)
        logger.dump_tabular()
    assert Path(logger.output_dir, "progress.csv").read_text() == "loss,x\n,1\n"


@pytest.mark.parametrize(
    ("given", "taken"),
    [(True, True), (False, False), (np.bool_(True), True), (0, False), (np.int64(7), 7), (np.array(3), 3)],
)
def test_rows_to_resume_after_are_any_whole_number(given: Any, taken: bool | int) -> None:
    rows = rows_of(given)
    assert rows == taken
    assert type(rows) is type(taken)


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        *((None, None), (60, 60.0), ("60", 60.0), (np.float32(0.5), 0.5), (np.int64(5), 5.0), ("5m", 300.0)),
        (timedelta(seconds=90), 90.0),
    ],
)
def test_seconds_are_any_number_also_as_text(given: Any, taken: float | None) -> None:
    assert seconds_of(given) == taken


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        *(("resume", value) for value in (-1, 1.5, "5", None, [1], np.float64(2.0))),
        *(("sync_every", value) for value in (0, -1, "soon", "0", float("inf"), float("nan"), True, [60])),
        *(("log_name", value) for value in (None, 5, b"a", ["a"])),
        *(("logger_category", value) for value in (5, b"a", ["a"], "x/" * 1500)),
        *(("base_path", value) for value in (5, b"a", ["a"], True)),
        *(("ranks", value) for value in ("second", None, 1)),
        *(("parameters", value) for value in (5, "a", b"a", [1], print)),
    ],
)
def test_a_wrong_type_is_one_error_that_names_the_argument(project: Path, argument: str, value: Any) -> None:
    with pytest.raises(SmlLoggerError, match=f"^invalid {argument} "):
        Logger(**{argument: value})
    assert not (project / "logfile").exists()


@pytest.mark.parametrize(
    ("method", "argument", "values"),
    [
        ("register_keys", "keys", (5, None, b"a", {"a": 1}, [1])),
        ("update_tb_header_dict", "tb_header_dict", ("a", None, {"a": 1}, ["a"])),
        ("log_tabular", "name", (5, None, b"a", ["a"])),
    ],
)
def test_a_method_names_the_argument_too(
    project: Path, method: str, argument: str, values: tuple[Any, ...]
) -> None:
    with Logger(log_name="a", backup_code=False) as logger:
        for value in values:
            with pytest.raises((SmlLoggerError, TypeError), match=argument):
                getattr(logger, method)(value, *([1] if method == "log_tabular" else []))
        for value in (-1, True, "two", 1.5, None):
            with pytest.raises(SmlLoggerError, match=r"^invalid trial_num "):
                logger.sync_log_to_remote(trial_num=value)


def test_every_argument_of_logger_is_tried() -> None:
    tried = {"resume", "sync_every", "log_name", "logger_category", "base_path", "ranks", "parameters"}
    tried |= {"name_from"}  # in test_given_parameters.py
    taken_as_they_are = {"self", "log_to_file", "force_backup", "log_signature", "backup_code"}
    assert set(inspect.signature(Logger.__init__).parameters) == tried | taken_as_they_are


def test_a_name_that_the_locale_cannot_write_becomes_one_that_it_can(tmp_path: Path) -> None:
    code = (
        "from sml_logger import Logger\nwith Logger(log_name='n\\u00e9', backup_code=False) as logger: pass\n"
    )
    environment = {**os.environ, "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (run,) = (path for path in (tmp_path / "logfile").iterdir() if not path.name.startswith("."))
    assert run.name.startswith("n_xe9-")


def test_what_a_killed_process_left_half_written_goes_at_the_next_start(project: Path) -> None:
    child = os.fork()
    if child == 0:
        logger = Logger(log_name="a", backup_code=False)
        Path(logger.output_dir, ".sml-tmp-000000000000").write_text("half a table")
        Path(logger.output_dir, "config", ".sml-tmp-111111111111").write_text("{")
        Path(logger.output_dir).rename(
            project / "logfile" / ".sml-tmp-222222222222"
        )  # died while it was made
        os._exit(0)
    os.waitpid(child, 0)
    with Logger(log_name="b", backup_code=False):
        left = {path.name for path in project.rglob(".sml-tmp-*")}
    assert left == {".sml-tmp-claim"}
