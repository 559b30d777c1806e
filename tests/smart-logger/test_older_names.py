"""Every name of older releases imports, and is real or says at its first use what to write instead."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import smart_logger
import sml_config
from smart_logger._removed import RemovedError
from smart_logger.common import common_config, page_config, plot_config, serialize_config
from smart_logger.front_page import page
from smart_logger.report import plotting
from smart_logger.scripts import generate_tmuxp_base
from smart_logger.scripts.timer import SimpleTimer, Timer, TimerCaller
from sml_config import SettingsWarning
from sml_viewer.errors import ConfigurationError

REAL = [
    *("smart_logger.version.__version__", "smart_logger.parameter.ParameterTemplate2.ParameterTemplate"),
    *("smart_logger.util_logger.logger.LoggerBase", "smart_logger.util_logger.logger_base.LoggerBase"),
    *("smart_logger.common.common_config.system", "smart_logger.common.plot_config.global_plot_configs"),
    *("smart_logger.common.plot_config.DESCRIPTION", "smart_logger.common.plot_config.FLEXIBLE_CONFIG"),
    "smart_logger.common.plot_config.LOG_DIR_BACKING_NAME",
    "smart_logger.common.plot_config.FOCUS_IMAGE_CONFIG_SAME_CONTENT_GROUP",
    "smart_logger.common.plot_config.FOCUS_IMAGE_CONFIG_SUB_IMAGE_TITLE",
    *(
        f"smart_logger.common.serialize_config.serialize_{section}_config_from_{kind}"
        for section in ("common", "experiment")
        for kind in ("yaml", "json")
    ),
    *(
        f"smart_logger.common.page_config.{name}"
        for name in (
            *("WEB_RAM_PATH", "CONFIG_PATH", "USER_DATA_PATH", "FIGURE_PATH", "REQUIRE_RELOGIN"),
            *("CONSIDERED_RUNNING_CONFIG", "TOTAL_FIGURE_FOLDER", "PLOTTING_SAVING_PATH_KEY"),
        )
    ),
    *(
        f"smart_logger.scripts.generate_tmuxp_base.{name}"
        for name in ("check_aligned_valid", "MAX_SUBWINDOW", "MAX_PARALLEL", "MACHINE_NUM", "MACHINE_IDX")
    ),
    *(f"smart_logger.report.plotting.{name}" for name in ("smooth", "overwrite_config")),
    *(f"smart_logger.scripts.timer.{name}" for name in ("Timer", "TimerCaller", "SimpleTimer")),
]
ANSWERED = [
    ("smart_logger.front_page.page.app", "start_page_server"),
    ("smart_logger.front_page.experiment_data_loader.analyze_experiment", r"sml_viewer\.runs"),
    ("smart_logger.front_page.experiment_data_loader.load_config", "Configurations"),
    ("smart_logger.report.auto_plot.auto_plot", "AUTO_PLOTTING"),
    ("smart_logger.report.plotting.collect_data", r"sml_viewer\.runs"),
    ("smart_logger.report.plotting.stat_data", r"sml_viewer\.plot"),
    ("smart_logger.scripts.generate_tmuxp_base.make_cmd", "make_cmd_array"),
    ("smart_logger.scripts.generate_tmuxp_base.get_cmd_array", "make_cmd_array"),
    ("smart_logger.scripts.generate_tmuxp_base.main", "make_cmd_array"),
    ("smart_logger.util_logger.logger_base.colorize", "logger"),
]


def named(path: str) -> Any:
    """What `from module import name` gives."""
    module, _, name = path.rpartition(".")
    namespace: dict[str, Any] = {}
    exec(f"from {module} import {name} as imported", namespace)  # noqa: S102  the statement that scripts have
    return namespace["imported"]


@pytest.mark.parametrize("path", REAL)
def test_a_name_of_older_releases_is_there(path: str) -> None:
    assert not type(named(path)).__module__.startswith("smart_logger._removed")


@pytest.mark.parametrize(("path", "remedy"), ANSWERED)
def test_a_name_that_is_gone_says_at_its_first_use_what_to_write(path: str, remedy: str) -> None:
    gone = named(path)
    uses = [
        lambda: gone(1, a=2),
        lambda: gone.run(),
        lambda: gone["a"],
        lambda: list(gone),
        lambda: bool(gone),
    ]
    for use in uses:
        with pytest.raises(RemovedError, match=f"{path} no longer exists; .*{remedy}"):
            use()
    assert remedy.replace("\\", "") in repr(gone)


@pytest.mark.parametrize("module", sorted({path.rpartition(".")[0] for path, _ in ANSWERED}))
def test_a_misspelt_name_stays_an_import_error(module: str) -> None:
    with pytest.raises(ImportError):
        named(f"{module}.nothing_of_this_name")
    assert not hasattr(importlib.import_module(module), "nothing_of_this_name")


def script(folder: Path, text: str, *words: str) -> subprocess.CompletedProcess[str]:
    file = folder / "script.py"
    file.write_text(textwrap.dedent(text), encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SML_")}
    return subprocess.run(
        [sys.executable, str(file), *words],
        capture_output=True,
        text=True,
        cwd=folder,
        env=environment,
        check=True,
    )


@pytest.mark.parametrize(
    "imports",
    [
        "from smart_logger import Logger, ParameterTemplate",
        "from smart_logger.util_logger.logger import Logger\n"
        "from smart_logger.parameter.ParameterTemplate2 import ParameterTemplate",
    ],
)
def test_without_init_config_runs_that_differ_in_policy_lr_keep_a_folder_each(
    tmp_path: Path, imports: str
) -> None:
    text = imports + textwrap.dedent("""
        class Parameter(ParameterTemplate):
            env_name: str = "Hopper-v2"
            seed: int = 1
            policy_lr: float = 0.1

        for lr in (0.1, 0.01):
            parameter = Parameter()
            parameter.policy_lr = lr
            with Logger(log_name=parameter.short_name, log_signature=parameter.signature) as logger:
                parameter.set_config_path(logger.output_dir + "/config")
                parameter.save_config()
                logger.log_tabular("a", 1)
                logger.dump_tabular()
    """)
    script(tmp_path, text)
    names = sorted(path.parent.name for path in tmp_path.glob("logfile/*/progress.csv"))
    assert names == [
        "Hopper-v2_policy_lr_0.01_seed_1-INIT_TEST",
        "Hopper-v2_policy_lr_0.1_seed_1-INIT_TEST",
    ]
    assert not (tmp_path / "logfile_bk").exists()


def test_a_run_whose_name_hides_a_difference_says_so_when_it_moves_another_away(tmp_path: Path) -> None:
    text = """
        from smart_logger import Logger, ParameterTemplate, logger_from_param

        class Parameter(ParameterTemplate):
            seed: int = 1
            value_lr: float = 0.1

        logger, parameter = logger_from_param(Parameter())
        logger.close()
    """
    script(tmp_path, text)
    output = script(tmp_path, text, "--value_lr", "0.2").stdout
    assert "has other parameters: value_lr (0.1, now 0.2). To keep" in output
    assert len(list(tmp_path.glob("logfile_bk/seed_1-INIT_TEST_*/config/parameter.json"))) == 1
    assert "WARNING" not in script(tmp_path, text, "--value_lr", "0.2").stdout


def test_the_code_archive_of_older_scripts_leaves_baselines_out(tmp_path: Path) -> None:
    text = "from smart_logger.common import common_config\nprint(common_config.BACKUP_IGNORE_KEY)"
    assert script(tmp_path, text).stdout == "['logfile', 'logfile_bk', 'baselines']\n"


def test_settings_files_are_given_by_keyword_to_both_names_of_init_config(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("LOG_FOLDER_NAME: runs")
    (tmp_path / "e.yaml").write_text("EXPERIMENT_COMMON_PARAMETERS: {a: 1}")
    for init in (smart_logger.init_config, serialize_config.init_config):
        init(common_config_file="c.yaml", experiment_config_file="e.yaml", base_path=tmp_path)
        assert common_config.LOG_FOLDER_NAME == "runs"
    smart_logger.register_customized_value(k="b", v=2)
    assert smart_logger.get_customized_value(k="b") == 2
    assert smart_logger.has_customized_value(k="a")


def test_one_file_of_settings_is_put_in_force(tmp_path: Path) -> None:
    (tmp_path / "c.json").write_text('{"LOG_FOLDER_NAME": "runs"}')
    (tmp_path / "e.yaml").write_text("EXPERIMENT_TARGET: aim")
    serialize_config.serialize_common_config_from_json(str(tmp_path / "c.json"))
    serialize_config.serialize_experiment_config_from_yaml(tmp_path / "e.yaml")
    assert common_config.LOG_FOLDER_NAME == "runs"
    assert sml_config.settings().experiment.EXPERIMENT_TARGET == "aim"


def test_a_shell_command_is_printed_and_run(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    printed: list[str] = []
    common_config.system("echo hello", print_func=printed.append)
    assert (printed, capfd.readouterr().out) == (["echo hello"], "hello\n")


def test_a_timer_takes_the_arguments_of_older_releases(capsys: pytest.CaptureFixture[str]) -> None:
    timer = Timer()
    timer.register_point(stack=3)
    timer.register_point("b", stack=3, level=1)
    timer.register_point("quiet", need_summary=False)
    timer.register_end(stack=4, level=1)
    name, other = timer.summary()
    assert name.endswith("_func_test_a_timer_takes_the_arguments_of_older_releases")
    assert other == "period_b"
    assert "func: test_a_timer_takes" in Timer.line()
    again = SimpleTimer("twice")
    caller = TimerCaller("part", timer)
    for _ in range(2):
        with again, caller:
            pass
    assert capsys.readouterr().out.count("twice executed in 0.0") == 2
    assert list(timer.summary()) == ["period_part"]


@pytest.mark.parametrize(
    ("mode", "valid_only", "expected"),
    [
        ("two_sided", False, [1.5, 2, 3, 3.5]),
        ("two_sided", True, [np.nan, 2, 3, np.nan]),
        ("causal", False, [1, 2, 3, 4]),
        ("causal", True, [np.nan, 2, 3, 4]),
    ],
)
def test_smooth_is_a_moving_average(mode: str, valid_only: bool, expected: list[float]) -> None:
    averaged = plotting.smooth(np.array([1.0, 2.0, 3.0, 4.0]), 1, mode, valid_only)
    np.testing.assert_allclose(averaged, expected)


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two runs, and a configuration of the page that draws them."""
    for seed in (1, 2):
        run = tmp_path / "logs" / f"run{seed}"
        run.mkdir(parents=True)
        (run / "parameter.json").write_text(json.dumps({"env_name": "Hopper", "seed": seed}))
        (run / "progress.csv").write_text("step,ret\n" + "".join(f"{i},{i * seed}\n" for i in range(5)))
    monkeypatch.setattr(page_config, "WORKSPAPCE", str(tmp_path / "workspace"))
    configuration = {
        "PLOT_LOG_PATH": str(tmp_path / "logs"),
        "PLOT_FIGURE_SAVING_PATH": str(tmp_path / "figure"),
        "PLOTTING_XY": [["step", "ret"]],
        "FINAL_OUTPUT_NAME": "mine",
        "MADE_UP": 1,
    }
    file = tmp_path / "configuration.json"
    file.write_text(json.dumps(configuration))
    return file


@pytest.mark.parametrize(
    ("call", "names"),
    [
        (plotting.plot, ["step_ret.png", "mine.png", "step_ret.pdf"]),
        (plotting.bar, ["bar_step_ret.png", "bar_mine.png", "bar_step_ret.pdf"]),
        (plotting.make_table, ["mine_table.md", "mine_table.tex"]),
    ],
)
def test_a_configuration_file_holds_for_one_call(runs: Path, call: Any, names: list[str]) -> None:
    with pytest.warns(SettingsWarning, match="MADE_UP: unknown option") as caught:
        written = call(str(runs))
    assert written == [runs.parent / "figure" / name for name in names]
    assert caught[0].filename == __file__
    assert plot_config.FINAL_OUTPUT_NAME == "total_curve"


def test_a_configuration_may_be_a_mapping_or_overwrite_the_options(
    runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PLOT_LOG_PATH", "PLOT_FIGURE_SAVING_PATH", "PLOTTING_XY", "FINAL_OUTPUT_NAME"):
        monkeypatch.setattr(plot_config, name, getattr(plot_config, name))
    content = {name: value for name, value in json.loads(runs.read_text()).items() if name != "MADE_UP"}
    assert plotting.make_table(json=content)[0].name == "mine_table.md"
    plotting.overwrite_config(content)
    assert plot_config.FINAL_OUTPUT_NAME == "mine"
    assert plotting.make_table()[0].name == "mine_table-2.md"


def test_what_the_older_tool_wrote_beside_options_is_left_out_silently(runs: Path) -> None:
    content = {name: value for name, value in json.loads(runs.read_text()).items() if name != "MADE_UP"}
    content |= {"DESCRIPTION": {}, "FLEXIBLE_CONFIG": {}, "LOG_DIR_BACKING_NAME": "log", "PLOT_MODE": "bar"}
    assert plotting.plot(content)[0].name == "bar_step_ret.png"


@pytest.mark.parametrize("text", [None, "[1]", "{"])
def test_a_file_that_is_no_configuration_is_named(tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "a.json"
    if text is not None:
        file.write_text(text)
    with pytest.raises(ConfigurationError, match=r"a\.json: .*expected a"):
        plotting.plot(file)


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The words that the server is started with, instead of starting it."""
    calls: list[list[str]] = []
    monkeypatch.setattr(page, "main", lambda words: calls.append(words) or 0)
    monkeypatch.setattr(page_config, "WORKSPAPCE", str(tmp_path / "workspace"))
    return calls


def test_the_page_takes_a_port_and_a_certificate(served: list[list[str]]) -> None:
    assert page.start_page_server(port_num=7100, ssl_context=("cert.pem", "key.pem")) == 0
    (words,) = served
    assert words[words.index("-p") + 1] == "7100"
    assert words[words.index("-crt") :][:4] == ["-crt", "cert.pem", "-key", "key.pem"]
    with pytest.raises(TypeError, match="invalid ssl_context 'adhoc'; expected the paths of a certificate"):
        page.start_page_server(ssl_context="adhoc")


def test_the_page_may_save_figures_where_the_script_says(
    served: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plot_config, "PLOT_FIGURE_SAVING_PATH", "/data/figure")
    page.start_page_server()
    (words,) = served
    assert words[words.index("--figures") + 1] == "/data/figure"


def test_page_settings_that_change_nothing_warn(
    tmp_path: Path, served: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "WEB_ROM" / "configs").mkdir(parents=True)
    monkeypatch.setattr(page_config, "REQUIRE_RELOGIN", False)
    monkeypatch.setattr(page_config, "CONFIG_PATH", str(tmp_path / "WEB_ROM" / "configs"))
    monkeypatch.setattr(page_config, "TOTAL_FIGURE_FOLDER", "all")
    monkeypatch.setattr(page_config, "FIGURE_PATH", str(tmp_path / "workspace" / "WEB_ROM" / "figures"))
    with pytest.warns(SettingsWarning) as caught:
        page.start_page_server()
    texts = [str(warning.message) for warning in caught]
    assert [text.split(" is not used")[0] for text in texts] == [
        "page_config.REQUIRE_RELOGIN",
        "page_config.CONFIG_PATH",
        "page_config.TOTAL_FIGURE_FOLDER",
    ]
    assert {warning.filename for warning in caught} == {__file__}


def test_aligned_candidates_are_counted() -> None:
    assert generate_tmuxp_base.check_aligned_valid({"a": [1, 2], "b": [3, 4], "c": 5}) == 2
    with pytest.raises(ValueError, match="a has 1, b has 2"):
        generate_tmuxp_base.check_aligned_valid({"a": [1], "b": [1, 2]})


def test_all_plot_options_are_one_mapping() -> None:
    assert plot_config.global_plot_configs()["PLOTTING_XY"] is plot_config.PLOTTING_XY


def test_drawing_every_ten_minutes_says_what_does_it_now() -> None:
    command = [sys.executable, "-m", "smart_logger.report.auto_plot"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, "AUTO_PLOTTING" in done.stderr) == (1, True)


@pytest.mark.parametrize(
    ("name", "hint"),
    [("PLOTING_XY", "did you mean PLOTTING_XY?"), ("X", "; similar names: YMAX, XMIN, XMAX, ")],
)
def test_a_misspelt_plot_option_is_answered_with_few_names(name: str, hint: str) -> None:
    with pytest.warns(SettingsWarning) as caught:
        smart_logger.set_plot_config(**{name: 1})
    text = str(caught[0].message)
    assert hint in text
    assert len(text) < 200
    assert "dir(smart_logger.common.plot_config) lists all" in text


def test_an_option_of_the_other_file_is_answered_with_its_setter() -> None:
    with pytest.warns(SettingsWarning, match=r"in page_config: use set_page_config\(WORKSPAPCE=\.\.\.\)"):
        smart_logger.set_plot_config(WORKSPAPCE="/data")
    with pytest.warns(SettingsWarning, match=r"in plot_config: use set_plot_config\(DATA_MERGER=\.\.\.\)"):
        smart_logger.set_page_config(DATA_MERGER=[])


def test_the_page_takes_the_older_names_of_certificate_and_key(tmp_path: Path) -> None:
    words = ["--ssl_crt", "absent.pem", "--ssl_key", "absent.key", "-d", str(tmp_path), "-wks", str(tmp_path)]
    command = [sys.executable, "-m", "smart_logger.htmlpage", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path, timeout=60)
    assert done.returncode != 0
    assert "absent.pem" in done.stderr
    assert "unrecognized" not in done.stderr
