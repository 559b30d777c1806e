"""The walk of somebody who has used the tool for years: their scripts as they are, the packages new."""

from __future__ import annotations

import json
import os
import shutil
import signal
import urllib.request
from pathlib import Path
from typing import IO

import pytest

from ..ports import free_port

pytestmark = pytest.mark.slow

SCRIPTS = Path(__file__).with_name("old_scripts")


@pytest.fixture(scope="module")
def project(installed, tmp_path_factory: pytest.TempPathFactory):
    newcomer, _ = installed
    folder = tmp_path_factory.mktemp("old") / "ppo"
    shutil.copytree(SCRIPTS, folder)
    for seed in (1, 2):
        for rate in ("1e-4", "3e-4"):
            newcomer.run("python", "main.py", "--seed", str(seed), "--policy_lr", rate, cwd=folder)
    return newcomer, folder


def test_training_leaves_the_run_that_the_tutorial_names(project) -> None:
    _, folder = project
    run = folder / "logfile" / "Hopper-v2_policy_lr_0.0001_seed_1-DEMO_FILE"
    assert json.loads((run / "config" / "parameter.json").read_text())["env_name"] == "Hopper-v2"
    header, first = (run / "progress.csv").read_text().splitlines()[:2]
    row = dict(zip(header.split(","), first.split(","), strict=True))
    assert (row["EpRet"], float(row["q"]), float(row["policy"]), float(row["rollout"])) == ("1", 2.5, 3, 5)
    assert "this goes to the run as well" in (run / "log.txt").read_text()


def test_a_base_path_one_folder_too_high_is_put_right_with_a_warning(project) -> None:
    newcomer, folder = project
    output = newcomer.run("python", "main.py", "--seed", "3", cwd=folder)
    assert output.count("Correct base_path in load_config.py") == 1
    assert not (folder.parent / "logfile").exists()


def test_a_run_that_starts_again_keeps_the_earlier_one(project) -> None:
    newcomer, folder = project
    newcomer.run("python", "main.py", "--seed", "9", cwd=folder)
    newcomer.run("python", "main.py", "--seed", "9", cwd=folder)
    assert len(list((folder / "logfile_bk").glob("*seed_9*/progress.csv"))) == 1


def test_a_placeholder_machine_is_never_asked_and_training_ends_well(project) -> None:
    newcomer, folder = project
    output = newcomer.run("python", "main.py", "--seed", "4", "--backing_log", cwd=folder)
    assert "sync False" in output
    assert "Traceback" not in output


def test_the_grid_is_printed_and_written_for_tmuxp(project) -> None:
    newcomer, folder = project
    output = newcomer.run("python", "generate_parallel_tasks.py", "-tn", "2", "-idx", "0", cwd=folder)
    assert output.count("python main.py") >= 4
    assert json.loads((folder / "run_all.json").read_text())["session_name"]


def test_figures_and_tables_come_from_assigned_options(project) -> None:
    newcomer, folder = project
    newcomer.run("python", "plotting.py", cwd=folder)
    names = {path.name for path in (folder / "figure").iterdir()}
    assert names == {
        *("timestep_EpRet.png", "timestep_EpRet.pdf", "total_curve.png"),
        *("bar_timestep_EpRet.png", "bar_timestep_EpRet.pdf", "bar_total_curve.png"),
        *("total_curve_table.md", "total_curve_table.tex"),
    }
    table = (folder / "figure" / "total_curve_table.md").read_text()
    assert "slow" in table
    assert "fast" in table


def test_other_paths_positions_and_loose_values_do_what_they_did(installed, tmp_path: Path) -> None:
    newcomer, _ = installed
    output = newcomer.run("python", SCRIPTS / "other_ways.py", "--seed", "3", cwd=tmp_path)
    assert "Traceback" not in output
    assert f"child 5 {tmp_path}" in output
    assert "again walk_seed_3-other walk_seed_3-other" in output
    assert "sent False" in output
    assert (
        "other_ways.py:59: SettingsWarning: unknown plot_config options, not used: FIGURE_SEPARATON (did"
        in output
    )
    (header, *rows) = (tmp_path / "logfile/group/walk_seed_3-other/progress.csv").read_text().splitlines()
    assert header == "step,AverageEpRet,StdEpRet,MinEpRet,MaxEpRet"
    assert list(map(float, rows[0].split(","))) == [0, 1, 1, 0, 2]
    assert {path.suffix for path in (tmp_path / "other_figure").iterdir()} == {".png", ".pdf", ".md", ".tex"}
    # All faults of the options in one error.
    assert "OptionError" in output
    assert "MAX_COLUMN: invalid value 'many'" in output
    assert "FIGURE_SEPARATION: invalid value 3; expected a list of names" in output


def test_files_of_many_runs_are_changed_with_a_copy_beside_them(project) -> None:
    newcomer, folder = project
    module = ["python", "-m", "smart_logger.scripts.modify_config"]
    newcomer.run(*module, "logfile", "--set", "alg_name=sac", "--apply", cwd=folder)
    (run,) = (folder / "logfile").glob("*0.0001_seed_1-*")
    assert json.loads((run / "config" / "parameter.json").read_text())["alg_name"] == "sac"
    assert (run / "config" / "parameter.json.bak").exists()


def test_the_page_that_a_script_starts_asks_for_its_password_and_has_its_configuration(project) -> None:
    newcomer, folder = project
    port = free_port()
    process = newcomer.start("python", "html_demo.py", str(port), cwd=folder)
    try:
        assert process.stdout is not None
        output = _until(process.stdout, "Ctrl-C")
        assert f"http://127.0.0.1:{port}" in output
        assert "123456" not in output
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=60) as answer:
            assert 'type="password"' in answer.read().decode()
        configuration = json.loads((folder / "cache" / "configurations" / "default.json").read_text())
        assert configuration["DATA_MERGER"] == ["policy_lr", "information"]
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.communicate(timeout=120)


def _until(lines: IO[str], word: str) -> str:
    """What is printed up to a word."""
    output = ""
    for line in lines:
        output += line
        if word in line:
            break
    return output
