"""Hyper-parameters of the runs in sight: trials, axes, importance."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Literal, cast

from flask import Blueprint, Response

from sml_viewer.analysis.groups import chosen_pairs
from sml_viewer.analysis.hyperparameters import (
    Hyperparameters,
    Importance,
    ParameterAxis,
    make_hyperparameters,
)
from sml_viewer.arrays import Floats
from sml_viewer.columns.choose import column_counts, likely_columns
from sml_viewer.naming.labels import COLOURS
from sml_viewer.run_views.snapshot import take_snapshot
from sml_viewer.select.selection import Selection
from sml_viewer.stats.association import LEAST
from sml_viewer.web.http.request import Body, json_endpoint
from sml_viewer.web.http.responses import json_response, not_modified
from sml_viewer.web.schemas.hyperparameters import (
    HyperparametersAnswer,
    ParameterImportance,
    Trials,
)
from sml_viewer.web.schemas.hyperparameters import ParameterAxis as AxisShown

hyperparameters = Blueprint("hyperparameters", __name__)

_SAMPLE = 50  # runs whose columns are ranked by how likely they are a score


@hyperparameters.post("/api/v1/hyperparameters")
@json_endpoint
def overview() -> Response:
    """Parameters and scores of the runs in sight, and which parameter matters."""
    body = Body()
    request = body.plot_request()
    score, title = body.text("score", ""), body.text("title", "")
    version = request.library.version
    if (same := not_modified(version)) is not None:
        return same

    def make() -> tuple[Selection, Hyperparameters]:
        selection = request.selection()
        x, y = chosen_pairs(request.library, selection.runs, request.configuration)[0]
        pair = (x, score or y)
        return selection, make_hyperparameters(request.library, selection, request.configuration, pair, title)

    key = json.dumps([request.configuration.values, request.where, score, title], default=str)
    selection, result = request.library.get_or_compute(("hyperparameters", version, key), make)
    sample = selection.runs[:: max(1, len(selection.runs) // _SAMPLE)]
    counts = column_counts(selection.runs)
    likely = dict.fromkeys([result.pair[1], *likely_columns(list(sample))[1], *counts])
    content: HyperparametersAnswer = {
        "score": result.pair[1],
        "x": result.pair[0],
        "largest": result.largest,
        "metrics": [name for name in likely if name in counts and name != result.pair[0]],
        "title": title,
        "titles": list(selection.titles),
        "own_names": body.own_names(selection.titles),
        "trials": _trials(result, selection, take_snapshot(request.library).id_of),
        "axes": list(map(_axis, result.axes)),
        "importance": [_importance(item, selection) for item in result.importance],
        "least": LEAST,
        "colours": list(COLOURS),
        "caption": body.translate(result.caption),
        "hidden": selection.hidden,
        "filtered": selection.filtered,
        "notes": [body.translate(note) for note in result.notes],
    }
    return json_response(content, version=version)


def _trials(result: Hyperparameters, selection: Selection, id_of: Mapping[tuple[int, int], str]) -> Trials:
    positions = {title: position for position, title in enumerate(selection.titles)}
    return {
        "ids": [id_of.get(run.key, run.id) for run in result.runs],
        "names": [run.name for run in result.runs],
        "states": [run.state for run in result.runs],
        "titles": [positions[title] for title in result.titles],
        "configurations": result.configurations.tolist(),
        "scores": _cells(result.scores),
    }


def _axis(axis: ParameterAxis) -> AxisShown:
    return {
        "name": axis.name,
        "kind": "number" if axis.numeric else "category",
        "log": axis.log,
        "texts": list(axis.texts),
        "cells": _cells(axis.cells),
    }


def _importance(item: Importance, selection: Selection) -> ParameterImportance:
    association = item.association
    positions = {title: position for position, title in enumerate(selection.titles)}
    return {
        "name": item.name,
        "n": item.n,
        "share": association.share if association else None,
        "rho": association.rho if association else None,
        "p_value": item.p_value,
        "better": cast('Literal["larger", "smaller", "between", "ends", ""]', item.better),
        "best": item.best,
        "same_as": list(item.same_as),
        "by_value": [
            {
                "title": positions[each.title],
                "value": each.value,
                "mean": _finite(each.mean),
                "deviation": _finite(each.deviation),
                "n": each.n,
            }
            for each in item.by_value
        ],
    }


def _cells(values: Floats) -> list[float | None]:
    return [_finite(value) for value in values.tolist()]


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
