"""Settings reach child processes with no call in the child."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

import sml_config

FILES = ("common_config/common_config.yaml", "common_config/experiment_config.yaml")

PARENT = """
import multiprocessing, sys
import sml_config


def child(queue):
    in_force = sml_config.settings()
    queue.put(
        [sml_config.get_base_path(), in_force.common.LOG_FOLDER_NAME, sml_config.get_customized_value("k"),
         in_force.common.MAIN_MACHINE_PASSWD, sml_config.has_customized_value("unpicklable")]
    )


if __name__ == "__main__":
    method, early, base = sys.argv[1:]
    context = multiprocessing.get_context(method)
    if early == "early":  # a fork server that knows nothing of what comes
        early_child = context.Process(target=int)
        early_child.start()
        early_child.join()
    sml_config.init_config("common_config/common_config.yaml", "common_config/experiment_config.yaml", base)
    sml_config.register_customized_value("k", "值")
    sml_config.register_customized_value("unpicklable", lambda: 0)
    with sml_config.override(LOG_FOLDER_NAME="inside", MAIN_MACHINE_PASSWD="password-of-code"):
        queue = context.Queue()
        process = context.Process(target=child, args=(queue,))
        process.start()
        print(queue.get(timeout=30))
        process.join()
"""


@pytest.mark.slow
@pytest.mark.parametrize("early", ["early", "late"])
@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_multiprocessing_children_inherit(project: Path, run_script, method: str, early: str) -> None:
    done = run_script(PARENT, method, early, str(project), cwd=project)
    assert done.stderr == ""
    expected = [str(project), "inside", "值", "password-of-code", method == "fork"]
    assert done.stdout.splitlines()[-1] == str(expected)


CHILD = """
import json
import sml_config
in_force = sml_config.settings()
print(json.dumps([str(in_force.base_path), in_force.common.values(), in_force.experiment.values()]))
"""


def child_settings(cwd: Path) -> tuple[str, dict[str, object], dict[str, object]]:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", CHILD], capture_output=True, text=True, check=True, cwd=cwd
    )
    base, common, experiment = json.loads(done.stdout)
    return base, common, experiment


def test_a_subprocess_inherits_files_and_what_code_changed(project: Path, tmp_path: Path) -> None:
    sml_config.init_config(*FILES, project)
    sml_config.set_common_config(LOG_FOLDER_NAME="changed")
    sml_config.set_experiment_customized_config(own=[1, {"a": None}], token="secret-by-name")
    base, common, experiment = child_settings(tmp_path)
    assert base == str(project)
    assert common["LOG_FOLDER_NAME"] == "changed"
    assert common["BACKUP_IGNORE_KEY"] == ["logfile", "logfile_bk", "baselines"]
    assert experiment["EXPERIMENT_COMMON_PARAMETERS"] == {"demo_variable": "test", "own": [1, {"a": None}]}


def test_a_value_removed_by_code_is_not_there_in_the_child(project: Path, tmp_path: Path) -> None:
    sml_config.init_config(*FILES, project)
    sml_config.set_experiment_config(EXPERIMENT_COMMON_PARAMETERS={})
    assert child_settings(tmp_path)[2]["EXPERIMENT_COMMON_PARAMETERS"] == {}


def test_settings_that_no_file_gave_are_inherited_too(tmp_path: Path) -> None:
    sml_config.set_common_config(LOG_FOLDER_NAME="by-code", BASE_PATH=str(tmp_path))
    base, common, _ = child_settings(Path.cwd())
    assert (base, common["LOG_FOLDER_NAME"]) == (str(tmp_path), "by-code")


def test_the_file_is_private_and_holds_no_secret(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_PASS", "geheim-12")
    text = (project / FILES[0]).read_text(encoding="utf-8")
    (project / FILES[0]).write_text(text.replace("${SML_PASSWD}", "${LAB_PASS}"), encoding="utf-8")
    sml_config.init_config(*FILES, project)
    sml_config.set_common_config(MAIN_MACHINE_USER="the user of geheim-12", WORKSPACE_PATH="/kept")
    sml_config.set_experiment_customized_config(
        db={"password": "planted-1", "host": "h"}, api_key="planted-2"
    )
    path = Path(os.environ["SML_SETTINGS"])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    note = path.read_text(encoding="utf-8")
    assert "geheim-12" not in note
    assert "planted" not in note
    assert json.loads(note)["changed"] == {"WORKSPACE_PATH": "/kept"}
    assert json.loads(note)["own"] == {"db": {"host": "h"}}


def test_the_child_reads_the_password_from_its_own_environment(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SML_PASSWD", "geheim-12")
    sml_config.init_config(*FILES, project)
    assert child_settings(tmp_path)[1]["MAIN_MACHINE_PASSWD"] == "geheim-12"


def test_what_is_inherited_is_ignored_once_the_child_has_settings_of_its_own(
    project: Path, tmp_path: Path, run_script
) -> None:
    sml_config.set_common_config(LOG_FOLDER_NAME="of-the-parent", BASE_PATH=str(tmp_path))
    script = f"""
import sml_config
print(sml_config.init_config(*{FILES!r}, {str(project)!r}).common.LOG_FOLDER_NAME)
print(sml_config.settings().common.LOG_FOLDER_NAME)
"""
    assert run_script(script).stdout.splitlines()[-2:] == ["logfile", "logfile"]


def test_a_file_that_is_gone_is_said_once_and_the_defaults_are_used(tmp_path: Path) -> None:
    script = (
        "import sml_config\nfor _ in range(2):\n    print(sml_config.settings().common.LOG_FOLDER_NAME)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "SML_SETTINGS": str(tmp_path / "gone.json")},
    )
    assert done.stdout == "logfile\nlogfile\n"
    assert done.stderr.count("SettingsWarning: SML_SETTINGS names") == 1
    assert "the default settings are used" in done.stderr


def test_set_settings_none_leaves_children_nothing(project: Path, tmp_path: Path) -> None:
    sml_config.init_config(*FILES, project)
    sml_config.set_settings(None)
    assert "SML_SETTINGS" not in os.environ
    assert child_settings(tmp_path)[0] == str(tmp_path)


def test_settings_are_inherited_over_generations(project: Path, tmp_path: Path) -> None:
    sml_config.init_config(*FILES, project)
    script = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {CHILD!r}], check=True)\n"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert json.loads(done.stdout)[0] == str(project)


def test_a_setting_changed_in_a_loop_leaves_few_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    for step in range(50):
        sml_config.register_customized_value("step", step)
    folder = Path(os.environ["SML_SETTINGS"]).parent
    assert len(list(folder.iterdir())) == 20
    assert child_settings(tmp_path)[2]["EXPERIMENT_COMMON_PARAMETERS"] == {"step": 49}


def test_a_folder_that_is_not_private_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    shared = tmp_path / f"sml-settings-{os.getuid()}"
    shared.mkdir(mode=0o777)
    shared.chmod(0o777)
    sml_config.set_common_config(LOG_FOLDER_NAME="x")
    assert Path(os.environ["SML_SETTINGS"]).parent != shared
    assert list(shared.iterdir()) == []
