"""Real logs of eight public repositories: every run folder opens, and the counts are those of the files."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sml_viewer.analysis.curves import make_curves
from sml_viewer.analysis.scores import make_tables
from sml_viewer.config.plot_config import Configuration
from sml_viewer.library import Library
from sml_viewer.render.matplotlib import draw_curves
from sml_viewer.render.tables import to_markdown
from sml_viewer.select.selection import select

pytestmark = pytest.mark.slow

# runs, runs with parameters, rows of their main tables, columns with values
COUNTS = {
    "DLR-RM__rl-trained-agents": (10, 10, 14558, 30),
    "Khanhnn00__kernel-prior-diffusion": (4, 0, 7840, 24),
    "feloundou__safe-experts": (89, 37, 14271, 719),
    "florensacc__rllab-curriculum": (18, 10, 2375, 244),
    "polixir__RLAssistant": (92, 2, 32405, 204),
    "ray-project__rl-experiments": (12, 12, 13222, 311),
    "takuseno__d3rlpy-benchmarks": (30, 30, 15030, 1212),
    "zhaoyizhou1123__OfflineRL-Kit": (150, 150, 64196, 804),
}


def corpus() -> Path:
    default = Path(__file__).resolve().parents[3] / "shared" / "corpus" / "runs.tar.gz"
    return Path(os.environ.get("SML_CORPUS") or default)


@pytest.fixture(scope="module")
def opened(
    tmp_path_factory: pytest.TempPathFactory, unpack: Callable[[Path, Path], None]
) -> Iterator[Library]:
    archive = corpus()
    if not archive.exists():
        pytest.skip(f"the corpus of real logs is not at {archive}; SML_CORPUS names its archive")
    folder = tmp_path_factory.mktemp("corpus")
    unpack(archive, folder)
    with Library([folder / "corpus"], folder / "workspace") as library:
        library.refresh()
        yield library


def test_every_run_opens_with_the_counts_of_its_files(opened: Library) -> None:
    found: dict[str, Counter[str]] = {}
    for run in opened.runs():
        counts = found.setdefault(run.name.partition("/")[0], Counter())
        counts.update(runs=1, parameters=bool(run.parameters), rows=run.rows, columns=len(run.columns))
    assert {
        source: (c["runs"], c["parameters"], c["rows"], c["columns"]) for source, c in found.items()
    } == COUNTS


def test_no_run_is_silent_about_why_it_is_empty(opened: Library) -> None:
    empty = [run for run in opened.runs() if not run.rows]
    assert len(empty) == 92
    assert all(run.notes for run in empty)


def test_every_column_that_is_listed_has_its_values(opened: Library) -> None:
    for run in opened.runs():
        columns = opened.columns([run], list(run.columns))[0]
        for name, summary in run.summary.items():
            present = columns[name][columns[name] == columns[name]]
            assert (len(present), present[-1]) == (summary.values, summary.last)


@pytest.mark.parametrize("source", sorted(COUNTS))
def test_with_nothing_set_a_figure_and_a_table_are_made_of_each_source(opened: Library, source: str) -> None:
    runs = [run for run in opened.runs() if run.name.startswith(source)]
    selection = select(runs, Configuration())
    curves = make_curves(opened, selection, Configuration())
    (figure,) = draw_curves(curves)
    assert len([area for area in figure.axes if area.get_lines()]) == len(curves.panels) > 0
    assert to_markdown(make_tables(opened, selection, Configuration())[0]).count("\n") > 2
