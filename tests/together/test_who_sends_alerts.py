"""Whoever still lives tells what became of a run: the launcher, `sml-sync watch`, the viewer's indexer."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import sml_launch.process.launch_alerts
import sml_sync.watch_alerts
import sml_viewer.index.run_alerts
from sml_config.process import Process
from sml_config.project_settings.alerting import project_alerting
from sml_sync.watch_alerts import WatchAlerts
from sml_viewer.index import Indexer, open_database
from sml_viewer.index.run_alerts import IndexerAlerts

from ..alert_service import Service, serve

SCRIPT = """
import sys
from sml_logger import Logger
logger = Logger(log_name=f"seed_{sys.argv[-1]}", backup_code=False)
logger.log({"loss": 1.0}, step=1)
if sys.argv[-1] == "2":
    raise SystemExit(3)
if sys.argv[-1] == "3":
    import os, signal
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    monkeypatch.setenv("no_proxy", "*")
    with serve() as started:
        yield started


@pytest.fixture
def project(tmp_path: Path, service: Service, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose alerts go to the service."""
    folder = tmp_path / "a project"
    (folder / "common_config").mkdir(parents=True)
    settings = f"ALERT_TO: [{service.url}/hush-hush]\nALERT_RULES: [failed, dead, sweep done]\n"
    (folder / "common_config" / "common_config.yaml").write_text(settings)
    monkeypatch.chdir(folder)
    return folder


def make_run(project: Path, name: str, **facts: Any) -> Path:
    """A run folder of this process that is going on."""
    run = project / "logfile" / name
    (run / "config").mkdir(parents=True)
    (run / "progress.csv").write_text("step,loss\n1,2\n")
    (run / "config" / "run_config.json").write_text("{}")
    set_status(run, **facts)
    return run


def set_status(run: Path, **facts: Any) -> None:
    record = {**Process.current().record(), "state": "running", **facts}
    (run / "config" / "status.json").write_text(json.dumps(record))


def titles(service: Service) -> list[str]:
    return sorted(body["title"] for body in service.bodies)


@pytest.mark.slow
def test_the_launcher_tells_failed_tasks_once_and_that_the_sweep_is_done(
    project: Path, service: Service
) -> None:
    (project / "main.py").write_text(SCRIPT)
    (project / "generate_parallel_tasks.py").write_text(
        f"start_up_header = {sys.executable + ' main.py'!r}\nexclusive_candidates = {{'seed': [1, 2, 3]}}\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "sml_launch", "--backend", "local", "--max-parallel", "3"],
        cwd=project,
        env={**os.environ},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    told = titles(service)
    assert told[:1] == ["failed: seed_2"], (told, done.stdout, done.stderr)
    assert told[1] == "killed: seed_3"
    assert told[2].startswith("sweep done: ")
    (end,) = [body for body in service.bodies if body["cause"] == "sweep done"]
    assert end["text"] == "2 failed, 1 finished"
    assert "hush" not in done.stdout + done.stderr


def test_sync_watch_tells_the_end_of_runs_in_a_folder(
    project: Path, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sml_sync.watch_alerts, "_POLL_SECONDS", 0.0)
    first, second = make_run(project, "a"), make_run(project, "deep/er/b")
    alerts = WatchAlerts(project, project / "logfile")
    alerts.check_due()
    set_status(first, state="failed", error="boom")
    set_status(second, pid_start=1)
    alerts.check_due()
    alerts.finish()
    assert titles(service) == ["failed: a", "the process has died: b"]


def test_the_indexer_tells_the_end_of_runs_that_it_knows_as_running(
    project: Path, service: Service, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sml_viewer.index.run_alerts, "_POLL_SECONDS", 0.0)
    old = make_run(project, "old", state="failed")
    run = make_run(project, "a")
    os.utime(old / "config" / "status.json", (1, 1))
    database = open_database(tmp_path / "store.sqlite")
    updater = Indexer(database, project / "logfile")
    alerts = IndexerAlerts(project / "logfile")
    for state in ("running", "failed", "failed"):
        set_status(run, state=state, error="boom" if state == "failed" else None)
        updater.scan_all()
        alerts.check_due(database.connection)
    database.close()
    service.wait(1)
    time.sleep(0.2)
    assert titles(service) == ["failed: a"]


def test_a_project_without_addresses_or_with_wrong_settings_sends_nothing(tmp_path: Path) -> None:
    lines: list[str] = []
    assert project_alerting(tmp_path, lines.append) is None
    folder = tmp_path / "common_config"
    folder.mkdir()
    (folder / "common_config.yaml").write_text("LOG_FOLDER_NAME: logs\n")
    assert project_alerting(tmp_path, lines.append) is None
    assert lines == []
    (folder / "common_config.yaml").write_text("ALERT_TO: [gopher:hush-hush]\n")
    assert project_alerting(tmp_path, lines.append) is None
    (line,) = lines
    assert line.startswith("no alerts are sent: ")
    assert "address 1 has no known kind" in line
    assert "hush" not in line
    IndexerAlerts(tmp_path / "logfile").check_due(None)  # type: ignore[arg-type]  # not asked


def test_the_watchers_look_twice_a_minute() -> None:
    modules = (sml_launch.process.launch_alerts, sml_sync.watch_alerts, sml_viewer.index.run_alerts)
    assert [module._POLL_SECONDS for module in modules] == [30.0] * 3
