"""The effect of a configuration on the runs."""

from __future__ import annotations

from typing import TypedDict

from .plots import AlgorithmStyle, OwnNames, Pair, PlotRequestBody


class CountsRequest(PlotRequestBody, total=False):
    """Which drawn and filtered runs to list: those whose names contain `search`, at most `limit`."""

    search: str
    limit: int


class ValuesRequest(CountsRequest):
    """The parameter whose values are listed."""

    parameter: str


class RuleCount(TypedDict):
    """Runs that a rule catches; `alone`: that no other rule of the same side catches."""

    caught: int
    alone: int


class RunCounts(TypedDict):
    """Number of runs after each step."""

    all: int
    superseded: int
    asked: int
    kept: int
    filtered: int
    duplicates: int
    counted: int


class Key(TypedDict):
    """A parameter that may distinguish algorithms."""

    name: str
    distinct: int
    runs: int
    unique: bool
    examples: list[str]


class AlgorithmCount(AlgorithmStyle):
    """`originals`: names before renaming; `pools`: title, and the parameters mixed in its group."""

    runs: int
    originals: list[str]
    pools: list[tuple[str, str]]


class Rename(TypedDict):
    """A rename rule; `runs`: how many runs it renames."""

    old: str
    new: str
    wildcard: bool
    runs: int


class KeptRun(TypedDict):
    """A run that is drawn."""

    id: str
    name: str
    algorithm: str
    title: str


class FilteredRun(TypedDict):
    """A run that the rules leave out; `rules`: indices of those that catch it."""

    id: str
    name: str
    rules: list[int]


class KeptRuns(TypedDict):
    """Number of runs, and the first of them."""

    count: int
    runs: list[KeptRun]


class FilteredRuns(TypedDict):
    """Number of runs, and the first of them."""

    count: int
    runs: list[FilteredRun]


class DuplicateNames(TypedDict):
    """Names of runs that are duplicates."""

    kept: str
    others: list[str]


class Numbers(TypedDict):
    """Number of runs by rule, key, title and algorithm; `rules` and `bin` by IGNORE and SELECT.

    `order`: entries of PLOTTING_ORDER, each with its algorithm; `legend`: algorithms as the legend has them.
    """

    runs: RunCounts
    hidden: int
    rules: dict[str, list[RuleCount]]
    bin: dict[str, list[RuleCount]]
    parameters: list[Key]
    keys: list[str]
    separators: list[str]
    automatic: list[str]
    titles: list[tuple[str, int]]
    algorithms: list[AlgorithmCount]
    algorithm_count: int
    order: list[tuple[str, str | None]]
    legend: list[str]
    renames: list[Rename]


class PreviewedRuns(TypedDict):
    """The runs that are drawn, those left out, and duplicates."""

    kept: KeptRuns
    filtered: FilteredRuns
    duplicates: list[DuplicateNames]


class PreviewedColumns(TypedDict):
    """All columns, the likely ones first, and the pairs that will be drawn, or the reason for none."""

    columns: list[str]
    x_columns: list[str]
    y_columns: list[str]
    made_columns: list[str]
    all_columns: list[str]
    pairs: list[Pair]
    automatic_pairs: bool
    pairs_fault: str | None


class CountsAnswer(Numbers, PreviewedRuns, PreviewedColumns, OwnNames):
    """The effect of a configuration on the runs."""


class ValuesAnswer(TypedDict):
    """The number of values, and the first of them with their runs."""

    count: int
    values: list[tuple[str, int]]
