"""`sml-viewer options` tells what --set takes, for whoever has no documents at hand."""

from __future__ import annotations

import json

import pytest

from sml_viewer.cli.main import main
from sml_viewer.cli.options import language_of
from sml_viewer.config.plot_options import OPTIONS


def printed(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["options", *words]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_option_is_listed_with_meaning_values_and_default(
    capsys: pytest.CaptureFixture[str], language: str
) -> None:
    listed = json.loads(printed(capsys, "--json", "--language", language))
    assert [one["name"] for one in listed] == list(OPTIONS)
    assert all(one["meaning"] and one["values"] for one in listed)
    text = printed(capsys, "--language", language)
    for one in listed:
        assert f"{one['name']}\n    {one['meaning']}\n" in text
    assert ("取值：" in text) == (language == "zh")
    assert ("values: " in text) == (language == "en")


def test_words_choose_options_by_name_meaning_and_choices(capsys: pytest.CaptureFixture[str]) -> None:
    out = printed(capsys, "smooth", "RADIUS", "--language", "en")
    assert out.startswith("SMOOTH_RADIUS\n    ")
    assert "    values: a whole number from 0 to 100000; default: 5\n" in out
    assert "CURVE_ERROR\n" in printed(capsys, "bootstrap", "--language", "en")
    assert "SMOOTH_RADIUS\n    平滑窗口" in printed(capsys, "平滑窗口", "--language", "zh")
    assert "values: a list of {parameter: value}; default: []" in printed(capsys, "DATA_IGNORE")


def test_a_word_that_no_option_has_is_answered_with_the_nearest_names(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["options", "smooth_radios"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("sml-viewer: no plot option matches 'smooth_radios'; did you mean SMOOTH_RADIUS")
    assert main(["options", "zzzz"]) == 2
    assert "run it without a word to list all" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"), ({"LANG": "C"}, "en"), ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "en"), ({"LANG": "en_US", "LC_MESSAGES": "zh_TW"}, "zh"),
        ({"LANG": "de_DE.UTF-8", "LANGUAGE": "zh:en"}, "zh"), ({"LANG": "C", "LANGUAGE": "zh"}, "en"),
    ],
)  # fmt: skip
def test_the_language_is_that_of_the_locale(environment: dict[str, str], language: str) -> None:
    assert language_of(environment) == language
