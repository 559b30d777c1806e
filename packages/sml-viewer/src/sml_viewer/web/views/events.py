"""What happened to runs lately: ends and alerts, for the page's title, its bell and notifications."""

from __future__ import annotations

import heapq
import os
import time
from collections.abc import Iterator

from flask import Blueprint, Response

from sml_config.run_states import FAILED, FINISHED, KILLED, RUNNING
from sml_viewer.errors import NoRunsError
from sml_viewer.model.run import Run
from sml_viewer.model.run_state import LOST, last_heartbeat_of
from sml_viewer.run_views.recorded.alerts import ALERTS, alerts
from sml_viewer.run_views.table import TableSnapshot, take_table_snapshot
from sml_viewer.safe_open import open_plain
from sml_viewer.security.find_secrets import mask_of
from sml_viewer.web import library_pool
from sml_viewer.web.http.responses import json_response, not_modified
from sml_viewer.web.schemas.runs import Event, EventsAnswer

events = Blueprint("events", __name__)

_MOST = 50
_ENDS = (FINISHED, FAILED, KILLED, LOST)
# Alerts are sent about runs that are running, or ended lately: files of these runs are read, so often.
_MOST_WATCHED = 60
_CHECK_SECONDS = 10


@events.get("/api/v1/events")
def show() -> Response:
    """The latest ends of runs and alerts about them."""
    try:
        library = library_pool.library()
    except NoRunsError:  # nothing happens where no folder is shown; the bell polls all the same
        return json_response(dict(EventsAnswer(now=time.time(), counts={}, events=[])))
    table = take_table_snapshot(library)
    version = f"{table.revision} {int(time.time()) // _CHECK_SECONDS if table.snapshot.live else 0}"
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
    """The alerts that were sent about a run."""
    try:
        file = os.fdopen(open_plain(run.path, ALERTS).file, "rb")
    except OSError:
        return
    with file:
        sent = alerts(file, mask_of(run.path))["alerts"]
    for alert in sent[:_MOST]:
        # The end of a run is an event of its own.
        if alert["time"] is not None and alert["cause"] not in _ENDS:
            yield _event(table, run, alert["cause"], alert["title"] or alert["cause"], alert["time"])
