"""A plot request and its figures, captions, numbers and files: shared by page, CLI and Python API."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain, count
from typing import TYPE_CHECKING, NamedTuple

from sml_viewer.analysis.curves import Curves, make_curves
from sml_viewer.analysis.groups import chosen_pairs
from sml_viewer.analysis.logged_once import AUTO, BAR, bars_note, is_logged_once
from sml_viewer.analysis.scores import for_bars, make_tables
from sml_viewer.config.plot_config import Configuration
from sml_viewer.config.typed_options import OutputOptions, figure_language
from sml_viewer.errors import SmlViewerError
from sml_viewer.i18n import Message, joined
from sml_viewer.library import Library
from sml_viewer.model.results import Pair, ScoreTable
from sml_viewer.model.run import Run
from sml_viewer.run_views.snapshot import annotation_lookup
from sml_viewer.select.selection import Selection, select

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from sml_viewer.analysis.aggregate import Aggregates

FIGURE_KINDS = ("plot", "bar", "aggregate")
# matplotlib's settings hold for the whole process: one figure at a time.
_matplotlib = threading.RLock()


@dataclass(frozen=True)
class PlotRequest:
    """A plot request: a library, a configuration and a query."""

    library: Library
    configuration: Configuration
    where: str = ""

    def selection(self) -> Selection:
        """The selected runs. Raises NoRunsError, QueryError."""
        library = self.library
        return library.answer(
            lambda: select(
                library.runs(), self.configuration, self.where, annotation_lookup(library), library
            )
        )

    def curves(self, *, live: bool = False) -> Curves:
        """Their curves; `live` keeps x values that only some seeds reached."""
        return self.library.answer(
            lambda: make_curves(self.library, self.selection(), self.configuration, live=live)
        )

    def tables(self, *, whole: bool = False) -> list[ScoreTable]:
        """Their scores, a table per pair of columns; only the best of many algorithms, unless `whole`."""
        return self.library.answer(
            lambda: make_tables(self.library, self.selection(), self.configuration, whole=whole)
        )

    def aggregates(self) -> list[Aggregates]:
        """Their scores over all sub-figures, per pair of columns."""
        from sml_viewer.analysis.aggregate import make_aggregates  # late: most requests have none

        return [make_aggregates(table, self.configuration) for table in self.tables(whole=True)]


class RenderedFigure(NamedTuple):
    """The figure of one pair of columns."""

    pair: Pair
    figure: Figure
    dpi: int


@dataclass(frozen=True)
class FigureSet:
    """The lazily computed figures of a request; `kind` is one of FIGURE_KINDS.

    `automatic` is for bars that were chosen because each run has one value.
    """

    request: PlotRequest
    kind: str
    automatic: bool = False

    @cached_property
    def curves(self) -> Curves:
        """The curves, of a plot."""
        return self.request.curves()

    @cached_property
    def tables(self) -> list[ScoreTable]:
        """The scores, of bars and aggregates."""
        tables = self.request.tables(whole=self.kind == "aggregate")
        if self.kind != "bar":
            return tables
        configuration = self.request.configuration
        if self.automatic:
            tables = [replace(table, chosen=(*table.chosen, bars_note([table.pair]))) for table in tables]
        return [for_bars(table, configuration) for table in tables]

    @cached_property
    def aggregates(self) -> list[Aggregates]:
        """The aggregated scores."""
        from sml_viewer.analysis.aggregate import make_aggregates

        return [make_aggregates(table, self.request.configuration) for table in self.tables]

    @property
    def pairs(self) -> list[Pair]:
        """The pairs of columns, one per figure."""
        return self.curves.pairs if self.kind == "plot" else [table.pair for table in self.tables]

    @property
    def caption(self) -> str:
        """The caption."""
        if self.kind == "plot":
            return self.curves.caption
        parts: Sequence[Aggregates | ScoreTable] = (
            self.aggregates if self.kind == "aggregate" else self.tables
        )
        return joined([part.caption for part in parts], "\n")

    @property
    def font_note(self) -> str:
        """That the words of the figures are English for lack of a font; "" if they are as requested."""
        from .matplotlib.fonts import font_families

        if figure_language(self.request.configuration) == "en" or len(font_families()) > 1:
            return ""
        return Message(
            "no Chinese font is installed, so the words in the figure are English; "
            "install one, for example Noto Sans CJK"
        )

    @property
    def details(self) -> str:
        """The complete caption."""
        if self.kind == "plot":
            return self.curves.details
        parts: Sequence[Aggregates | ScoreTable] = (
            self.aggregates if self.kind == "aggregate" else self.tables
        )
        return joined([part.details for part in parts], "\n")

    @property
    def numbers(self) -> str:
        """The plotted data as CSV."""
        from .csv import aggregates_csv, bars_csv, curves_csv

        if self.kind == "plot":
            return curves_csv(self.curves)
        if self.kind == "bar":
            return bars_csv(self.tables, self.request.configuration)
        return aggregates_csv(self.aggregates)

    @property
    def runs(self) -> list[Run]:
        """The drawn runs, without duplicates."""
        if self.kind == "plot":
            runs = (run for panel in self.curves.panels for curve in panel.curves for run in curve.runs)
            return list({run.key: run for run in runs}.values())
        return runs_of(self.tables)

    def files(self, kind: str) -> list[tuple[Pair, bytes]]:
        """A figure per pair of columns as png, pdf or svg with embedded provenance."""
        from .matplotlib import figure_bytes

        with _matplotlib:
            return [
                (
                    rendered.pair,
                    figure_bytes(rendered.figure, kind, provenance=self._provenance, dpi=rendered.dpi),
                )
                for rendered in self.rendered()
            ]

    def merged(self, files: Sequence[tuple[Pair, bytes]]) -> bytes:
        """The figures of `files("png")` stacked into one PNG."""
        from .matplotlib import stacked_png

        if len(files) == 1:
            return files[0][1]
        with _matplotlib:
            return stacked_png([content for _, content in files], provenance=self._provenance)

    @cached_property
    def _provenance(self) -> str:
        from .provenance import make_provenance, to_text

        request = self.request
        return to_text(
            make_provenance(
                self.kind, request.configuration, request.where, self.runs, request.library.memory
            )
        )

    def rendered(self) -> list[RenderedFigure]:
        """A figure per pair of columns, with the configured resolution."""
        from .matplotlib import draw_aggregates, draw_bars, draw_curves
        from .matplotlib.style import Style

        configuration = self.request.configuration
        if self.kind == "plot":
            figures = draw_curves(self.curves)
        elif self.kind == "bar":
            selection = self.request.selection()
            figures = [draw_bars(table, selection, configuration) for table in self.tables]
        else:
            selection = self.request.selection()
            figures = [
                draw_aggregates(aggregates, selection.palette, configuration, selection.colours)
                for aggregates in self.aggregates
            ]
        return [
            RenderedFigure(pair, figure, Style(configuration, pair).options.png_dpi)
            for pair, figure in zip(self.pairs, figures, strict=True)
        ]


def figure_set_of(request: PlotRequest, kind: str) -> FigureSet:
    """The figures of a kind; a plot becomes bars by PLOT_MODE, or if each run has one value."""
    figures = FigureSet(request, kind)
    if kind != "plot":
        return figures
    mode = OutputOptions.of(request.configuration).plot_mode
    if mode == BAR:
        return FigureSet(request, "bar")
    if mode == AUTO and _is_logged_once(figures):
        return FigureSet(request, "bar", automatic=True)
    return figures


def _is_logged_once(figures: FigureSet) -> bool:
    request = figures.request
    try:
        selection, pairs = figures.curves.selection, figures.curves.pairs
    except SmlViewerError:
        # Runs that share no x have no common curve, but may each have a value.
        try:
            selection = request.selection()
            pairs = chosen_pairs(request.library, selection.runs, request.configuration)
        except SmlViewerError:
            return False  # raised again by whoever draws the figure
    return request.library.answer(lambda: is_logged_once(selection.runs, [y for _, y in pairs]))


def file_names(name: str, configuration: Configuration, pairs: Sequence[Pair]) -> list[str]:
    """File names of figures; several get their metric as suffix, and x if that is not unique."""
    stem, dot, ending = name.rpartition(".")
    metrics = Counter(y for _, y in pairs)
    stems = []
    for x, y in pairs:
        word = y if metrics[y] == 1 else f"{y}-{x}"
        suffix = "" if len(pairs) == 1 else f"-{_plain(word)}"
        stems.append(f"{_prefix(configuration, (x, y))}{stem}{suffix}")
    return _distinct(stems, f"{dot}{ending}")


def older_file_names(ending: str, configuration: Configuration, pairs: Sequence[Pair]) -> list[str]:
    """The names that the older tool gave to the figures of pairs: `timestep_return.png`."""
    return _distinct([f"{_prefix(configuration, (x, y))}{_plain(f'{x}_{y}')}" for x, y in pairs], ending)


def _distinct(stems: Sequence[str], ending: str) -> list[str]:
    """One file name per stem; names that would be the same are numbered from 2."""
    names: list[str] = []
    for stem in stems:
        numbered = (f"{stem}{end}{ending}" for end in chain([""], map("-{}".format, count(2))))
        names.append(next(name for name in numbered if name not in names))
    return names


def _prefix(configuration: Configuration, pair: Pair) -> str:
    return re.sub(r"[/\\\0]", "_", OutputOptions.of(configuration, pair).output_file_prefix or "")


def _plain(word: str) -> str:
    return re.sub(r"[^\w.-]+", "_", word)


def runs_of(tables: Sequence[ScoreTable]) -> list[Run]:
    """The runs of all cells, without duplicates."""
    return list(
        {run.key: run for table in tables for _, _, cell in table.cells() for run in cell.runs}.values()
    )
