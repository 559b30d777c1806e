"""Compare runs, and their code."""

from __future__ import annotations

import contextlib
from typing import BinaryIO

from flask import Blueprint, Response, request

from sml_viewer.archives.reading import TooLargeError
from sml_viewer.archives.worker import ArchiveError, run_job
from sml_viewer.errors import ColumnError, NoRunsError
from sml_viewer.i18n import Message, message_from_json, message_of, translated, untranslated_message
from sml_viewer.model.run import Run
from sml_viewer.run_views.compare import side_by_side
from sml_viewer.run_views.details import Open
from sml_viewer.run_views.schemas import FileDifference
from sml_viewer.run_views.table import TableSnapshot, take_table_snapshot
from sml_viewer.security.find_secrets import ARCHIVES, archive_name, mask_of
from sml_viewer.web import library_pool
from sml_viewer.web.errors import NoSuchFileError
from sml_viewer.web.files.safe_paths import folder_of, open_inside
from sml_viewer.web.http.responses import json_response, not_modified
from sml_viewer.web.i18n import language
from sml_viewer.web.schemas.runs import CodeComparison, ComparedCode

compare = Blueprint("compare", __name__)

_MOST_RUNS = 100
_MOST_CODE = 20


@compare.get("/api/v1/compare")
def compare_runs() -> Response:
    """Parameters, settings, provenance and metrics."""
    table, runs = _requested_runs(_MOST_RUNS)
    version = table.revision
    unchanged = not_modified(version)
    if unchanged is not None:
        return unchanged
    masks = [mask_of(folder_of(run)) for run in runs]
    return json_response(side_by_side(table, runs, masks, _opener), version=version)


@compare.get("/api/v1/compare/code")
def compare_code() -> Response:
    """The code of each run compared with the first's."""
    table, runs = _requested_runs(_MOST_CODE)
    ids = [table.snapshot.id_of[run.key] for run in runs]
    only = request.args.get("file")
    others: list[ComparedCode] = []
    for run, name in zip(runs[1:], ids[1:], strict=True):
        try:
            others.append({"id": name, "missing": None, "files": _differences((runs[0], run), only)})
        except _NoCodeError as error:
            others.append({"id": name, "missing": message_of(error, language()), "files": []})
    content: CodeComparison = {"base": ids[0], "others": others}
    return json_response(content)


def _requested_runs(most: int) -> tuple[TableSnapshot, list[Run]]:
    table = take_table_snapshot(library_pool.library())
    ids = list(dict.fromkeys(request.args.getlist("id")))
    if not 2 <= len(ids) <= most:
        raise ColumnError(
            Message("{n} run(s) chosen; from 2 to {most} can be compared", n=len(ids), most=most)
        )
    missing = [name for name in ids if name not in table.snapshot.by_id]
    if missing:
        raise NoRunsError(
            Message("no run has the id {id}; it may have been moved or deleted", id=repr(missing[0][:100]))
        )
    return table, [table.snapshot.by_id[name] for name in ids]


def _opener(run: Run) -> Open:
    return lambda name: open_inside(folder_of(run), name)


class _NoCodeError(ValueError):
    """Why the code of a run cannot be compared."""


def _differences(runs: tuple[Run, Run], only: str | None) -> list[FileDifference]:
    """The differences between the code of two runs. Raises _NoCodeError."""
    with contextlib.ExitStack() as stack:
        codes = [stack.enter_context(_code(run)) for run in runs]
        values = [sorted(mask_of(folder_of(run)).redactor.values) for run in runs]
        try:
            reply, body = run_job("differences", codes, values=values, only=only)
        except (TooLargeError, ArchiveError) as error:
            raise _NoCodeError(_about_code(runs[1], untranslated_message(error))) from error
        body.close()
    if reply["fault"]:
        raise _NoCodeError(_about_code(runs[reply["side"]], message_from_json(reply["fault"])))
    files: list[FileDifference] = reply["files"]
    for file in files:
        file["note"] = file["note"] and translated(message_from_json(file["note"]), language())
    return files


def _about_code(run: Run, fault: str) -> Message:
    return Message("{name}: its code {fault}", name=run.name, fault=fault)


def _code(run: Run) -> BinaryIO:
    """A run's code archive. Raises _NoCodeError."""
    folder = folder_of(run)
    name = archive_name([name for name in ARCHIVES if (folder / name).is_file()])
    if name is None:
        raise _NoCodeError(Message("{name} has no code archive", name=run.name))
    if mask_of(folder).is_blind:
        raise _NoCodeError(
            Message("{name}: its secrets are not known, or too many, so its code is not shown", name=run.name)
        )
    try:
        return open_inside(folder, name)
    except NoSuchFileError as error:
        raise _NoCodeError(
            Message("{name}: {file}: {reason}", name=run.name, file=name, reason=untranslated_message(error))
        ) from error
