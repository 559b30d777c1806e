"""Hyper-parameters of some runs, their scores, and the importance of each parameter."""

from __future__ import annotations

from typing import Literal, TypedDict

from sml_viewer.run_views.schemas import Status

from .plots import OwnNames, PlotRequestBody


class HyperparametersRequest(PlotRequestBody, total=False):
    """`score`: the metric that is scored as in tables; `title`: only the runs of this sub-figure."""

    score: str
    title: str


class Trials(TypedDict):
    """The runs by column. `titles` index those of the answer; equal `configurations` differ in the seed."""

    ids: list[str]
    names: list[str]
    states: list[Status | None]
    titles: list[int]
    configurations: list[int]
    scores: list[float | None]


class ParameterAxis(TypedDict):
    """One parameter by run; of a category, `cells` are indexes of `texts`. null where a run has none."""

    name: str
    kind: Literal["number", "category"]
    log: bool
    texts: list[str]
    cells: list[float | None]


class ValueScore(TypedDict):
    """Mean score of `n` configurations with a value, and their standard deviation; `title` as in trials."""

    title: int
    value: str
    mean: float | None
    deviation: float | None
    n: int


class ParameterImportance(TypedDict):
    """`n` configurations have the parameter, with which `share` of the variance of their ranks goes.

    All but `name`, `n`, `same_as` and `by_value` are null or empty if there is too little to tell. `better`
    and `best` are empty unless the corrected `p_value` is below 0.05.
    """

    name: str
    n: int
    share: float | None
    rho: float | None
    p_value: float | None
    better: Literal["larger", "smaller", "between", "ends", ""]
    best: str
    same_as: list[str]
    by_value: list[ValueScore]


class HyperparametersAnswer(OwnNames):
    """Trials, axes, and importance, the most important parameter first.

    Of fewer than `least` configurations nothing is claimed.
    """

    score: str
    x: str
    largest: bool
    metrics: list[str]
    title: str
    titles: list[str]
    trials: Trials
    axes: list[ParameterAxis]
    importance: list[ParameterImportance]
    least: int
    colours: list[str]
    caption: str
    hidden: int
    filtered: int
    notes: list[str]
