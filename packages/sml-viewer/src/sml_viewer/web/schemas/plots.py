"""The request fields of all computations, and the live charts."""

from __future__ import annotations

from typing import Literal, TypedDict

from sml_viewer.run_views.schemas import Status

from .session import Language, PlotConfig

# Two columns, x and y.
Pair = tuple[str, str]


class Array(TypedDict):
    """An array of a binary answer: `at` counts bytes from the end of the header."""

    at: int
    n: int
    type: Literal["f8", "f4", "u4"]


class PlotRequestBody(TypedDict, total=False):
    """Fields of all computations: only these `runs`, none of `without`; `etag` is that of the last answer."""

    config: PlotConfig
    where: str
    runs: list[str]
    without: list[str]
    language: Language
    etag: str


_VisibleRange = TypedDict("_VisibleRange", {"from": float, "to": float}, total=False)


class CurvesRequest(PlotRequestBody, _VisibleRange, total=False):
    """`points`: width of the chart in pixels; `from`, `to`: visible range of x; `log`: logarithmic x."""

    points: int
    log: bool


class SeedsRequest(CurvesRequest, total=False):
    """The runs of a pair of columns, of one algorithm or all; `smoothed` as their curve."""

    pair: list[str] | None
    algorithm: str
    smoothed: bool


class AlgorithmStyle(TypedDict):
    """An algorithm, its colour and its line style."""

    name: str
    colour: str
    dashes: str


class AlgorithmShown(AlgorithmStyle):
    """An algorithm with its short label."""

    label: str


class OwnNames(TypedDict):
    """`own_names`: texts in the page's language of names that are keys and ours, such as `all runs`."""

    own_names: dict[str, str]


class Algorithms(TypedDict):
    """The algorithms that are shown, and the part that their names share."""

    algorithms: list[AlgorithmShown]
    common: str


class ShownAlgorithms(Algorithms, OwnNames):
    """`reduced`: not all are shown, or some are binned; `largest`: by pair, whether large is good."""

    reduced: bool
    largest: list[bool]


class UnfinishedRun(TypedDict):
    """A run that is running or has failed; `end` is the x of its last row."""

    id: str
    name: str
    state: Status | None
    end: float | None


class Ghost(TypedDict):
    """The centre before smoothing."""

    x: Array
    y: Array


class CurveShown(TypedDict):
    """One algorithm in one panel; each point stands for `every` rows of `points`."""

    algorithm: str
    x: Array
    center: Array
    low: Array
    high: Array
    n: Array
    points: int
    every: int
    runs: int
    states: dict[str, int]
    unfinished: list[UnfinishedRun]
    pools: str | None
    repeats: int
    radius: int
    width: float
    interpolated: bool
    ghost: Ghost | None


class Scale(TypedDict):
    """Axis limits set by options."""

    XMIN: float | None
    XMAX: float | None
    YMIN: float | None
    YMAX: float | None


class PanelShown(TypedDict):
    """One sub-figure."""

    pair: Pair
    title: str
    group: list[str]
    scale: Scale
    curves: list[CurveShown]


class CurvesAnswer(ShownAlgorithms):
    """The header of the live charts; `largest` and `legend` are by index of `pairs`.

    `bars` says why bars suit better than curves, and is empty if curves do.
    """

    etag: str
    caption: str
    details: str
    bars: str
    notes: list[str]
    pairs: list[Pair]
    titles: list[str]
    legend: list[list[str]]
    automatic: list[str]
    keys: list[str]
    separators: list[str]
    runs: int
    filtered: int
    hidden: int
    panels: list[PanelShown]


class SeedRun(TypedDict):
    """One run of a group."""

    id: str
    name: str
    state: Status | None
    note: str | None
    x: Array
    y: Array
    points: int
    every: int


class Band(TypedDict):
    """`factor` times the standard deviation (ddof=1) is half the width of the band."""

    center: str
    error: str
    factor: float | None
    adjustable: bool


class SeedGroup(Band):
    """The runs of one algorithm in one panel; `same_x` if they share their x."""

    group: list[str]
    algorithm: str
    same_x: bool
    x_range: float
    runs: list[SeedRun]


class SeedsAnswer(TypedDict):
    """The header of the single runs."""

    pair: Pair
    groups: list[SeedGroup]
