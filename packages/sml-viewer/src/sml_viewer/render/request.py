"""A look at the runs as figures, as their numbers, as files: one road for page, command line and scripts."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, count
from typing import TYPE_CHECKING, NamedTuple

from sml_viewer.analysis.aggregate import Aggregates, make_aggregates
from sml_viewer.analysis.curves import Curves, make_curves
from sml_viewer.analysis.scores import captioned, make_tables
from sml_viewer.config.plot_config import Configuration
from sml_viewer.i18n import joined
from sml_viewer.library import Library
from sml_viewer.model.results import Pair, ScoreTable
from sml_viewer.model.run import Run
from sml_viewer.run_views.snapshot import said_of
from sml_viewer.select.selection import Selection, select

from .csv import aggregates_csv, bars_csv, curves_csv
from .provenance import make_provenance, to_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WHATS = ("plot", "bar", "aggregate")
# matplotlib's settings hold for the whole process: one figure at a time.
_matplotlib = threading.RLock()


@dataclass(frozen=True)
class Look:
    """One look at a library: which runs, under which configuration."""

    library: Library
    configuration: Configuration
    where: str = ""

    def selection(self) -> Selection:
        """The runs that are looked at. Raises NoRunsError, QueryError."""
        library = self.library
        return select(library.runs(), self.configuration, self.where, said_of(library), library)

    def curves(self, *, live: bool = False) -> Curves:
        """Their curves; `live` keeps what only some seeds reached."""
        return make_curves(self.library, self.selection(), self.configuration, live=live)

    def tables(self, *, whole: bool = False) -> list[ScoreTable]:
        """Their scores, a table per pair of columns; of the best algorithms of very many, unless `whole`."""
        return make_tables(self.library, self.selection(), self.configuration, whole=whole)

    def aggregates(self) -> list[Aggregates]:
        """Their scores over all sub-figures, per pair of columns."""
        return [make_aggregates(table, self.configuration) for table in self.tables(whole=True)]


class Picture(NamedTuple):
    """One figure: of one pair of columns."""

    pair: Pair
    figure: Figure
    dpi: int


@dataclass(frozen=True)
class Drawing:
    """What is drawn of a look: `what` is one of WHATS."""

    look: Look
    what: str

    @cached_property
    def curves(self) -> Curves:
        """The curves, of a plot."""
        return self.look.curves()

    @cached_property
    def tables(self) -> list[ScoreTable]:
        """The scores, of bars and aggregates."""
        tables = self.look.tables(whole=self.what == "aggregate")
        if self.what != "bar":
            return tables
        configuration = self.look.configuration
        return [captioned(table, configuration, bars=True) for table in tables]

    @cached_property
    def aggregates(self) -> list[Aggregates]:
        """The aggregated scores."""
        return [make_aggregates(table, self.look.configuration) for table in self.tables]

    @property
    def pairs(self) -> list[Pair]:
        """The pairs of columns, a figure each."""
        return self.curves.pairs if self.what == "plot" else [table.pair for table in self.tables]

    @property
    def caption(self) -> str:
        """What the figures show, in words."""
        if self.what == "plot":
            return self.curves.caption
        found: Sequence[Aggregates | ScoreTable] = (
            self.aggregates if self.what == "aggregate" else self.tables
        )
        return joined([one.caption for one in found], "\n")

    @property
    def details(self) -> str:
        """The caption with nothing shortened or left out."""
        if self.what == "plot":
            return self.curves.details
        found: Sequence[Aggregates | ScoreTable] = (
            self.aggregates if self.what == "aggregate" else self.tables
        )
        return joined([one.details for one in found], "\n")

    @property
    def numbers(self) -> str:
        """The drawn numbers as CSV."""
        if self.what == "plot":
            return curves_csv(self.curves)
        if self.what == "bar":
            return bars_csv(self.tables, self.look.configuration)
        return aggregates_csv(self.aggregates)

    @property
    def runs(self) -> list[Run]:
        """The runs that are drawn, each once."""
        if self.what == "plot":
            found = (run for panel in self.curves.panels for curve in panel.curves for run in curve.runs)
            return list({run.key: run for run in found}.values())
        return runs_of(self.tables)

    def files(self, kind: str) -> list[tuple[Pair, bytes]]:
        """A figure per pair of columns as a png, pdf or svg that knows what it was drawn from."""
        from .matplotlib import figure_bytes

        look = self.look
        provenance = to_text(
            make_provenance(self.what, look.configuration, look.where, self.runs, look.library.memory)
        )
        with _matplotlib:
            return [
                (picture.pair, figure_bytes(picture.figure, kind, provenance=provenance, dpi=picture.dpi))
                for picture in self._pictures()
            ]

    def _pictures(self) -> list[Picture]:
        from .matplotlib import draw_aggregates, draw_bars, draw_curves
        from .matplotlib.style import Style

        configuration = self.look.configuration
        if self.what == "plot":
            figures = draw_curves(self.curves)
        elif self.what == "bar":
            selection = self.look.selection()
            figures = [draw_bars(table, selection, configuration) for table in self.tables]
        else:
            algorithms = self.look.selection().algorithms
            figures = [draw_aggregates(one, algorithms, configuration) for one in self.aggregates]
        return [
            Picture(pair, figure, Style(configuration, pair)("PNG_DPI"))
            for pair, figure in zip(self.pairs, figures, strict=True)
        ]


def drawing_of(look: Look, what: str) -> Drawing:
    """The drawing that is asked for; a plot is bars where the configuration says PLOT_MODE BAR."""
    as_bars = what == "plot" and look.configuration.get("PLOT_MODE") == "BAR"
    return Drawing(look, "bar" if as_bars else what)


def file_names(name: str, configuration: Configuration, pairs: Sequence[Pair]) -> list[str]:
    """The names of figures' files: of several each with its metric, and its x where that is not enough.

    Names that would be the same are numbered.
    """
    stem, dot, ending = name.rpartition(".")
    metrics = Counter(y for _, y in pairs)
    names: list[str] = []
    for x, y in pairs:
        prefix = re.sub(r"[/\\\0]", "_", configuration.get("OUTPUT_FILE_PREFIX", (x, y)) or "")
        word = y if metrics[y] == 1 else f"{y}-{x}"
        suffix = "" if len(pairs) == 1 else "-" + re.sub(r"[^\w.-]+", "_", word)
        numbered = (
            f"{prefix}{stem}{suffix}{end}{dot}{ending}" for end in chain([""], map("-{}".format, count(2)))
        )
        names.append(next(name for name in numbered if name not in names))
    return names


def runs_of(tables: Sequence[ScoreTable]) -> list[Run]:
    """The runs in the cells, each once."""
    return list(
        {run.key: run for table in tables for _, _, cell in table.cells() for run in cell.runs}.values()
    )
