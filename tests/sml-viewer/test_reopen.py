"""A figure that is opened again tells what became of its runs, and destroys nothing."""

from __future__ import annotations

import json
import shlex
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from sml_viewer.cli.main import main
from sml_viewer.library import Library
from sml_viewer.render.provenance import Changes, changes_since, read_provenance

TABLE = "step,reward\n0,1\n1,{last}\n"


@pytest.fixture
def figure(make_run, logs: Path, tmp_path: Path) -> Path:
    """Of the seeds below 2 of three runs that no run_config.json gives an id."""
    for seed in range(3):
        make_run(f"s{seed}", TABLE.format(last=seed), lr=0.1, seed=seed)
    path = tmp_path / "a.svg"
    assert main(["plot", "-d", str(logs), "-o", str(path), "--where", "seed < 2"]) == 0
    return path


def changes(figure: Path, data: Path, workspace: Path) -> Changes:
    with Library([data], workspace) as library:
        library.refresh()
        return changes_since(read_provenance(figure), library.runs())


def test_a_configuration_of_the_same_name_is_not_written_over(
    figure: Path, logs: Path, workspace: Path, capsys
) -> None:
    kept = workspace / "configurations" / "keep.json"
    kept.parent.mkdir(parents=True)
    kept.write_text('{"XMAX": 7.0}\n')
    words = ["reopen", str(figure), "-d", str(logs), "-wks", str(workspace)]
    assert main([*words, "--save", "keep"]) == 2
    assert "'keep' already exists; choose another name" in capsys.readouterr().err
    assert json.loads(kept.read_text()) == {"XMAX": 7.0}


def test_what_is_kept_comes_with_the_command_that_draws_the_same_runs(
    figure: Path, logs: Path, workspace: Path, tmp_path: Path, capsys
) -> None:
    capsys.readouterr()
    assert main(["reopen", str(figure), "-d", str(logs), "-wks", str(workspace), "--save", "mine"]) == 0
    (line,) = (line for line in capsys.readouterr().out.splitlines() if line.startswith("drawn with: "))
    again = tmp_path / "again.svg"
    assert main([*shlex.split(line.removeprefix("drawn with: "))[1:], "-o", str(again)]) == 0
    assert read_provenance(again).runs == read_provenance(figure).runs


def test_a_run_whose_parameters_changed_is_not_as_it_was(figure: Path, logs: Path, workspace: Path) -> None:
    (logs / "s1" / "config" / "parameter.json").write_text('{"lr": 0.5, "seed": 1}')
    found = changes(figure, logs, workspace)
    assert [run.name for run in found.changed] == ["s1"]
    assert len(found.same) == 1


def test_a_figure_that_does_not_say_its_parameters_is_compared_by_its_tables(
    figure: Path, logs: Path, workspace: Path
) -> None:
    (logs / "s1" / "config" / "parameter.json").write_text('{"lr": 0.5, "seed": 1}')
    older = replace(read_provenance(figure), parameters={})
    with Library([logs], workspace) as library:
        library.refresh()
        assert len(changes_since(older, library.runs()).same) == 2


def test_runs_without_an_id_are_found_where_they_were_moved_to(
    figure: Path, logs: Path, workspace: Path, tmp_path: Path
) -> None:
    moved = shutil.move(logs, tmp_path / "elsewhere")
    (moved / "s0" / "progress.csv").write_text(TABLE.format(last=9))
    found = changes(figure, moved, workspace)
    assert [run.name for run in found.same] == ["s1"]
    assert len(found.missing) == 1
