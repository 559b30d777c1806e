"""Scores: as bars, over all sub-figures, as tables and their texts."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from flask import Blueprint, Response

from sml_viewer.analysis.aggregate import Aggregates
from sml_viewer.analysis.scores import scale_of
from sml_viewer.columns.metric_direction import largest_is_best
from sml_viewer.model.results import Cell, ScoreTable
from sml_viewer.model.run import Run
from sml_viewer.naming.labels import LOOKS, SCREEN_LOOKS, looks
from sml_viewer.naming.short_names import short_names
from sml_viewer.render.formats import formats, tables_text
from sml_viewer.render.request import FigureSet, PlotRequest
from sml_viewer.render.tables.layout import layout
from sml_viewer.report.caption import look_sentences
from sml_viewer.report.score_caption import bars_normalised
from sml_viewer.web.http.request import Body, json_endpoint
from sml_viewer.web.http.responses import answer, not_modified
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

Said = Callable[[str], str]


@scores.post("/api/v1/bars")
@json_endpoint
def bars() -> Response:
    """Every cell with its runs' scores, and what its group is divided by."""
    body = Body()
    look = body.plot_request()
    version = look.library.version
    if (same := not_modified(version)) is not None:
        return same
    tables = FigureSet(look, "bar").tables
    content: BarsAnswer = {
        "tables": [_bars(table, look, body.translate) for table in tables],
        **_algorithms(look, tables),
    }
    return answer(content, version=version)


@scores.post("/api/v1/aggregate")
@json_endpoint
def aggregate() -> Response:
    """IQM, median, mean and optimality gap with their intervals, and performance profiles."""
    body = Body()
    look = body.plot_request()
    version = look.library.version
    if (same := not_modified(version)) is not None:
        return same
    aggregates = look.aggregates()
    found: list[AggregatesShown] = [
        {
            "pair": one.pair,
            "caption": _screen_caption(one.caption, one.algorithms, body.translate),
            "details": _screen_caption(one.details, one.algorithms, body.translate),
            "tasks": list(one.tasks),
            "thresholds": one.thresholds.tolist(),
            "aggregates": [
                {
                    "algorithm": each.algorithm,
                    "n": len(each.runs),
                    "missing": list(each.missing),
                    "intervals": {kind: [*map(_number, ends)] for kind, ends in each.intervals.items()},
                    "profile": [] if each.missing else each.profile.tolist(),
                }
                for each in one.aggregates
            ],
        }
        for one in aggregates
    ]
    content: AggregateAnswer = {"aggregates": found, **_algorithms(look, aggregates)}
    return answer(content, version=version)


@scores.post("/api/v1/table")
@json_endpoint
def table() -> Response:
    """The tables as they are read; with `kind` their text as md, tex, html or csv."""
    body = Body()
    look = body.plot_request()
    version = look.library.version
    if (same := not_modified(version)) is not None:
        return same
    tables = look.tables()
    texts = {}
    if body.fields.get("kind") is not None:
        kind = body.choice("kind", tuple(formats().tables))
        texts[kind] = tables_text(tables, formats().tables[kind])
    content: TableAnswer = {
        "tables": [_table(one, body.translate) for one in tables],
        "texts": texts,
        **_algorithms(look, tables),
    }
    return answer(content, version=version)


def _algorithms(look: PlotRequest, shown: Sequence[ScoreTable | Aggregates]) -> ShownAlgorithms:
    """The algorithms that are shown with their looks and labels, whether all are, and which score is best."""
    selection = look.selection()
    names = {name for one in shown for name in one.algorithms}
    there = [name for name in selection.algorithms if name in names]
    more = any(isinstance(one, ScoreTable) and one.more for one in shown)
    return {
        **said_looks(looks(selection.palette, there), there),
        "reduced": more or bool(selection.naming.bins),
        "largest": [largest_is_best(look.configuration, one.pair) for one in shown],
    }


def _screen_caption(caption: str, names: Sequence[str], said: Said) -> str:
    """The caption, and that looks repeat on the screen where they do not in a figure."""
    repeated = look_sentences(names, SCREEN_LOOKS)[:1] if SCREEN_LOOKS < len(names) <= LOOKS else []
    return "\n".join([said(caption), *map(said, repeated)])


def said_looks(looks: Mapping[str, tuple[str, str]], names: Sequence[str]) -> Algorithms:
    """The algorithms of these names with their looks and labels, and what the names have in common."""
    short = short_names(names)
    algorithms: list[AlgorithmShown] = [
        {"name": name, "label": short.labels[name], "colour": looks[name][0], "dashes": looks[name][1]}
        for name in names
    ]
    return {"algorithms": algorithms, "common": short.title}


def _bars(table: ScoreTable, look: PlotRequest, said: Said) -> BarsShown:
    normalised = bars_normalised(table, look.configuration)
    return {
        "pair": table.pair,
        "titles": list(table.titles),
        "algorithms": list(table.algorithms),
        "caption": _screen_caption(table.caption, table.algorithms, said),
        "details": _screen_caption(table.details, table.algorithms, said),
        "normalised": normalised,
        "groups": [
            {
                "title": title,
                "scale": scale_of(row) if normalised else 1.0,
                "cells": [None if cell is None else _cell(cell, said) for cell in row],
            }
            for title, row in zip(table.titles, table.rows, strict=True)
        ],
    }


def _table(table: ScoreTable, said: Said) -> TableShown:
    grid = layout(table)
    cells: list[TableCell] = [
        {"title": title, "algorithm": algorithm, **_cell(cell, said)}
        for title, algorithm, cell in table.cells()
    ]
    return {
        "pair": table.pair,
        "caption": said(table.caption),
        "details": said(table.details),
        "notes": [said(note) for note in table.notes],
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


def _cell(cell: Cell, said: Said) -> ScoreCell:
    return {
        "mean": _number(cell.mean),
        "error": _number(cell.error),
        "n": cell.n,
        "text": cell.text,
        "best": cell.best,
        "with_best": cell.with_best,
        "unfinished": cell.unfinished,
        "pools": said(cell.mixed) if cell.mixed else None,
        "repeats": cell.repeats,
        "scores": [_number(value) for value in cell.scores.tolist()],
        "runs": [_named(run) for run in cell.runs],
    }


def _named(run: Run) -> ScoredRun:
    return {"id": run.id, "name": run.name, "state": run.state}


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
