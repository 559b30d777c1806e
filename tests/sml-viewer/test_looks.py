"""Figures as they go into a paper with nothing set, and as they were where an old configuration says so."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Callable
from pathlib import Path

import matplotlib.font_manager
import numpy as np
import pytest
from matplotlib.cbook import is_math_text

import sml_viewer
from sml_viewer.analysis.curves import Curves
from sml_viewer.cli.main import main
from sml_viewer.config.plot_config import Configuration
from sml_viewer.config.plot_options import OPTIONS
from sml_viewer.config.saved import Configurations
from sml_viewer.errors import OptionError
from sml_viewer.naming.labels import STYLE_COUNT
from sml_viewer.render.matplotlib import draw_curves, figure_bytes, fonts
from sml_viewer.render.matplotlib.labels import fitted, legend_labels, literal

ROWS = "step,reward\n0,1\n1,2\n"


@pytest.mark.usefixtures("grid")
def test_with_nothing_set_a_figure_is_one_for_print(curves: Callable[..., Curves]) -> None:
    (figure,) = draw_curves(curves())
    left, right = figure.axes
    assert figure.get_suptitle() == ""
    assert left.title.get_fontsize() == 10
    assert figure.get_figwidth() == 6.8
    assert (left.get_ylabel(), right.get_ylabel()) == ("episode_return", "")
    (legend,) = figure.legends
    assert legend.get_title().get_text() == "policy_lr"
    assert [text.get_text() for text in legend.get_texts()] == ["0.01 (n=3)", "0.1 (n=3)"]
    assert not legend.get_frame_on()


@pytest.mark.usefixtures("grid")
def test_the_older_tools_sizes_are_there_for_who_sets_them(curves: Callable[..., Curves]) -> None:
    old = {name: option.default for name, option in OPTIONS.items() if option.automatic is not None}
    (figure,) = draw_curves(curves(**old))
    assert figure.axes[0].title.get_fontsize() == 22
    assert re.fullmatch(r"episode_return / timestep  \d{4}-\d\d-\d\d \d\d:\d\d", figure.get_suptitle())
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["0.01", "0.1"]


def test_ticks_of_whole_steps_are_whole_and_values_have_no_offset(
    make_run: Callable[..., Path], curves: Callable[..., Curves]
) -> None:
    make_run("a", "epoch,loss\n1,0.69318591\n2,0.69318372\n3,0.69318283\n", lr=0.1)
    (figure,) = draw_curves(curves())
    figure.canvas.draw()
    (area,) = figure.axes
    left, right = area.get_xlim()
    assert [tick for tick in area.get_xticks() if left <= tick <= right] == [1, 2, 3]
    assert area.yaxis.get_offset_text().get_text() == ""
    assert "0.6931850" in [label.get_text() for label in area.get_yticklabels()]


def test_a_configuration_of_an_older_workspace_keeps_its_look(tmp_path: Path) -> None:
    folder = tmp_path / "WEB_ROM" / "configs"
    folder.mkdir(parents=True)
    (folder / "old.json").write_text(json.dumps({"FONTSIZE_LABEL": 14}))
    configuration = Configurations(tmp_path).load("old")
    assert configuration.get("FONTSIZE_LABEL") == 14
    assert (configuration.get("FONTSIZE_TITLE"), configuration.get("NEED_SUP_TITLE")) == (22, True)


def test_a_legend_rounds_what_a_computer_cannot_hold_unless_that_makes_two_alike() -> None:
    names = ["lr=0.00030000000000000003", "lr=0.1, x=0.30000000000000004", "v=1.2.3000000000000001"]
    assert list(legend_labels(names, 80).values()) == ["lr=0.0003", "lr=0.1, x=0.3", names[2]]
    close = ["lr=0.30000000000000004", "lr=0.30000000000000016"]
    assert list(legend_labels(close, 80).values()) == close


def test_the_legend_names_as_many_as_a_page_has_room_for_and_counts_the_others(
    make_run, curves: Callable[..., Curves]
) -> None:
    for number in range(120):
        make_run(f"r{number}", ROWS, method=f"m{number:03}", seed=1)
    (figure,) = draw_curves(curves(MAX_ALGORITHMS=0))
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert names[0] == "m000"
    assert names[-1] == f"and {120 - len(names) + 1} more"
    assert figure.get_figheight() < 11


def test_no_two_algorithms_look_alike_until_looks_are_used_up(
    make_run, curves: Callable[..., Curves]
) -> None:
    rows = "step,reward\n" + "".join(f"{step},1\n" for step in range(30))
    for number in range(60):
        make_run(f"r{number}", rows, method=f"m{number:02}", seed=1)
    drawn = curves(MAX_ALGORITHMS=0)
    lines = draw_curves(drawn)[0].axes[0].get_lines()
    assert len({(line.get_color(), line.get_linestyle(), line.get_marker()) for line in lines}) == 60
    assert "repeat" not in drawn.caption
    for number in range(60, STYLE_COUNT + 1):
        make_run(f"r{number}", rows, method=f"m{number}", seed=1)
    assert (
        f"There are {STYLE_COUNT + 1} algorithms but only {STYLE_COUNT} styles"
        in curves(MAX_ALGORITHMS=0).caption
    )


def test_a_curve_has_the_colour_chosen_for_its_name_and_the_others_keep_theirs(
    make_run, curves: Callable[..., Curves]
) -> None:
    for name in "abc":
        make_run(f"r{name}", ROWS, method=name, seed=1)
    before = [line.get_color() for line in draw_curves(curves(USE_SMOOTH=False))[0].axes[0].get_lines()]
    chosen = curves(USE_SMOOTH=False, CURVE_COLORS={"b": "#12AB9F", "absent": "#000000"})
    after = [line.get_color() for line in draw_curves(chosen)[0].axes[0].get_lines()]
    assert after == [before[0], "#12ab9f", before[2]]


@pytest.mark.parametrize("kind", ["plot", "bar", "aggregate"])
def test_every_kind_of_figure_obeys_a_chosen_colour(make_run, logs: Path, tmp_path: Path, kind: str) -> None:
    for name in "ab":
        for seed in (1, 2):
            make_run(f"r{name}{seed}", ROWS, method=name, seed=seed)
    colours = 'CURVE_COLORS={"a": "#12ab9f"}'
    assert main([kind, "-d", str(logs), "-o", str(tmp_path / "figure.svg"), "--set", colours]) == 0
    assert "#12ab9f" in (tmp_path / "figure.svg").read_text("utf-8")


@pytest.mark.parametrize("value", ["red", "#12", "#12345g", 3])
def test_a_colour_of_another_form_is_refused_with_the_form(value: object) -> None:
    with pytest.raises(OptionError, match="#rrggbb"):
        Configuration().with_values(CURVE_COLORS={"a": value})


def test_a_legend_of_long_names_stays_inside_the_figure(make_run, curves: Callable[..., Curves]) -> None:
    for number in range(4):
        make_run(
            f"r{number}", ROWS, method=f"{'word ' * 9}{number}{'x' * 300}", other=f"v{number // 2}", seed=1
        )
    (figure,) = draw_curves(curves())
    figure.draw_without_rendering()
    box = figure.legends[0].get_window_extent()
    assert box.x0 >= 0
    assert box.x1 <= figure.bbox.x1


def test_labels_leave_out_what_is_absent_and_never_become_equal() -> None:
    assert legend_labels(["a=1, b=null", "a=2, b=3"], 40) == {"a=1, b=null": "a=1", "a=2, b=3": "a=2, b=3"}
    same = legend_labels(["a=1, b=null", "a=1"], 40)
    assert len(set(same.values())) == 2
    long = [f"{'x' * 100}{number}{'y' * 100}" for number in range(2)]
    assert len(set(legend_labels(long, 20).values())) == 2


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("$\\alpha$-net", r"\$\alpha\$-net"),
        ("5$", r"5\$"),
        ("a\tb\x00c\u202e", "a b c "),
        ("\ud800", " "),
        ("名前", "名前"),
    ],
)
def test_texts_of_runs_are_escaped(text: str, shown: str) -> None:
    assert literal(text) == shown
    assert not is_math_text(literal(text))


def test_a_title_has_at_most_two_lines() -> None:
    assert fitted("x" * 500, 3, 10).count("\n") == 1
    assert fitted("short", 3, 10) == "short"


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["png", "pdf", "svg"])
def test_odd_names_are_drawn_without_a_warning(make_run, curves: Callable[..., Curves], kind: str) -> None:
    for number, name in enumerate(("$\\foo$", "<b>&", "a\tb", "😀", "%s", "x" * 300, "", "\\textbf{")):
        make_run(f"r{number}", f"step,re$w$ard_{{\n{ROWS[12:]}", env_name=name, method=name, seed=1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert figure_bytes(draw_curves(curves())[0], kind)


def test_figures_of_runs_that_diverged_are_drawn_without_a_warning(
    make_run, logs: Path, tmp_path: Path
) -> None:
    make_run("a", "step,reward\n0,inf\n1,inf\n", seed=1, m="x")
    make_run("b", "step,reward\n0,1\n1,-inf\n", seed=1, m="y")
    make_run("c", ROWS, seed=1, m="z")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for command, name in (("plot", "a.png"), ("bar", "b.png"), ("table", "t.md"), ("export", "e.html")):
            assert main([command, "-d", str(logs), "-o", str(tmp_path / name)]) == 0


def test_bars_are_divided_only_where_scales_may_differ(make_run, logs: Path, capsys, tmp_path: Path) -> None:
    for env in ("A", "B"):
        for method in ("x", "y"):
            make_run(f"{env}{method}", ROWS, env_name=env, method=method, seed=1)
    words = ["bar", "-d", str(logs), "-o", str(tmp_path / "a.svg")]
    for more, divided in (
        ([], True),
        (["--where", "env_name = A"], False),
        (["--set", "BAR_NORMALIZE_VALUE=False"], False),
        (["--where", "env_name = A", "--set", "BAR_NORMALIZE_VALUE=True"], True),
    ):
        assert main([*words, *more]) == 0
        assert ("divided by its largest absolute mean" in capsys.readouterr().out) == divided


@pytest.mark.usefixtures("grid")
def test_plot_mode_bar_holds_in_python_too(logs: Path, tmp_path: Path) -> None:
    (table,) = sml_viewer.plot(logs, tmp_path / "a.csv", PLOT_MODE="BAR")
    assert "Dots are single runs" in table.caption
    assert (tmp_path / "a.csv").read_text().startswith("metric,sub-figure,algorithm,mean")
    assert len(sml_viewer.plot(logs, config={"PLOT_MODE": "BAR"})) == 1


@pytest.mark.usefixtures("grid")
def test_an_option_that_changes_no_figure_says_so(logs: Path, tmp_path: Path, capsys) -> None:
    words = ["plot", "-d", str(logs), "-o", str(tmp_path / "a.svg")]
    assert main([*words, "--set", "AUTO_PLOTTING=True", "--set", "THREAD_NUM=4", "--set", "XMAX=9"]) == 0
    said = capsys.readouterr().err
    assert "AUTO_PLOTTING: acts in the page only" in said
    assert "THREAD_NUM: accepted and ignored" in said
    assert "XMAX" not in said
    with pytest.warns(UserWarning, match="FIGURE_SERVER_MACHINE_IP: accepted and ignored"):
        sml_viewer.plot(logs, FIGURE_SERVER_MACHINE_IP="10.0.0.1")


def test_one_sub_figure_with_its_own_settings_is_said(make_run, curves: Callable[..., Curves]) -> None:
    for seed in (1, 2):
        make_run(f"r{seed}", ROWS, env_name="Ant", seed=seed)
    from sml_viewer.config.plot_config import from_json

    configuration = from_json({"ADDITIONAL_PLOT_CONFIGS": {"same_title": {"Ant": {"CURVE_ERROR": "sd"}}}})
    drawn_curves = curves()
    from sml_viewer.report.caption import curves_caption

    caption = curves_caption(drawn_curves.panels, configuration, drawn_curves.selection, [])
    assert "Ant: CURVE_ERROR sd." in caption.text


def test_a_file_prefix_is_no_path(make_run, logs: Path, tmp_path: Path, capsys) -> None:
    make_run("a", ROWS)
    out = tmp_path / "out" / "a.svg"
    assert main(["plot", "-d", str(logs), "-o", str(out), "--set", "OUTPUT_FILE_PREFIX=/etc/x"]) == 0
    assert [path.name for path in out.parent.iterdir()] == ["_etc_xa.svg"]


@pytest.mark.parametrize("place", ["file/a.png", "file/b/a.png"])
def test_a_place_that_cannot_be_written_is_one_line(
    make_run, logs: Path, tmp_path: Path, capsys, place: str
) -> None:
    make_run("a", ROWS)
    (tmp_path / "file").touch()
    assert main(["plot", "-d", str(logs), "-o", str(tmp_path / place)]) == 2
    error = capsys.readouterr().err
    assert str(tmp_path / "file") in error
    assert error.count("\n") == 1


def test_an_export_is_html_and_nothing_else(logs: Path, capsys) -> None:
    assert main(["export", "-d", str(logs), "-o", "a.pdf"]) == 2
    assert "choose .html" in capsys.readouterr().err


def test_a_cjk_font_comes_after_the_latin_one_and_only_if_it_is_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(matplotlib.font_manager.fontManager, "get_font_names", lambda: ["Noto Sans CJK SC"])
    fonts.font_families.cache_clear()
    assert fonts.font_families() == ("DejaVu Sans", "Noto Sans CJK SC")
    monkeypatch.setattr(matplotlib.font_manager.fontManager, "get_font_names", list)
    monkeypatch.setattr(fonts, "findSystemFonts", list)
    fonts.font_families.cache_clear()
    assert fonts.font_families() == ("DejaVu Sans",)
    fonts.font_families.cache_clear()


def test_a_font_file_that_cannot_be_opened_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, good = tmp_path / "NotoSansCJK-Regular.ttc", tmp_path / "NotoSansCJK-Zzz.ttf"
    broken.write_bytes(b"no font")
    good.write_bytes(Path(matplotlib.font_manager.findfont("DejaVu Serif")).read_bytes())
    monkeypatch.setattr(matplotlib.font_manager.fontManager, "get_font_names", list)
    monkeypatch.setattr(fonts, "findSystemFonts", lambda: [str(broken), str(good)])
    fonts.font_families.cache_clear()
    assert fonts.font_families() == ("DejaVu Sans", "DejaVu Serif")
    fonts.font_families.cache_clear()


def test_colours_do_not_depend_on_who_is_hidden_by_a_figures_columns(
    make_run, curves: Callable[..., Curves]
) -> None:
    for number, name in enumerate("abc"):
        make_run(name, ROWS if name != "a" else "step,loss\n0,1\n", method=name, seed=number)
    drawn_curves = curves(PLOTTING_XY=[["step", "reward"]], DATA_MERGER=["method"])
    assert [curve.algorithm for curve in drawn_curves.panels[0].curves] == ["method=b", "method=c"]
    (figure,) = draw_curves(drawn_curves)
    colours = [line.get_color() for line in figure.axes[0].get_lines()]
    assert colours == [drawn_curves.line_styles[name][0] for name in ("method=b", "method=c")]
    assert np.unique(colours).size == 2
