"""Self-contained, anonymous HTML report with figures, tables and captions."""

from __future__ import annotations

from html import escape

from .anonymous import AnonymousRequest
from .matplotlib import figure_bytes
from .provenance import make_provenance, to_text
from .request import PlotRequest, figure_set_of
from .tables import to_html

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #222; }
body { max-width: 1100px; margin: 2rem auto; padding: 0 1rem; }
svg { max-width: 100%; height: auto; }
figcaption, caption { color: #555; text-align: left; padding: .5rem 0; }
table { border-collapse: collapse; }
th, td { padding: .3rem .8rem; border-bottom: 1px solid #ddd; text-align: right; }
th:first-child { text-align: left; } .scroll { overflow-x: auto; }
"""


def make_html_report(request: PlotRequest, title: str = "Results") -> str:
    """The report as HTML: loads nothing else, and carries the provenance that `reopen` reads."""
    anonymous = AnonymousRequest(request.library, request.configuration, request.where)
    drawn = figure_set_of(anonymous, "plot")
    tables = anonymous.tables()
    provenance = to_text(
        make_provenance("plot", request.configuration, request.where, request.selection().runs)
    )
    figures = [figure_bytes(each.figure, "svg").decode("utf-8") for each in drawn.rendered()]
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f'<meta name="description" content="{provenance}">',
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{escape(title)}</h1>",
        *(f"<figure>{svg[svg.index('<svg') :]}</figure>" for svg in figures),
        _caption(drawn.caption, drawn.details),
        *(
            f'<div class="scroll">{to_html(table)}</div>{_details(table.caption, table.details)}'
            for table in tables
        ),
        "</body></html>",
    ]
    return "\n".join(parts)


def _caption(text: str, details: str) -> str:
    return f"<p>{_lines(text)}</p>{_details(text, details)}"


def _details(text: str, details: str) -> str:
    """The complete caption in a `<details>` element, if the caption was shortened."""
    if all(line in text for line in details.split("\n")):
        return ""
    return f"<details><summary>All notes</summary>{_lines(details)}</details>"


def _lines(text: str) -> str:
    return escape(text).replace("\n", "<br>")
