"""The session, data folders, saved configurations and annotations."""

from __future__ import annotations

from typing import Any, Literal, TypedDict

Language = Literal["zh", "en"]
# A plot configuration: only options that are set, by their names (docs/plot-options.md).
PlotConfig = dict[str, Any]


class ErrorDetails(TypedDict):
    """A message for the user."""

    message: str


class ErrorShown(ErrorDetails, total=False):
    """`remedy`: what to do; `where`: column from 1 in a query; `login`: address of the form."""

    remedy: str
    where: int
    login: str


class ErrorAnswer(TypedDict):
    """Any answer with status 4xx or 5xx; of a computation also with status 200."""

    error: ErrorShown


class Progress(TypedDict):
    """How far the first read is: `done` of `total` runs, or of tables that grew.

    0 of 0 while runs are searched.
    """

    ready: bool
    done: int
    total: int
    waiting: str | None


class DataFolders(TypedDict):
    """The folders of the server, and those of this request, or the reason for none."""

    roots: list[str]
    changeable: bool
    shown: list[str]
    indexing: Progress | None
    fault: str | None


class SessionAnswer(TypedDict):
    """User and data folders; `config` was opened last by this user, `workspace` is the workspace's id."""

    user: str | None
    login: Literal["free", "token", "password"]
    csrf: str
    title: str
    language: Language
    version: str
    config: str | None
    workspace: str
    data: DataFolders


class FoldersAnswer(TypedDict):
    """The folders in a folder."""

    path: str
    folders: list[str]


class LanguageChosen(TypedDict):
    """The language to remember, and the answer."""

    language: Language


class ConfigNames(TypedDict):
    """The saved configurations and the recycle bin."""

    names: list[str]
    deleted: list[str]


class ConfigShown(TypedDict):
    """One configuration; `old` if an older tool saved it, `notes` list what could not be converted."""

    name: str
    config: PlotConfig
    revision: str
    old: bool
    notes: list[str]


class ConfigConflict(ConfigShown):
    """The version that somebody else saved meanwhile."""

    error: ErrorShown


class ConfigToSave(TypedDict):
    """A configuration, and the revision at which it was opened."""

    config: PlotConfig
    revision: str


class ConfigSaved(TypedDict):
    """The new revision."""

    name: str
    revision: str


class Nothing(TypedDict):
    """A request without fields; the address is sufficient."""


class ConfigOpened(TypedDict):
    """The configuration that the session answers as `config` from now on."""

    name: str


class _ConfigAction(TypedDict):
    action: Literal["new", "copy", "rename", "delete", "restore", "merge", "reset", "split"]
    name: str


class ConfigAction(_ConfigAction, total=False):
    """`config` for new, `to` for copy and rename, `other` for merge, `keys` for split."""

    config: PlotConfig
    to: str
    other: str
    keys: list[str]


class ConfigDone(ConfigNames):
    """`name` is the configuration to show next, null after a deletion."""

    name: str | None


class AnnotationsInUse(TypedDict):
    """Number of runs by tag, of hidden runs, of notes."""

    revision: str
    tags: dict[str, int]
    hidden: int
    notes: int


class _ChangedIds(TypedDict):
    ids: list[str]


class AnnotationChange(_ChangedIds, total=False):
    """A change of some runs; omitted fields keep their values."""

    add: list[str]
    remove: list[str]
    note: str
    hidden: bool


class AnnotationChanges(TypedDict):
    """Changes that are applied all or none."""

    changes: list[AnnotationChange]


class AnnotationsChanged(TypedDict):
    """`changed` runs; `undo` is the request that undoes it."""

    revision: str
    changed: int
    undo: AnnotationChanges


class RunsToZip(TypedDict):
    """The ids of one or more runs."""

    ids: list[str]


class ZipReady(TypedDict):
    """The address of the download."""

    href: str
    runs: int


class BackgroundFigure(TypedDict):
    """A figure drawn in the background, and its time."""

    name: str
    time: float


class BackgroundFigures(TypedDict):
    """The figures of a configuration; `turned_away` counts attempts while the server was busy."""

    figures: list[BackgroundFigure]
    error: str | None
    turned_away: int
