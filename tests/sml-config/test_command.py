"""The command `sml-config`, as a person uses it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import sml_config
from sml_config.cli import main

COMMANDS = ["init", "check", "show", "modify-config", "modify-csv"]


def run_command(capsys: pytest.CaptureFixture[str], *words: str | Path) -> tuple[int, str, str]:
    status = main([str(word) for word in words])
    out, err = capsys.readouterr()
    return status, out, err


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_examples_and_exit_statuses(
    capsys: pytest.CaptureFixture[str], command: str
) -> None:
    with pytest.raises(SystemExit) as caught:
        main([command, "--help"])
    assert caught.value.code == 0
    out = capsys.readouterr().out
    assert "examples" in out
    assert f"  sml-config {command}" in out
    assert "exit status: 0 success, 1 faults found" in out
    assert "--json" in out


def test_the_command_is_installed_and_a_module(tmp_path: Path) -> None:
    installed = Path(sys.executable).with_name("sml-config")
    for words in ([str(installed)], [sys.executable, "-m", "sml_config"]):
        done = subprocess.run([*words, "--help"], capture_output=True, text=True, check=True)
        assert all(command in done.stdout for command in COMMANDS)
        done = subprocess.run([*words, "check", str(tmp_path)], capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert "no such file" in done.stderr
        assert "Traceback" not in done.stderr
        done = subprocess.run([*words, "chekc"], capture_output=True, text=True, check=False)
        assert done.returncode == 2


def test_init_writes_the_tutorials_three_files_and_they_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, _ = run_command(capsys, "init", tmp_path)
    folder = tmp_path / "common_config"
    assert status == 0
    assert sorted(path.name for path in folder.iterdir()) == [
        "common_config.yaml",
        "experiment_config.yaml",
        "load_config.py",
    ]
    assert "from common_config.load_config import init_smart_logger\n\ninit_smart_logger()" in out
    common = yaml.safe_load((folder / "common_config.yaml").read_text(encoding="utf-8"))
    assert common["MAIN_MACHINE_PASSWD"] == "${SML_PASSWD}"
    optional = {"MAIN_MACHINE_KEY_FILE", "MAIN_MACHINE_PASSWD_FILE"}
    optional |= {
        "BACKUP_GIT_IGNORED",
        "BACKUP_KEY_FILES",
        "FSYNC_SECONDS",
        "SYSTEM_METRICS_SECONDS",
        "ALERT_TO",
    }
    optional |= {"ALERT_RULES", "ALERT_QUIET"}
    assert set(sml_config.CommonConfig.keys()) - set(common) == optional
    code = "from common_config.load_config import init_smart_logger as init; init()\n"
    code += "import sml_config; print(sml_config.get_base_path())"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout == f"EXPERIMENT_TARGET: RELEASE\n{tmp_path}\n"


def test_init_never_overwrites_without_force(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mine = tmp_path / "common_config" / "load_config.py"
    mine.parent.mkdir()
    mine.write_text("mine", encoding="utf-8")
    status, _, err = run_command(capsys, "init", tmp_path)
    assert (status, err) == (1, f"already exists: {mine}; add --force to overwrite\n")
    assert mine.read_text(encoding="utf-8") == "mine"
    assert list(mine.parent.iterdir()) == [mine]
    assert run_command(capsys, "init", tmp_path, "--force")[0] == 0
    assert "init_config" in mine.read_text(encoding="utf-8")


def test_check_reports_all_faults(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(capsys, "check", project)[0] == 0
    common = project / "common_config" / "common_config.yaml"
    common.write_text("LOG_FOLDER_NAM: x\nMAIN_MACHINE_PORT: [1]\n", encoding="utf-8")
    (project / "common_config" / "experiment_config.yaml").write_text("X: [", encoding="utf-8")
    status, out, err = run_command(capsys, "check", project)
    assert (status, out) == (1, "")
    assert len(err.splitlines()) == 4
    assert err.splitlines()[0] == f"{common}:1: LOG_FOLDER_NAM: unknown key; did you mean LOG_FOLDER_NAME?"
    assert err.splitlines()[3] == "3 faults"
    status, out, err = run_command(capsys, "check", project, "--json")
    report = json.loads(out)
    assert (status, err) == (1, "")
    assert report["faults"][0] == {
        "file": str(common),
        "line": 1,
        "message": "unknown key",
        "key": "LOG_FOLDER_NAM",
        "expected": None,
        "nearest": "LOG_FOLDER_NAME",
    }


def test_a_project_is_named_relative_to_the_current_folder(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project.parent)
    assert run_command(capsys, "check", project.name)[0] == 0
    assert run_command(capsys, "show", project.name)[0] == 0


def test_check_notes_a_password_in_the_file(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    common = project / "common_config" / "common_config.yaml"
    text = common.read_text(encoding="utf-8")
    assert "${SML_PASSWD} is not set in the environment" in run_command(capsys, "check", project)[1]
    common.write_text(text.replace("${SML_PASSWD}", "geheim-12"), encoding="utf-8")
    status, out, _ = run_command(capsys, "check", project)
    assert status == 0
    assert "the password is stored in plain text; ${SML_PASSWD} is safer" in out
    assert "geheim-12" not in out
    common.write_text(text.replace("${SML_PASSWD}", "xxxxxxx"), encoding="utf-8")
    assert "note:" not in run_command(capsys, "check", project)[1]


def test_show_gives_value_and_origin_without_secrets(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SML_PASSWD", "geheim-12")
    status, out, _ = run_command(capsys, "show", project, "--json")
    shown = json.loads(out)
    assert status == 0
    assert "geheim-12" not in out
    assert shown["MAIN_MACHINE_PASSWD"]["value"] == "<redacted>"
    assert shown["MAIN_MACHINE_PASSWD"]["origin"].endswith(" from ${SML_PASSWD}")
    assert shown["BASE_PATH"] == {"value": str(project), "origin": "the project's folder"}
    assert shown["MAIN_MACHINE_KEY_FILE"]["origin"] == "default"
    assert shown["EXPERIMENT_TARGET"]["origin"] == "experiment_config.yaml:5"
    text = run_command(capsys, "show", project)[1]
    assert len(text.splitlines()) == len(shown)
    assert 'LOG_FOLDER_NAME               "logfile"  (common_config.yaml:16)' in text


def test_show_reports_faults_instead(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "common_config" / "common_config.yaml").write_text("A: 1", encoding="utf-8")
    assert run_command(capsys, "show", project)[0] == 1
    status, out, _ = run_command(capsys, "show", project, "--json")
    assert (status, json.loads(out)["faults"][0]["key"]) == (1, "A")


def test_other_files_can_be_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "c.json").write_text('{"LOG_FOLDER_NAME": "runs"}', encoding="utf-8")
    (tmp_path / "e.yaml").write_text("", encoding="utf-8")
    status, out, _ = run_command(
        capsys, "show", tmp_path, "--common", "c.json", "--experiment", "e.yaml", "--json"
    )
    assert status == 0
    assert json.loads(out)["LOG_FOLDER_NAME"] == {"value": "runs", "origin": "c.json:1"}


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["modify-config", "x"], "nothing to do; pass --set, --rename or --delete"),
        (["modify-csv", "x"], "nothing to do; pass --rename or --copy"),
    ],
)
def test_a_command_that_would_do_nothing_says_so(
    capsys: pytest.CaptureFixture[str], words: list[str], error: str
) -> None:
    assert run_command(capsys, *words) == (2, "", f"sml-config: error: {error}\n")


def test_a_pair_without_a_sign_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["modify-config", "x", "--set", "seed"])
    assert caught.value.code == 2
    assert "invalid value 'seed'; expected NAME=VALUE" in capsys.readouterr().err


def test_init_does_not_make_up_a_project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = run_command(capsys, "init", tmp_path / "absent")
    assert (status, err) == (
        1,
        f"{tmp_path / 'absent'}: no such folder; create it first, or correct the path\n",
    )
    assert not (tmp_path / "absent").exists()


def test_a_reader_that_stops_reading_is_no_error(project: Path) -> None:
    show = [sys.executable, "-m", "sml_config", "show", str(project)]
    buffered = {**os.environ, "PYTHONUNBUFFERED": ""}
    with subprocess.Popen(
        show, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=buffered
    ) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == ""
    assert process.returncode == 141  # as of a program that SIGPIPE ended


def test_a_terminal_without_chinese_is_no_error(project: Path) -> None:
    (project / "common_config" / "experiment_config.yaml").write_text(
        "EXPERIMENT_TARGET: 实验", encoding="utf-8"
    )
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    code = "from common_config.load_config import init_smart_logger; init_smart_logger()"
    for words in (["-m", "sml_config", "show"], ["-c", code]):
        done = subprocess.run(
            [sys.executable, *words], cwd=project, env=environment, capture_output=True, text=True, check=True
        )
        assert "\\u5b9e\\u9a8c" in done.stdout


def test_a_folder_that_cannot_be_written_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "common_config").write_text("a file", encoding="utf-8")
    status, _, err = run_command(capsys, "init", tmp_path)
    assert status == 1
    assert len(err.splitlines()) == 1
    assert str(tmp_path / "common_config") in err


def test_the_written_loader_has_its_arguments_in_one_column(tmp_path: Path) -> None:
    assert main(["init", str(tmp_path)]) == 0
    lines = (tmp_path / "common_config" / "load_config.py").read_text(encoding="utf-8").splitlines()
    call = next(number for number, line in enumerate(lines) if line.endswith(".init_config("))
    indents = [len(line) - len(line.lstrip()) for line in lines[call : call + 5]]
    assert indents == [4, 8, 8, 8, 4]


def test_the_written_load_config_is_formatted_as_a_formatter_would(tmp_path: Path) -> None:
    assert main(["init", str(tmp_path)]) == 0
    written = tmp_path / "common_config" / "load_config.py"
    # The tutorial's single quotes stay.
    check = ["format", "--isolated", "--config", 'format.quote-style="preserve"', "--check", written]
    done = subprocess.run([sys.executable, "-m", "ruff", *check], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
