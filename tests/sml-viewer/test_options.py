"""Every plot option has one row; configurations keep, override and open what older ones hold."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from sml_viewer.config.option import convert
from sml_viewer.config.plot_config import Configuration, from_json, pair_key, parse_assignments
from sml_viewer.config.plot_options import OPTIONS, OVERRIDES, check
from sml_viewer.config.saved import Configurations
from sml_viewer.errors import ConfigurationError, OptionError
from sml_viewer.fileio import locked

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "plot-options.md"


def test_the_document_has_a_row_for_each_option_and_says_what_the_table_says() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE))
    assert list(rows) == list(OPTIONS)
    for name, option in OPTIONS.items():
        default, scope, meaning, chinese = rows[name].split(" | ")
        assert (scope, meaning, chinese) == (option.scope, option.meaning, option.meaning_zh)
        assert default == f"`{json.dumps(option.default, ensure_ascii=False)}`"


@pytest.mark.parametrize("option", OPTIONS.values(), ids=lambda option: option.name)
def test_every_default_is_a_value_that_its_option_takes(option) -> None:
    assert convert(option, option.default) == option.default
    assert option.label_zh
    assert set(option.scope) <= set("FPTS")


def test_all_faults_are_told_at_once_with_the_nearest_name() -> None:
    with pytest.raises(OptionError) as error:
        check({"XMAXX": 1, "MAX_COLUMN": 99, "PLOT_MODE": "PIE", "LINE_WIDTH": "thick", "XMIN": None})
    text = str(error.value)
    assert "did you mean XMAX?" in text
    assert "invalid value 99; expected a whole number from 1 to 20" in text
    assert "invalid value 'PIE'; expected one of AUTO, CURVE, BAR" in text
    assert "invalid value 'thick'; expected a number" in text
    assert "XMIN" not in text.replace("XMAX", "")


def test_text_of_forms_and_none_are_understood() -> None:
    assert check({"XMAX": "None", "USE_SMOOTH": "False", "SMOOTH_RADIUS": "3", "DATA_MERGER": "a, b"}) == {
        "XMAX": None,
        "USE_SMOOTH": False,
        "SMOOTH_RADIUS": 3,
        "DATA_MERGER": ["a", "b"],
    }


def test_the_most_specific_setting_wins() -> None:
    configuration = from_json(
        {
            "XMAX": 1,
            OVERRIDES: {
                "pair_image": {"step-reward": {"XMAX": 2}},
                "same_title": {"Ant": {"XMAX": 3}},
                "sole_image": {"step-reward": {"Ant": {"XMAX": 4}}},
            },
        }
    )
    pair = ("step", "reward")
    found = [
        configuration.get("XMAX", *place) for place in [(), (pair,), (("step", "loss"), "Ant"), (pair, "Ant")]
    ]
    assert found == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("pair", "key"),
    [
        (("step", "reward"), "step-reward"),
        (("step", "d4rl-score"), '["step","d4rl-score"]'),
        (('["a', 'b"]'), '["[\\"a","b\\"]"]'),
        (("步数", "奖励-1"), '["步数","奖励-1"]'),
    ],
)
def test_no_two_pairs_have_one_key(pair: tuple[str, str], key: str) -> None:
    assert pair_key(pair) == key
    other = ("-".join(pair).rpartition("-")[0], "-".join(pair).rpartition("-")[2])
    configuration = from_json({OVERRIDES: {"pair_image": {key: {"XMAX": 2}}}})
    assert configuration.get("XMAX", pair) == 2
    assert other == pair or configuration.get("XMAX", other) is None
    assert from_json(configuration.as_json()) == configuration


def test_a_key_may_be_any_json_of_the_list() -> None:
    content = {
        "sole_image": {'[ "step", "a-b" ]': {"Ant": {"XMAX": 2}}, '["step", "loss"]': {"Ant": {"XMAX": 3}}}
    }
    configuration = from_json({OVERRIDES: content})
    assert configuration.get("XMAX", ("step", "a-b"), "Ant") == 2
    assert configuration.get("XMAX", ("step", "loss"), "Ant") == 3
    assert list(configuration.subfigures) == ['["step","a-b"]', "step-loss"]


def test_an_older_key_belongs_to_one_pair_only() -> None:
    older = {OVERRIDES: {"pair_image": {"a-b-c": {"XMAX": 2}}}}
    first, second = ("a", "b-c"), ("a-b", "c")
    assert from_json(older).get("XMAX", first) == 2
    assert from_json(older).get("XMAX", ("a", "c")) is None
    for pairs in ([first, second], [second, first]):
        configuration = from_json({**older, "PLOTTING_XY": [list(pair) for pair in pairs]})
        assert [configuration.get("XMAX", pair) for pair in pairs] == [2, None]
    own = {"pair_image": {"a-b-c": {"XMAX": 2}, '["a","b-c"]': {"XMAX": 3}}}
    assert from_json({OVERRIDES: own}).get("XMAX", first) == 3


def test_an_option_of_the_whole_figure_cannot_be_set_for_a_part() -> None:
    with pytest.raises(OptionError, match="MAX_COLUMN: applies to the whole configuration only"):
        from_json({OVERRIDES: {"pair_image": {"x-y": {"MAX_COLUMN": 2}}}})
    with pytest.raises(OptionError, match="PNG_DPI: cannot be set for one title"):
        from_json({OVERRIDES: {"same_title": {"Ant": {"PNG_DPI": 100}}}})


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        ("foo", f"{OVERRIDES}: invalid value 'foo'; expected an object"),
        ({"same_titles": {"Ant": {}}}, "invalid part same_titles; did you mean same_title"),
        ({"pair_image": ["x-y"]}, r"pair_image: invalid value \['x-y'\]; expected an object"),
        ({"same_title": {"Ant": 3}}, "same_title: Ant: invalid value 3; expected an object"),
        (
            {"sole_image": {"x-y": {"Ant": "big"}}},
            "sole_image: x-y: Ant: invalid value 'big'; expected an object",
        ),
    ],
)
def test_overrides_of_a_wrong_form_are_told(overrides: Any, said: str) -> None:
    with pytest.raises(OptionError, match=said):
        from_json({OVERRIDES: overrides})


def test_a_configuration_is_kept_and_comes_back(tmp_path: Path) -> None:
    kept = Configurations(tmp_path)
    configuration = from_json({"XMAX": 5, OVERRIDES: {"same_title": {"Ant": {"YMIN": 0}}}})
    kept.save("mine", configuration)
    assert kept.load("mine") == configuration
    kept.rename("mine", "yours")
    assert kept.names() == ["yours"]
    kept.delete("yours")
    with pytest.raises(ConfigurationError, match="no configuration named 'yours'; there are: none yet"):
        kept.load("yours")


_SAVE = """
import sys
from pathlib import Path
from sml_viewer.config.plot_config import Configuration
from sml_viewer.config.saved import Configurations
from sml_viewer.errors import ConfigurationChangedError
kept = Configurations(Path(sys.argv[1]))
done = 0
while done < 20:
    found = kept.open("mine")
    more = Configuration().with_values(XMAX=found.configuration.get("XMAX") + 1)
    try:
        kept.save("mine", more, found.revision)
        done += 1
    except ConfigurationChangedError:
        pass
"""


def test_of_two_viewers_that_save_at_once_none_overwrites_the_other(tmp_path: Path) -> None:
    kept = Configurations(tmp_path)
    kept.save("mine", Configuration().with_values(XMAX=0))
    children = [subprocess.Popen([sys.executable, "-c", _SAVE, tmp_path]) for _ in range(2)]
    assert [child.wait(60) for child in children] == [0, 0]
    assert kept.load("mine").values == {"XMAX": 40.0}


@pytest.mark.parametrize(
    "change",
    [
        lambda kept: kept.rename("mine", "yours"),
        lambda kept: kept.merge("mine", "other"),
        lambda kept: kept.reset("mine"),
        lambda kept: kept.save("mine", Configuration()),
    ],
    ids=["rename", "merge", "reset", "save"],
)
def test_what_another_viewer_saves_during_a_change_is_not_lost(tmp_path: Path, change) -> None:
    kept = Configurations(tmp_path)
    kept.save("other", Configuration())
    mine = kept.save("mine", Configuration().with_values(XMAX=1))
    with changing_while_another_saves(mine, kept, change) as outcome:
        mine.write_text(json.dumps({"XMAX": 2}))
    assert outcome.exception() is None
    there = [path.read_text() for path in mine.parent.rglob("*.json")]
    assert any(json.loads(text) == {"XMAX": 2} for text in there)


def test_a_name_that_another_viewer_takes_meanwhile_is_taken(tmp_path: Path) -> None:
    kept = Configurations(tmp_path)
    mine = kept.save("mine", Configuration().with_values(XMAX=1))
    yours = mine.with_stem("yours")
    with changing_while_another_saves(mine, kept, lambda kept: kept.rename("mine", "yours")) as outcome:
        yours.write_text(json.dumps({"XMAX": 2}))
    assert "choose another name" in str(outcome.exception())
    assert kept.names() == ["mine", "yours"]
    assert kept.load("yours").values == {"XMAX": 2}


@contextlib.contextmanager
def changing_while_another_saves(
    mine: Path, kept: Configurations, change: Callable[[Configurations], object]
) -> Iterator[Future[object]]:
    """A change that begins while another viewer holds the configurations, and ends after it."""
    with ThreadPoolExecutor(1) as pool, locked(mine.with_name("all"), ConfigurationError):
        outcome = pool.submit(change, kept)
        time.sleep(0.1)  # gets as far as it gets
        yield outcome


_SAVE_AS_ANYBODY = """
import os, sys
from pathlib import Path
from sml_viewer.config.plot_config import Configuration
from sml_viewer.config.saved import Configurations
from sml_viewer.errors import ConfigurationError
if os.geteuid() == 0:  # whom no mode keeps from writing
    os.setgid(65534)
    os.setuid(65534)
try:
    Configurations(Path(sys.argv[1])).save("mine", Configuration())
except ConfigurationError as error:
    print(error)
"""


@pytest.mark.parametrize("there", ["", "configurations"])
def test_a_workspace_that_cannot_be_written_is_named_with_what_to_do(there: str) -> None:
    with tempfile.TemporaryDirectory() as place:
        workspace, folder = Path(place), Path(place, there)
        folder.mkdir(exist_ok=True)
        folder.chmod(0o555)
        workspace.chmod(0o555)
        words = [sys.executable, "-c", _SAVE_AS_ANYBODY, place]
        said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
        workspace.chmod(0o755)
    assert str(workspace / "configurations") in said
    assert "nothing was changed. Choose another workspace with -wks" in said


def test_a_password_is_never_kept(tmp_path: Path) -> None:
    path = Configurations(tmp_path).save(
        "a", Configuration().with_values(FIGURE_SERVER_MACHINE_PASSWD="hunter2")
    )
    assert "hunter2" not in path.read_text()


@pytest.mark.parametrize("value", ["9" * 100_000, ["x"] * 100_000])
def test_an_error_shows_no_more_of_a_value_than_tells_which_one_it_is(value: object) -> None:
    with pytest.raises(OptionError, match=r"^XMAX: .{150}") as error:
        check({"XMAX": value})
    assert len(str(error.value)) < 300


@pytest.mark.parametrize("name", ["", "..", "a/b", "a\0b", "x" * 300])
def test_a_name_that_is_no_file_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigurationError, match="invalid configuration name"):
        Configurations(tmp_path).save(name, Configuration())


def test_a_configuration_of_an_older_workspace_opens_and_says_what_it_does_not_know(tmp_path: Path) -> None:
    folder = tmp_path / "WEB_ROM" / "configs"
    folder.mkdir(parents=True)
    old = {
        "PLOTTING_XY": [["timestep", "EpRetTest"]],
        "DATA_MERGER": ["policy_lr"],
        "XMAX": "None",
        "PROCESS_NUM": 5,
        "DATA_IGNORE": [{"seed": 3}],
        "A_NAME_OF_ANOTHER_VERSION": 1,
        OVERRIDES: {"pair_image": {}, "same_title": {"Ant-v2": {"XMAX": 100}}, "sole_image": {}},
    }
    (folder / "old.json").write_text(json.dumps(old))
    kept = Configurations(tmp_path)
    configuration = kept.load("old")
    assert kept.names() == ["old"]
    assert configuration.get("PLOTTING_XY") == [["timestep", "EpRetTest"]]
    assert configuration.get("XMAX", None, "Ant-v2") == 100
    assert configuration.notes == ("A_NAME_OF_ANOTHER_VERSION: unknown option",)
    kept.save("old", configuration.with_values(XMAX=7))
    assert json.loads((folder / "old.json").read_text()) == old
    assert kept.load("old").get("XMAX") == 7


def test_words_of_the_command_line_become_values() -> None:
    assert parse_assignments(['DATA_MERGER=["a"]', "XMAX=1e6", "USE_SMOOTH=false", "TITLE_SUFFIX=007"]) == {
        "DATA_MERGER": ["a"],
        "XMAX": 1e6,
        "USE_SMOOTH": False,
        "TITLE_SUFFIX": "007",
    }
    with pytest.raises(OptionError, match=r"XMAX: .*; wrong: expected NAME=VALUE"):
        parse_assignments(["XMAX=far", "wrong"])


@pytest.mark.parametrize(
    ("name", "typed", "meant"),
    [
        ("PLOT_MODE", "bar", "BAR"),
        ("CURVE_ERROR", "None", "none"),
        ("EQUAL_PARAMETERS", "By Data", "by data"),
        ("LEGEND_WHICH_POSITION", " UPPER LEFT ", "upper left"),
    ],
)
def test_a_choice_is_understood_in_any_case(name: str, typed: str, meant: str) -> None:
    assert Configuration().with_values(**{name: typed}).get(name) == meant
    assert parse_assignments([f"{name}={typed}"]) == {name: meant}
