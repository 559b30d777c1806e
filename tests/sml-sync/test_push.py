"""A run folder arrives whole at the first target that answers."""

from __future__ import annotations

import dataclasses
import getpass
from pathlib import Path

import pytest

import sml_sync
from sml_config import CommonConfig, ExperimentConfig, Settings
from sml_sync.cli import main
from sml_sync.targets import parse_target

pytestmark = pytest.mark.needs("sshd", "ssh-keygen")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = tmp_path / "logfile" / "a run; with 'odd' $names 中"
    (folder / "config").mkdir(parents=True)
    (folder / "progress.csv").write_text("x,y\n1,2\n")
    (folder / "config" / "parameter.json").write_text("{}")
    (folder / "empty").write_text("")
    (folder / ".sml-tmp-0123").write_text("half")
    return folder


def tree(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file() and ".sml-sync" not in path.parts)
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_every_file_arrives_and_no_temporary_one_does(sshd, run: Path, tmp_path: Path) -> None:
    report = sml_sync.sync(run, [sshd.target], str(tmp_path / "far" / "x"))
    assert report.ok
    expected = tree(run)
    expected.pop(".sml-tmp-0123")
    assert tree(tmp_path / "far" / "x") == expected
    assert report.counts["sent"] == 3


def test_a_second_push_replaces_what_changed(sshd, run: Path, tmp_path: Path) -> None:
    sml_sync.sync(run, [sshd.target], str(tmp_path / "far"))
    (run / "progress.csv").write_text("x,y\n1,2\n3,4\n")
    assert sml_sync.sync(run, [sshd.target], str(tmp_path / "far")).ok
    assert (tmp_path / "far" / "progress.csv").read_text() == "x,y\n1,2\n3,4\n"


def test_the_next_target_is_tried_when_one_refuses(sshd, run: Path, tmp_path: Path) -> None:
    closed = dataclasses.replace(sshd.target, port=1)
    report = sml_sync.sync(run, [closed, sshd.target], str(tmp_path / "far"))
    assert report.ok
    assert len(report.targets) == 2
    assert "refused" in report.targets[0].outcome


def test_no_target_that_answers_is_a_report_and_no_exception(run: Path, sshd) -> None:
    report = sml_sync.sync(run, [dataclasses.replace(sshd.target, port=1)], "/nowhere")
    assert not report.ok
    assert "127.0.0.1:1" in report.text


def test_an_unknown_host_key_is_refused_with_its_fingerprint(sshd, run: Path, tmp_path: Path) -> None:
    stranger = dataclasses.replace(sshd.target, known_hosts=tmp_path / "none")
    report = sml_sync.sync(run, [stranger], str(tmp_path / "far"))
    assert not report.ok
    assert "SHA256:" in report.text
    assert "sml-sync accept-key 127.0.0.1:" in report.text
    assert not (tmp_path / "far").exists()


def test_a_folder_that_cannot_be_made_is_named(sshd, run: Path) -> None:
    report = sml_sync.sync(run, [sshd.target], "/proc/nothing-goes-here/x")
    assert not report.ok
    assert report.text


def test_the_settings_of_the_tutorial_name_targets_and_folder(sshd, run: Path, tmp_path: Path) -> None:
    common = CommonConfig(
        MAIN_MACHINE_IP=["127.0.0.1", "127.0.0.1"],
        MAIN_MACHINE_PORT=[1, sshd.port],
        MAIN_MACHINE_USER=getpass.getuser(),
        MAIN_MACHINE_PASSWD="not the password",
        MAIN_MACHINE_KEY_FILE=str(sshd.key),
        MAIN_MACHINE_HOST_KEY=sshd.fingerprint,
        MAIN_MACHINE_LOG_PATH=str(tmp_path / "far" / "TESTLog"),
    )
    settings = Settings(common, ExperimentConfig(), tmp_path)
    report = sml_sync.push_run(run, settings)
    assert report.ok, report.text
    assert (tmp_path / "far" / "TESTLog" / run.name / "progress.csv").read_text() == "x,y\n1,2\n"
    assert "not the password" not in report.text + repr(sml_sync.targets_of(settings))


def test_addresses_and_ports_of_different_number_are_an_error(tmp_path: Path) -> None:
    common = CommonConfig(MAIN_MACHINE_IP=["a", "b"], MAIN_MACHINE_PORT=[22], MAIN_MACHINE_LOG_PATH="/x")
    with pytest.raises(sml_sync.TargetError, match="2 entries and MAIN_MACHINE_PORT 1"):
        sml_sync.push_run(tmp_path, Settings(common, ExperimentConfig(), tmp_path))


def test_a_target_is_user_host_and_port() -> None:
    assert parse_target("me@host:2222") == ("me", "host", 2222)
    assert parse_target("host") == (None, "host", None)
    assert parse_target("[::1]:2222") == (None, "::1", 2222)
    assert parse_target("::1") == (None, "::1", None)
    with pytest.raises(sml_sync.TargetError, match="expected"):
        parse_target("me@host:ssh")


def test_the_command_reports_a_missing_folder_without_a_traceback(capsys, tmp_path: Path) -> None:
    assert main(["push", str(tmp_path / "none"), "--to", "h", "--path", "/x"]) == 2
    assert "no such folder" in capsys.readouterr().err
