"""A table of scores as LaTeX, for the booktabs package."""

from __future__ import annotations

from sml_viewer.scores import ScoreTable

from .layout import layout

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "…": r"$^{\ldots}$",
    "†": r"$^{\dagger}$",
    "–": "--",
    **{mark: f"\\{mark}" for mark in "&%$#_{}"},
}


def to_latex(table: ScoreTable) -> str:
    r"""A tabular with booktabs rules; needs `\usepackage{booktabs}`."""
    grid = layout(table)
    lines = [
        f"% {' '.join(table.caption.split())}",
        r"\begin{tabular}{l" + "r" * (len(grid.head) - 1) + "}",
        r"\toprule",
        " & ".join(map(_escaped, grid.head)) + r" \\",
        r"\midrule",
    ]
    for name, cells in grid.rows:
        texts = [rf"\textbf{{{_escaped(text)}}}" if bold else _escaped(text) for text, bold in cells]
        lines.append(" & ".join([_escaped(name), *texts]) + r" \\")
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", ""])


def _escaped(text: str) -> str:
    return "".join(_SPECIAL.get(character, character) for character in text.replace("\n", " ")).replace(
        "±", r"$\pm$"
    )
