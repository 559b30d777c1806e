"""The command does what the page does, and says in one line what is wrong."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from sml_viewer.cli import main


@pytest.mark.usefixtures("grid")
def test_list_as_json_is_one_array_with_an_object_per_run(logs: Path, capsys) -> None:
    assert main(["list", "--json", "-d", str(logs)]) == 0
    runs = json.loads(capsys.readouterr().out)
    assert len(runs) == 12
    assert runs[0]["parameters"]["env_name"] == "Acrobot-v1"
    assert runs[0]["last"]["timestep"] == 20.0


def test_list_as_json_stays_json_with_infinities(logs: Path, make_run, capsys) -> None:
    make_run("a", "x\n-inf\n")
    main(["list", "--json", "-d", str(logs)])
    (run,) = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert run["last"] == {"x": "-inf"}


@pytest.mark.usefixtures("grid")
def test_a_second_figure_does_not_replace_the_first(logs: Path, tmp_path: Path, capsys) -> None:
    for _ in range(2):
        assert main(["plot", "-d", str(logs), "-o", str(tmp_path / "out" / "a.png")]) == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a-2.png", "a.png"]
    assert "n = 3 seeds" in capsys.readouterr().out


@pytest.mark.usefixtures("grid")
def test_the_table_is_written_as_markdown(logs: Path, tmp_path: Path) -> None:
    assert main(["table", "-d", str(logs), "-o", str(tmp_path / "t.md")]) == 0
    assert (tmp_path / "t.md").read_text().startswith("| episode_return |")


@pytest.mark.parametrize("command", [["list"], ["plot"], ["table"], ["list", "--json"], ["serve"]])
def test_a_folder_that_is_not_there_is_one_line(command: list[str], tmp_path: Path, capsys) -> None:
    assert main([*command, "-d", str(tmp_path / "none")]) == 2
    error = capsys.readouterr().err
    assert "no such folder" in error
    assert error.count("\n") == 1


@pytest.mark.parametrize("command", [["list"], ["plot"], ["table"]])
def test_a_folder_without_runs_is_one_line(command: list[str], logs: Path, capsys) -> None:
    assert main([*command, "-d", str(logs)]) == 2
    error = capsys.readouterr().err
    assert "progress.csv" in error
    assert error.count("\n") == 1


def test_a_figure_of_unknown_kind_is_answered_with_the_known_ones(logs: Path, capsys) -> None:
    assert main(["plot", "-d", str(logs), "-o", "a.bmp"]) == 2
    assert ".png, .pdf, .svg or .csv" in capsys.readouterr().err


def test_a_port_in_use_is_named_with_a_free_one(logs: Path, capsys) -> None:
    with contextlib.closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["serve", "-d", str(logs), "-p", str(port)]) == 1
    error = capsys.readouterr().err
    assert f"port {port} is in use; try -p " in error
    assert error.count("\n") == 1


def test_importing_the_package_loads_neither_pandas_nor_flask_nor_matplotlib() -> None:
    check = (
        "import sml_viewer, sys; print(sorted({'pandas', 'flask', 'matplotlib', 'scipy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
