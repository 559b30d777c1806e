"""What happened to runs lately: ends and alerts, for the page's title, its bell and notifications."""

from __future__ import annotations

import heapq
import json
import os
import time
from collections.abc import Iterator

from flask import Blueprint, Response

from sml_config.alerts.watch import SENT_ALERTS
from sml_config.run_folder import CONFIG
from sml_config.run_states import FAILED, FINISHED, KILLED, RUNNING
from sml_viewer.errors import NoRunsError
from sml_viewer.model.run import Run
from sml_viewer.model.run_state import LOST, last_heartbeat_of, moment
from sml_viewer.readers.file_io import UNREADABLE
from sml_viewer.run_views.table import TableSnapshot, take_table_snapshot
from sml_viewer.safe_open import open_plain
from sml_viewer.web import library_pool
from sml_viewer.web.http.responses import json_response, not_modified
from sml_viewer.web.schemas.runs import Event, EventsAnswer

events = Blueprint("events", __name__)

_MOST = 50
_ENDS = (FINISHED, FAILED, KILLED, LOST)
# Alerts are sent about runs that are running, or ended lately: files of these runs are read, so often.
_MOST_WATCHED = 60
_LOOK_SECONDS = 10
_MOST_BYTES = 100_000


@events.get("/api/v1/events")
def show() -> Response:
    """The latest ends of runs and alerts about them."""
    try:
        library = library_pool.library()
    except NoRunsError:  # nothing happens where no folder is shown; the bell polls all the same
        return json_response(dict(EventsAnswer(now=time.time(), counts={}, events=[])))
    table = take_table_snapshot(library)
    version = f"{table.revision} {int(time.time()) // _LOOK_SECONDS if table.snapshot.live else 0}"
    if (same := not_modified(version)) is not None:
        return same

    def make() -> EventsAnswer:
        return {"now": time.time(), "counts": dict(table.counts), "events": _latest(table)}

    return json_response(dict(library.get_or_compute(("events", version), make)), version=version)


def _latest(table: TableSnapshot) -> list[Event]:
    present = table.snapshot.present
    ended = [run for run in present if run.state in _ENDS or (run.state == RUNNING and _is_lost(table, run))]
    recent = heapq.nlargest(_MOST, ended, key=_time)
    live = heapq.nlargest(_MOST_WATCHED, table.snapshot.live, key=_time)
    watched = {run.key: run for run in [*live, *recent][:_MOST_WATCHED]}
    latest = [_event(table, run, table.state_of(run).state, "", _time(run)) for run in recent]
    latest += [event for run in watched.values() for event in _alerts(table, run)]
    return sorted(latest, key=lambda event: -event["time"])[:_MOST]


def _is_lost(table: TableSnapshot, run: Run) -> bool:
    return table.state_of(run).state == LOST


def _time(run: Run) -> float:
    """The time of the last sign of life, which for a run that ended is its end."""
    return last_heartbeat_of(run) or 0.0


def _event(table: TableSnapshot, run: Run, kind: str, title: str, when: float) -> Event:
    return {"id": table.snapshot.id_of[run.key], "name": run.name, "kind": kind, "title": title, "time": when}


def _alerts(table: TableSnapshot, run: Run) -> Iterator[Event]:
    """The alerts that were sent about a run; an unreadable line is skipped."""
    try:
        with os.fdopen(open_plain(run.path, f"{CONFIG}/{SENT_ALERTS}").file, "rb") as file:
            lines = file.read(_MOST_BYTES).splitlines()
    except OSError:
        return
    for line in lines:
        try:
            record = json.loads(line)
        except UNREADABLE:
            continue
        when = moment(record.get("time")) if isinstance(record, dict) else None
        cause = str(record.get("cause") or "") if when is not None else ""
        # The end of a run is an event of its own.
        if when is not None and record.get("active") is True and cause not in _ENDS:
            yield _event(table, run, cause, str(record.get("title") or cause)[:500], when)
