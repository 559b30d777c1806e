"""Where a sweep stands, cell by cell."""

from __future__ import annotations

from flask import Blueprint, Response, request

from sml_viewer.run_views.coverage import Coverage, axes
from sml_viewer.run_views.coverage import coverage as coverage_of
from sml_viewer.run_views.plans import task_count
from sml_viewer.run_views.table import TableSnapshot, take_table_snapshot
from sml_viewer.web import library_pool as data
from sml_viewer.web.http.responses import answer
from sml_viewer.web.schemas.runs import CoverageAnswer

coverage = Blueprint("coverage", __name__)


@coverage.get("/api/v1/coverage")
def show() -> Response:
    """The matrix of a plan, or of the runs alone."""
    library = data.library()
    moment = take_table_snapshot(library)
    found = coverage_of(moment, library.roots, request.args.get("plan"))
    return answer(_to_json(moment, found))


def _to_json(moment: TableSnapshot, found: Coverage) -> CoverageAnswer:
    names = axes(found)
    places = {name: {text: place for place, text in enumerate(texts)} for name, texts in names.items()}
    return {
        "plans": [
            {
                "id": plan.id,
                "directory": str(plan.directory),
                "file": str(plan.path),
                "modified": plan.modified,
                "tasks": task_count(plan),
            }
            for plan in moment.plans
        ],
        "plan": found.plan.id if found.plan else None,
        "method": list(found.method),
        "environment": found.environment,
        "seed": found.seed,
        "methods": names["method"],
        "environments": names["environment"],
        "seeds": names["seed"],
        "cells": [
            {
                "method": places["method"][cell.method],
                "environment": places["environment"][cell.environment],
                "seed": places["seed"][cell.seed],
                "state": cell.state,
                "runs": list(cell.runs),
                "task": cell.task,
            }
            for cell in found.cells
        ],
        "counts": found.counts,
        "missing": found.missing,
        "complete": found.complete,
        "command": found.command,
        "hidden": found.hidden,
    }
