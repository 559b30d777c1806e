"""Render a table of scores as HTML."""

from __future__ import annotations

from html import escape

from sml_viewer.model.results import ScoreTable

from .layout import layout


def to_html(table: ScoreTable) -> str:
    """A `table` element with its caption.

    The best cell of each row and those not significantly worse are bold.
    """
    grid = layout(table)
    caption = escape(table.caption).replace("\n", "<br>")
    lines = ["<table>", f"<caption>{caption}</caption>"]
    lines.append("<thead><tr>" + "".join(f"<th>{escape(name)}</th>" for name in grid.head) + "</tr></thead>")
    lines.append("<tbody>")
    for name, cells in grid.rows:
        texts = "".join(
            f"<td>{f'<b>{escape(text)}</b>' if bold else escape(text)}</td>" for text, bold in cells
        )
        lines.append(f"<tr><th>{escape(name)}</th>{texts}</tr>")
    return "\n".join([*lines, "</tbody>", "</table>", ""])
