"""A run tells what goes wrong with it, and never waits for that while it writes rows."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import sml_config
from sml_config import CommonConfig, ExperimentConfig, Settings
from sml_logger import Logger, SmlLoggerError
from sml_logger.cli import main

from ..alert_service import Service, serve

pytestmark = pytest.mark.slow


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    monkeypatch.setenv("no_proxy", "*")
    with serve() as started:
        yield started


@pytest.fixture
def begun(project: Path, service: Service) -> Callable[..., Logger]:
    """Begins a run whose alerts go to the service."""

    def begin(*rules: str, **settings: str) -> Logger:
        address = settings.pop("address", f"{service.url}/hush-hush")
        common = CommonConfig(ALERT_TO=[address], ALERT_RULES=list(rules), **settings)  # type: ignore[arg-type]
        sml_config.set_settings(Settings(common, ExperimentConfig(), project))
        return Logger(log_name="a", backup_code=False)

    return begin


def titles(service: Service) -> list[str]:
    return [body["title"] for body in service.bodies]


def test_a_metric_that_becomes_nan_is_told_while_the_run_goes_on(
    begun: Callable[..., Logger], service: Service
) -> None:
    logger = begun("nan", "last.reward > 5 after step 3")
    for step in range(6):
        logger.log({"loss": 1.0 if step < 2 else math.nan, "reward": 2 * step}, step=step)
    service.wait(2)
    assert {*titles(service)} == {"loss is nan: a", "reward is 6: a"}
    assert service.bodies[0]["text"] == "at step 2"
    logger.close()
    assert len(service.bodies) == 2


def test_rows_of_the_older_interface_are_checked_too(begun: Callable[..., Logger], service: Service) -> None:
    logger = begun("nan")
    logger.set_tb_x_label("timestep")
    for step in range(2):
        logger.log_tabular("timestep", step * 100)
        logger.log_tabular("loss", (1.0, math.inf)[step])
        logger.dump_tabular()
    logger.close()
    (body,) = service.bodies
    assert (body["title"], body["text"]) == ("loss is inf: a", "at step 100")


@pytest.mark.parametrize("state", ["failed", "finished"])
def test_the_end_is_told_if_a_rule_says_so(
    begun: Callable[..., Logger], service: Service, state: str
) -> None:
    logger = begun(state)
    if state == "failed":
        with pytest.raises(ValueError, match="boom"), logger:
            raise ValueError("boom")
    else:
        logger.close()
    (body,) = service.bodies
    assert body["title"] == f"{state}: a"
    assert body["text"] == ("ValueError: boom" if state == "failed" else "")
    logger = begun("nan")
    logger.close()
    assert len(service.bodies) == 1


def test_the_script_sends_alerts_of_its_own(begun: Callable[..., Logger], service: Service) -> None:
    logger = begun()
    logger.alert("a title", "a text", "ERROR")
    logger.alert("a title", "again")
    logger.alert("another", level="info")
    assert len(service.wait(2)) == 2
    assert [body["level"] for body in service.bodies] == ["error", "info"]
    with pytest.raises(SmlLoggerError, match="invalid level 'loud'; expected info, warning or error"):
        logger.alert("x", level="loud")
    logger.close()
    log = Path(logger.output_dir, "log.txt").read_text()
    assert "[ ALERT ]: error: a title: a text\n" in log
    assert "[ ALERT ]: warning: a title: again\n" in log


def test_without_addresses_an_alert_is_only_logged(project: Path) -> None:
    logger = Logger(log_name="a", backup_code=False)
    logger.alert("a title")
    logger.close()
    assert "[ ALERT ]: warning: a title\n" in Path(logger.output_dir, "log.txt").read_text()


def test_a_service_that_hangs_delays_no_row(begun: Callable[..., Logger], service: Service) -> None:
    service.seconds = 30
    logger = begun("nan")
    begin = time.monotonic()
    for step in range(200):
        logger.log({"loss": math.nan, "x": step}, step=step)
        logger.alert(f"title {step}")
    assert time.monotonic() - begin < 5
    logger.close()
    assert time.monotonic() - begin < 12
    assert len(Path(logger.output_dir, "progress.csv").read_text().splitlines()) == 201
    service.seconds = 0


def test_an_address_is_in_no_file_and_no_message(
    begun: Callable[..., Logger], service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    service.status = 403
    logger = begun("nan")
    logger.alert("title", f"sent to {service.url}/hush-hush")
    service.wait(3)
    logger.close()
    assert "an alert could not be sent: address 1 (webhook): status 403" in capsys.readouterr().out
    run = Path(logger.output_dir)
    for path in run.rglob("*"):
        assert path.is_dir() or b"hush" not in path.read_bytes(), path
    assert json.loads((run / "config" / "run_config.json").read_text())["ALERT_TO"] == ["<redacted>"]


def test_wrong_settings_from_code_are_one_error_without_the_address(
    begun: Callable[..., Logger], project: Path
) -> None:
    with pytest.raises(SmlLoggerError, match="address 1 has no known kind") as caught:
        begun(address="gopher:hush-hush")
    assert "hush" not in str(caught.value)
    with pytest.raises(SmlLoggerError, match="invalid rule 'never'"):
        begun("never")
    assert not (project / "logfile").exists()


def write_settings(service: Service, *more: str) -> None:
    Path("common_config").mkdir()
    lines = [f"ALERT_TO: [{service.url}/hush, 'slack+{service.url}/hush2']", *more]
    Path("common_config/common_config.yaml").write_text("\n".join(lines) + "\n")


def test_the_command_lists_rules_and_sends_a_test_to_each_address(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write_settings(service, "ALERT_RULES: [nan, failed]")
    assert main(["alerts"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "rules: nan, failed", "quiet: never", "address 1 (webhook)", "address 2 (slack)",
        "add --test to send an alert to each",
    ]  # fmt: skip
    assert service.requests == []
    assert main(["alerts", "--test"]) == 0
    assert len(service.requests) == 2
    service.status = 500
    assert main(["alerts", "--test"]) == 1
    out = capsys.readouterr().out
    assert "FAILED address 2 (slack): status 500" in out
    assert "hush" not in out


def test_the_command_names_what_is_wrong_with_the_settings(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["alerts"]) == 2
    write_settings(service, "ALERT_RULES: [sometimes]")
    assert main(["alerts", "--test"]) == 2
    err = capsys.readouterr().err
    assert "common_config.yaml:2: ALERT_RULES: invalid rule 'sometimes'; expected one of nan" in err
    assert service.requests == []


@pytest.mark.slow
def test_an_exception_that_ends_the_script_is_told_and_sigterm_too(service: Service, project: Path) -> None:
    code = f"""
import sys, time
import sml_config
from sml_config import CommonConfig, ExperimentConfig, Settings
from pathlib import Path
from sml_logger import Logger
common = CommonConfig(ALERT_TO=["{service.url}"], ALERT_RULES=["failed"])
sml_config.set_settings(Settings(common, ExperimentConfig(), Path(".").absolute()))
logger = Logger(log_name=sys.argv[1], backup_code=False)
if sys.argv[1] == "raises":
    raise RuntimeError("boom")
print("ready", flush=True)
time.sleep(60)
"""
    subprocess.run([sys.executable, "-c", code, "raises"], cwd=project, capture_output=True, timeout=60)
    assert [(body["title"], body["text"]) for body in service.bodies] == [
        ("failed: raises", "RuntimeError: boom")
    ]
    process = subprocess.Popen([sys.executable, "-c", code, "waits"], cwd=project, stdout=subprocess.PIPE)
    assert process.stdout is not None
    while process.stdout.readline() != b"ready\n":
        pass
    os.kill(process.pid, signal.SIGTERM)
    process.wait(30)
    process.stdout.close()
    assert titles(service)[1:] == ["killed: waits"]


def test_a_run_without_alerts_imports_nothing_of_them(project: Path) -> None:
    code = "import sys; from sml_logger import Logger; Logger(log_name='b', backup_code=False).close(); "
    code += "print(sorted(m for m in sys.modules if 'run_alerts' in m or m.startswith('sml_config.alerts')))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=project, capture_output=True, text=True, check=True
    )
    assert done.stdout.endswith("[]\n")
