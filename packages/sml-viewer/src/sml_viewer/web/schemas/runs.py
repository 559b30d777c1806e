"""The list of runs, search, coverage, and the files of a run."""

from __future__ import annotations

from typing import Literal, TypedDict

from sml_viewer.run_views.schemas import FileDifference, RunDetails, Scalar, SmallCurve

from .session import PlotConfig, Progress


class _Column(TypedDict):
    key: str
    kind: str  # fact, parameter, last, best, least, peak
    name: str


class ColumnDisplay(TypedDict, total=False):
    """How a page shows a column; absent if it is not shown, or if that follows from its values.

    `offered`: can be chosen; the others are shown in every list, or only if an address names them.
    """

    format: Literal["time", "count", "list", "text"]
    label: str
    label_zh: str
    offered: bool


class Column(_Column, ColumnDisplay, total=False):
    """Either `cells`, one per row, or distinct `values` with an index into them per row in `codes`.

    `share`: values may be in percent in some runs and fractions in others.
    """

    cells: list[Scalar | list[str]]
    values: list[Scalar | list[str]]
    codes: list[int]
    best: Literal["smallest"]
    share: Literal[True]


class KnownParameter(TypedDict):
    """`differs`: has several values; `unique`: another one in each run; `seed`: tells repetitions apart."""

    name: str
    differs: bool
    unique: bool
    seed: bool


class AboutRuns(TypedDict):
    """Facts about all runs."""

    count: int
    folders: list[str]
    default_columns: list[str]
    parameters: list[KnownParameter]
    metrics: list[str]
    peaks: list[str]
    x: str | None
    y: str | None
    counts: dict[str, int]
    hidden: int
    tags: dict[str, int]
    missing: int | None


class RunList(AboutRuns):
    """The runs by column; `base` null is a complete list, otherwise the changes since that revision."""

    revision: str
    base: str | None
    columns: list[Column]
    removed: list[str]
    now: int
    new: list[int]
    reading: Progress | None


class FolderContent(TypedDict):
    """What a folder without runs holds, in words."""

    folder: str
    holds: str


class SearchedAnswer(TypedDict):
    """How much was searched for runs, "" while that is unknown; `much`: more than the folders of some runs.

    If there are no runs, `contents` says what the folders hold; `run` says what a run is; `closed` names the
    folders that could not be read, "" without any.
    """

    searched: str
    much: bool
    contents: list[FolderContent]
    run: str
    closed: str


class SmallCurvesRequest(TypedDict, total=False):
    """The runs in sight of a list by their ids, at most 200, and the metric; without one, the main one."""

    config: PlotConfig
    ids: list[str]
    metric: str


class SmallCurvesAnswer(TypedDict):
    """A few points of one metric, of the runs that have it."""

    metric: str | None
    curves: list[SmallCurve]


class ErrorFactors(TypedDict):
    """For each `n`: the number after ± in standard deviations (ddof=1); null for one run."""

    kind: str
    n: list[int]
    factors: list[float | None]


class Event(TypedDict):
    """The end of a run, or an alert; `kind` is the state or the cause, `title` the words of the alert."""

    id: str
    name: str
    kind: str
    title: str
    time: float


class EventsAnswer(TypedDict):
    """The latest events, the newest first, and the number of runs per state."""

    now: float
    counts: dict[str, int]
    events: list[Event]


class SearchAnswer(TypedDict):
    """The runs that match, by `key`; `asks_hidden`: whether the query asks for hidden runs."""

    q: str
    revision: str
    count: int
    keys: list[int]
    asks_hidden: bool


# `from` is a word of Python.
Completion = TypedDict("Completion", {"from": int, "at": int, "options": list[str]})


class RunAnswer(RunDetails):
    """One run, and the revision of all runs."""

    revision: str


_LogRange = TypedDict("_LogRange", {"from": int, "to": int})


class LogPart(_LogRange):
    """A part of a log; offsets are bytes; `line` is the index in `text` of the line that `at` asked for."""

    name: str
    mark: str
    size: int
    text: str
    partial: str
    restarted: bool
    cut: bool
    masked: int
    line: int | None


FileKind = Literal["text", "table", "json", "image", "archive", "binary"]


class RunFile(TypedDict):
    """A file: `name` addresses it, `label` shows it."""

    name: str
    label: str
    size: int
    modified: float
    kind: FileKind


class RunFiles(TypedDict):
    """All files that may be shown; `cut` if there are more."""

    files: list[RunFile]
    count: int
    bytes: int
    cut: bool
    left_out: list[str]


class ArchiveMember(TypedDict):
    """A file of an archive."""

    name: str
    size: int


class _Preview(TypedDict):
    kind: FileKind
    name: str
    label: str
    size: int


_PreviewRange = TypedDict("_PreviewRange", {"from": int, "to": int}, total=False)


class PreviewContent(_PreviewRange, total=False):
    """Fields that depend on the `kind` of a file."""

    text: str
    more: bool
    masked: int
    header: list[str]
    rows: list[list[str]]
    members: list[ArchiveMember]
    member: str
    fault: str
    head: str
    href: str


class Preview(_Preview, PreviewContent):
    """The beginning of a file."""


class ComparedCode(TypedDict):
    """The code of a run compared with the first one; `missing`: why it cannot be compared."""

    id: str
    missing: str | None
    files: list[FileDifference]


class CodeComparison(TypedDict):
    """The code of some runs compared with the first one."""

    base: str
    others: list[ComparedCode]


class PlanShown(TypedDict):
    """A plan file of sml-launch; `tasks` is null if it cannot be read."""

    id: str
    directory: str
    file: str
    modified: float
    tasks: int | None


class CoverageCell(TypedDict):
    """One method on one environment with one seed, as indices; `runs` are ids."""

    method: int
    environment: int
    seed: int
    state: str  # of the task with a plan, of the run without
    runs: list[str]
    task: str | None


class CoverageAnswer(TypedDict):
    """Method × environment × seed; `plan`, `missing` and `command` are null without a plan."""

    plans: list[PlanShown]
    plan: str | None
    method: list[str]
    environment: str | None
    seed: str | None
    methods: list[str]
    environments: list[str]
    seeds: list[str]
    cells: list[CoverageCell]
    counts: dict[str, int]
    missing: int | None
    complete: bool
    command: str | None
    hidden: int
