"""Columns of the run list that every run has: COLUMNS declares each once, with its cells and its display."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from sml_viewer.annotations import Annotation
from sml_viewer.model.run import Run
from sml_viewer.model.run_state import RunState, started

from .snapshot import Snapshot, run_number

# How the page shows the cells: seconds since the epoch as "3 h ago", integers, lists as chips, or as text.
Format = Literal["time", "count", "list", "text"]


class ListedRun(NamedTuple):
    """What the cells of a run are computed from. `position` is its index in `snapshot.runs`.

    The list is updated by what changed: a cell must depend on nothing else, neither on the time nor on files.
    """

    run: Run
    state: RunState
    annotation: Annotation
    snapshot: Snapshot
    position: int


@dataclass(frozen=True)
class ListColumn:
    """A column of the run list.

    `key` is its key in the page's interface, `cell` its JSON value for a run. `label` and `label_zh` are
    its titles on the page; without them it is sent but not shown. Columns that are `offered` can be chosen.
    """

    key: str
    cell: Callable[[ListedRun], Any]
    format: Format = "text"
    label: str = ""
    label_zh: str = ""
    offered: bool = True


def _last_heartbeat(listed: ListedRun) -> int | None:
    heartbeat = listed.state.last_heartbeat
    return None if listed.run.finished or heartbeat is None else round(heartbeat)


def _started(listed: ListedRun) -> int | None:
    start_time = started(listed.run)
    return None if start_time is None else round(start_time)


def _step(listed: ListedRun) -> int | None:
    step = listed.run.status.get("step")
    return step if type(step) is int and abs(step) < 2**53 else None


def _parent_run(listed: ListedRun) -> str | None:
    run = listed.run
    return run.parent_run and listed.snapshot.id_by_name.get((run.key[0], run.parent_run))


# In the order in which the page offers them.
COLUMNS = (
    ListColumn("key", lambda listed: run_number(listed.run)),
    ListColumn("id", lambda listed: listed.snapshot.ids[listed.position]),
    ListColumn("name", lambda listed: listed.run.name, "text", "name", "名称", offered=False),
    ListColumn("folder", lambda listed: listed.run.key[0]),
    ListColumn("status", lambda listed: listed.state.state, "text", "status", "状态", offered=False),
    ListColumn("heard", _last_heartbeat, "time", "last heard", "最近响应", offered=False),
    ListColumn("started", _started, "time", "started", "开始"),
    ListColumn("modified", lambda listed: round(listed.run.modified) or None, "time", "changed", "更新"),
    ListColumn("rows", lambda listed: listed.run.rows, "count", "rows", "行数"),
    ListColumn("step", _step, "count", "step", "步数"),
    ListColumn("host", lambda listed: listed.run.host, "text", "machine", "机器"),
    ListColumn("tags", lambda listed: listed.annotation.tags, "list", "tags", "标签"),
    ListColumn("note", lambda listed: listed.annotation.note, "text", "note", "备注"),
    ListColumn("hidden", lambda listed: int(listed.annotation.hidden)),
    ListColumn("warnings", lambda listed: len(listed.run.remarks) + len(listed.run.issues)),
    ListColumn("duplicate_of", lambda listed: listed.snapshot.duplicate_of.get(listed.run.key)),
    ListColumn("superseded", lambda listed: int(listed.run.superseded)),
    ListColumn("attempt_of", lambda listed: listed.snapshot.attempt_of.get(listed.run.key)),
    ListColumn("inside", _parent_run),
)
