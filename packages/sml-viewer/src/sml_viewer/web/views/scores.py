"""Scores as bars, aggregates and tables."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from flask import Blueprint, Response

from sml_viewer.analysis.aggregate import Aggregates
from sml_viewer.analysis.scores import scale_of
from sml_viewer.columns.metric_direction import largest_is_best
from sml_viewer.config.typed_options import figure_language
from sml_viewer.model.results import Cell, ScoreTable
from sml_viewer.model.run import Run
from sml_viewer.naming.labels import SCREEN_STYLE_COUNT, STYLE_COUNT, line_styles
from sml_viewer.naming.short_names import short_names
from sml_viewer.render.formats import formats, tables_text
from sml_viewer.render.request import FigureSet, PlotRequest
from sml_viewer.render.tables.layout import in_language, layout
from sml_viewer.report.caption import style_sentences
from sml_viewer.report.score_caption import bars_normalised
from sml_viewer.web.http.request import Body, json_endpoint
from sml_viewer.web.http.responses import json_response, not_modified
from sml_viewer.web.schemas.plots import Algorithms, AlgorithmShown, ShownAlgorithms
from sml_viewer.web.schemas.scores import (
    AggregateAnswer,
    AggregatesShown,
    BarsAnswer,
    BarsShown,
    ScoreCell,
    ScoredRun,
    TableAnswer,
    TableCell,
    TableShown,
)

scores = Blueprint("scores", __name__)

Translate = Callable[[str], str]


@scores.post("/api/v1/bars")
@json_endpoint
def bars() -> Response:
    """Every cell with its runs' scores, and the scale of its group."""
    body = Body()
    plot_request = body.plot_request()
    version = plot_request.library.version
    if (same := not_modified(version)) is not None:
        return same
    tables = FigureSet(plot_request, "bar").tables
    content: BarsAnswer = {
        "tables": [_bars(table, plot_request, body.translate) for table in tables],
        **_algorithms(plot_request, tables, body),
    }
    return json_response(content, version=version)


@scores.post("/api/v1/aggregate")
@json_endpoint
def aggregate() -> Response:
    """IQM, median, mean and optimality gap with their intervals, and performance profiles."""
    body = Body()
    plot_request = body.plot_request()
    version = plot_request.library.version
    if (same := not_modified(version)) is not None:
        return same
    aggregates = plot_request.aggregates()
    listed: list[AggregatesShown] = [
        {
            "pair": pair_aggregates.pair,
            "caption": _screen_caption(pair_aggregates.caption, pair_aggregates.algorithms, body.translate),
            "details": _screen_caption(pair_aggregates.details, pair_aggregates.algorithms, body.translate),
            "tasks": list(pair_aggregates.tasks),
            "thresholds": pair_aggregates.thresholds.tolist(),
            "aggregates": [
                {
                    "algorithm": each.algorithm,
                    "n": len(each.runs),
                    "missing": list(each.missing),
                    "intervals": {kind: [*map(_number, ends)] for kind, ends in each.intervals.items()},
                    "profile": [] if each.missing else each.profile.tolist(),
                }
                for each in pair_aggregates.aggregates
            ],
        }
        for pair_aggregates in aggregates
    ]
    content: AggregateAnswer = {"aggregates": listed, **_algorithms(plot_request, aggregates, body)}
    return json_response(content, version=version)


@scores.post("/api/v1/table")
@json_endpoint
def table() -> Response:
    """The tables; with `kind` also as text: md, tex, html or csv."""
    body = Body()
    plot_request = body.figure_request()
    version = plot_request.library.version
    if (same := not_modified(version)) is not None:
        return same
    tables = plot_request.tables()
    texts = {}
    if body.fields.get("kind") is not None:
        kind = body.choice("kind", tuple(formats().tables))
        texts[kind] = tables_text(
            tables, formats().tables[kind], language=figure_language(plot_request.configuration)
        )
    content: TableAnswer = {
        "tables": [_table(score_table, body) for score_table in tables],
        "texts": texts,
        **_algorithms(plot_request, tables, body),
    }
    return json_response(content, version=version)


def _algorithms(
    plot_request: PlotRequest, shown: Sequence[ScoreTable | Aggregates], body: Body
) -> ShownAlgorithms:
    """The shown algorithms with styles and labels, whether all are shown, and which score is best."""
    selection = plot_request.selection()
    names = {name for results in shown for name in results.algorithms}
    present = [name for name in selection.algorithms if name in names]
    titles = [title for results in shown if isinstance(results, ScoreTable) for title in results.titles]
    more = any(isinstance(results, ScoreTable) and results.more for results in shown)
    return {
        **algorithm_styles(
            line_styles(selection.palette, present, selection.colours), present, body.translate
        ),
        "own_names": body.own_names(titles, present),
        "reduced": more or bool(selection.naming.bins),
        "largest": [largest_is_best(plot_request.configuration, results.pair) for results in shown],
    }


def _screen_caption(caption: str, names: Sequence[str], translate: Translate) -> str:
    """The caption, with a note if styles repeat on the screen but not in a figure."""
    repeated = (
        style_sentences(names, SCREEN_STYLE_COUNT)[:1]
        if SCREEN_STYLE_COUNT < len(names) <= STYLE_COUNT
        else []
    )
    return "\n".join([translate(caption), *map(translate, repeated)])


def algorithm_styles(
    styles: Mapping[str, tuple[str, str]], names: Sequence[str], translate: Translate
) -> Algorithms:
    """The algorithms with styles and short labels, and what their names have in common."""
    short = short_names(names)
    algorithms: list[AlgorithmShown] = [
        {
            "name": name,
            "label": translate(short.labels[name]),
            "colour": styles[name][0],
            "dashes": styles[name][1],
        }
        for name in names
    ]
    return {"algorithms": algorithms, "common": short.title}


def _bars(table: ScoreTable, plot_request: PlotRequest, translate: Translate) -> BarsShown:
    normalised = bars_normalised(table, plot_request.configuration)
    return {
        "pair": table.pair,
        "titles": list(table.titles),
        "algorithms": list(table.algorithms),
        "caption": _screen_caption(table.caption, table.algorithms, translate),
        "details": _screen_caption(table.details, table.algorithms, translate),
        "normalised": normalised,
        "groups": [
            {
                "title": title,
                "scale": scale_of(row) if normalised else 1.0,
                "cells": [None if cell is None else _cell(cell, translate) for cell in row],
            }
            for title, row in zip(table.titles, table.rows, strict=True)
        ],
    }


def _table(table: ScoreTable, body: Body) -> TableShown:
    grid, translate = layout(in_language(table, body.language)), body.translate
    cells: list[TableCell] = [
        {"title": title, "algorithm": algorithm, **_cell(cell, translate)}
        for title, algorithm, cell in table.cells()
    ]
    return {
        "pair": table.pair,
        "caption": translate(table.caption),
        "details": translate(table.details),
        "notes": [translate(note) for note in table.notes],
        "titles": list(table.titles),
        "algorithms": list(table.algorithms),
        "transposed": table.transposed,
        "head": list(grid.head),
        "rows": [
            {"name": name, "cells": [{"text": text, "bold": bold} for text, bold in cells]}
            for name, cells in grid.rows
        ],
        "cells": cells,
    }


def _cell(cell: Cell, translate: Translate) -> ScoreCell:
    return {
        "mean": _number(cell.mean),
        "error": _number(cell.error),
        "n": cell.n,
        "text": cell.text,
        "best": cell.best,
        "with_best": cell.with_best,
        "unfinished": cell.unfinished,
        "pools": translate(cell.mixed) if cell.mixed else None,
        "repeats": cell.repeats,
        "scores": [_number(value) for value in cell.scores.tolist()],
        "runs": [_named(run) for run in cell.runs],
    }


def _named(run: Run) -> ScoredRun:
    return {"id": run.id, "name": run.name, "state": run.state}


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
