"""Render a table of scores as LaTeX for the booktabs package."""

from __future__ import annotations

from sml_viewer.model.results import ScoreTable

from .layout import layout

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "…": r"$^{\ldots}$",
    "†": r"$^{\dagger}$",
    "‡": r"$^{\ddagger}$",
    "–": "--",
    **{mark: f"\\{mark}" for mark in "&%$#_{}"},
}


def to_latex(table: ScoreTable) -> str:
    r"""A tabular with booktabs rules; needs `\usepackage{booktabs}`."""
    grid = layout(table)
    lines = [
        *(f"% {' '.join(line.split())}" for line in table.caption.split("\n")),
        r"\begin{tabular}{l" + "r" * (len(grid.head) - 1) + "}",
        r"\toprule",
        _row(*map(_escaped, grid.head)),
        r"\midrule",
    ]
    for name, cells in grid.rows:
        texts = [rf"\textbf{{{_escaped(text)}}}" if bold else _escaped(text) for text, bold in cells]
        lines.append(_row(_escaped(name), *texts))
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", ""])


def _row(*cells: str) -> str:
    line = " & ".join(cells) + r" \\"
    # The preceding line end would parse these as its arguments: a length, or no page break.
    return f"{{}}{line}" if line.lstrip().startswith(("[", "*")) else line


def _escaped(text: str) -> str:
    return "".join(_SPECIAL.get(character, character) for character in text.replace("\n", " ")).replace(
        "±", r"$\pm$"
    )
