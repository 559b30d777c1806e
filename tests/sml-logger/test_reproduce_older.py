"""Runs of older releases are built anew from `codes.tar` and the texts beside it."""

from __future__ import annotations

import io
import json
import sys
import tarfile
from importlib.metadata import version
from pathlib import Path

import pytest

from sml_logger.cli import main
from sml_logger.code_archive.reproduce import reproduce

CODE = {"main.py": "import sys; print(sys.argv[1:])\n", "env/walk.py": "SPEED = 1\n"}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = tmp_path / "logfile" / "old"
    (folder / "config").mkdir(parents=True)
    with tarfile.open(folder / "codes.tar", "w") as archive:
        top = tarfile.TarInfo("codes")
        top.type = tarfile.DIRTYPE
        archive.addfile(top)
        for name, text in CODE.items():
            member = tarfile.TarInfo(f"codes/{name}")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    (folder / "config" / "running_config.json").write_text(json.dumps({"host_name": "lab7"}))
    (folder / "execute_cmd.txt").write_text("python main.py --seed 3")
    (folder / "pyenv.txt").write_text(
        f"PyYAML=={version('pyyaml')}, /opt/lib\nnowhere-at-all==9.9, /opt/lib\n"
    )
    return folder


def test_the_code_lies_where_the_project_did_and_the_command_starts_it(run: Path, tmp_path: Path) -> None:
    reproduction = reproduce(run, tmp_path / "again")
    assert {name: (tmp_path / "again" / name).read_text() for name in CODE} == CODE
    assert not (tmp_path / "again" / "codes").exists()
    assert reproduction.command == [sys.executable, "main.py", "--seed", "3"]
    assert reproduction.cwd == tmp_path / "again"


def test_only_what_was_recorded_is_compared(run: Path, tmp_path: Path) -> None:
    differences = reproduce(run, tmp_path / "again").differences
    assert "nowhere-at-all: 9.9 in the run, not installed here" in differences
    assert not [
        line for line in differences if "GPU" in line or line.lower().startswith(("python", "pyyaml"))
    ]


def test_a_command_that_was_joined_without_quotes_is_taken_word_by_word(run: Path, tmp_path: Path) -> None:
    (run / "execute_cmd.txt").write_text("python main.py --note it's")
    assert reproduce(run, tmp_path / "again").command[1:] == ["main.py", "--note", "it's"]


def test_a_run_without_a_command_is_built_and_not_started(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (run / "execute_cmd.txt").unlink()
    assert main(["reproduce", str(run), "-o", str(tmp_path / "again"), "--run"]) == 2
    output = capsys.readouterr()
    assert "not recorded" in output.out
    assert "start it by hand" in output.err


def test_a_folder_without_an_archive_is_told_which_names_were_looked_for(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (run / "codes.tar").unlink()
    assert main(["reproduce", str(run), "-o", str(tmp_path / "again")]) == 2
    assert "has neither coders.tar nor codes.tar" in capsys.readouterr().err
