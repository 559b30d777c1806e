"""Runs that a request names by their ids, as a part of its query."""

from __future__ import annotations

from collections.abc import Sequence

from sml_viewer.annotations import EMPTY_ANNOTATION
from sml_viewer.errors import NoRunsError
from sml_viewer.i18n import Message
from sml_viewer.library import Library
from sml_viewer.run_views.snapshot import Snapshot, take_snapshot
from sml_viewer.select.query import parse_query


def with_runs(library: Library, where: str, ids: Sequence[str], without: Sequence[str] = ()) -> str:
    """The query `where`, only of the runs of these ids, if there are any, and of none `without`.

    Runs that are not there any more are left out. The text is a query of its own, so that a command line may
    hold it. Raises QueryError if `where` is wrong, NoRunsError if there is none of these runs.
    """
    if not ids and not without:
        return where
    snapshot = take_snapshot(library)
    parse_query(where, known=snapshot.known_names, annotation_of=lambda _: EMPTY_ANNOTATION)
    chosen, dropped = _any_of(snapshot, ids), _any_of(snapshot, without)
    if ids and not chosen:
        raise NoRunsError(Message("the {n} chosen run(s) no longer (exists|exist)", n=len(set(ids))))
    parts = [where.strip(), chosen, f"not ({dropped})" if dropped else ""]
    parts = [part for part in parts if part]
    return parts[0] if len(parts) == 1 else " and ".join(f"({part})" for part in parts)


def _any_of(snapshot: Snapshot, ids: Sequence[str]) -> str:
    runs = [(name, run) for name in dict.fromkeys(ids) if (run := snapshot.by_id.get(name)) is not None]
    # An id that had to be made of the path is not one that a query knows.
    return " or ".join(
        _equals("id", name) if name == run.id else _equals("name", run.name) for name, run in runs
    )


def _equals(field: str, value: str) -> str:
    quoted = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'{field} = "{quoted}"'
