"""Workspaces of the older page, wherever they are now: what was kept in them opens and means the same."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from sml_viewer.cli.main import main
from sml_viewer.config.plot_config import Configuration
from sml_viewer.config.saved import Configurations
from sml_viewer.errors import ConfigurationError, OptionError
from sml_viewer.i18n import translated
from sml_viewer.web import Setup, create_app

OLDER = {"PLOTTING_XY": [["timestep", "episode_return"]], "DATA_MERGER": ["policy_lr"]}


@pytest.fixture
def write(workspace: Path):
    """Writes a configuration as the older page did: `write("name.json", XMAX=1)`."""

    def write(name: str, **options: Any) -> Path:
        path = workspace / "WEB_ROM" / "configs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({**OLDER, **options}))
        return path

    return write


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("paper.json", "paper"),
        ("my paper-fig 1", "my paper-fig 1"),
        ("paper copy", "paper copy"),
        ("paper (1).json", "paper (1)"),
        ("paper.json copy", "paper.json copy"),
        ("paper.json.bak", "paper.json.bak"),
        ("v1.2", "v1.2"),
        ("图一", "图一"),
    ],
)
def test_a_configuration_opens_whatever_its_file_ends_in(
    workspace: Path, write, file: str, name: str
) -> None:
    write(file, XMAX=7)
    kept = Configurations(workspace)
    assert kept.names() == [name]
    assert kept.load(name).get("XMAX") == 7
    assert kept.load(f"{name}.json").get("XMAX") == 7


def test_two_files_that_differ_in_the_ending_alone_are_two_configurations(workspace: Path, write) -> None:
    write("paper", XMAX=1)
    write("paper.json", XMAX=2)
    kept = Configurations(workspace)
    assert {name: kept.load(name).get("XMAX") for name in kept.names()} == {"paper": 2, "paper (2)": 1}


def test_what_holds_no_object_is_no_configuration(workspace: Path, write) -> None:
    folder = write("paper.json").parent
    (folder / "notes.txt").write_text("remember the milk")
    (folder / ".paper.json.swp").write_text("{}")
    (folder / "old").mkdir()
    assert Configurations(workspace).names() == ["paper"]


def test_a_copy_by_hand_among_our_own_configurations_opens_and_is_saved_where_it_is(workspace: Path) -> None:
    kept = Configurations(workspace)
    path = kept.save("paper", Configuration().with_values(XMAX=7))
    shutil.copy(path, path.with_name("paper copy"))
    assert kept.names() == ["paper", "paper copy"]
    kept.save("paper copy", kept.load("paper copy").with_values(XMAX=8))
    assert kept.names() == ["paper", "paper copy"]
    assert (kept.load("paper").get("XMAX"), kept.load("paper copy").get("XMAX")) == (7, 8)


def test_an_older_configuration_that_is_renamed_has_one_name_and_its_file_stays(
    workspace: Path, write
) -> None:
    path = write("paper.json", XMAX=7)
    kept = Configurations(workspace)
    kept.rename("paper", "figure 1")
    assert kept.names() == ["figure 1"]
    assert kept.load("figure 1").get("XMAX") == 7
    assert path.exists()


def test_an_older_configuration_that_is_deleted_comes_back_from_the_recycle_bin(
    workspace: Path, write
) -> None:
    path = write("paper.json", XMAX=7)
    kept = Configurations(workspace)
    kept.restore(kept.delete("paper"))
    assert kept.load("paper").get("XMAX") == 7
    kept.delete("paper")
    assert kept.names() == []
    assert path.exists()


@pytest.mark.parametrize("chosen", ["moved", "moved/WEB_ROM"])
def test_a_moved_workspace_has_its_configurations_under_any_name(
    tmp_path: Path, workspace: Path, write, chosen: str
) -> None:
    write("paper", XMAX=7)
    workspace.rename(tmp_path / "moved")
    assert Configurations(tmp_path / chosen).load("paper").get("XMAX") == 7


@pytest.mark.parametrize("logs", ["/old/home/project/logfile", "logfile"])
def test_folders_that_moved_with_the_workspace_are_found_and_told(
    tmp_path: Path, workspace: Path, write, logs: str
) -> None:
    (tmp_path / "logfile").mkdir()
    write(
        "paper.json",
        PLOT_LOG_PATH=logs,
        PLOT_FIGURE_SAVING_PATH="/old/home/project/cache/WEB_ROM/figures/ann/paper",
    )
    found = Configurations(workspace).load("paper")
    assert found.get("PLOT_LOG_PATH") == str(tmp_path / "logfile")
    assert found.get("PLOT_FIGURE_SAVING_PATH") == str(workspace / "figures" / "ann" / "paper")
    assert found.notes == (
        f"PLOT_LOG_PATH: {logs} does not exist; using {tmp_path / 'logfile'}, moved with the workspace",
    )


def test_a_folder_that_is_nowhere_stays_as_it_was_written(workspace: Path, write) -> None:
    write("paper.json", PLOT_LOG_PATH="/nowhere/logs", PLOT_FIGURE_SAVING_PATH="/nowhere/figures")
    found = Configurations(workspace).load("paper")
    assert found.get("PLOT_LOG_PATH") == "/nowhere/logs"
    assert found.get("PLOT_FIGURE_SAVING_PATH") == "/nowhere/figures"
    assert found.notes == ()


def test_names_and_values_of_the_older_page_are_understood_without_a_note(workspace: Path, write) -> None:
    overrides = {"default": {}, "pair_image": {"timestep-episode_return": {"XMAX": "None"}}}
    write(
        "paper.json",
        PLOT_MODE="bar",
        LEGEND_WHICH_POSITION="Upper Left",
        TITLE_NAME_IDX=-1,
        BAR_TICK_NAME_IDX=-1,
        DESCRIPTION={"XMAX": "x"},
        DATA_PATH="/home/ann",
        LOG_DIR_BACKING_NAME="log",
        FLEXIBLE_CONFIG={},
        FOCUS_IMAGE_CONFIG_GROUP="default",
        FOCUS_IMAGE_CONFIG_SAME_CONTENT_GROUP="None",
        FOCUS_IMAGE_CONFIG_SUB_IMAGE_TITLE="None",
        PRIMARY_ALG="ours",
        PLOTTING_ORDER=["theirs", "ours"],
        ADDITIONAL_PLOT_CONFIGS=overrides,
    )
    found = Configurations(workspace).load("paper")
    assert found.notes == ()
    assert (found.get("PLOT_MODE"), found.get("LEGEND_WHICH_POSITION")) == ("BAR", "upper left")
    assert (found.get("TITLE_NAME_IDX"), found.get("BAR_TICK_NAME_IDX")) == (-1, -1)
    assert found.get("PLOTTING_ORDER") == ["ours", "theirs"]


def test_a_number_out_of_its_bounds_is_brought_into_them_and_told(workspace: Path, write) -> None:
    pair = {"timestep-episode_return": {"LEGEND_COLUMN": 99}}
    write("paper.json", MAX_COLUMN="25", ADDITIONAL_PLOT_CONFIGS={"pair_image": pair})
    found = Configurations(workspace).load("paper")
    assert found.get("MAX_COLUMN") == 20
    assert found.get("LEGEND_COLUMN", ("timestep", "episode_return")) == 50
    assert found.notes == (
        "MAX_COLUMN: '25' is out of bounds; using 20",
        "LEGEND_COLUMN: 99 is out of bounds; using 50",
    )


def test_a_rule_longer_than_a_query_may_be_is_an_error_that_names_rule_and_configuration(
    workspace: Path, write
) -> None:
    rules = [{"env_name": "Ant"}, {"env_name": "x" * 4000}]
    write("paper.json", DATA_IGNORE=rules)
    kept = Configurations(workspace)
    with pytest.raises(
        ConfigurationError, match=r"configuration 'paper'.*DATA_IGNORE: rule 2 has 4,0\d\d char"
    ):
        kept.load("paper")
    with pytest.raises(OptionError, match="DATA_SELECT: rule 2 has"):
        Configuration().with_values(DATA_SELECT=rules)
    own = workspace / "configurations" / "own.json"
    own.parent.mkdir()
    own.write_text(json.dumps({"DATA_SELECT": rules}))
    with pytest.raises(ConfigurationError, match=r"configuration 'own'.*DATA_SELECT: rule 2 has"):
        kept.load("own")


def test_rules_that_are_not_understood_are_an_error_not_other_runs(workspace: Path, write) -> None:
    write("paper.json", DATA_IGNORE="env_name=Ant")
    with pytest.raises(ConfigurationError, match="DATA_IGNORE"):
        Configurations(workspace).load("paper")


@pytest.fixture
def opens(workspace: Path, logs: Path):
    """The configuration that the page opens for its user."""
    client = create_app(Setup(workspace, (logs,), user="ann"), indexing=False).test_client()

    def opens(choose: str = "") -> str | None:
        session = client.get("/api/v1/session").get_json()
        if choose:
            token = {"X-CSRF-Token": session["csrf"]}
            client.post(f"/api/v1/configs/{choose}/opened", json={}, headers=token)
        return client.get("/api/v1/session").get_json()["config"]

    return opens


def test_the_page_opens_what_its_user_had_open_in_the_older_page_and_later_here(
    workspace: Path, write, opens
) -> None:
    assert opens() is None
    write("paper.json")
    write("slides")
    users = workspace / "WEB_ROM" / "users"
    users.mkdir()
    (users / "bob.json").write_text('{"config": "paper.json"}')
    assert opens() is None
    (users / "ann.json").write_text('{"config": "slides"}')
    assert opens() == "slides"
    assert opens(choose="paper") == "paper"
    assert opens(choose="gone") == "paper"
    Configurations(workspace).delete("paper")
    assert opens() == "slides"


@pytest.mark.usefixtures("grid")
def test_the_command_draws_an_older_configuration_of_a_moved_workspace(
    tmp_path: Path, workspace: Path, write, capsys: pytest.CaptureFixture[str]
) -> None:
    write(
        "my paper-fig 1",
        PLOT_LOG_PATH="/old/project/logfile",
        PLOT_FIGURE_SAVING_PATH="/old/project/cache/WEB_ROM/figures/ann/my paper-fig 1",
    )
    assert main(["plot", "-wks", str(workspace), "-c", "my paper-fig 1"]) == 0
    (drawn,) = (workspace / "figures" / "ann" / "my paper-fig 1").iterdir()
    assert str(drawn) in capsys.readouterr().out


@pytest.mark.usefixtures("grid")
def test_the_command_draws_below_the_workspace_what_it_cannot_save_where_it_was_to_be(
    logs: Path, workspace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("no folder")
    wanted = f"PLOT_FIGURE_SAVING_PATH={tmp_path / 'file' / 'figures'}"
    assert main(["plot", "-d", str(logs), "-wks", str(workspace), "--set", wanted]) == 0
    said = capsys.readouterr()
    assert str(workspace / "figures" / "total_curve.png") in said.out
    assert "cannot be written to (Not a directory); saved in" in said.err


def test_notes_on_an_older_configuration_are_in_the_language_of_the_reader(workspace: Path, write) -> None:
    write("paper.json", MAX_COLUMN="25", SHOW_SEED_NUM="maybe", A_NAME_OF_ANOTHER_VERSION=1)
    notes = Configurations(workspace).load("paper").notes
    assert [translated(note, "zh") for note in notes] == [
        "SHOW_SEED_NUM：'maybe' 无效；应为：True 或 False",
        "A_NAME_OF_ANOTHER_VERSION：未知选项",
        "MAX_COLUMN：'25' 超出范围；改用 20",
    ]
