"""What command line and scripts do: from folders and options to figures, tables and files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .caption import scores_caption
from .configuration import Configuration
from .configurations import Configurations
from .curves import Curves, make_curves
from .errors import SmlViewerError
from .files import write_new
from .library import Library
from .options import OPTIONS, OVERRIDES
from .provenance import make_provenance, to_text
from .run import Run
from .scores import ScoreTable, make_tables
from .selection import Selection, select

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FIGURE_KINDS = ("png", "pdf", "svg", "csv")
TABLE_KINDS = ("md", "tex", "html", "csv")


@dataclass(frozen=True)
class Look:
    """One look at a library: which runs, under which configuration."""

    library: Library
    configuration: Configuration
    where: str = ""

    def selection(self) -> Selection:
        """The runs that are looked at. Raises NoRunsError, QueryError."""
        return select(self.library.runs(), self.configuration, self.where)

    def curves(self) -> Curves:
        """Their curves."""
        return make_curves(self.library, self.selection(), self.configuration)

    def tables(self) -> list[ScoreTable]:
        """Their scores, a table per pair of columns."""
        return make_tables(self.library, self.selection(), self.configuration)


def make_configuration(
    workspace: Path, name: str | None, values: dict[str, Any], x: str | None, y: Sequence[str] | None
) -> Configuration:
    """A named configuration, or none, with values set over it and pairs of columns from x and y.

    Raises ConfigurationError, OptionError.
    """
    configuration = Configurations(workspace).load(name) if name else Configuration()
    values = dict(values)
    if OVERRIDES in values:
        configuration = configuration.with_overrides(values.pop(OVERRIDES))
    if x or y:
        values = {**values, "PLOTTING_XY": [[x or "", column] for column in (y or [""])]}
    return configuration.with_values(**values)


def write_curves(look: Look, output: Path) -> tuple[list[Path], Curves]:
    """Draw and write: a file per pair of columns, none over another.

    Raises SmlViewerError for an unknown kind.
    """
    kind = known_kind(output, FIGURE_KINDS)
    curves = look.curves()
    if kind == "csv":
        from .drawn import curves_csv

        return [write_new(output, curves_csv(curves))], curves
    from .figures import draw_curves

    runs = {run.key: run for panel in curves.panels for curve in panel.curves for run in curve.runs}
    provenance = to_text(make_provenance("plot", look.configuration, look.where, list(runs.values())))
    figures = draw_curves(curves)
    paths = [
        _write_figure(
            figure, _named(output, look.configuration, pair, alone=len(figures) == 1), pair, look, provenance
        )
        for figure, pair in zip(figures, curves.pairs, strict=True)
    ]
    return paths, curves


def write_figure(look: Look, output: Path) -> tuple[list[Path], Curves | list[ScoreTable]]:
    """Curves, or bars where the configuration says BAR, as files."""
    return (
        write_bars(look, output)
        if look.configuration.get("PLOT_MODE") == "BAR"
        else write_curves(look, output)
    )


def idle_options(names: Iterable[str]) -> list[str]:
    """Which of the options change no figure and no table, and why; a sentence each."""
    return [f"{name}: {reason}" for name in names if name in OPTIONS and (reason := OPTIONS[name].idle)]


def write_bars(look: Look, output: Path) -> tuple[list[Path], list[ScoreTable]]:
    """The scores as bars: a file per pair of columns."""
    kind = known_kind(output, FIGURE_KINDS)
    tables = [
        replace(table, caption=scores_caption(table, look.configuration, bars=True))
        for table in look.tables()
    ]
    if kind == "csv":
        from .drawn import scores_csv

        return [write_new(output, scores_csv(tables))], tables
    from .figures import draw_bars

    provenance = to_text(make_provenance("bar", look.configuration, look.where, runs_of(tables)))
    selection = look.selection()
    paths = []
    for table in tables:
        figure = draw_bars(table, selection, look.configuration)
        path = _named(output, look.configuration, table.pair, alone=len(tables) == 1)
        paths.append(_write_figure(figure, path, table.pair, look, provenance))
    return paths, tables


def write_tables(look: Look, output: Path) -> tuple[Path, str, list[ScoreTable]]:
    """The scores as one file, by its ending markdown, LaTeX, HTML or CSV; with it its text."""
    kind = known_kind(output, TABLE_KINDS)
    tables = look.tables()
    text = tables_text(tables, kind)
    return write_new(output, text), text, tables


def tables_text(tables: Sequence[ScoreTable], kind: str) -> str:
    """Tables in one of TABLE_KINDS."""
    from .drawn import scores_csv
    from .tables import to_html, to_latex, to_markdown

    if kind == "csv":
        return scores_csv(tables)
    return "\n".join(map({"md": to_markdown, "tex": to_latex, "html": to_html}[kind], tables))


def runs_of(tables: Sequence[ScoreTable]) -> list[Run]:
    """The runs in the cells, each once."""
    return list(
        {run.key: run for table in tables for _, _, cell in table.cells() for run in cell.runs}.values()
    )


def known_kind(output: Path, kinds: Sequence[str]) -> str:
    """The kind of file that a name asks for. Raises SmlViewerError that lists those there are."""
    kind = output.suffix.lstrip(".").lower()
    if kind not in kinds:
        known = " or ".join(filter(None, [", ".join(f".{name}" for name in kinds[:-1]), f".{kinds[-1]}"]))
        raise SmlViewerError(
            f"{output}: cannot write {f'a .{kind}' if kind else 'a file without ending'}; choose {known}"
        )
    return kind


def _named(output: Path, configuration: Configuration, pair: tuple[str, str], *, alone: bool) -> Path:
    prefix = re.sub(r"[/\\\0]", "_", configuration.get("OUTPUT_FILE_PREFIX", pair) or "")
    suffix = "" if alone else "-" + re.sub(r"[^\w.-]+", "_", pair[1])
    return output.with_name(f"{prefix}{output.stem}{suffix}{output.suffix}")


def _write_figure(figure: Figure, path: Path, pair: tuple[str, str], look: Look, provenance: str) -> Path:
    from .figures import figure_bytes
    from .figures.style import Style

    dpi = Style(look.configuration, pair)("PNG_DPI")
    kind = path.suffix.lstrip(".").lower()
    return write_new(path, figure_bytes(figure, kind, provenance=provenance, dpi=dpi))
