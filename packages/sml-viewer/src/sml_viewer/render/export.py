"""What command line and scripts do: from folders and options to figures, tables and files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sml_viewer.config.plot_config import Configuration
from sml_viewer.config.saved import Configurations
from sml_viewer.config.schema import OVERRIDES
from sml_viewer.fileio import write_new
from sml_viewer.model.results import ScoreTable

from .formats import figure_format, table_format, tables_text
from .request import Drawing, Look, file_names


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

    Raises SmlViewerError for an unknown ending.
    """
    files = named_files(drawing, output.name)
    return [write_new(output.with_name(name), content) for name, content in files]


def named_files(drawing: Drawing, name: str) -> list[tuple[str, bytes]]:
    """The files of a drawing and their names, in the format of an ending. Raises SmlViewerError."""
    files = figure_format(Path(name)).write(drawing)
    pairs = [pair for pair, _ in files if pair is not None]
    names = file_names(name, drawing.look.configuration, pairs) if pairs else [name] * len(files)
    return [(each, content) for each, (_, content) in zip(names, files, strict=True)]


def write_tables(look: Look, output: Path) -> tuple[Path, str, list[ScoreTable]]:
    """The scores as one file in the format of its ending; with it its text."""
    form = table_format(output)
    tables = look.tables()
    text = tables_text(tables, form)
    return write_new(output, text), text, tables
