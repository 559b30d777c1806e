"""The calls of the tutorial and of scripts in the wild, and what importing costs."""

from __future__ import annotations

import argparse
import gc
import inspect
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import sml_config
from sml_config import ParameterTemplate, init_config, settings
from sml_config.project_settings.scaffold import write_common_config
from sml_logger import Logger, SmlLoggerError, SyncNotInstalledError, Timer, logger_from_param
from sml_logger.remote import placeholder

Table = Callable[[Path | str], list[dict[str, str]]]


class Parameter(ParameterTemplate):
    def parse(self) -> argparse.Namespace:
        return argparse.Namespace(env_name="ALE/Pong-v5", seed=3)


def test_a_logger_comes_from_parameters_in_one_line(project: Path) -> None:
    parameter = Parameter(silence=True)
    logger, same = logger_from_param(parameter, backup_code=False)
    assert same is parameter
    run = Path(logger.output_dir)
    assert run.name == parameter.short_name
    assert (run / "signature").read_text() == parameter.signature
    assert (run / "config" / "parameter.json").exists()
    logger.close()
    logger, _ = logger_from_param(parameter, save_config=False, logger_category="group", backup_code=False)
    assert Path(logger.output_dir).parent.name == "group"
    assert not (Path(logger.output_dir) / "config" / "parameter.json").exists()


def test_positional_orders_are_those_of_scripts_in_the_wild() -> None:
    def names(call: Callable[..., object]) -> list[str]:
        parameters = inspect.signature(call).parameters.values()
        return [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD and p.name != "self"]

    wild = "log_to_file log_name force_backup log_signature logger_category base_path backup_code"
    assert names(Logger.__init__) == wild.split()
    assert names(Logger.log_tabular) == [
        "key",
        "val",
        "tb_prefix",
        "with_min_and_max",
        "average_only",
        "no_tb",
    ]
    assert names(Logger.sync_log_to_remote) == ["replace", "trial_num"]


def test_local_log_speaks_through_the_default_logger_or_prints(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Logger.local_log("nobody", "listens")
    first = Logger(log_name="first", backup_code=False)
    assert Logger.logger is first
    second = Logger.init_global_logger(log_name="second", backup_code=False)
    assert Logger.logger is second
    Logger.local_log("to the second", color="red")
    first.set_as_default_logger()
    Logger.local_log("to the first")
    second.close()
    assert Logger.logger is first
    first.close()
    assert Logger.logger is None
    Logger.local_log("afterwards")
    assert "to the second\n" in Path(second.output_dir, "log.txt").read_text()
    assert "to the first\n" in Path(first.output_dir, "log.txt").read_text()
    printed = capsys.readouterr().out
    assert all(text in printed for text in ("nobody listens\n", "to the second\n", "afterwards\n"))


def test_without_log_to_file_there_is_everything_but_the_text(project: Path, table: Table) -> None:
    with Logger(False, "a", backup_code=False) as logger:
        logger("text")
        logger.add_tabular_data(x=1)
        logger.dump_tabular()
    assert not Path(logger.output_dir, "log.txt").exists()
    assert len(table(logger.output_dir)) == 1


def test_without_settings_logs_lie_under_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with Logger() as logger:
        pass
    assert logger.output_dir == str(tmp_path / "logfile" / "log")


def test_importing_loads_nothing_heavy() -> None:
    heavy = ["torch", "pandas", "matplotlib", "tensorboardX", "tensorboard", "numpy", "paramiko", "flask"]
    heavy += ["argparse", "crc32c", "hashlib", "orjson", "socket", "subprocess", "tarfile", "uuid", "yaml"]
    heavy += ["datetime", "sml_config.tasks"]
    code = f"import sys; from sml_logger import Logger; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "[]\n"


def test_a_logger_needs_nothing_heavy_either(tmp_path: Path) -> None:
    code = (
        "import sys; from sml_logger import Logger\n"
        "with Logger() as logger: logger.log_tabular('x', 1); logger.dump_tabular()\n"
        "print([m for m in ('torch', 'pandas', 'numpy', 'tensorboardX', 'google') if m in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=tmp_path
    )
    assert done.stdout.endswith("[]\n")


@pytest.mark.parametrize(
    ("setting", "changes"),
    [
        ("MAIN_MACHINE_IP", {"MAIN_MACHINE_IP": []}),
        ("MAIN_MACHINE_USER", {"MAIN_MACHINE_USER": "user_name"}),
        ("MAIN_MACHINE_PASSWD", {"MAIN_MACHINE_PASSWD": "xxxxxxx"}),
        ("MAIN_MACHINE_LOG_PATH", {"MAIN_MACHINE_LOG_PATH": None}),
    ],
)
def test_placeholder_settings_never_connect(
    project: Path, capsys: pytest.CaptureFixture[str], setting: str, changes: dict[str, object]
) -> None:
    set_main_machine(**changes)
    with Logger(log_name="a", backup_code=False) as logger:
        assert logger.sync_log_to_remote() is False
        assert logger.sync_log_to_remote(replace=True, trial_num=3) is False
    assert capsys.readouterr().out.count(f"not synced: {setting} in common_config.yaml") == 1


def test_with_a_key_file_the_placeholder_of_the_password_does_not_matter(tmp_path: Path) -> None:
    set_main_machine(MAIN_MACHINE_PASSWD="xxxxxxx", MAIN_MACHINE_KEY_FILE=str(tmp_path / "key"))
    assert placeholder(settings()) is None


def test_settings_that_a_script_never_read_are_the_reason_that_nothing_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write_common_config(tmp_path)
    with Logger(log_name="unread", backup_code=False) as logger:
        assert not logger.sync_log_to_remote()
        assert "or was not read: call init_smart_logger() first" in capsys.readouterr().out
        init_config("common_config/common_config.yaml", "common_config/experiment_config.yaml", ".")
        capsys.readouterr()
    with Logger(log_name="read", backup_code=False) as logger:
        assert not logger.sync_log_to_remote()
    output = capsys.readouterr().out
    assert "MAIN_MACHINE_IP in common_config.yaml is not set yet" in output
    assert "was not read" not in output


@pytest.fixture
def senders() -> Iterator[None]:
    """What still sends when the test is over is ended: it would try for minutes."""
    watching = pytest.importorskip("sml_sync.watch_handle")
    yield
    for process in watching._left_alone:
        process.kill()
        process.wait()


@pytest.mark.usefixtures("senders")
def test_a_failed_sync_returns_and_then_pauses(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    set_main_machine(MAIN_MACHINE_PORT=[1])  # nobody listens there
    with Logger(log_name="a", backup_code=False) as logger:
        assert logger.sync_log_to_remote(trial_num=2) is False
        first = capsys.readouterr().out
        assert logger.sync_log_to_remote() is False
    assert first.count("127.0.0.1") >= 2
    assert "calls within the next 60 s return at once" in first
    assert "127.0.0.1" not in capsys.readouterr().out


def test_sync_without_its_distribution_names_the_install(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_main_machine()
    monkeypatch.setitem(sys.modules, "sml_sync", None)
    remedy = r"pip install 'sml-logger\[sync\]'"
    with (
        Logger(log_name="a", backup_code=False) as logger,
        pytest.raises(SyncNotInstalledError, match=remedy),
    ):
        logger.sync_log_to_remote()


def test_what_sync_needs_is_said_once_and_whole_where_neither_machine_nor_distribution_is_there(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "sml_sync", None)
    with Logger(log_name="a", backup_code=False) as logger:
        assert not logger.sync_log_to_remote()
        assert not logger.sync_log_to_remote()
    (output,) = [line for line in capsys.readouterr().out.splitlines() if "not synced" in line]
    assert "MAIN_MACHINE_IP in common_config.yaml is not set yet" in output
    assert output.endswith("sync_log_to_remote and sync_every need: pip install 'sml-logger[sync]'")


def set_main_machine(**changes: object) -> None:
    now = sml_config.settings()
    machine: dict[str, object] = {
        "MAIN_MACHINE_IP": ["127.0.0.1"],
        "MAIN_MACHINE_PORT": [22],
        "MAIN_MACHINE_USER": "me",
        "MAIN_MACHINE_PASSWD": "real-password",
        "MAIN_MACHINE_LOG_PATH": "/data/TESTLog",
    }
    common = replace(now.common, **{**machine, **changes})  # type: ignore[arg-type]  # names and types as declared
    sml_config.set_settings(replace(now, common=common))


def test_a_timer_gives_means_per_part_and_starts_anew() -> None:
    timer = Timer()
    for _ in range(3):
        timer.register_point("sample")
        timer.register_point("update")
        timer.register_end()
        timer.register_point("inner", level=1)
        timer.register_end(level=1)
        with timer.measure("block"), timer.measure("within"):
            pass
    timer.register_point()
    summary = timer.summary()
    line = "period_line_" + str(inspect.currentframe().f_lineno - 2)  # type: ignore[union-attr]  # CPython has it
    named = line + "_func_test_a_timer_gives_means_per_part_and_starts_anew"
    expected = {"period_sample", "period_update", "period_inner", "period_block", "period_within", named}
    assert set(summary) == expected
    assert all(value > 0 for value in summary.values())
    assert summary["period_block"] >= summary["period_within"]
    assert timer.summary() == {}


def test_every_public_name_is_documented_and_listed() -> None:
    import sml_logger

    assert sml_logger.__all__ == sorted(sml_logger.__all__)
    for name in sml_logger.__all__:
        assert getattr(sml_logger, name).__doc__


def test_a_log_name_that_is_no_text_is_named(project: Path) -> None:
    with pytest.raises(SmlLoggerError, match="invalid log_name 5; expected the name of the run folder"):
        Logger(log_name=5)  # type: ignore[arg-type]


def test_a_subclass_that_fails_first_leaves_nothing_to_close() -> None:
    class Own(Logger):
        def __init__(self) -> None:
            raise KeyError("mine")

    with pytest.raises(KeyError):
        Own()  # an error in __del__ would be an unraisable exception here
    gc.collect()


def test_a_generator_that_is_left_early_has_finished(project: Path, status: Callable[..., Any]) -> None:
    def train() -> Generator[str, None, None]:
        with Logger(log_name="a", backup_code=False) as logger:
            yield logger.output_dir

    steps = train()
    run = next(steps)
    steps.close()
    assert (status(run)["state"], status(run)["error"]) == ("finished", None)


def test_an_error_without_a_text_is_recorded_by_its_name(project: Path, status: Callable[..., Any]) -> None:
    with pytest.raises(AssertionError), Logger(log_name="a", backup_code=False) as logger:
        raise AssertionError
    assert status(logger.output_dir)["error"] == "AssertionError"
