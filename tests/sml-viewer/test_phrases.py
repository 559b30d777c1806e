"""What the engine says, in the languages of the page."""

from __future__ import annotations

import json
import string
from importlib.resources import files

import pytest

import sml_viewer
from sml_viewer.phrases import Phrase, joined, translated

CATALOGUE: dict[str, str] = json.loads((files(sml_viewer) / "locales" / "zh.json").read_text("utf-8"))


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


@pytest.mark.parametrize("template", CATALOGUE)
def test_a_translation_fills_in_nothing_that_the_english_does_not(template: str) -> None:
    assert fields(CATALOGUE[template]) <= fields(template)


def test_a_phrase_is_its_english_text_and_says_itself_in_another_language() -> None:
    inner = Phrase("{n} commits", n=2)
    phrase = joined([Phrase("{names} pools {what}.", names="lr=0.1", what=inner), "Ant: CURVE_ERROR sd."])
    assert phrase == "lr=0.1 pools 2 commits. Ant: CURVE_ERROR sd."
    assert translated(phrase, "en") == phrase
    assert translated(phrase, "zh") == "lr=0.1 混合了 2 个代码提交。Ant: CURVE_ERROR sd."


def test_what_has_no_translation_and_names_with_braces_stay_as_they_are() -> None:
    assert translated("plain", "zh") == "plain"
    assert translated(Phrase("nothing like it {n}", n=1), "zh") == "nothing like it 1"
    assert translated(Phrase("no run has the parameter {name}", name="{n}"), "zh") == "没有实验含参数 {n}"
