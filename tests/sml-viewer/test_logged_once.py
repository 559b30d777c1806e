"""A metric that each run has once is drawn as bars; the choice is told, and PLOT_MODE decides otherwise."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sml_viewer
from sml_viewer.analysis.curves import Curves
from sml_viewer.cli.main import main
from sml_viewer.config.plot_config import Configuration
from sml_viewer.library import Library
from sml_viewer.render.request import PlotRequest, figure_set_of

from .test_wall import ask

MakeRun = Callable[..., Path]
TOLD = "Bars (auto): each run has one value of accuracy; PLOT_MODE CURVE draws curves"


@pytest.fixture
def evaluations(make_run: MakeRun) -> None:
    """Two groups of three seeds, each with one accuracy at a step of its own, and with losses."""
    for lr in (0.1, 0.2):
        for seed in range(3):
            rows = f"step,loss,accuracy\n0,1,\n{10 + seed},0.5,{lr + 1 + seed}\n"
            make_run(f"{lr}_{seed}", rows, lr=lr, seed=seed)


def kind_of(library: Library, **options: Any) -> str:
    library.refresh()
    configuration = Configuration().with_values(**{"PLOTTING_XY": [["step", "accuracy"]], **options})
    return figure_set_of(PlotRequest(library, configuration), "plot").kind


@pytest.mark.usefixtures("evaluations")
def test_the_command_draws_bars_with_the_error_over_seeds_and_says_so(
    logs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plot", str(logs), "-y", "accuracy", "-o", str(tmp_path / "a.csv")]) == 0
    first, *rows = (tmp_path / "a.csv").read_text().splitlines()
    assert first.startswith("metric,sub-figure,algorithm,mean")
    assert [row.split(",")[3] for row in rows] == ["2.1", "2.2"]
    shown = capsys.readouterr().out
    assert TOLD in shown
    assert "mean ± standard error (ddof=1) over n = 3 seeds" in shown


@pytest.mark.usefixtures("evaluations")
def test_a_set_mode_and_other_metrics_of_the_same_runs_are_curves(library: Library) -> None:
    assert kind_of(library) == "bar"
    assert kind_of(library, PLOT_MODE="AUTO") == "bar"
    assert kind_of(library, PLOT_MODE="CURVE") == "plot"
    assert kind_of(library, PLOTTING_XY=[["step", "loss"]]) == "plot"
    assert kind_of(library, PLOTTING_XY=[["step", "accuracy"], ["step", "loss"]]) == "plot"


@pytest.mark.usefixtures("evaluations")
def test_one_run_with_more_values_makes_curves_of_all(library: Library, make_run: MakeRun) -> None:
    make_run("more", "step,accuracy\n0,1\n1,2\n", lr=0.3, seed=0)
    assert kind_of(library) == "plot"


@pytest.mark.parametrize(("state", "kind"), [("running", "plot"), ("finished", "bar"), ("failed", "bar")])
def test_a_run_that_may_get_more_values_is_a_curve(
    state: str, kind: str, library: Library, make_run: MakeRun
) -> None:
    folder = make_run("a", "step,accuracy\n0,1\n", lr=0.1)
    (folder / "config" / "status.json").write_text(json.dumps({"state": state}), "utf-8")
    assert kind_of(library) == kind


@pytest.mark.usefixtures("evaluations")
def test_python_writes_bars_and_returns_what_the_options_say(logs: Path, tmp_path: Path) -> None:
    curves = sml_viewer.plot(logs, tmp_path / "a.csv", y="accuracy")
    assert isinstance(curves, Curves)
    assert (tmp_path / "a.csv").read_text().startswith("metric,sub-figure,algorithm,mean")


@pytest.mark.usefixtures("evaluations")
def test_a_chart_of_the_wall_has_one_bar_a_group_with_its_band(page: Any) -> None:
    header, arrays = ask(page, "/api/v1/charts/panels", metrics=["accuracy", "loss"], log=True, to=5)
    accuracy, loss = header["panels"]
    assert (accuracy["bars"], loss["bars"]) == (True, False)
    curves = accuracy["curves"]
    values = {name: [arrays[curve[name]["at"]].tolist() for curve in curves] for name in ("center", "n")}
    assert np.allclose(sorted(values["center"]), [[2.1], [2.2]])
    assert values["n"] == [[3], [3]]
    assert all(arrays[curve["low"]["at"]][0] < arrays[curve["center"]["at"]][0] for curve in curves)


@pytest.mark.usefixtures("evaluations")
def test_the_live_figure_says_that_bars_suit_better(page: Any) -> None:
    accuracy = {"PLOTTING_XY": [["step", "accuracy"]]}
    once, _ = ask(page, "/api/v1/curves", config=accuracy)
    many, _ = ask(page, "/api/v1/curves", config={"PLOTTING_XY": [["step", "loss"]]})
    assert (once["bars"], many["bars"]) == (TOLD, "")
    figure = ask(
        page, "/api/v1/figure", config={"PLOTTING_XY": [["step", "accuracy"]]}, what="plot", kind="csv"
    )
    assert TOLD in figure["caption"]


@pytest.mark.usefixtures("evaluations")
@pytest.mark.parametrize("form", [[], ["--report"], ["--interactive"]])
def test_exports_have_bars_too(form: list[str], logs: Path, tmp_path: Path) -> None:
    output = tmp_path / ("a.zip" if "--report" in form else "a.html")
    assert main(["export", str(logs), "-y", "accuracy", "-o", str(output), *form]) == 0
    assert output.stat().st_size > 1000
