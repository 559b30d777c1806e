"""The words in figures, captions and tables in the language that is set, or that the page has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from sml_viewer.cli.main import main
from sml_viewer.config.plot_config import Configuration
from sml_viewer.render.matplotlib import fonts, style
from sml_viewer.render.request import FigureSet, PlotRequest

CHINESE = re.compile("[\u4e00-\u9fff]")
# Each kind of figure with words of ours, and what they are in Chinese.
FIGURES = [
    ("plot", {"PLOTTING_XY": [["(row)", "episode_return"]], "REPORT_PCA_EVAL": True}, ["行号", "组间占"]),
    ("bar", {"BAR_NORMALIZE_VALUE": True}, ["归一化"]),
    (
        "aggregate",
        {},
        ["中位数", "最优性差距", "得分高于 τ 的实验比例", "episode_return 的归一化得分 τ"],
    ),
]
NEEDS_FONT = pytest.mark.skipif(len(fonts.font_families()) < 2, reason="no Chinese font is installed")

pytestmark = pytest.mark.usefixtures("grid")


def words(figure: Figure) -> Iterator[str]:
    figure.draw_without_rendering()
    yield from (text.get_text() for text in figure.findobj(Text) if text.get_text())


def figure_of(library, kind: str, **options: object) -> FigureSet:
    library.refresh()
    return FigureSet(PlotRequest(library, Configuration().with_values(**options)), kind)


@NEEDS_FONT
@pytest.mark.parametrize(("kind", "options", "expected"), FIGURES)
def test_words_of_a_figure_are_in_its_language(
    library, kind: str, options: dict, expected: list[str]
) -> None:
    chinese = figure_of(library, kind, FIGURE_LANGUAGE="zh", **options)
    drawn = "\n".join(words(chinese.rendered()[0].figure))
    assert [word for word in expected if word not in drawn] == []
    assert not re.search(r"[a-z]+ [a-z]+ [a-z]+", drawn)
    assert chinese.font_note == ""
    english = "\n".join(words(figure_of(library, kind, **options).rendered()[0].figure))
    assert not CHINESE.search(english)
    assert len(english.splitlines()) == len(drawn.splitlines())


@NEEDS_FONT
def test_names_of_groups_that_are_ours_are_in_the_figures_language(library, make_run) -> None:
    table = "step,episode_return\n0,1\n1,2\n"
    make_run("a", table, tau=1)
    make_run("b", table, tau=2)
    make_run("c", table)
    chosen = {
        "PLOTTING_XY": [["step", "episode_return"]],
        "FIGURE_SEPARATION": ["task"],
        "DATA_MERGER": ["tau"],
    }
    chinese = "\n".join(
        words(figure_of(library, "plot", FIGURE_LANGUAGE="zh", **chosen).rendered()[0].figure)
    )
    assert "无 task" in chinese
    assert "无 tau" in chinese
    english = "\n".join(words(figure_of(library, "plot", **chosen).rendered()[0].figure))
    assert "no task" in english
    assert "no tau" in english


@pytest.mark.parametrize("kind", ["plot", "bar", "aggregate"])
def test_without_a_chinese_font_words_are_english_and_a_note_says_so(library, monkeypatch, kind: str) -> None:
    monkeypatch.setattr(fonts, "font_families", lambda: ("DejaVu Sans",))
    monkeypatch.setattr(style, "font_families", fonts.font_families)
    figures = figure_of(library, kind, FIGURE_LANGUAGE="zh", PLOTTING_XY=[["(row)", "episode_return"]])
    assert not CHINESE.search("".join(words(figures.rendered()[0].figure)))
    assert "no Chinese font is installed" in figures.font_note


def test_a_figure_of_the_page_has_its_language_and_the_command_says_it(page, library) -> None:
    library.refresh()

    def command(**body: object) -> str:
        return page.post("/api/v1/command", {"config": {}, **body}).get_json()["command"]

    assert "FIGURE_LANGUAGE=zh" in command(language="zh")
    assert "FIGURE_LANGUAGE" not in command(language="en")
    assert "FIGURE_LANGUAGE=en" in command(language="zh", config={"FIGURE_LANGUAGE": "en"})


@NEEDS_FONT
def test_the_pages_figure_is_that_of_its_command(page, library, logs: Path, tmp_path: Path) -> None:
    library.refresh()
    body = {"config": {"PLOTTING_XY": [["(row)", "episode_return"]]}, "language": "zh", "kind": "svg"}
    import base64

    shown = base64.b64decode(page.post("/api/v1/figure", body).get_json()["figures"][0]["data"])
    out = tmp_path / "a.svg"
    options = ["--set", "FIGURE_LANGUAGE=zh", "-x", "(row)", "-y", "episode_return"]
    assert main(["plot", "-d", str(logs), *options, "-o", str(out)]) == 0
    paths = [re.findall(r'<path [^>]* d="[^"]*"', text) for text in (shown.decode(), out.read_text())]
    assert len(paths[0]) > 20
    assert [re.sub(r' id="[^"]*"', "", path) for path in paths[0]] == [
        re.sub(r' id="[^"]*"', "", path) for path in paths[1]
    ]


@pytest.mark.parametrize("kind", ["tex", "md", "html", "csv"])
def test_a_tables_caption_is_in_the_language_of_figures(
    page, library, logs: Path, tmp_path, kind: str
) -> None:
    library.refresh()
    text = page.post("/api/v1/table", {"config": {}, "language": "zh", "kind": kind}).get_json()["texts"][
        kind
    ]
    out = tmp_path / f"a.{kind}"
    assert main(["table", "-d", str(logs), "--set", "FIGURE_LANGUAGE=zh", "-o", str(out)]) == 0
    assert out.read_text("utf-8") == text
    assert bool(CHINESE.search(text)) is (kind != "csv")
