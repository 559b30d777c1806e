"""The modules and names that scripts of the older package import, and what a missing package answers."""

from __future__ import annotations

import contextlib
import importlib
import os
import re
import subprocess
import sys
import textwrap
import warnings
from importlib import metadata
from pathlib import Path

import pytest

import smart_logger
import sml_config
import sml_logger
from smart_logger import cli
from smart_logger.common import common_config, page_config, plot_config, set_config
from smart_logger.report import plotting
from smart_logger.scripts import modify_config, modify_csv
from smart_logger.scripts.timer import SimpleTimer, Timer, TimerCaller
from sml_config import SettingsWarning
from sml_viewer.config.plot_options import OPTIONS, OVERRIDES
from sml_viewer.errors import NoRunsError

PATHS = {
    "smart_logger.parameter.ParameterTemplate": ["ParameterTemplate"],
    "smart_logger.parameter.ParameterTemplate2": ["ParameterTemplate2"],
    "smart_logger.common.set_config": [
        "set_common_config",
        "set_experiment_config",
        "set_experiment_customized_config",
        "set_page_config",
        "set_plot_config",
    ],
    "smart_logger.common.serialize_config": [
        "get_total_config",
        "init_config",
        "save_all",
        "set_total_config",
    ],
    "smart_logger.common.common_config": ["get_base_path", "get_log_base_path", "LOG_FOLDER_NAME"],
    "smart_logger.common.experiment_config": ["get_customized_value", "IMPORTANT_CONFIGS"],
    "smart_logger.common.plot_config": ["DATA_PATH", "PLOTTING_XY"],
    "smart_logger.common.page_config": ["PORT", "WORKSPAPCE"],
    "smart_logger.util_logger.logger": ["Logger"],
    "smart_logger.scripts.generate_tmuxp_base": ["generate_tmuxp_file", "make_cmd_array"],
    "smart_logger.scripts.logger_from_param": ["logger_from_param"],
    "smart_logger.scripts.modify_config": ["main"],
    "smart_logger.scripts.modify_csv": ["main"],
    "smart_logger.scripts.timer": ["SimpleTimer", "Timer", "TimerCaller"],
    "smart_logger.report.plotting": ["bar", "make_table", "plot"],
    "smart_logger.front_page.page": ["start_page_server"],
    "smart_logger.htmlpage": ["main"],
}


@pytest.mark.parametrize("path", PATHS)
def test_every_path_has_the_names_that_scripts_take_from_it(path: str) -> None:
    module = importlib.import_module(path)
    assert [name for name in PATHS[path] if not hasattr(module, name)] == []


def test_an_assigned_setting_is_in_force() -> None:
    common_config.LOG_FOLDER_NAME = "runs"
    smart_logger.experiment_config.IMPORTANT_CONFIGS = ["seed"]
    assert sml_config.settings().common.LOG_FOLDER_NAME == "runs"
    assert sml_config.settings().experiment.IMPORTANT_CONFIGS == ["seed"]


def test_a_setting_that_is_changed_in_place_is_in_force() -> None:
    common_config.BACKUP_IGNORE_KEY.append("data")
    smart_logger.experiment_config.EXPERIMENT_COMMON_PARAMETERS["own"] = 3
    assert "data" in sml_config.settings().common.BACKUP_IGNORE_KEY
    assert smart_logger.get_customized_value("own") == 3


def test_assigning_an_unknown_setting_warns_with_those_there_are() -> None:
    with pytest.warns(SettingsWarning, match="unknown setting .*LOG_FOLDERNAME; .*LOG_FOLDER_NAME"):
        common_config.LOG_FOLDERNAME = "runs"
    del common_config.LOG_FOLDERNAME


def test_the_old_setters_warn_of_an_unknown_name_and_set_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plot_config, "MAX_COLUMN", 3)
    with pytest.warns(SettingsWarning, match="did you mean PLOTTING_XY"):
        smart_logger.set_plot_config(PLOTING_XY=[], MAX_COLUMN=4)
    assert plot_config.MAX_COLUMN == 4
    monkeypatch.setattr(page_config, "PORT", 7005)
    set_config.set_page_config(PORT=7010)
    assert page_config.PORT == 7010


def test_plot_config_has_every_option_with_what_holds_unset() -> None:
    for name, option in OPTIONS.items():
        assert getattr(plot_config, name) == option.unset
    assert not [
        name
        for name in vars(plot_config)
        if name.isupper() and name not in {*OPTIONS, OVERRIDES, "DATA_PATH"}
    ]


def test_two_processes_of_one_script_change_each_its_own_lists() -> None:
    plot_config.PLOTTING_XY.append(["x", "y"])
    try:
        assert OPTIONS["PLOTTING_XY"].default == []
    finally:
        plot_config.PLOTTING_XY.clear()


def test_a_timer_of_an_old_script_measures_its_blocks(capsys: pytest.CaptureFixture[str]) -> None:
    timer = Timer()
    with TimerCaller("sample", timer), SimpleTimer("both"):
        pass
    assert list(timer.summary()) == ["period_sample"]
    assert capsys.readouterr().out.startswith("both executed in 0.0")


def test_the_scripts_for_many_files_do_what_the_commands_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "parameter.json").write_text('{"alg_name": "ppo"}')
    (tmp_path / "progress.csv").write_text("a,b\n1,2\n")
    assert modify_config.main([str(tmp_path), "--set", "alg_name=ppo2", "--apply"]) == 0
    assert modify_csv.main([str(tmp_path), "--rename", "b=c", "--apply"]) == 0
    assert '"ppo2"' in (tmp_path / "parameter.json").read_text()
    assert (tmp_path / "progress.csv").read_text().startswith("a,c")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("package", "statement"),
    [
        ("sml-config", "smart_logger.init_config"),
        ("sml-config", "import smart_logger.parameter.ParameterTemplate"),
        ("sml-config", "smart_logger.common_config"),
        ("sml-logger", "smart_logger.Logger"),
        ("sml-logger", "import smart_logger.util_logger.logger"),
        ("sml-launch", "import smart_logger.scripts.generate_tmuxp_base"),
        ("sml-viewer", "import smart_logger.report.plotting"),
        ("sml-viewer", "import smart_logger.common.plot_config"),
        # What another of the family needs.
        ("sml-config", "smart_logger.Logger"),
        ("sml-config", "import smart_logger.report.plotting"),
        ("sml-config", "import smart_logger.scripts.generate_tmuxp_base"),
    ],
)
def test_a_missing_package_is_an_error_that_names_what_to_install(package: str, statement: str) -> None:
    script = f"""
    import sys

    class Missing:
        def find_spec(name, path=None, target=None):
            if name == {package.replace("-", "_")!r}:
                raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

    sys.meta_path.insert(0, Missing)
    import smart_logger
    try:
        {statement}
    except ImportError as error:
        print(error)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=True
    )
    remedy = f"{package}, which is not installed: pip install {package}=={smart_logger.__version__}"
    assert done.stdout.strip().endswith(remedy)


@pytest.mark.parametrize("program", ["smart_logger.htmlpage", "smart_logger.cli view"])
@pytest.mark.parametrize(
    ("fault", "status", "text"),
    [
        ("raise ModuleNotFoundError(name='sml_viewer')", 2, r"pip install sml-viewer"),
        ("import absent_dependency", 1, r"Traceback[\s\S]*No module named 'absent_dependency'$"),
        ("from sml_viewer import absent", 1, r"Traceback[\s\S]*cannot import name 'absent'"),
    ],
)
def test_only_a_missing_package_of_the_family_is_reported_without_a_traceback(
    tmp_path: Path, program: str, fault: str, status: int, text: str
) -> None:
    (tmp_path / "sml_viewer").mkdir()
    (tmp_path / "sml_viewer" / "__init__.py").write_text("")
    (tmp_path / "sml_viewer" / "cli.py").write_text(fault)
    command = [sys.executable, "-m", *program.split()]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == status
    assert re.search(text, done.stderr.strip())


def test_the_door_hands_on_to_the_command_of_a_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(["init"]) == 0
    assert (tmp_path / "common_config" / "common_config.yaml").exists()


def test_the_door_answers_an_unknown_word_with_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["plott"]) == 2
    assert (
        "unknown command 'plott'; expected one of init, launch, sync, view, doctor" in capsys.readouterr().err
    )


def test_the_logger_under_its_old_path_takes_positions_in_their_old_order(tmp_path: Path) -> None:
    from smart_logger.util_logger.logger import Logger

    with (
        warnings.catch_warnings(),
        Logger(True, "run", False, "signature", "group", str(tmp_path), False) as logger,
    ):
        logger.log_tabular("step", 1, "train")
        logger.dump_tabular()
    assert isinstance(logger, sml_logger.Logger)
    assert (tmp_path / "logfile" / "group" / "run" / "progress.csv").read_text().splitlines()[0] == "step"


def test_a_plot_option_that_is_none_warns_at_the_line_of_the_script(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plot_config, "FIGURE_SEPARATON", ["env_name"], raising=False)
    monkeypatch.setattr(plot_config, "PLOT_LOG_PATH", str(tmp_path / "logs"))
    with (
        pytest.warns(SettingsWarning, match="did you mean FIGURE_SEPARATION") as caught,
        pytest.raises(NoRunsError),
    ):
        plotting.plot()
    assert caught[0].filename == __file__


@pytest.mark.parametrize("option", ["PLOT_LOG_PATH", "DATA_PATH"])
def test_a_folder_of_runs_that_is_not_there_is_reported_with_the_option_that_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    monkeypatch.setattr(plot_config, option, str(tmp_path / "logs"))
    with pytest.raises(NoRunsError, match=rf"plot_config\.{option}: no such folder: .*logs"):
        plotting.plot()


def test_rules_that_keep_runs_and_are_switched_off_warn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plot_config, "DATA_SELECT", [{"seed": 1}])
    with pytest.warns(SettingsWarning, match="DATA_SELECT is not used while USE_IGNORE_RULE is True"):
        plotting.configuration_of(plot_config)


@pytest.mark.parametrize(
    "package", ["sml_config", "sml_logger", "sml_sync", "sml_launch", "sml_viewer", "smart_logger"]
)
def test_every_command_tells_its_version(package: str, capsys: pytest.CaptureFixture[str]) -> None:
    with contextlib.suppress(SystemExit):
        importlib.import_module(f"{package}.cli").main(["--version"])
    name = package.replace("_", "-")
    assert capsys.readouterr().out == f"{name} {metadata.version(name)}\n"
