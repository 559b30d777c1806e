"""Types of the answers about single runs; `web/schemas` has the rest of the JSON interface.

Fields of classes with `total=False` may be absent; all others are always present.
"""

from __future__ import annotations

from typing import Literal, TypedDict

# A parameter, a setting, a cell: lists and objects are text, and so are numbers that are not finite.
Scalar = str | int | float | bool | None
# running, finished, failed, killed, lost, silent, unknown, or what another tool recorded.
Status = str


class Named(TypedDict):
    """One setting or one fact of provenance."""

    name: str
    value: Scalar


class Parameter(Named):
    """One parameter of a run; `type` is Python's name of the type."""

    type: str


class ParameterRow(Parameter, total=False):
    """`default` and `changed` where a default was recorded; `absent` where the run did not record a value."""

    default: Scalar
    changed: bool
    absent: bool


class Failure(TypedDict):
    """Why a run ended badly; `source` is the file that holds the traceback."""

    error: str | None
    exit_status: int | None
    traceback: str | None
    source: str | None


class Attempt(TypedDict):
    """An earlier attempt at a run."""

    id: str
    name: str
    status: Status
    rows: int | None
    started: float | None
    modified: float | None


class Duplicates(TypedDict):
    """Runs that count as one, and why; `kept` is the id of the one that counts."""

    kept: str
    others: list[str]
    note: str


class AnnotationShown(TypedDict):
    """What the user recorded about a run."""

    tags: list[str]
    note: str
    hidden: bool


class RunProgress(TypedDict):
    """How far a run has come: its x column, and the last value in it."""

    name: str
    last: float


class RunDetails(TypedDict):
    """One run, without rows and files; `peaks` are the highest values of its system metrics.

    `progress` is null for a run without values in the x column of the runs.
    """

    id: str
    name: str
    path: str
    status: Status
    heard: float | None
    step: int | None
    progress: RunProgress | None
    rows: int | None
    started: float | None
    modified: float | None
    host: str | None
    failure: Failure | None
    peaks: dict[str, float]
    parameters: list[ParameterRow]
    parameter_file: str | None
    provenance: list[Named]
    settings: list[Named]
    notes: list[str]
    attempts: list[Attempt]
    attempt_of: str | None
    superseded: bool
    superseded_rows: list[str]
    duplicates: Duplicates | None
    inside: str | None
    contains: list[str]
    logs: list[str]
    annotation: AnnotationShown


class Points(TypedDict):
    """Points of a metric: x and y of the same length; y is null in a gap."""

    x: list[Scalar]
    y: list[Scalar]


class Sparkline(TypedDict):
    """One metric at a glance; `values` counts the cells that are not blank, null where unknown."""

    name: str
    last: Scalar
    low: Scalar
    high: Scalar
    values: int | None
    points: Points


class Sparklines(TypedDict):
    """All metrics of a run along one x."""

    x: str
    rows: int | None
    metrics: list[Sparkline]


class SmallCurve(TypedDict):
    """A few points of a metric of the run with this `key`; `x` from 0 to 1."""

    key: int
    x: list[float]
    y: list[Scalar]


class RunSeries(TypedDict):
    """One metric for a chart; `rows` counts the values, `thinned` if `points` are fewer."""

    x: str
    y: str
    rows: int
    points: Points
    thinned: bool
    note: str | None


class ComparedRun(TypedDict):
    """A run in a comparison."""

    id: str
    name: str
    status: Status


class ComparedValues(TypedDict):
    """One value for each run; `same` if they do not differ."""

    name: str
    values: list[Scalar]
    same: bool


class ComparedMetric(TypedDict):
    """Last, best and least value of a metric for each run; `largest` is best, null for a step."""

    name: str
    last: list[Scalar]
    best: list[Scalar]
    least: list[Scalar]
    same: bool
    largest: bool | None


class Archives(TypedDict):
    """Each run's code archive, null where it has none."""

    archives: list[str | None]


class Comparison(TypedDict):
    """Several runs side by side."""

    runs: list[ComparedRun]
    parameters: list[ComparedValues]
    settings: list[ComparedValues]
    provenance: list[ComparedValues]
    metrics: list[ComparedMetric]
    code: Archives


class FileDifference(TypedDict):
    """One file that differs; `diff` is null, and `note` says why, where it cannot be shown."""

    name: str
    change: Literal["added", "removed", "changed"]
    added: int | None
    removed: int | None
    diff: str | None
    note: str | None
