"""Long curves are thinned for the screen, and no spike, band or gap is lost by it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from itertools import pairwise, product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from sml_viewer.analysis.curves import Curves
from sml_viewer.render.csv import curves_csv
from sml_viewer.render.matplotlib import draw_curves, figure_bytes
from sml_viewer.series.downsample import shown_places, strided, thinned, with_extremes
from sml_viewer.web.http.array_codec import unpack

ROWS = 50_000
# Anywhere, and two of them 40 rows apart: less than a pixel of most screens.
SPIKES = np.unique([*np.random.default_rng(15).integers(100, ROWS - 100, 18), 30_000, 30_040])
# What a chart asks for at widths from 390 to 1920 pixels.
WIDTHS = (300, 600, 1200, 2400)


def spiky(seed: int = 0) -> np.ndarray:
    """A noisy loss of which 20 single rows are far off, each at another height."""
    values = np.random.default_rng(seed).normal(1, 0.3, ROWS)
    values[SPIKES] = 30 + np.arange(len(SPIKES))
    return values


def table_of(*columns: np.ndarray, names: str = "step,loss") -> str:
    lines = (",".join(map(str, row)) for row in zip(range(len(columns[0])), *columns, strict=True))
    return "\n".join([names, *lines, ""])


@pytest.fixture
def long_run(make_run: Callable[..., Path]) -> None:
    make_run("long", table_of(spiky()), seed=1)


def curve_of(page, **more) -> dict[str, np.ndarray]:
    content = page.post("/api/v1/curves", {"config": {"USE_SMOOTH": False}, **more}).data
    header, numbers = unpack(content)
    (curve,) = header["panels"][0]["curves"]
    return {name: numbers[curve[name]["at"]] for name in ("x", "center", "low", "high", "n")}


def found_in(x: np.ndarray, y: np.ndarray) -> int:
    """How many of the spikes are among some points, each at its own x and height."""
    points = dict(zip(x.tolist(), y.tolist(), strict=True))
    return sum(points.get(float(at)) == 30 + number for number, at in enumerate(SPIKES))


@pytest.mark.usefixtures("long_run")
def test_every_spike_is_in_the_answer_to_a_chart_of_any_width(page, library) -> None:
    library.refresh()
    for points, log in product(WIDTHS, (False, True)):
        shown = curve_of(page, points=points, log=log)
        assert found_in(shown["x"], shown["center"]) == len(SPIKES) == 20
        assert len(shown["x"]) < 4 * points


@pytest.mark.usefixtures("long_run")
def test_every_spike_is_in_the_sparkline_and_the_large_chart_of_a_run(page, library) -> None:
    library.refresh()
    answer = page.get("/api/v1/runs").get_json()
    columns = {column["key"]: column.get("cells") for column in answer["columns"]}
    base = f"/api/v1/runs/{columns['id'][0]}"
    for metric in page.get(f"{base}/metrics").get_json()["metrics"]:
        if metric["name"] == "loss":
            assert found_in(np.array(metric["points"]["x"]), np.array(metric["points"]["y"])) == 20
            assert len(metric["points"]["x"]) <= 200
    large = page.get(f"{base}/series?y=loss&x=step&points=2000").get_json()["points"]
    assert found_in(np.array(large["x"]), np.array(large["y"])) == 20


@pytest.mark.usefixtures("long_run")
@pytest.mark.parametrize("options", [{}, {"PLOT_FOR_EVERY": 200}, {"CURVE_ERROR": "bootstrap"}])
def test_every_spike_is_in_the_figure_and_its_numbers(curves: Callable[..., Curves], options: dict) -> None:
    drawn = curves(USE_SMOOTH=False, **options)
    rows = list(csv.DictReader(io.StringIO(curves_csv(drawn))))
    assert found_in(*(np.array([float(row[name]) for row in rows]) for name in ("x", "center"))) == 20
    (figure,) = draw_curves(drawn)
    picture = figure_bytes(figure, "svg", provenance="").decode()
    (line,) = re.findall(
        r'<g id="line2d_\d+">\s*<path d="([^"]*)"[^>]*clip-path[^>]*stroke: #0072b2', picture
    )
    heights = -np.array(re.findall(r"[ML] \S+ (\S+)", line), float)
    half = (heights.min() + heights.max()) / 2
    tops = np.flatnonzero(
        (heights[1:-1] > half) & (heights[1:-1] > heights[:-2]) & (heights[1:-1] >= heights[2:])
    )
    assert len(tops) == 20


def test_the_widest_and_the_narrowest_place_of_a_band_are_kept(
    page, library, make_run: Callable[..., Path]
) -> None:
    """Two seeds that go apart in one row, their mean unmoved."""
    base = np.sin(np.arange(ROWS) / 3000)
    apart = np.zeros(ROWS)
    apart[12_345] = 50
    for seed, sign in ((1, 1), (2, -1)):
        make_run(f"seed{seed}", table_of(base + sign * (0.5 + apart)), seed=seed)
    library.refresh()
    shown = curve_of(page, points=300)
    assert shown["high"].max() > 45
    assert shown["low"].min() < -45


def test_gaps_stay_gaps() -> None:
    x = np.arange(20_000.0)
    y = np.sin(x / 500)
    y[5_000:5_003] = np.nan
    y[9_000] = np.inf
    places, _ = shown_places(x, (y,), 300)
    shown = y[places]
    assert np.isnan(shown[(places >= 5_000) & (places < 5_003)]).any()
    assert not np.isfinite(shown[places == 9_000]).any()
    assert (places == 9_000).sum() == 1


def test_a_spike_of_one_seed_survives_interpolation(
    make_run: Callable[..., Path], curves: Callable[..., Curves]
) -> None:
    values = np.random.default_rng(1).normal(0, 0.1, 500)
    values[[100, 251, 400]] = 90.0
    for seed in range(3):
        rows = "".join(f"{10 * step + 3 * seed},{value}\n" for step, value in enumerate(values * (seed == 1)))
        make_run(f"a{seed}", f"step,loss\n{rows}", seed=seed)
    (curve,) = curves(USE_SMOOTH=False).panels[0].curves
    assert sorted(curve.center)[-3:] == pytest.approx([30, 30, 30], abs=0.2)


def test_dense_and_sparse_parts_of_x_both_keep_their_shape() -> None:
    """A hundred rows over nine tenths of x are all drawn, though ten thousand lie in the first tenth."""
    x = np.concatenate([np.linspace(0, 1, 10_000), np.linspace(1.1, 10, 100)])
    places, _ = shown_places(x, (np.sin(x),), 300)
    assert (places >= 10_000).sum() == 100


@given(arrays.arrays(np.float64, st.integers(2, 300)), st.integers(1, 40))
def test_each_stretch_keeps_its_least_and_largest(values: np.ndarray, every: int) -> None:
    grid = strided(0, len(values), every)
    places = with_extremes(grid, values)
    assert sorted({*grid.tolist(), *places.tolist()}) == places.tolist()
    for first, last in pairwise(grid):
        whole, shown = values[first : last + 1], values[places[(places >= first) & (places <= last)]]
        if not np.isnan(whole).all():
            assert (np.nanmin(shown), np.nanmax(shown)) == (np.nanmin(whole), np.nanmax(whole))
        assert np.isnan(shown).any() == np.isnan(whole).any()


@given(arrays.arrays(np.float64, st.integers(0, 300)), st.integers(4, 50))
def test_a_sparkline_keeps_its_ends_and_extremes(values: np.ndarray, most: int) -> None:
    places = thinned(values, most)
    present = np.flatnonzero(~np.isnan(values))
    assert len(places) <= most
    assert list(places) == sorted(set(places) & set(present))
    if len(present):
        assert {present[0], present[-1]} <= set(places)
        assert np.min(values[places]) == np.min(values[present])
        assert np.max(values[places]) == np.max(values[present])
