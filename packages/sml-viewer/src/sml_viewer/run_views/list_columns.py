"""Columns of the run list that every run has: COLUMNS declares each once, with its cells and its display."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from sml_viewer.annotations import Annotation
from sml_viewer.model.run import Run
from sml_viewer.model.run_state import last_heartbeat_of, started

from .snapshot import Snapshot, run_number

# How the page shows the cells: seconds since the epoch as "3 h ago", integers, lists as chips, or as text.
Format = Literal["time", "count", "list", "text"]


class ListedRuns(NamedTuple):
    """What the cells of some runs are computed from; `positions` are their indices in the snapshot.

    The list is updated by what changed: a cell must depend on nothing else, neither on the time nor on files.
    """

    runs: Sequence[Run]
    states: Sequence[str]
    annotations: Sequence[Annotation]
    snapshot: Snapshot
    positions: Sequence[int]


@dataclass(frozen=True)
class ListColumn:
    """A column of the run list.

    `key` is its key in the page's interface, `cells` its JSON values for some runs. `label` and `label_zh`
    are its titles on the page; without them it is sent but not shown. Columns that are `offered` can be
    chosen.
    """

    key: str
    cells: Callable[[ListedRuns], list[Any]]
    format: Format = "text"
    label: str = ""
    label_zh: str = ""
    offered: bool = True


def _heard(listed: ListedRuns) -> list[Any]:
    return [None if run.finished else _rounded(last_heartbeat_of(run)) for run in listed.runs]


def _rounded(instant: float | None) -> int | None:
    return None if instant is None else round(instant)


def _step(run: Run) -> int | None:
    step = run.status.get("step")
    return step if type(step) is int and abs(step) < 2**53 else None


def _parents(listed: ListedRuns) -> list[Any]:
    return [
        run.parent_run and listed.snapshot.id_by_name.get((run.key[0], run.parent_run)) for run in listed.runs
    ]


def _of_few(known: Mapping[tuple[int, int], Any], runs: Sequence[Run]) -> list[Any]:
    """What is known of few of the runs, by their keys."""
    return [known.get(run.key) for run in runs] if known else [None] * len(runs)


def _names(listed: ListedRuns) -> list[Any]:
    return [run.name for run in listed.runs]


def _started(listed: ListedRuns) -> list[Any]:
    return [_rounded(started(run)) for run in listed.runs]


def _modified(listed: ListedRuns) -> list[Any]:
    return [round(run.modified) or None for run in listed.runs]


# In the order in which the page offers them. Lists, as there may be 100,000 runs.
COLUMNS = (
    ListColumn("key", lambda listed: list(map(run_number, listed.runs))),
    ListColumn("id", lambda listed: [listed.snapshot.ids[index] for index in listed.positions]),
    ListColumn("name", _names, "text", "name", "名称", offered=False),
    ListColumn("folder", lambda listed: [run.key[0] for run in listed.runs]),
    ListColumn("status", lambda listed: list(listed.states), "text", "status", "状态", offered=False),
    ListColumn("heard", _heard, "time", "last heard", "最近响应", offered=False),
    ListColumn("started", _started, "time", "started", "开始"),
    ListColumn(
        "modified",
        _modified,
        "time",
        "changed",
        "更新",
    ),
    ListColumn("rows", lambda listed: [run.rows for run in listed.runs], "count", "rows", "行数"),
    ListColumn("step", lambda listed: list(map(_step, listed.runs)), "count", "step", "步数"),
    ListColumn("host", lambda listed: [run.host for run in listed.runs], "text", "machine", "机器"),
    ListColumn("tags", lambda listed: [each.tags for each in listed.annotations], "list", "tags", "标签"),
    ListColumn("note", lambda listed: [each.note for each in listed.annotations], "text", "note", "备注"),
    ListColumn("hidden", lambda listed: [int(each.hidden) for each in listed.annotations]),
    ListColumn("warnings", lambda listed: [len(run.remarks) + len(run.issues) for run in listed.runs]),
    ListColumn("duplicate_of", lambda listed: _of_few(listed.snapshot.duplicate_of, listed.runs)),
    ListColumn("superseded", lambda listed: [int(run.superseded) for run in listed.runs]),
    ListColumn("attempt_of", lambda listed: _of_few(listed.snapshot.attempt_of, listed.runs)),
    ListColumn("inside", _parents),
)
