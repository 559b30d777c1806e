"""Captions are a few lines, one for each kind of statement, and nothing that changes a number is lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sml_viewer.analysis.aggregate import make_aggregates
from sml_viewer.analysis.curves import Curves
from sml_viewer.cli.main import main
from sml_viewer.config.plot_config import Configuration
from sml_viewer.i18n import Message
from sml_viewer.model.results import ScoreTable
from sml_viewer.report.caption import MOST_LINES, make_caption

ROWS = "step,ret\n0,0\n1,{end}\n"


def test_notes_of_one_kind_are_one_line() -> None:
    notes = [Message("{who}: {what}", who=f"r{n}", what=Message("{x} is odd", x=n)) for n in range(5)]
    caption = make_caption([["First."]], [*notes, "other"])
    assert caption.text.split("\n") == ["First.", "r0: 0 is odd. 4 more like this.", "other."]
    assert caption.details.split("\n") == ["First.", *(f"r{n}: {n} is odd." for n in range(5)), "other."]


def test_a_caption_has_eight_lines_at_most_and_its_details_everything() -> None:
    sections = [[f"Section {section}, {number}." for number in range(9)] for section in range(5)]
    caption = make_caption(sections, [f"note {number}" for number in range(30)])
    lines = caption.text.split("\n")
    assert len(lines) == MOST_LINES
    assert lines[0] == "Section 0, 0. Section 0, 1. Section 0, 2. 6 more like this."
    assert lines[-1] == "28 more notes."
    assert len(caption.details.split("\n")) == 5 * 9 + 30


def test_what_a_group_pools_is_three_things_and_the_number_of_the_others(
    make_run, curves: Callable[..., Curves]
) -> None:
    for seed in range(4):
        values = {f"p{index}": seed // 2 for index in range(9)}
        make_run(f"a{seed}", ROWS.format(end=1), method="a", seed=seed, **values)
    drawn = curves(DATA_MERGER=["method"])
    assert "method=a pools p0 0 ×2, 1 ×2; p1 0 ×2, 1 ×2; p2 0 ×2, 1 ×2; 6 more." in drawn.caption
    assert "p8 0 ×2, 1 ×2." in drawn.details


def test_metrics_of_which_the_same_is_said_are_one_sentence(make_run, curves: Callable[..., Curves]) -> None:
    make_run("a", "step,b,c,d\n0,1,1,1\n1,2,2,2\n")
    pairs = [["step", name] for name in "bcd"]
    assert curves(PLOTTING_XY=pairs).caption.startswith("Values of b, c and d over step, n = 1 run.\n")


def test_what_has_one_run_is_said_to_have_no_interval(
    make_run, curves: Callable[..., Curves], table: Callable[..., ScoreTable]
) -> None:
    make_run("a", ROWS.format(end=1), method="a", seed=1)
    everywhere = "Each group has one run, so there is no interval."
    assert everywhere in curves().caption
    assert everywhere in table().caption
    for seed in (1, 2):
        make_run(f"b{seed}", ROWS.format(end=seed), method="b", seed=seed)
    sentence = "One run, so no interval: method=a."
    assert sentence in curves(DATA_MERGER=["method"]).caption
    assert sentence in table(DATA_MERGER=["method"]).caption
    assert "no interval" not in curves(DATA_MERGER=["method"], CURVE_ERROR="none").caption


@pytest.fixture
def one_run_each(make_run) -> None:
    for method in ("a", "b"):
        for env in ("E", "F"):
            make_run(
                f"{method}{env}", ROWS.format(end=len(method + env)), method=method, env_name=env, seed=1
            )


@pytest.mark.usefixtures("one_run_each")
def test_one_run_per_sub_figure_has_no_stratified_interval(
    make_run, table: Callable[..., ScoreTable], logs: Path, tmp_path: Path
) -> None:
    aggregates = make_aggregates(table(), Configuration())
    assert "Each group has one run, so there is no interval." in aggregates.caption
    assert "bootstrap" not in aggregates.caption
    assert main(["aggregate", "-d", str(logs), "-o", str(tmp_path / "a.csv")]) == 0
    rows = [line.split(",") for line in (tmp_path / "a.csv").read_text().splitlines()[1:]]
    assert {(row[4], row[5]) for row in rows} == {("", "")}
    assert main(["aggregate", "-d", str(logs), "-o", str(tmp_path / "a.svg")]) == 0
    ranges = {"TABLE_NORMALIZE": {"E": [0, 5], "F": [0, 5]}}
    assert table(**ranges).average[0][0] == pytest.approx(0.4)
    make_run("a2", ROWS.format(end=9), method="a", env_name="E", seed=2)
    some = make_aggregates(table(DATA_MERGER=["method"]), Configuration()).caption
    assert "One run, so no interval: method=b." in some
    assert "Some sub-figures of method=a have one run, which makes the interval too narrow." in some
    assert "Intervals: 95 % stratified bootstrap." in some


@pytest.mark.parametrize(
    ("test", "rivals", "runs", "sentence"),
    [
        (
            "mannwhitney",
            1,
            3,
            "With 3 and 3 runs (smallest p 0.1) the Mann–Whitney test cannot reach p < 0.05",
        ),
        (
            "permutation",
            1,
            3,
            "With 3 and 3 runs (smallest p 0.1) the permutation test cannot reach p < 0.05",
        ),
        (
            "mannwhitney",
            3,
            4,
            "With 4 and 4 runs in 3 comparisons (smallest p 0.086 after Holm's correction) the Mann–Whitney",
        ),
        ("mannwhitney", 1, 4, None),
        ("welch", 3, 3, None),
        ("none", 1, 3, None),
    ],
)
def test_a_test_that_cannot_reach_5_percent_is_said_to(
    make_run, table: Callable[..., ScoreTable], test: str, rivals: int, runs: int, sentence: str | None
) -> None:
    for method in range(rivals + 1):
        for seed in range(runs):
            make_run(f"{method}{seed}", ROWS.format(end=10 * method + seed), method=f"m{method}", seed=seed)
    caption = table(TABLE_TEST=test).caption
    assert ("cannot reach" in caption) == (sentence is not None)
    assert (sentence or "") in caption


@pytest.mark.slow
def test_the_whole_caption_is_printed_on_demand(make_run, logs: Path, tmp_path: Path, capsys) -> None:
    for number in range(9):
        wrong = "\n".join(["0,x"] * (number + 1))
        make_run(f"r{number}", f"step,c{number},ret\n0,1,1\n{wrong}\n1,1,1\n", seed=number)
    words = ["plot", "-d", str(logs), "-o", str(tmp_path / "a.svg"), *(f"-y=c{n}" for n in range(9))]
    assert main(words) == 0
    short = capsys.readouterr().out.splitlines()
    assert len(short) <= 9 + MOST_LINES  # a file for each metric
    assert any("more like this" in line for line in short)
    assert main([*words, "--notes"]) == 0
    whole = capsys.readouterr().out
    assert "more like this" not in whole
    assert len(whole.splitlines()) > len(short)
