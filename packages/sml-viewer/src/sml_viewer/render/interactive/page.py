"""The HTML of shared charts: words, numbers, and the page's own chart scripts in one file."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any

from sml_viewer.errors import SmlViewerError
from sml_viewer.i18n import Message, span, translated
from sml_viewer.model.results import Panel
from sml_viewer.naming.anonymize import hosts_of, masked
from sml_viewer.render.anonymous import shared_query
from sml_viewer.render.packed_arrays import PackedArrays
from sml_viewer.render.packed_curves import Window, pack_curve
from sml_viewer.render.provenance import make_provenance, to_text
from sml_viewer.render.request import PlotRequest
from sml_viewer.report.caption import Caption, curves_caption

from .charts import SharedChart, SharedCharts, make_shared_charts
from .view import SharedView

# Grid points of a curve, of which the first that fit are taken: a chart has twice as many, and the extremes.
_GRIDS = (1600, 800, 400, 200, 100, 50)
_MOST_BYTES = 800_000  # of all arrays, compressed; a third more as text
_TEXTS = ("charts", "share")
_SETTINGS = ("low", "high", "logy", "robust")
_LONGEST_QUERY = 300


def make_interactive_html(request: PlotRequest, view: SharedView) -> str:
    """The charts of a view as HTML that loads nothing else, and carries the provenance that `reopen` reads.

    Raises NoRunsError if nothing can be drawn, SmlViewerError if the page's scripts are not built.
    """
    shared = request.library.answer(lambda: make_shared_charts(request, view))
    hosts = hosts_of(shared.selection.everything)

    def public(text: str) -> str:
        return masked(text, hosts)

    header, content = _packed(shared, view, public)
    script, style = _asset("charts.js"), _asset("charts.css")
    texts = {name: _texts(view.language, name) for name in _TEXTS}
    data = {"texts": {**texts["charts"], **texts["share"]}, **header, "note": view.note}
    words = _words(request, shared, view, public)
    title = escape(public(view.title) or texts["share"]["share.untitled"])
    language = "zh-Hans" if view.language == "zh" else "en"
    policy = (
        f"default-src 'none'; script-src '{_digest(script)}'; style-src '{_digest(style)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    provenance = make_provenance("plot", request.configuration, request.where, shared.selection.runs)
    provenance = replace(provenance, where=shared_query(request.where, shared.selection.runs))
    return "\n".join(
        [
            "<!doctype html>",
            f'<html lang="{language}"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f'<meta name="description" content="{to_text(provenance)}">',
            f"<title>{title}</title><style>{style}</style></head><body>",
            f'<header class="shared-head"><h1>{title}</h1>{words["facts"]}</header>',
            '<main id="app"></main>',
            f'<footer class="shared-foot">{words["caption"]}</footer>',
            f"<noscript><p>{escape(texts['share']['share.noscript'])}</p></noscript>",
            f'<script type="application/json" id="view">{_embedded(data)}</script>',
            f'<script type="text/plain" id="arrays">{base64.b64encode(content).decode("ascii")}</script>',
            f'<script type="module">{script}</script>',
            "</body></html>",
        ]
    )


def _packed(
    shared: SharedCharts, view: SharedView, public: Callable[[str], str]
) -> tuple[dict[str, Any], bytes]:
    """The header of the charts and their compressed arrays, as fine as fits."""
    number_of = {each.line.key: str(number) for number, each in enumerate(shared.lines)}
    for grid in _GRIDS:
        arrays = PackedArrays()
        window = Window(grid, log=view.logx)
        charts = [_chart(chart, view, window, number_of, arrays, public) for chart in shared.charts]
        content = gzip.compress(arrays.content, 6, mtime=0)
        if len(content) <= _MOST_BYTES:
            break
    lines = [
        {
            "key": number_of[each.line.key],
            "name": each.name,
            "label": each.label,
            "colour": shared.styles[each.line.key][0],
            "dashes": shared.styles[each.line.key][1],
            "runs": len(each.line.runs),
            "seed": each.seed,
            "score": None if each.line.score != each.line.score else each.line.score,
        }
        for each in shared.lines
    ]
    scale = {"logx": view.logx, "logy": view.logy, "robust": view.robust}
    return {
        "by": shared.by,
        "common": shared.common,
        "scale": scale,
        "lines": lines,
        "charts": charts,
    }, content


def _chart(
    chart: SharedChart,
    view: SharedView,
    window: Window,
    number_of: Mapping[str, str],
    arrays: PackedArrays,
    public: Callable[[str], str],
) -> dict[str, Any]:
    """One chart; its numbers go to `arrays`."""
    settings = view.panels.get(chart.pair[1], {})
    shown = replace(window, log=False) if chart.has_bars else window
    return {
        "metric": public(chart.pair[1]),
        "x": public(chart.pair[0]),
        "bars": chart.has_bars,
        "settings": {name: value for name, value in settings.items() if name in _SETTINGS},
        "curves": [
            pack_curve(number_of[each.line.key], curve, shown, arrays) for each, curve in chart.curves
        ],
    }


def _words(
    request: PlotRequest, shared: SharedCharts, view: SharedView, public: Callable[[str], str]
) -> Mapping[str, str]:
    """The facts at the top and the caption, as HTML in the language of the view."""
    sizes = [len(each.line.runs) for each in shared.lines]
    keys = ", ".join(map(public, shared.anonymous.naming.keys))
    query = shared_query(request.where, shared.selection.runs)
    if len(query) > _LONGEST_QUERY:
        query = query[:_LONGEST_QUERY] + "…"
    facts: list[str] = []
    if shared.by == "groups":
        facts.append(Message("{n} group(s)", n=len(sizes)))
        facts.append(Message("{n} run(s)", n=sum(sizes)))
        facts.append(Message("n = {n} per group", n=span(min(sizes, default=0), max(sizes, default=0))))
        facts += [Message("grouped by {keys}", keys=keys)] if keys else []
    else:
        facts.append(Message("{n} run(s)", n=len(sizes)))
    if shared.left:
        facts.append(Message("{n} more metric(s) are not in this file", n=shared.left))
    words = [time.strftime("%Y-%m-%d"), *(escape(translated(fact, view.language)) for fact in facts)]
    if query.strip():
        words.append(f"<code>{escape(query)}</code>")
    caption = _caption(request, shared)
    return {
        "facts": f"<p>{' · '.join(words)}</p>",
        "caption": "".join(
            f"<p>{escape(public(line))}</p>" for line in translated(caption.text, view.language).split("\n")
        ),
    }


def _caption(request: PlotRequest, shared: SharedCharts) -> Caption:
    """How centres and bands were computed, and what was left out."""
    panels = []
    for chart in shared.charts:
        by_title: dict[str, list[Any]] = {}
        for each, curve in chart.curves:
            algorithm = each.algorithm if shared.by == "groups" else each.name
            by_title.setdefault(each.title, []).append(replace(curve, algorithm=algorithm))
        panels += [Panel(chart.pair, title, (title,), tuple(curves)) for title, curves in by_title.items()]
    return curves_caption(panels, request.configuration, shared.anonymous, shared.notes)


def _embedded(value: object) -> str:
    """JSON that cannot end the element that holds it."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c")


def _digest(content: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(content.encode("utf-8")).digest()).decode("ascii")


@cache
def _texts(language: str, name: str) -> dict[str, str]:
    source = files("sml_viewer") / "web" / "static" / "locales" / f"{language}.{name}.json"
    texts: dict[str, str] = json.loads(source.read_text(encoding="utf-8"))
    return texts


def _asset(name: str) -> str:
    """A script or style that the build makes of the page's own charts."""
    source = files("sml_viewer") / "web" / "static" / "bundle" / "standalone" / name
    try:
        content = source.read_text(encoding="utf-8").strip()
    except FileNotFoundError as error:
        raise SmlViewerError(
            Message(
                "the page's scripts are not built ({name} is missing); install a release of sml-viewer, "
                "or run: {command}",
                name=name,
                command="python packages/sml-viewer/hatch_build.py bundle",
            )
        ) from error
    return content.replace("</script", "<\\/script")
