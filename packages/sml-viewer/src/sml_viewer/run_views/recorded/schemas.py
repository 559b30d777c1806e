"""Types of the answers about what a run recorded beside its rows."""

from __future__ import annotations

from typing import Literal, TypedDict

from sml_viewer.run_views.schemas import Scalar

# `file` is only downloaded, such as HTML.
MediaKind = Literal["image", "video", "audio", "text", "table", "histogram", "file"]


class MediaItem(TypedDict):
    """One stored file; `id` addresses it."""

    id: int
    step: int | None
    caption: str | None


class MediaKey(TypedDict):
    """The files of one kind that were stored under a key, by step."""

    key: str
    kind: MediaKind
    items: list[MediaItem]


class MediaAnswer(TypedDict):
    """Everything that a run stored; `cut` if the oldest files are left out."""

    keys: list[MediaKey]
    count: int
    cut: bool


class HistogramContent(TypedDict):
    """Counts between edges, of which there is one more."""

    edges: list[float]
    counts: list[float]


class _MediaContent(TypedDict):
    kind: Literal["text", "table", "histogram"]


class MediaContent(_MediaContent, total=False):
    """The content of a text, a table or a histogram; `more` if it is cut."""

    text: str
    more: bool
    columns: list[str]
    rows: list[list[Scalar]]
    row_count: int
    histogram: HistogramContent
    low: float | None
    high: float | None
    number: float | None
    mean: float | None
    not_finite: float | None


class SystemCurve(TypedDict):
    """One column of system.csv, downsampled: seconds since the epoch, and values, null where not measured."""

    name: str
    time: list[float]
    values: list[float | None]
    peak: float | None
    last: float | None


class SystemAnswer(TypedDict):
    """The use of CPU, memory, disks, network and GPUs; `samples` rows, none without system.csv."""

    samples: int
    start: float | None
    curves: list[SystemCurve]


class CheckpointShown(TypedDict):
    """A recorded checkpoint.

    `exists` is null outside of the run folder, where it is not looked for; `best` names the metrics of which
    it has the best value among those that may still exist. `deleted` is when it was pruned.
    """

    path: str
    step: int | None
    bytes: int | None
    time: float | None
    metrics: dict[str, float | None]
    exists: bool | None
    deleted: float | None
    best: list[str]


class CheckpointsAnswer(TypedDict):
    """The recorded checkpoints, the latest first; `smallest`: metrics of which the smallest value is best."""

    checkpoints: list[CheckpointShown]
    metrics: list[str]
    smallest: list[str]


class AlertShown(TypedDict):
    """An alert that was sent about a run; `recovered` is when its cause was gone."""

    time: float | None
    level: Literal["info", "warning", "error"]
    title: str
    text: str
    cause: str
    recovered: float | None


class AlertsAnswer(TypedDict):
    """The alerts, the latest first."""

    alerts: list[AlertShown]


class LogMatch(TypedDict):
    """A line of a log: offset of its first byte, its number from 1 if it is known, and its text."""

    at: int
    line: int | None
    text: str


class LogMatches(TypedDict):
    """The lines that match; `cut` if there are more, or if the beginning of a long log was not searched."""

    matches: list[LogMatch]
    size: int
    cut: bool
