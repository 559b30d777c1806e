"""Live preview: the effect of a configuration's rules, keys and names on the runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from flask import Blueprint, Response

from sml_viewer.analysis.groups import chosen_pairs
from sml_viewer.columns.axes import offered_axes
from sml_viewer.columns.choose import known_columns, likely_columns
from sml_viewer.config.typed_options import SelectionOptions
from sml_viewer.errors import ColumnError, NoRunsError
from sml_viewer.model.run import Run
from sml_viewer.render.request import PlotRequest
from sml_viewer.run_views.snapshot import annotation_lookup
from sml_viewer.select.preview import Overview, make_overview, parameter_values
from sml_viewer.select.preview import RuleCount as RuleCaught
from sml_viewer.select.selection import apply_filters
from sml_viewer.web.http.request import Body, json_endpoint
from sml_viewer.web.http.responses import json_response, not_modified
from sml_viewer.web.schemas.preview import (
    CountsAnswer,
    Numbers,
    PreviewedColumns,
    PreviewedRuns,
    RuleCount,
    ValuesAnswer,
)

preview = Blueprint("preview", __name__)

_MOST_RUNS = 200
_MOST_NAMED = 1000


@preview.post("/api/v1/counts")
@json_endpoint
def count() -> Response:
    """Numbers of runs by rule, key, name and title, and the selected and filtered runs."""
    body = Body()
    plot_request = body.plot_request()
    version = plot_request.library.version
    if (same := not_modified(version)) is not None:
        return same
    runs = plot_request.library.runs()
    overview = make_overview(
        runs,
        plot_request.configuration,
        plot_request.where,
        annotation_lookup(plot_request.library),
        plot_request.library,
    )
    search, most = body.text("search", "").casefold(), int(body.number("limit", _MOST_RUNS, 0, 20_000))
    content: CountsAnswer = {
        **_numbers(overview, body.translate),
        **_runs(overview, search, most),
        **_columns(plot_request, overview, body.translate),
        "own_names": body.own_names(
            (title for title, _ in overview.titles), (algorithm.name for algorithm in overview.algorithms)
        ),
    }
    return json_response(content, version=version)


@preview.post("/api/v1/values")
@json_endpoint
def values() -> Response:
    """The values of a parameter that contain a text, with the number of runs of each."""
    body = Body()
    plot_request = body.plot_request()
    stages = apply_filters(
        plot_request.library.runs(),
        plot_request.configuration,
        plot_request.where,
        annotation_lookup(plot_request.library),
        plot_request.library,
    )
    name, most = body.text("parameter"), int(body.number("limit", 100, 1, _MOST_NAMED))
    many, listed = parameter_values(stages, name, body.text("search", ""), most)
    content: ValuesAnswer = {"count": many, "values": listed}
    return json_response(content)


def _numbers(overview: Overview, translate: Callable[[str], str]) -> Numbers:
    stages = overview.stages
    return {
        "runs": {
            "all": len(stages.current.runs),
            "superseded": overview.superseded,
            "asked": len(stages.matched.runs),
            "kept": len(stages.unfiltered.runs),
            "filtered": len(overview.filtered),
            "duplicates": len(stages.unfiltered.runs) - len(stages.counted.runs),
            "counted": len(stages.counted.runs),
        },
        "hidden": stages.hidden,
        "rules": {side: _counts(rules) for side, rules in overview.rules.items()},
        "bin": {side: _counts(rules) for side, rules in overview.binned.items()},
        "parameters": [
            {
                "name": key.name,
                "distinct": key.distinct,
                "runs": key.runs,
                "unique": key.unique,
                "examples": list(key.examples),
            }
            for key in overview.keys
        ],
        "keys": list(overview.naming.keys),
        "separators": list(overview.naming.separators),
        "automatic": sorted(overview.naming.automatic),
        "titles": list(overview.titles[:_MOST_NAMED]),
        "algorithms": [
            {
                "name": algorithm.name,
                "runs": algorithm.runs,
                "colour": algorithm.colour,
                "dashes": algorithm.dashes,
                "originals": list(algorithm.originals),
                "pools": [(title, translate(mixed)) for title, mixed in algorithm.pools],
            }
            for algorithm in overview.algorithms[:_MOST_NAMED]
        ],
        "algorithm_count": len(overview.algorithms),
        "order": list(overview.order[:_MOST_NAMED]),
        "legend": list(overview.legend[:_MOST_NAMED]),
        "renames": [
            {"old": old, "new": new, "wildcard": wildcard, "runs": overview.renamed(old, wildcard=wildcard)}
            for old, new, wildcard in overview.naming.renames
        ],
    }


def _counts(rules: Sequence[RuleCaught]) -> list[RuleCount]:
    return [{"caught": rule.caught, "alone": rule.alone} for rule in rules]


def _runs(overview: Overview, search: str, most: int) -> PreviewedRuns:
    def named(run: Run) -> bool:
        return search in run.name.casefold()

    naming = overview.naming
    counted = [run for run in overview.stages.counted.runs if not search or named(run)]
    filtered = [item for item in overview.filtered if not search or named(item[0])]
    return {
        "kept": {
            "count": len(counted),
            "runs": [
                {
                    "id": run.id,
                    "name": run.name,
                    "algorithm": naming.algorithm(run),
                    "title": naming.title(run),
                }
                for run in counted[:most]
            ],
        },
        "filtered": {
            "count": len(filtered),
            "runs": [
                {"id": run.id, "name": run.name, "rules": list(rules)} for run, rules in filtered[:most]
            ],
        },
        "duplicates": [
            {"kept": group.counted.name, "others": [run.name for run in group.others]}
            for group in overview.stages.duplicates[:_MOST_RUNS]
        ],
    }


def _columns(
    plot_request: PlotRequest, overview: Overview, translate: Callable[[str], str]
) -> PreviewedColumns:
    """The columns, and the pairs that will be drawn, or why none can be."""
    runs = overview.stages.counted.runs
    columns = known_columns(runs)
    x_columns, y_columns = likely_columns(runs)
    old_names = (
        known_columns(overview.stages.current.runs)
        if SelectionOptions.of(plot_request.configuration).data_key_rename_config
        else columns
    )
    try:
        pairs, fault = chosen_pairs(plot_request.library, runs, plot_request.configuration), None
    except (ColumnError, NoRunsError) as error:
        pairs, fault = [], translate(error.args[0])
    return {
        "columns": columns,
        "x_columns": x_columns,
        "y_columns": y_columns,
        "made_columns": offered_axes(runs),
        "all_columns": old_names,
        "pairs": pairs,
        "automatic_pairs": not SelectionOptions.of(plot_request.configuration).plotting_xy,
        "pairs_fault": fault,
    }
