"""The charts of all metrics of some runs."""

from __future__ import annotations

from typing import Any, Literal, TypedDict

from .plots import Array, CurvesRequest, Ghost, OwnNames, PlotRequestBody
from .session import Progress

LinesBy = Literal["auto", "runs", "groups"]


class ChartsRequest(PlotRequestBody, total=False):
    """`by`: a line per run, or per group; the `most` best by the last value of `score` are drawn."""

    by: LinesBy
    score: str
    most: int


class ChartMetric(TypedDict):
    """A metric, the number of runs that have numbers of it, and whether its best value is the largest."""

    name: str
    runs: int
    largest: bool


class ChartSection(TypedDict):
    """The metrics with the same text before their first slash, "" for those without one."""

    name: str
    metrics: list[ChartMetric]


class ChartLine(TypedDict):
    """One line of all charts: a run (`key` is its id), or the runs of one algorithm in one sub-figure.

    `runs` counts those with numbers; `broken` are the ids of runs that failed, were killed, or whose process
    is gone.
    """

    key: str
    name: str
    label: str
    title: str
    algorithm: str
    colour: str
    dashes: str
    ids: list[str]
    runs: int
    states: dict[str, int]
    broken: list[str]
    seed: str
    score: float | None
    drawn: bool


class ChartsAnswer(OwnNames):
    """The metrics in sections, and the lines, best first; of very many, not all of the `total` are sent."""

    by: Literal["runs", "groups"]
    x: str
    x_columns: list[str]
    score: str
    largest: bool
    sections: list[ChartSection]
    lines: list[ChartLine]
    total: int
    common: str
    keys: list[str]
    parameters: list[str]
    center: str
    band: str
    runs: int
    filtered: int
    hidden: int
    notes: list[str]
    reading: Progress | None


class PanelsRequest(CurvesRequest, total=False):
    """The charts of some `metrics`, with the `lines` of these keys."""

    metrics: list[str]
    lines: list[str]
    x: str
    by: LinesBy
    score: str


class ShareRequest(PlotRequestBody, total=False):
    """The charts of some `metrics` with the `lines` of these keys as a file, with a title and a note.

    `panels` are the settings of single charts by metric: x, low, high, logy, robust.
    """

    kind: Literal["html", "report"]
    title: str
    note: str
    metrics: list[str]
    lines: list[str] | None
    by: LinesBy
    x: str
    score: str
    logx: bool
    logy: bool
    robust: bool
    panels: dict[str, dict[str, Any]]


class ShareAnswer(TypedDict):
    """A file in base64; `left` metrics were too many for it."""

    name: str
    type: str
    data: str
    left: int


class ChartCurve(TypedDict):
    """One line of a chart. `low`, `high` and `n` are null for a single run; `ghost` is not smoothed.

    `broken` are the ends in x of runs that failed, were killed, or whose process is gone.
    """

    key: str
    x: Array
    center: Array
    low: Array | None
    high: Array | None
    n: Array | None
    broken: list[float]
    points: int
    every: int
    radius: int
    ghost: Ghost | None


class ChartShown(TypedDict):
    """One metric; `x` is the row number where no run has the chosen column.

    `bars`: each run has one value, and each curve one point, whose x means nothing.
    """

    metric: str
    x: str
    bars: bool
    curves: list[ChartCurve]
    notes: list[str]


class PanelsAnswer(TypedDict):
    """The header of the charts."""

    etag: str
    panels: list[ChartShown]
