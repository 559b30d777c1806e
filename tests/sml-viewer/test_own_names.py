"""Names of groups that are ours, such as `no lr`, are in the page's language; as keys they stay English."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sml_viewer.web.http.array_codec import unpack

CHOSEN = {
    "PLOTTING_XY": [["step", "episode_return"]],
    "FIGURE_SEPARATION": ["task"],
    "DATA_MERGER": ["lr"],
}


@pytest.fixture(autouse=True)
def runs(make_run) -> None:
    table = "step,episode_return\n0,1\n1,2\n"
    for task in ("reach", None):
        for lr in (1, None):
            given = {name: value for name, value in (("task", task), ("lr", lr)) if value is not None}
            make_run(f"{task}_{lr}", table, **given)


def answer(page, part: str, language: str = "zh", **more: Any) -> Any:
    response = page.post(f"/api/v1/{part}", {"config": CHOSEN, "language": language, **more})
    assert response.status_code == 200, response.text
    return response.get_json() if response.is_json else unpack(response.data)[0]


@pytest.mark.parametrize("part", ["table", "bars", "curves", "counts"])
def test_an_answer_has_the_texts_of_names_that_are_ours(page, part: str) -> None:
    expected = {"no lr": "无 lr", "no task": "无 task"}
    assert answer(page, part)["own_names"] == expected
    assert answer(page, part, "en")["own_names"] == {}


def test_hyper_parameters_have_the_texts_of_titles_that_are_ours(page) -> None:
    assert answer(page, "hyperparameters")["own_names"] == {"no task": "无 task"}


def test_a_legend_has_names_of_ours_in_the_language_of_the_page(page) -> None:
    shown = answer(page, "curves")
    assert {each["name"]: each["label"] for each in shown["algorithms"]} == {"lr=1": "lr=1", "no lr": "无 lr"}
    assert {panel["title"] for panel in shown["panels"]} == {"no task", "reach"}


def test_a_table_has_heads_in_the_language_of_the_page_and_english_keys(page) -> None:
    shown = answer(page, "table", kind="tex")
    [scores] = shown["tables"]
    assert scores["head"] == ["episode_return", "lr=1", "无 lr"]
    assert [row["name"] for row in scores["rows"]] == ["无 task", "reach"]
    assert (scores["titles"], scores["algorithms"]) == (["no task", "reach"], ["lr=1", "no lr"])
    assert "无 task & " in shown["texts"]["tex"]
    assert "no task" in answer(page, "table", "en", kind="tex")["texts"]["tex"]
    assert "无" not in answer(page, "table", kind="csv")["texts"]["csv"]


def test_lines_of_charts_have_names_in_the_language_of_the_page(page) -> None:
    lines = answer(page, "charts", by="groups")["lines"]
    assert {line["name"] for line in lines} == {
        "reach · lr=1",
        "reach · 无 lr",
        "无 task · lr=1",
        "无 task · 无 lr",
    }
    assert {line["algorithm"] for line in lines} == {"lr=1", "no lr"}
    keys = {tuple(json.loads(line["key"])[0]) for line in lines}
    assert keys == {("reach",), ("null",)}
