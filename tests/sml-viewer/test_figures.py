"""Figures are what was asked for, can be read by everyone, and know what they were drawn from."""

from __future__ import annotations

import csv
import json
import re
import zlib
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from matplotlib.cbook import is_math_text

from sml_viewer.analysis.curves import Curves
from sml_viewer.cli.main import main
from sml_viewer.config.plot_config import Configuration
from sml_viewer.library import Library
from sml_viewer.model.results import ScoreTable
from sml_viewer.render.formats import formats
from sml_viewer.render.matplotlib import draw_curves, figure_bytes
from sml_viewer.render.provenance import read_provenance
from sml_viewer.render.request import file_names, older_file_names
from sml_viewer.render.tables import to_html, to_latex, to_markdown


@pytest.mark.usefixtures("grid")
@pytest.mark.parametrize(("kind", "magic"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_a_figure_has_a_sub_figure_per_environment(
    curves: Callable[..., Curves], kind: str, magic: bytes
) -> None:
    (figure,) = draw_curves(curves())
    assert [area.get_title() for area in figure.axes] == ["Acrobot-v1", "CartPole-v1"]
    assert [len(area.get_lines()) for area in figure.axes] == [2, 2]
    assert figure_bytes(figure, kind).startswith(magic)


def test_chinese_names_are_drawn_without_a_warning(make_run, curves: Callable[..., Curves]) -> None:
    make_run("a", "步数,奖励\n0,1\n1,2\n", env_name="倒立摆")
    assert figure_bytes(draw_curves(curves())[0], "png").startswith(b"\x89PNG")


@pytest.mark.usefixtures("grid")
def test_a_pdf_holds_no_type_3_font(curves: Callable[..., Curves]) -> None:
    pdf = figure_bytes(draw_curves(curves())[0], "pdf")
    assert b"/Subtype /Type3" not in pdf
    assert b"/FontType 42" in pdf or b"/CIDFontType2" in pdf or b"/TrueType" in pdf


@pytest.mark.usefixtures("grid")
def test_options_reach_the_figure(curves: Callable[..., Curves]) -> None:
    drawn = curves(
        XMAX=15, YMIN=-1, TITLE_SUFFIX="!", FIXED_Y_LABEL="Return", MAX_COLUMN=1, LINE_WIDTH=3,
        SHOW_SEED_NUM=True,        NEED_SUP_TITLE=False, LEGEND_POSITION_X=0.1, SUBFIGURE_WIDTH=4,
    )  # fmt: skip
    (figure,) = draw_curves(drawn)
    area = figure.axes[0]
    assert area.get_xlim()[1] == 15
    assert area.get_ylim()[0] == -1
    assert area.get_title() == "Acrobot-v1!"
    assert area.get_ylabel() == "Return"
    assert area.get_lines()[0].get_linewidth() == 3
    assert figure.get_figwidth() == 4
    assert figure.get_suptitle() == ""
    assert [text.get_text() for text in figure.axes[1].get_legend().get_texts()] == [
        "0.01 (n=3)",
        "0.1 (n=3)",
    ]


@pytest.mark.usefixtures("grid")
@pytest.mark.parametrize(("preset", "width"), [("paper-1col", 3.25), ("paper-2col", 6.75), ("slides", 13.33)])
def test_a_preset_sets_what_nobody_set(curves: Callable[..., Curves], preset: str, width: float) -> None:
    (figure,) = draw_curves(curves(FIGURE_PRESET=preset, LINE_WIDTH=7))
    assert figure.get_figwidth() == width
    assert figure.axes[0].get_lines()[0].get_linewidth() == 7


@pytest.mark.usefixtures("grid")
def test_the_legend_lies_below_what_is_drawn(curves: Callable[..., Curves]) -> None:
    (figure,) = draw_curves(curves())
    figure.draw_without_rendering()
    legend = figure.legends[0].get_window_extent()
    assert all(area.get_tightbbox().y0 >= legend.y1 - 1 for area in figure.axes)


def test_several_metrics_are_several_files(make_run, logs: Path, tmp_path: Path) -> None:
    make_run("a", "step,reward,loss\n0,1,5\n1,2,4\n")
    out = tmp_path / "out" / "a.svg"
    assert main(["plot", "-d", str(logs), "-y", "reward", "-y", "loss", "-o", str(out)]) == 0
    assert sorted(path.name for path in out.parent.iterdir()) == ["a-loss.svg", "a-reward.svg"]


@pytest.mark.usefixtures("grid")
@pytest.mark.parametrize("kind", ["png", "pdf", "svg", "html"])
def test_a_figure_tells_what_it_was_drawn_from_and_who_is_not_in_it(
    logs: Path, tmp_path: Path, kind: str, make_run, capsys
) -> None:
    run = make_run(
        "10.0.0.7_of_alice", "timestep,episode_return\n0,1\n10,2\n", env_name="CartPole-v1", seed=9
    )
    (run / "config" / "run_config.json").write_text(
        '{"run_id": "feedbeef00112233", "host": "lab-gpu-3", "ip": "10.0.0.7", "MAIN_MACHINE_USER": "alice"}'
    )
    out, place = tmp_path / f"a.{kind}", ["-d", str(logs)]
    command = "export" if kind == "html" else "plot"
    words = [
        command,
        *place,
        "-o",
        str(out),
        "--set",
        "XMAX=15",
        "--set",
        f"PLOT_LOG_PATH={logs}",
        "--where",
        "seed > 0",
    ]
    assert main(words) == 0
    found = read_provenance(out)
    assert "feedbeef00112233" in found.runs
    assert len(found.runs) == 13
    assert found.configuration.values == {"XMAX": 15.0}
    assert found.where == "seed > 0"
    everything = out.read_bytes() + unpacked(out) + str(found).encode()
    for private in (b"lab-gpu-3", b"10.0.0.7", b"alice", str(tmp_path).encode()):
        assert private not in everything
    capsys.readouterr()
    with (run / "progress.csv").open("a") as file:
        file.write("20,3\n")
    assert main(["reopen", str(out), *place, "--save", "again", "-wks", str(tmp_path / "wks")]) == 0
    said = capsys.readouterr().out
    assert "12 of its runs are unchanged" in said
    assert "changed since: 10.0.0.7_of_alice" in said
    assert json.loads((tmp_path / "wks" / "configurations" / "again.json").read_text()) == {"XMAX": 15.0}


def unpacked(path: Path) -> bytes:
    """What a PDF holds compressed."""
    parts = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", path.read_bytes(), re.DOTALL)
    texts = []
    for part in parts:
        try:
            texts.append(zlib.decompress(part))
        except zlib.error:
            texts.append(part)
    return b"".join(texts)


def test_a_picture_that_is_not_ours_is_told(tmp_path: Path, capsys) -> None:
    (tmp_path / "a.png").write_bytes(b"\x89PNG nothing")
    (tmp_path / "b.png").write_bytes(b"\x89PNG sml-viewer:" + b"A" * 40 + b".")
    for name, words in (("a.png", "no provenance found"), ("b.png", "is damaged"), ("c.png", "No such file")):
        assert main(["reopen", str(tmp_path / name)]) == 2
        assert words in capsys.readouterr().err


@pytest.mark.usefixtures("grid")
def test_the_drawn_numbers_are_written_exactly(
    curves: Callable[..., Curves], logs: Path, tmp_path: Path
) -> None:
    out = tmp_path / "a.csv"
    assert main(["plot", "-d", str(logs), "-o", str(out)]) == 0
    with out.open() as file:
        rows = list(csv.DictReader(file))
    drawn = [(panel.title, c.algorithm, c) for panel in curves().panels for c in panel.curves]
    wanted = [(title, name, x, y) for title, name, c in drawn for x, y in zip(c.x, c.center, strict=True)]
    assert [(r["sub-figure"], r["algorithm"], float(r["x"]), float(r["center"])) for r in rows] == wanted
    assert {row["n"] for row in rows} == {"3"}


def test_bars_are_normalised_sorted_starred_and_hollow(make_run, logs: Path, library: Library) -> None:
    from sml_viewer.analysis.scores import make_tables
    from sml_viewer.config.plot_config import Configuration
    from sml_viewer.render.matplotlib import draw_bars
    from sml_viewer.select.selection import select

    for env, scale in (("A", 1), ("B", 100)):
        for method, value in (("x", 4), ("y", 2)):
            for seed in range(3):
                score = scale * (value + seed / 100)
                make_run(
                    f"{env}{method}{seed}",
                    f"step,reward\n0,0\n1,{score}\n",
                    env_name=env,
                    method=method,
                    seed=seed,
                )
    library.refresh()
    configuration = Configuration().with_values(
        BAR_MARK_MAXIMUM=True, BAR_HOLLOW_ALG_NAME="method=y", BAR_SORT_X=True
    )
    selection = select(library.runs(), configuration)
    figure = draw_bars(make_tables(library, selection, configuration)[0], selection, configuration)
    (area,) = figure.axes
    heights = sorted(round(bar.get_height(), 2) for bar in area.patches)
    assert heights == [0.5, 0.5, 1.0, 1.0]
    stars = [text.get_text() for text in area.texts if "★" in text.get_text()]
    assert stars == ["★\n3", "★\n3"]
    assert sum(bar.get_facecolor()[3] == 0 for bar in area.patches) == 2


class Words(HTMLParser):
    """Collects what would be loaded from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loaded += [
            value or ""
            for name, value in attrs
            if name in ("src", "href") and not (value or "").startswith("#")
        ]


@pytest.mark.usefixtures("grid")
def test_the_export_is_one_file_that_loads_nothing(logs: Path, tmp_path: Path, make_run) -> None:
    make_run(
        "<script>alert(1)</script>", "timestep,episode_return\n0,1\n", env_name="<b>x", policy_lr=0.1, seed=5
    )
    assert main(["export", "-d", str(logs), "-o", str(tmp_path / "a.html"), "--title", "A & B"]) == 0
    page = (tmp_path / "a.html").read_text()
    words = Words()
    words.feed(page)
    assert words.loaded == []
    assert "script" not in words.tags
    assert "b" not in [tag for tag in words.tags if tag == "script"]
    assert {"svg", "table"} <= set(words.tags)
    assert "A &amp; B" in page


@pytest.mark.usefixtures("grid")
def test_tables_say_the_same_in_every_format(table: Callable[..., ScoreTable]) -> None:
    found = table()
    markdown = to_markdown(found).splitlines()
    error = 1 / np.sqrt(3)
    assert markdown[0] == "| episode_return | policy_lr=0.01 | policy_lr=0.1 |"
    assert f"| Acrobot-v1 | **2.20 ± {error:.2f} (n=3)** | **4.00 ± {error:.2f} (n=3)** |" in markdown
    latex = to_latex(found)
    assert rf"Acrobot-v1 & \textbf{{2.20 $\pm$ {error:.2f} (n=3)}}" in latex
    assert latex.count(r"\\") == 3
    assert "<b>4.00 ±" in to_html(found)
    turned = to_markdown(table(TABLE_ALG_SORT_BY_ROW=True)).splitlines()
    assert turned[0] == "| episode_return | Acrobot-v1 | CartPole-v1 |"


@pytest.mark.usefixtures("grid")
@pytest.mark.parametrize("kind", formats().tables)
def test_a_table_says_once_what_its_scores_are(logs: Path, tmp_path: Path, kind: str, capsys) -> None:
    output = tmp_path / f"t.{kind}"
    assert main(["table", "-d", str(logs), "-o", str(output)]) == 0
    caption = "over n = 3 seeds."
    assert capsys.readouterr().out.count(caption) == 1
    assert output.read_text().count(caption) == (kind != "csv")


def test_names_with_markup_stay_text_in_every_format(make_run, table: Callable[..., ScoreTable]) -> None:
    make_run("a", "step,a_b|c\n0,1\n", env_name="50% & <i>", seed=1)
    found = table()
    assert "a_b\\|c" in to_markdown(found)
    assert r"50\% \& <i>" in to_latex(found)
    assert "50% &amp; &lt;i&gt;" in to_html(found)


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("@sum", "'@sum"),
        ("-lead", "'-lead"),
        ("+x", "'+x"),
        ("-1.5", "-1.5"),
        ("+1e-3", "+1e-3"),
        ("a=b", "a=b"),
    ],
)
def test_a_name_is_no_formula_of_a_spreadsheet_and_a_number_stays_one(
    make_run, logs: Path, tmp_path: Path, name: str, written: str
) -> None:
    make_run("a", "step,reward\n0,-1\n1,-2\n", env_name=name, seed=1)
    for command in ("plot", "bar", "aggregate", "table"):
        out = tmp_path / f"{command}.csv"
        assert main([command, "-d", str(logs), "-o", str(out)]) == 0
        with out.open() as file:
            rows = list(csv.DictReader(file))
        assert {row.get("sub-figure", written) for row in rows} == {written}
    with (tmp_path / "plot.csv").open() as file:
        assert {row["center"] for row in csv.DictReader(file)} == {"-1.0", "-2.0"}


def test_markup_of_names_is_none_in_markdown(make_run, table: Callable[..., ScoreTable]) -> None:
    make_run("a", "step,reward\n0,1\n", env_name="<script>`x`", seed=1)
    assert r"| &lt;script>\`x\` |" in to_markdown(table())


def test_bars_whose_colours_begin_anew_have_another_hatch(make_run, logs: Path, library: Library) -> None:
    from sml_viewer.analysis.scores import make_tables
    from sml_viewer.config.plot_config import Configuration
    from sml_viewer.render.matplotlib import draw_bars
    from sml_viewer.select.selection import select

    for number in range(12):
        make_run(f"r{number}", "step,reward\n0,1\n", method=f"m{number}", seed=1)
    library.refresh()
    configuration = Configuration()
    selection = select(library.runs(), configuration)
    (area,) = draw_bars(make_tables(library, selection, configuration)[0], selection, configuration).axes
    assert len({(bar.get_facecolor(), bar.get_hatch()) for bar in area.patches}) == 12


def test_a_row_of_latex_never_begins_with_what_the_line_before_would_take(
    make_run, table: Callable[..., ScoreTable]
) -> None:
    for number, env in enumerate(("[64, 64]", "*best", "Ant")):
        make_run(f"r{number}", "step,reward\n0,1\n", env_name=env, seed=1)
    rows = to_latex(table()).partition(r"\midrule")[2].split()
    assert rows[0] == "{}*best"
    assert "{}[64," in rows


@pytest.mark.parametrize("command", ["plot", "bar", "aggregate"])
def test_texts_of_runs_are_drawn_letter_by_letter(make_run, logs: Path, tmp_path: Path, command: str) -> None:
    odd = ["$x_{$", "$x^2$", "a$b", "\\$1 and $2$", "\ud800half", "tab\there"]
    for place, text in enumerate(odd):
        for number, env in enumerate((text, odd[0])):
            table = f"step,$x_{{$\n0,1\n1,{place}\n"
            make_run(f"{place} {number}", table, env_name=env, method=text, seed=number)
    output = tmp_path / "a.svg"
    assert main([command, "-d", str(logs), "-y", "$x_{$", "-o", str(output)]) == 0
    assert output.stat().st_size > 10_000


def test_a_dollar_of_a_run_is_no_formula(make_run, curves: Callable[..., Curves]) -> None:
    make_run("a", "step,$x^2$\n0,1\n1,2\n", env_name="$y_1$")
    (figure,) = draw_curves(curves())
    area = figure.axes[0]
    assert [text.get_text() for text in (area.title, area.yaxis.label)] == [r"\$y_1\$", r"\$x^2\$"]
    assert not any(is_math_text(text.get_text()) for text in (area.title, area.yaxis.label))


def test_a_formula_that_somebody_typed_is_drawn_as_one(make_run, curves: Callable[..., Curves]) -> None:
    for lr in (0.1, 0.2):
        make_run(f"a{lr}", "step,reward\n0,1\n1,2\n", lr=lr)
    names = {"lr=0.1": r"$\lambda$-one", "lr=0.2": "it costs $5"}
    drawn = curves(SHORT_NAME_FROM_CONFIG=names, FIXED_Y_LABEL="$R_t$", TITLE_SUFFIX=" $x$")
    (figure,) = draw_curves(drawn)
    assert figure.axes[0].get_ylabel() == "$R_t$"
    assert figure.axes[0].get_title().endswith(" $x$")
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert [label.partition(" (n")[0] for label in labels] == [r"$\lambda$-one", r"it costs \$5"]


@pytest.mark.parametrize(
    "option", ["FIXED_Y_LABEL=$x_{$", "TITLE_SUFFIX=$x_{$", 'SHORT_NAME_FROM_CONFIG={"lr=0.1": "$x_{$"}']
)
def test_a_formula_that_cannot_be_drawn_is_told_by_its_option(
    make_run, logs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    for lr in (0.1, 0.2):
        make_run(f"a{lr}", "step,reward\n0,1\n1,2\n", lr=lr)
    assert main(["plot", "-d", str(logs), "--set", option, "-o", str(tmp_path / "a.png")]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert option.partition("=")[0] in said


@pytest.mark.parametrize(
    "pairs",
    [
        [("b-c", "a"), ("d", "a"), ("c", "a-b"), ("e", "a-b")],
        [("x", "loss/a"), ("x", "loss a"), ("x", "loss_a")],
        [("x", "a/b"), ("x", "a b"), ("x", "a_b-2")],
    ],
)
def test_no_two_figures_have_one_file_name(pairs: list[tuple[str, str]]) -> None:
    names = file_names("figure.png", Configuration(), pairs)
    assert len(set(names)) == len(pairs)
    assert all(name.startswith("figure-") and name.endswith(".png") for name in names)


def test_no_two_figures_have_one_name_of_the_older_tool() -> None:
    names = older_file_names(".png", Configuration(), [("a", "b_c"), ("a_b", "c"), ("x", "y")])
    assert names == ["a_b_c.png", "a_b_c-2.png", "x_y.png"]
