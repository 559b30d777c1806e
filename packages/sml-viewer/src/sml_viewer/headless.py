"""What command line and scripts do: from folders and options to figures, tables and files."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from .configuration import Configuration
from .configurations import Configurations
from .drawing import Drawing, Look, file_names, older_file_names
from .errors import SmlViewerError
from .files import at_home, write_new
from .options import OVERRIDES
from .phrases import brief
from .scores import ScoreTable

FIGURE_KINDS = ("png", "pdf", "svg", "csv")
TABLE_KINDS = ("md", "tex", "html", "csv")


def make_configuration(
    workspace: Path, name: str | None, values: dict[str, Any], x: str | None, y: Sequence[str] | None
) -> Configuration:
    """A named configuration, or none, with values set over it and pairs of columns from x and y.

    Raises ConfigurationError, OptionError.
    """
    configuration = Configurations(workspace).load(name) if name else Configuration()
    return configured(configuration, values, x, y)


def configured(
    configuration: Configuration, values: Mapping[str, Any], x: str | None, y: Sequence[str] | None
) -> Configuration:
    """A configuration with values set over it, overrides too, and pairs of columns. Raises OptionError."""
    values = dict(values)
    if OVERRIDES in values:
        configuration = configuration.with_overrides(values.pop(OVERRIDES))
    if x or y:
        values = {**values, "PLOTTING_XY": [[x or "", column] for column in (y or [""])]}
    return configuration.with_values(**values)


def write_drawing(drawing: Drawing, output: Path) -> list[Path]:
    """Write figures, a file per pair of columns, or their numbers; none over another file.

    Several figures as PNG are also written one below the other, under the name itself. Raises SmlViewerError
    for an unknown kind.
    """
    kind = known_kind(output, FIGURE_KINDS)
    if kind == "csv":
        return [write_new(output, drawing.numbers)]
    return [
        write_new(output.with_name(name), content) for name, content in figure_files(drawing, output.name)
    ]


def figure_files(drawing: Drawing, name: str) -> list[tuple[str, bytes]]:
    """Names and contents of the figures that are written under a name ending in .png, .pdf or .svg."""
    kind = name.rpartition(".")[2].lower()
    files = drawing.files(kind)
    names = file_names(name, drawing.look.configuration, [pair for pair, _ in files])
    named = [(one, content) for one, (_, content) in zip(names, files, strict=True)]
    return [*named, (name, drawing.merged(files))] if kind == "png" and len(files) > 1 else named


def write_as_older_tool(drawing: Drawing, output: Path) -> list[Path]:
    """Write figures under the names of the older tool: each pair's, and as PNG all in one as `output`."""
    kind = known_kind(output, FIGURE_KINDS[:-1])
    files = drawing.files(kind)
    pairs = [pair for pair, _ in files]
    before = "" if drawing.what == "plot" else f"{drawing.what}_"
    names = older_file_names(output.suffix, drawing.look.configuration, pairs)
    named = [(name, content) for name, (_, content) in zip(names, files, strict=True)]
    if kind == "png":
        named.append((output.name, drawing.merged(files)))
    return [write_new(output.with_name(before + name), content) for name, content in named]


def folder_of_figures(wanted: str, workspace: Path) -> tuple[Path, str]:
    """The folder of PLOT_FIGURE_SAVING_PATH, created; the workspace's and why, where that cannot be."""
    folder = at_home(Path(wanted))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if os.access(folder, os.W_OK):
            return folder, ""
        reason = "no permission"
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
    own = workspace / "figures"
    return (
        own,
        f"PLOT_FIGURE_SAVING_PATH: {brief(wanted)} cannot be written to ({reason}); saved in {own} instead",
    )


def write_tables(look: Look, output: Path) -> tuple[Path, str, list[ScoreTable]]:
    """The scores as one file, by its ending markdown, LaTeX, HTML or CSV; with it its text."""
    kind = known_kind(output, TABLE_KINDS)
    tables = look.tables()
    text = tables_text(tables, kind)
    return write_new(output, text), text, tables


def tables_text(tables: Sequence[ScoreTable], kind: str, *, whole: bool = False) -> str:
    """Tables in one of TABLE_KINDS, `whole` with every statement of their captions."""
    from .drawn import scores_csv
    from .tables import to_html, to_latex, to_markdown

    if kind == "csv":
        return scores_csv(tables)
    if whole:
        tables = [replace(table, caption=table.details) for table in tables]
    return "\n".join(map({"md": to_markdown, "tex": to_latex, "html": to_html}[kind], tables))


def known_kind(output: Path, kinds: Sequence[str]) -> str:
    """The kind of file that a name asks for. Raises SmlViewerError that lists those there are."""
    kind = output.suffix.lstrip(".").lower()
    if kind not in kinds:
        known = " or ".join(filter(None, [", ".join(f".{name}" for name in kinds[:-1]), f".{kinds[-1]}"]))
        raise SmlViewerError(
            f"{output}: cannot write {f'a .{kind}' if kind else 'a file without ending'}; choose {known}"
        )
    return kind
