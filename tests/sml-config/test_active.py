"""The settings in force: how they get there, are asked for and changed."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

import sml_config
from sml_config import SettingsError, SettingsWarning, UnknownSettingError

FILES = ("common_config/common_config.yaml", "common_config/experiment_config.yaml")


def test_without_init_config_the_defaults_hold_under_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert sml_config.get_base_path() == str(tmp_path)
    assert sml_config.settings().log_root == tmp_path / "logfile"


def test_init_config_prints_the_target_and_gives_customized_values(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sml_config.init_config(*FILES, project)
    assert capsys.readouterr().out == "EXPERIMENT_TARGET: RELEASE\n"
    assert sml_config.get_customized_value("demo_variable") == "test"
    assert sml_config.get_base_path() == str(project)
    assert str(project) == sml_config.settings().common.BASE_PATH


def test_the_target_is_printed_without_secrets(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_TOKEN", "geheim-123")
    (project / FILES[1]).write_text("EXPERIMENT_TARGET: with ${LAB_TOKEN}\n", encoding="utf-8")
    loaded = sml_config.init_config(*FILES, project)
    assert capsys.readouterr().out == "EXPERIMENT_TARGET: with <redacted>\n"
    assert "geheim" not in repr(loaded)


def test_faults_of_both_files_are_in_one_report_and_nothing_is_put_in_force(project: Path) -> None:
    before = sml_config.settings()
    (project / FILES[0]).write_text("A: 1\n", encoding="utf-8")
    (project / FILES[1]).write_text("B: 1\n", encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        sml_config.init_config(*FILES, project)
    assert [Path(fault.file).name for fault in caught.value.faults] == [
        "common_config.yaml",
        "experiment_config.yaml",
    ]
    assert sml_config.settings() == before


@pytest.mark.parametrize("base_path", [None, ""])
def test_without_a_base_the_files_are_relative_to_the_current_folder_which_is_the_base(
    project: Path, monkeypatch: pytest.MonkeyPatch, base_path: str | None
) -> None:
    monkeypatch.chdir(project)
    sml_config.init_config(*FILES, base_path)
    assert sml_config.get_base_path() == str(project)


def test_without_a_base_that_of_the_common_file_counts(project: Path, tmp_path: Path) -> None:
    (project / FILES[0]).write_text(f"BASE_PATH: {tmp_path / 'elsewhere'}\n", encoding="utf-8")
    sml_config.init_config(project / FILES[0], project / FILES[1])
    assert sml_config.get_base_path() == str(tmp_path / "elsewhere")


def test_the_files_may_be_given_by_keyword_and_alone(project: Path) -> None:
    sml_config.init_config(
        common_config_file=FILES[0], experiment_config_file=str(project / FILES[1]), base_path=project
    )
    assert sml_config.get_customized_value("demo_variable") == "test"
    sml_config.init_config(common_config_file=FILES[0], base_path=project)
    assert not sml_config.has_customized_value("demo_variable")


def test_a_base_path_that_does_not_exist_is_created(project: Path) -> None:
    files = [project / name for name in FILES]
    sml_config.init_config(*files, project / "logfile_tmp")
    assert sml_config.get_base_path() == str(project / "logfile_tmp")
    assert (project / "logfile_tmp").is_dir()


def test_a_base_path_that_is_a_file_is_named_with_what_was_expected(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError) as caught:
        sml_config.init_config(*FILES, tmp_path / "file")
    assert f"{tmp_path / 'file'}: base_path: is a file; expected the project's folder" in str(caught.value)


def test_nothing_is_created_when_the_files_have_faults(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no such file"):
        sml_config.init_config(*FILES, tmp_path / "absent")
    assert not (tmp_path / "absent").exists()


def test_a_wrapping_package_chooses_defaults_that_files_and_code_override(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)
    sml_config.set_defaults(SHORT_NAME_SUFFIX="wrapped", LOG_FOLDER_NAME="runs")
    assert sml_config.settings().experiment.SHORT_NAME_SUFFIX == "wrapped"
    (project / FILES[1]).write_text('SHORT_NAME_SUFFIX: ""\n', encoding="utf-8")
    sml_config.init_config(*FILES, project)
    assert sml_config.settings().experiment.SHORT_NAME_SUFFIX == ""
    (project / FILES[1]).write_text("EXPERIMENT_TARGET: a\n", encoding="utf-8")
    sml_config.init_config(*FILES, project)
    assert sml_config.settings().experiment.SHORT_NAME_SUFFIX == "wrapped"
    with pytest.raises(UnknownSettingError, match="SHORT_NAME_SUFFIX, "):
        sml_config.set_defaults(SHORT_NAME_SUFIX="a")


def test_a_customized_value_that_does_not_exist_is_answered_with_those_that_do(project: Path) -> None:
    sml_config.init_config(*FILES, project)
    sml_config.register_customized_value("horizon", 10)
    with pytest.raises(UnknownSettingError) as caught:
        sml_config.get_customized_value("demo_varable")
    assert str(caught.value) == (
        "unknown setting 'demo_varable'; known: demo_variable, horizon. "
        "Add it under EXPERIMENT_COMMON_PARAMETERS in experiment_config.yaml."
    )
    assert (sml_config.has_customized_value("horizon"), sml_config.has_customized_value("x")) == (True, False)
    assert sml_config.get_customized_value("horizon") == 10


def test_setters_change_known_keys_and_warn_about_unknown_ones(project: Path, tmp_path: Path) -> None:
    sml_config.init_config(*FILES, project)
    sml_config.set_common_config(LOG_FOLDER_NAME="elsewhere", BASE_PATH=str(tmp_path))
    assert sml_config.settings().log_root == tmp_path / "elsewhere"
    with pytest.warns(
        SettingsWarning, match=r"unknown setting 'SHORT_NAME_SUFIX'; did you mean SHORT_NAME_SUFFIX\?"
    ):
        sml_config.set_experiment_config(SHORT_NAME_SUFIX="x", EXPERIMENT_TARGET="y")
    assert sml_config.settings().experiment.EXPERIMENT_TARGET == "y"
    sml_config.set_experiment_customized_config(a=1, b=2)
    assert sml_config.get_customized_value("b") == 2
    assert sml_config.get_customized_value("demo_variable") == "test"


def test_a_setter_leaves_a_value_of_a_wrong_type_out_with_a_warning(project: Path) -> None:
    sml_config.init_config(*FILES, project)
    with pytest.warns(SettingsWarning) as caught:
        sml_config.set_common_config(LOG_FOLDER_NAME=3, MAIN_MACHINE_PORT="ssh", MAIN_MACHINE_USER="me")
    assert [str(item.message) for item in caught] == [
        "LOG_FOLDER_NAME is not changed: invalid int; expected text (numbers, dates and yes/no in quotes)",
        "MAIN_MACHINE_PORT is not changed: invalid str; expected a list of integers",
    ]
    assert caught[0].filename == __file__
    common = sml_config.settings().common
    assert (common.LOG_FOLDER_NAME, common.MAIN_MACHINE_USER) == ("logfile", "me")
    sml_config.set_common_config(BACKUP_IGNORE_KEY=("data",), BACKUP_IGNORE_TAIL=None)
    common = sml_config.settings().common
    assert (common.BACKUP_IGNORE_KEY, common.BACKUP_IGNORE_TAIL) == (["data"], [])


def test_the_total_config_moves_settings_from_one_process_to_another(project: Path) -> None:
    sml_config.init_config(*FILES, project)
    sml_config.set_common_config(MAIN_MACHINE_PASSWD="carried-along")
    total = sml_config.get_total_config()
    before = sml_config.settings()
    sml_config.set_settings(None)
    sml_config.set_total_config(total)
    assert sml_config.settings() == before
    assert sorted(total) == ["common", "experiment"]
    assert total["common"]["BASE_PATH"] == str(project)


def test_override_holds_within_its_block_alone(project: Path) -> None:
    sml_config.init_config(*FILES, project)
    before = sml_config.settings()
    with sml_config.override(SHORT_NAME_SUFFIX="inside", LOG_FOLDER_NAME="runs") as inside:
        assert sml_config.settings() is inside
        assert inside.log_root == project / "runs"
    assert sml_config.settings() is before
    with pytest.raises(ZeroDivisionError), sml_config.override(LOG_FOLDER_NAME="runs"):
        1 / 0  # noqa: B018  an error inside the block
    assert sml_config.settings() is before
    with pytest.raises(UnknownSettingError, match="unknown setting 'SHORT'"), sml_config.override(SHORT=1):
        pass


def load_config(project: Path, dirnames: int) -> None:
    """Run a `load_config.py` in the project that climbs so many folders."""
    path = project / "common_config" / "load_config.py"
    base = "os.path.dirname(" * dirnames + "os.path.abspath(__file__)" + ")" * dirnames
    text = f"import os, sml_config\nsml_config.init_config({FILES[0]!r}, {FILES[1]!r}, {base})\n"
    path.write_text(text, encoding="utf-8")
    exec(compile(text, str(path), "exec"), {"__file__": str(path)})  # noqa: S102  as an import would


def test_two_dirnames_are_right_and_three_are_put_right_with_one_warning(project: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        load_config(project, 2)
    assert sml_config.get_base_path() == str(project)
    sml_config.set_settings(None)
    with pytest.warns(SettingsWarning) as caught:
        load_config(project, 3)
    assert sml_config.get_base_path() == str(project)
    (warning,) = caught
    assert str(warning.message) == (
        f"init_config: {FILES[0]} is not in base_path {project.parent}, but in {project}, "
        f"which is used instead. "
        "Correct base_path in load_config.py: two os.path.dirname() around abspath(__file__)."
    )
    assert warning.filename == str(project / "common_config" / "load_config.py")


def test_files_that_are_nowhere_stay_a_fault(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no such file"):
        sml_config.init_config("conf/a.yaml", "conf/b.yaml", tmp_path)


def test_the_settings_in_force_are_saved_without_secrets(project: Path, tmp_path: Path) -> None:
    sml_config.init_config(*FILES, project)
    sml_config.set_common_config(MAIN_MACHINE_PASSWD="planted-password")
    sml_config.save_all(tmp_path / "configs")
    names = sorted(path.name for path in (tmp_path / "configs").iterdir())
    assert names == [
        f"{stem}.{end}" for stem in ("common_config", "experiment_config") for end in ("json", "yaml")
    ]
    texts = [path.read_text(encoding="utf-8") for path in (tmp_path / "configs").iterdir()]
    assert not any("planted-password" in text for text in texts)
    assert sum("MAIN_MACHINE_PASSWD" in text for text in texts) == 2
