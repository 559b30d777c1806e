"""From figures and tables to files: used by CLI and Python API."""

from __future__ import annotations

import os
from pathlib import Path

from sml_viewer.fileio import expand_user, write_new
from sml_viewer.i18n import brief
from sml_viewer.model.results import ScoreTable

from .request import FigureSet, PlotRequest, file_names, older_file_names


def write_figures(figures: FigureSet, output: Path) -> list[Path]:
    """Write figures, a file per pair of columns, or their numbers; never overwrites a file.

    Several PNG figures are also stacked into one file with the given name. Returns the paths. Raises
    SmlViewerError for an unknown ending.
    """
    files, merged = named_files(figures, output.name)
    return [write_new(output.with_name(name), content) for name, content in [*files, *merged]]


def named_files(figures: FigureSet, name: str) -> tuple[list[tuple[str, bytes]], list[tuple[str, bytes]]]:
    """The named files of a drawing, and for several PNG the stacked one.

    Raises SmlViewerError for an unknown ending.
    """
    from .formats import figure_format  # late: a figure that is not written needs none

    form = figure_format(Path(name))
    files = form.write(figures)
    pairs = [pair for pair, _ in files if pair is not None]
    names = file_names(name, figures.request.configuration, pairs) if pairs else [name] * len(files)
    named = [(each, content) for each, (_, content) in zip(names, files, strict=True)]
    pictures = [(pair, content) for pair, content in files if pair is not None]
    several = form.ending == "png" and len(pictures) > 1
    return named, [(name, figures.merged(pictures))] if several else []


def write_as_older_tool(figures: FigureSet, output: Path) -> list[Path]:
    """Write figures under the older tool's names, one per pair; as PNG also stacked into `output`."""
    from .formats import check_ending

    check_ending(output, ["png", "pdf", "svg"])
    kind = output.suffix.lstrip(".").lower()
    files = figures.files(kind)
    pairs = [pair for pair, _ in files]
    before = "" if figures.kind == "plot" else f"{figures.kind}_"
    names = older_file_names(output.suffix, figures.request.configuration, pairs)
    named = [(name, content) for name, (_, content) in zip(names, files, strict=True)]
    if kind == "png":
        named.append((output.name, figures.merged(files)))
    return [write_new(output.with_name(before + name), content) for name, content in named]


def folder_of_figures(configured: str, workspace: Path) -> tuple[Path, str]:
    """The folder of PLOT_FIGURE_SAVING_PATH, created; else the workspace's, with a note of the reason."""
    folder = expand_user(Path(configured))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if os.access(folder, os.W_OK):
            return folder, ""
        reason = "no permission"
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
    own = workspace / "figures"
    fault = f"{brief(configured)} cannot be written to ({reason}); saved in {own} instead"
    return own, f"PLOT_FIGURE_SAVING_PATH: {fault}"


def write_tables(request: PlotRequest, output: Path) -> tuple[Path, str, list[ScoreTable]]:
    """Write the scores in the format of the file's ending; returns the path, the text and the tables."""
    from .formats import table_format, tables_text

    form = table_format(output)
    tables = request.tables()
    text = tables_text(tables, form)
    return write_new(output, text), text, tables
