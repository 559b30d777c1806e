"""Coverage matrix of a sweep."""

from __future__ import annotations

from flask import Blueprint, Response, request

from sml_config.hashing import short_hash
from sml_viewer.run_views.coverage import Coverage, axes, only_of
from sml_viewer.run_views.coverage import coverage as coverage_of
from sml_viewer.run_views.plans import task_count
from sml_viewer.run_views.table import TableSnapshot, take_table_snapshot
from sml_viewer.web import library_pool
from sml_viewer.web.http.responses import json_response, not_modified
from sml_viewer.web.schemas.runs import CoverageAnswer

coverage = Blueprint("coverage", __name__)


@coverage.get("/api/v1/coverage")
def show() -> Response:
    """The matrix of a plan, or of the runs alone."""
    library = library_pool.library()
    table = take_table_snapshot(library)
    matrix = coverage_of(table, library.roots, request.args.get("plan"))
    chosen, without = set(request.args.getlist("id")), set(request.args.getlist("without"))
    if chosen or without:
        matrix = only_of(matrix, (chosen or set(table.snapshot.ids)) - without)
    content = _to_json(table, matrix)
    # Claims and journals of a launcher change without the runs.
    version = short_hash(repr(content), 16)
    return not_modified(version) or json_response(dict(content), version=version)


def _to_json(table: TableSnapshot, matrix: Coverage) -> CoverageAnswer:
    names = axes(matrix)
    indices = {name: {text: index for index, text in enumerate(texts)} for name, texts in names.items()}
    return {
        "plans": [
            {
                "id": plan.id,
                "directory": str(plan.directory),
                "file": str(plan.path),
                "modified": plan.modified,
                "tasks": task_count(plan),
            }
            for plan in table.plans
        ],
        "plan": matrix.plan.id if matrix.plan else None,
        "method": list(matrix.method),
        "environment": matrix.environment,
        "seed": matrix.seed,
        "methods": names["method"],
        "environments": names["environment"],
        "seeds": names["seed"],
        "cells": [
            {
                "method": indices["method"][cell.method],
                "environment": indices["environment"][cell.environment],
                "seed": indices["seed"][cell.seed],
                "state": cell.state,
                "runs": list(cell.runs),
                "task": cell.task,
            }
            for cell in matrix.cells
        ],
        "counts": matrix.counts,
        "missing": matrix.missing,
        "complete": matrix.complete,
        "command": matrix.command,
        "hidden": matrix.hidden,
    }
