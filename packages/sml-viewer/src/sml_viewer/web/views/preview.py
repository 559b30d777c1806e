"""What a configuration's rules, keys and names make of the runs, live."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from flask import Blueprint, Response

from sml_viewer.analysis.groups import chosen_pairs
from sml_viewer.analysis.importance import rank_parameters, relevance_caption
from sml_viewer.columns.axes import HOURS, ROW, TIMESTEPS
from sml_viewer.columns.choose import known_columns, likely_columns
from sml_viewer.errors import ColumnError, NoRunsError
from sml_viewer.model.run import Run
from sml_viewer.render.request import PlotRequest
from sml_viewer.run_views.snapshot import annotation_lookup
from sml_viewer.select.preview import Overview, make_overview, parameter_values
from sml_viewer.select.preview import RuleCount as RuleCaught
from sml_viewer.select.selection import apply_filters
from sml_viewer.web.http.request import Body, json_endpoint
from sml_viewer.web.http.responses import answer, not_modified
from sml_viewer.web.schemas.preview import (
    CountsAnswer,
    Numbers,
    PreviewedColumns,
    PreviewedRuns,
    RelevanceAnswer,
    RuleCount,
    ValuesAnswer,
)

counts = Blueprint("counts", __name__)

_MOST_RUNS = 200
_MOST_NAMED = 1000


@counts.post("/api/v1/counts")
@json_endpoint
def count() -> Response:
    """Numbers of runs by rule, key, name and title, and the runs that are kept and left out."""
    body = Body()
    look = body.plot_request()
    version = look.library.version
    if (same := not_modified(version)) is not None:
        return same
    runs = look.library.runs()
    found = make_overview(runs, look.configuration, look.where, annotation_lookup(look.library), look.library)
    search, most = body.text("search", "").casefold(), int(body.number("limit", _MOST_RUNS, 0, 20_000))
    content: CountsAnswer = {
        **_numbers(found, body.translate),
        **_runs(found, search, most),
        **_columns(look, found, body.translate),
    }
    return answer(content, version=version)


@counts.post("/api/v1/values")
@json_endpoint
def values() -> Response:
    """The values of one parameter that hold a word, with how many runs have each."""
    body = Body()
    look = body.plot_request()
    stages = apply_filters(
        look.library.runs(), look.configuration, look.where, annotation_lookup(look.library), look.library
    )
    name, most = body.text("parameter"), int(body.number("limit", 100, 1, _MOST_NAMED))
    many, found = parameter_values(stages, name, body.text("search", ""), most)
    content: ValuesAnswer = {"count": many, "values": found}
    return answer(content)


@counts.post("/api/v1/relevance")
@json_endpoint
def relevance() -> Response:
    """Which parameter matters most: each key's share of the scores' variance, and how sure that is."""
    body = Body()
    look = body.plot_request()
    table = look.tables()[0]
    keys = body.texts("keys", []) or list(look.selection().naming.keys)
    ranked = rank_parameters(table, keys)
    content: RelevanceAnswer = {
        "keys": [
            {
                "name": one.name,
                "values": one.values,
                "runs": one.runs,
                "share": one.share,
                "p_value": one.p_value,
                "same_as": list(one.same_as),
            }
            for one in ranked
        ],
        "caption": body.translate(relevance_caption(table.pair, ranked)),
    }
    return answer(content)


def _numbers(found: Overview, said: Callable[[str], str]) -> Numbers:
    stages = found.stages
    return {
        "runs": {
            "all": len(stages.current.runs),
            "superseded": found.superseded,
            "asked": len(stages.asked.runs),
            "kept": len(stages.kept.runs),
            "filtered": len(found.filtered),
            "duplicates": len(stages.kept.runs) - len(stages.counted.runs),
            "counted": len(stages.counted.runs),
        },
        "hidden": stages.hidden,
        "rules": {side: _counts(rules) for side, rules in found.rules.items()},
        "bin": {side: _counts(rules) for side, rules in found.binned.items()},
        "parameters": [
            {
                "name": key.name,
                "distinct": key.distinct,
                "runs": key.runs,
                "unique": key.unique,
                "examples": list(key.examples),
            }
            for key in found.keys
        ],
        "keys": list(found.naming.keys),
        "separators": list(found.naming.separators),
        "automatic": sorted(found.naming.automatic),
        "titles": list(found.titles[:_MOST_NAMED]),
        "algorithms": [
            {
                "name": one.name,
                "runs": one.runs,
                "colour": one.colour,
                "dashes": one.dashes,
                "originals": list(one.originals),
                "pools": [(title, said(what)) for title, what in one.pools],
            }
            for one in found.algorithms[:_MOST_NAMED]
        ],
        "algorithm_count": len(found.algorithms),
        "order": list(found.order[:_MOST_NAMED]),
        "legend": list(found.legend[:_MOST_NAMED]),
        "renames": [
            {"old": old, "new": new, "wildcard": wildcard, "runs": found.renamed(old, wildcard=wildcard)}
            for old, new, wildcard in found.naming.renames
        ],
    }


def _counts(rules: Sequence[RuleCaught]) -> list[RuleCount]:
    return [{"caught": one.caught, "alone": one.alone} for one in rules]


def _runs(found: Overview, search: str, most: int) -> PreviewedRuns:
    def named(run: Run) -> bool:
        return search in run.name.casefold()

    naming = found.naming
    kept = [run for run in found.stages.counted.runs if not search or named(run)]
    filtered = [one for one in found.filtered if not search or named(one[0])]
    return {
        "kept": {
            "count": len(kept),
            "runs": [
                {
                    "id": run.id,
                    "name": run.name,
                    "algorithm": naming.algorithm(run),
                    "title": naming.title(run),
                }
                for run in kept[:most]
            ],
        },
        "filtered": {
            "count": len(filtered),
            "runs": [
                {"id": run.id, "name": run.name, "rules": list(rules)} for run, rules in filtered[:most]
            ],
        },
        "duplicates": [
            {"kept": group.kept.name, "others": [run.name for run in group.others]}
            for group in found.stages.duplicates[:_MOST_RUNS]
        ],
    }


def _columns(look: PlotRequest, found: Overview, said: Callable[[str], str]) -> PreviewedColumns:
    """The columns that there are, and the pairs that will be drawn; why none can be."""
    runs = found.stages.counted.runs
    columns = known_columns(runs)
    x_columns, y_columns = likely_columns(runs)
    old_names = (
        known_columns(found.stages.current.runs)
        if look.configuration.get("DATA_KEY_RENAME_CONFIG")
        else columns
    )
    try:
        pairs, fault = chosen_pairs(look.library, runs, look.configuration), None
    except (ColumnError, NoRunsError) as error:
        pairs, fault = [], said(error.args[0])
    return {
        "columns": columns,
        "x_columns": x_columns,
        "y_columns": y_columns,
        "made_columns": [ROW, HOURS, *([TIMESTEPS] if any(run.monitors for run in runs) else [])],
        "all_columns": old_names,
        "pairs": pairs,
        "automatic_pairs": not look.configuration.get("PLOTTING_XY"),
        "pairs_fault": fault,
    }
