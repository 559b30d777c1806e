"""Scores as bars, aggregates and tables; figures, the command line, plot options."""

from __future__ import annotations

from typing import Any, Literal, TypedDict

from sml_viewer.run_views.schemas import Scalar, Status

from .plots import Pair, PlotRequestBody, ShownAlgorithms

OptionValue = Scalar | list[Any] | dict[str, Any]


class TableRequest(PlotRequestBody, total=False):
    """`kind`: also answer the tables as text: md, tex, html, csv, or another registered format."""

    kind: str


class FigureRequest(PlotRequestBody, total=False):
    """`kind`: png, pdf, svg, csv, or another registered format; `save` also writes the files."""

    what: Literal["plot", "bar", "aggregate"]
    kind: str
    save: bool


class CommandRequest(PlotRequestBody, total=False):
    """The kind of output of the command, and the file that it writes."""

    kind: Literal["plot", "bar", "aggregate", "table", "export"]
    output: str


class ScoredRun(TypedDict):
    """A run of a cell."""

    id: str
    name: str
    state: Status | None


class ScoreCell(TypedDict):
    """One algorithm on one sub-figure, with a score per run."""

    mean: float | None
    error: float | None
    n: int
    text: str
    best: bool
    with_best: bool
    unfinished: int
    pools: str | None
    repeats: int
    scores: list[float | None]
    runs: list[ScoredRun]


class BarGroup(TypedDict):
    """One sub-figure; heights are divided by `scale`."""

    title: str
    scale: float
    cells: list[ScoreCell | None]


class BarsShown(TypedDict):
    """The bars of one pair of columns."""

    pair: Pair
    titles: list[str]
    algorithms: list[str]
    caption: str
    details: str
    normalised: bool
    groups: list[BarGroup]


class BarsAnswer(ShownAlgorithms):
    """Bars by pair of columns; `largest` by index of `tables`."""

    tables: list[BarsShown]


class AggregateShown(TypedDict):
    """One algorithm over all tasks; each interval is estimate, low, high."""

    algorithm: str
    n: int
    missing: list[str]
    intervals: dict[str, list[float | None]]
    profile: list[float]


class AggregatesShown(TypedDict):
    """The aggregates of one pair of columns."""

    pair: Pair
    caption: str
    details: str
    tasks: list[str]
    thresholds: list[float]
    aggregates: list[AggregateShown]


class AggregateAnswer(ShownAlgorithms):
    """Aggregates by pair of columns; `largest` by index of `aggregates`."""

    aggregates: list[AggregatesShown]


class TableText(TypedDict):
    """A cell as it is printed."""

    text: str
    bold: bool


class TableRow(TypedDict):
    """A row as it is printed."""

    name: str
    cells: list[TableText]


class TableCell(ScoreCell):
    """One algorithm on one sub-figure."""

    title: str
    algorithm: str


class TableShown(TypedDict):
    """The table of one pair of columns."""

    pair: Pair
    caption: str
    details: str
    notes: list[str]
    titles: list[str]
    algorithms: list[str]
    transposed: bool
    head: list[str]
    rows: list[TableRow]
    cells: list[TableCell]


class TableAnswer(ShownAlgorithms):
    """Tables by pair of columns; `texts` by the requested `kind`; `largest` by index of `tables`."""

    tables: list[TableShown]
    texts: dict[str, str]


class FigureFile(TypedDict):
    """A figure; `data` is base64."""

    name: str
    type: str
    data: str


class FigureAnswer(TypedDict):
    """The figures, one per pair of columns; `saved` are paths.

    `note` says why they are not in PLOT_FIGURE_SAVING_PATH, or is empty.
    """

    figures: list[FigureFile]
    caption: str
    details: str
    runs: int
    saved: list[str]
    note: str


class SavedFigure(TypedDict):
    """A saved figure, and what it was drawn from: `kind` is plot, bar or aggregate, `where` the query.

    `runs` counts its runs; `time` is in seconds since 1970.
    """

    name: str
    time: float
    kind: str
    where: str
    runs: int
    config: dict[str, Any]


class SavedFigures(TypedDict):
    """The figures in the folder for figures, newest first."""

    figures: list[SavedFigure]


class CommandAnswer(TypedDict):
    """The command line."""

    command: str


class OptionShown(TypedDict):
    """One plot option; `unset` is its value if it is not set, unless it `adapts` to the data."""

    name: str
    kind: str
    default: OptionValue
    scope: str
    label: str
    label_zh: str
    optional: bool
    choices: list[str]
    low: float | None
    high: float | None
    automatic: OptionValue
    unset: OptionValue
    adapts: bool


class OptionsAnswer(TypedDict):
    """Every plot option."""

    options: list[OptionShown]
