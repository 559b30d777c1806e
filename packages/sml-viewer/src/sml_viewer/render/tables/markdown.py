"""Render a table of scores as markdown."""

from __future__ import annotations

from sml_viewer.model.results import ScoreTable

from .layout import layout


def to_markdown(table: ScoreTable) -> str:
    """A pipe table with its caption below.

    The best cell of each row and those not significantly worse are bold.
    """
    grid = layout(table)
    lines = ["| " + " | ".join(map(_escaped, grid.head)) + " |", "|---" * len(grid.head) + "|"]
    for name, cells in grid.rows:
        texts = [f"**{_escaped(text)}**" if bold else _escaped(text) for text, bold in cells]
        lines.append(f"| {_escaped(name)} | " + " | ".join(texts) + " |")
    caption = "  \n".join(map(_escaped, table.caption.split("\n")))  # two spaces: the line ends here
    return "\n".join([*lines, "", caption, ""])


def _escaped(text: str) -> str:
    for mark in "\\|*`":
        text = text.replace(mark, f"\\{mark}")
    # Not every renderer takes a backslash before it.
    return text.replace("<", "&lt;").replace("\n", " ")
