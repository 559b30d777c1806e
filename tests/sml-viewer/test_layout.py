"""Figures of many environments, many algorithms and long names fit a page, and no text overlaps another."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from sml_viewer.analysis.aggregate import make_aggregates
from sml_viewer.analysis.curves import Curves
from sml_viewer.analysis.scores import make_tables
from sml_viewer.cli.main import main
from sml_viewer.config.plot_config import Configuration
from sml_viewer.library import Library
from sml_viewer.render.matplotlib import draw_aggregates, draw_bars, draw_curves
from sml_viewer.render.tables import to_markdown
from sml_viewer.select.selection import select

PAGE = (10.3, 15.0)  # inches
ROWS = "step,ret\n0,0\n1,{end}\n"


@pytest.fixture
def draw(library: Library) -> Callable[..., Figure]:
    """A figure of bars or aggregates of all runs."""

    def make(what: str, **options: object) -> Figure:
        library.refresh()
        configuration = Configuration().with_values(**options)
        selection = select(library.runs(), configuration)
        (table,) = make_tables(library, selection, configuration, whole=what == "aggregate")
        if what == "bar":
            return draw_bars(table, selection, configuration)
        aggregates = make_aggregates(table, configuration)
        return draw_aggregates(aggregates, selection.algorithms, configuration, selection.colours)

    return make


def assert_fits(figure: Figure) -> None:
    """The figure is no larger than a page and no text reaches beyond it."""
    assert figure.get_figwidth() <= PAGE[0]
    assert figure.get_figheight() <= PAGE[1]
    figure.draw_without_rendering()
    for area in filter(lambda area: area.axison, figure.axes):
        low, high = area.get_xlim()
        ticks = [text for text in area.get_xticklabels() if low <= text.get_position()[0] <= high]
        for text in (area.yaxis.label, area.xaxis.label, area.title, *ticks):
            if text.get_text():
                box = text.get_window_extent()
                assert box.x0 >= -1, text
                assert box.y0 >= -1, text
                assert box.x1 <= figure.bbox.x1 + 1, text
                assert box.y1 <= figure.bbox.y1 + 1, text


@pytest.fixture
def environments(make_run) -> None:
    for env in range(39):
        for method in ("a", "b"):
            make_run(
                f"{env}{method}",
                ROWS.format(end=env + 1),
                env_name=f"Environment-{env}-v0",
                method=method,
                seed=1,
            )


@pytest.mark.usefixtures("environments")
def test_many_environments_are_rows_of_bars_on_a_page(draw: Callable[..., Figure]) -> None:
    figure = draw("bar")
    assert_fits(figure)
    ticks = [text.get_text() for area in figure.axes for text in area.get_xticklabels()]
    assert len(ticks) == 39
    assert sum(len(area.patches) for area in figure.axes) == 2 * 39
    for area in figure.axes:
        boxes = [text.get_window_extent() for text in area.get_xticklabels()]
        rotated = area.get_xticklabels()[0].get_rotation()
        assert rotated or all(one.x1 < two.x0 for one, two in pairwise(boxes))


@pytest.mark.slow
@pytest.mark.usefixtures("environments")
def test_many_sub_figures_are_smaller_unless_sizes_are_set(curves: Callable[..., Curves]) -> None:
    (figure,) = draw_curves(curves())
    assert_fits(figure)
    (large,) = draw_curves(curves(MAX_COLUMN=3))
    assert large.get_figheight() > 13 * 2.5


@pytest.mark.slow
def test_aggregates_of_many_long_names_do_not_overlap(make_run, draw: Callable[..., Figure]) -> None:
    for number in range(31):
        for env in ("E", "F"):
            name = f"a_method_with_a_name_of_{number}_words_{'and_more' * (number % 5)}_and_its_end"
            make_run(f"{number}{env}", ROWS.format(end=number), method=name, env_name=env, seed=1)
    figure = draw("aggregate")
    assert_fits(figure)
    first = figure.axes[0]
    boxes = sorted((text.get_window_extent() for text in first.get_yticklabels()), key=lambda box: box.y0)
    assert len(boxes) == 31
    assert all(one.y1 <= two.y0 + 0.5 for one, two in pairwise(boxes))
    profile = figure.axes[-1]
    assert profile.get_position().height * figure.get_figheight() < 3


def test_an_interval_does_not_end_where_its_axis_does(make_run, draw: Callable[..., Figure]) -> None:
    for method in ("a", "b"):
        for seed in range(3):
            make_run(f"{method}{seed}", ROWS.format(end=seed + ord(method)), method=method, seed=seed)
    for area in draw("aggregate").axes[:4]:
        low, high = area.get_xlim()
        ends = [end for bar in area.patches for end in (bar.get_x(), bar.get_x() + bar.get_width())]
        assert low < min(ends)
        assert max(ends) < high


def test_aggregates_of_very_many_show_the_best_and_say_so(make_run, library: Library) -> None:
    for number in range(70):
        make_run(f"r{number}", ROWS.format(end=number), method=f"m{number}", seed=1)
    library.refresh()
    selection = select(library.runs(), Configuration())
    found = make_aggregates(make_tables(library, selection, Configuration(), whole=True)[0], Configuration())
    assert len(found.aggregates) == 70
    assert {one.algorithm for one in found.drawn} == {f"method=m{number}" for number in range(10, 70)}
    assert "Figures show the best 60 of 70 algorithms by IQM" in found.caption


def test_a_long_metric_fits_its_axis(
    make_run, curves: Callable[..., Curves], draw: Callable[..., Figure]
) -> None:
    metric = "evaluation/the_mean_of_the_returns_of_all_episodes_in_the_test_environment/with_noise/last"
    make_run("a", f"step,{metric}\n0,1\n1,2\n", seed=1)
    for figure in (*draw_curves(curves()), draw("bar")):
        assert_fits(figure)


def test_each_bar_of_sixty_looks_different_and_none_is_numbered(
    make_run, draw: Callable[..., Figure]
) -> None:
    for number in range(60):
        make_run(f"r{number}", ROWS.format(end=1), method=f"m{number}", seed=1)
        make_run(f"s{number}", ROWS.format(end=2), method=f"m{number}", seed=2)
    (area,) = draw("bar", SUBFIGURE_WIDTH=3.4, MAX_ALGORITHMS=0).axes
    assert len({(bar.get_facecolor(), bar.get_hatch()) for bar in area.patches}) == 60
    assert not area.texts


def test_bars_follow_the_order_of_the_legend_and_the_limits_of_y(
    make_run, draw: Callable[..., Figure]
) -> None:
    for method, end in (("a", 1), ("b", 3), ("c", 2)):
        make_run(method, ROWS.format(end=end), method=method, seed=1)

    def legend(**options: object) -> list[str]:
        return [text.get_text() for text in draw("bar", **options).legends[0].get_texts()]

    assert legend() == ["a", "b", "c"]
    assert legend(LEGEND_ORDER=["method=c"]) == ["c", "a", "b"]
    assert legend(SORT_BY_PERFORMANCE_ORDER=True) == ["b", "c", "a"]
    assert draw("bar", YMIN=-1, YMAX=9).axes[0].get_ylim() == (-1, 9)


@pytest.mark.slow
@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("preset", "width"), [("paper-1col", 3.25), ("paper-2col", 6.75), ("slides", 13.33)])
def test_a_preset_is_the_width_of_bars_and_aggregates(
    make_run, draw: Callable[..., Figure], preset: str, width: float
) -> None:
    for number in range(12):
        for env in ("Environment-v0", "Other-v1"):
            name = f"a_method_of_{number}_words"
            make_run(f"{number}{env}", ROWS.format(end=number), method=name, env_name=env, seed=1)
    for what in ("bar", "aggregate"):
        figure = draw(what, FIGURE_PRESET=preset)
        assert figure.get_figwidth() == width
        figure.draw_without_rendering()


def test_names_that_somebody_chose_stay_as_they_are(make_run, draw: Callable[..., Figure]) -> None:
    for lr in (0.1, 0.2):
        make_run(f"a{lr}", ROWS.format(end=1), lr=lr)
    chosen = {f"lr={lr}": f"the method of our paper with {word}" for lr, word in ((0.1, "a"), (0.2, "b"))}
    (legend,) = draw("bar", SHORT_NAME_FROM_CONFIG=chosen).legends
    assert [text.get_text().replace("\n", " ") for text in legend.get_texts()] == list(chosen.values())


def test_a_table_of_many_algorithms_has_them_as_rows(make_run, library: Library) -> None:
    for number in range(31):
        make_run(f"r{number}", ROWS.format(end=number), method=f"m{number:02}", seed=1)
    library.refresh()

    def head(**options: object) -> str:
        configuration = Configuration().with_values(**options)
        selection = select(library.runs(), configuration)
        return to_markdown(make_tables(library, selection, configuration)[0]).splitlines()[0]

    assert head() == "| ret |  |"
    assert head(TABLE_ALG_SORT_BY_ROW=False, MAX_ALGORITHMS=0).count("|") == 33


def test_a_table_shortens_names_of_200_letters_and_csv_does_not(make_run, logs: Path, tmp_path: Path) -> None:
    names = [f"{'x' * 100}{number}{'y' * 100}" for number in range(3)]
    for name in names:
        make_run(name[100], ROWS.format(end=1), method=name, seed=1)
    words = ["table", "-d", str(logs), "--set", 'DATA_MERGER=["method"]', "-o"]
    assert main([*words, str(tmp_path / "a.md")]) == 0
    lines = (tmp_path / "a.md").read_text().splitlines()
    assert len(lines[0]) < 250
    assert len({*lines[0].split("|")[2:-1]}) == 3
    assert "Long names are shortened; the numbers as CSV have them whole." in "".join(lines)
    assert main([*words, str(tmp_path / "a.csv")]) == 0
    assert all(name in (tmp_path / "a.csv").read_text() for name in names)


@pytest.mark.parametrize(
    "name", ["Environment" * 8, "这是一个名字非常长的强化学习环境用来测试标题是否重叠" * 3]
)
def test_long_titles_of_neighbours_do_not_meet(make_run, curves: Callable[..., Curves], name: str) -> None:
    for number in range(3):
        make_run(f"r{number}", ROWS.format(end=number), env_name=f"{name}-{number}", seed=1)
    (figure,) = draw_curves(curves())
    assert_fits(figure)
    boxes = [area.title.get_window_extent() for area in figure.axes]
    assert all(left.x1 < right.x0 for left, right in pairwise(boxes))
