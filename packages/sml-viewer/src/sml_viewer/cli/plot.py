"""The commands that write files: `plot`, `bar`, `aggregate`, `table`, `export` and `reopen`."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from sml_viewer.config.saved import Configurations
from sml_viewer.config.typed_options import OutputOptions, figure_language
from sml_viewer.errors import ConfigurationChangedError, ConfigurationError
from sml_viewer.fileio import write_new
from sml_viewer.i18n import translated
from sml_viewer.printing import shown, shown_json, shown_lines
from sml_viewer.render.command_line import command_by_name
from sml_viewer.render.export import (
    folder_of_figures,
    write_figures,
)
from sml_viewer.render.formats import check_ending, formats, table_format, tables_text
from sml_viewer.render.provenance import Provenance, changes_since, public_options, read_provenance
from sml_viewer.render.request import FigureSet, PlotRequest, figure_set_of

from .common import make_request, open_library, show_activity, workspace

_STDOUT = Path("-")


def plot(options: argparse.Namespace) -> int:
    """Draw curves, or bars if so configured, into a file; print its path and the caption."""
    return _draw(options, "plot", ".png")


def bar(options: argparse.Namespace) -> int:
    """Draw scores as bars into a file; print its path and the caption."""
    return _draw(options, "bar", "_bar.png")


def aggregate(options: argparse.Namespace) -> int:
    """Draw scores over all sub-figures into a file; print its path and the caption."""
    return _draw(options, "aggregate", "_aggregate.png")


def table(options: argparse.Namespace) -> int:
    """Print scores as a table; with `-o` also write them to a file, `-o -` only prints."""
    output = None if options.output == _STDOUT else options.output
    form = table_format(output) if output else formats().tables["md"]
    request = make_request(options, "table")
    with request.library, show_activity("tabulating"):
        tables = request.tables()
        language = figure_language(request.configuration)
        paths = [write_new(output, tables_text(tables, form, language=language))] if output else []
    text = tables_text(tables, form, whole=options.notes, language=language)
    captions = (
        []
        if form.has_captions
        else [translated(table.details if options.notes else table.caption, language) for table in tables]
    )
    return _print_result(paths, "\n".join([text, *captions]))


def export(options: argparse.Namespace) -> int:
    """Write one self-contained HTML, static or interactive, or a markdown report; print its path."""
    if options.report:
        return _export_report(options)
    _check_output(options, ["html"])
    request = make_request(options)
    with request.library, show_activity("drawing"):
        content = _interactive(request, options) if options.interactive else _static(request, options)
        name = "charts.html" if options.interactive else "results.html"
        path = write_new(options.output or Path(name), content)
    return _print_result([path], "")


def _static(request: PlotRequest, options: argparse.Namespace) -> str:
    from sml_viewer.render.html_report import make_html_report

    return make_html_report(request, options.title or "Results")


def _interactive(request: PlotRequest, options: argparse.Namespace) -> str:
    from sml_viewer.render.interactive import SharedView, make_interactive_html

    view = SharedView(
        title=options.title or "",
        language=options.language,
        metrics=tuple(options.y or ()),
        by=options.by or "auto",
        x=options.x or "",
        note=_note(request, options),
    )
    return make_interactive_html(request, view)


def _note(request: PlotRequest, options: argparse.Namespace) -> str:
    """The note of the configuration, if notes are wanted."""
    return str(request.configuration.get("VIEW_NOTE") or "") if options.notes else ""


def _export_report(options: argparse.Namespace) -> int:
    from sml_viewer.render.markdown_report import make_markdown_report, write_report

    request = make_request(options)
    with request.library, show_activity("drawing"):
        files = make_markdown_report(
            request, title=options.title or "", language=options.language, note=_note(request, options)
        )
        path = write_report(files, options.output or Path("report.zip"))
    return _print_result([path], "")


def reopen(options: argparse.Namespace) -> int:
    """Print a figure's configuration and the changes of its runs since.

    With options save the configuration or draw the figure again.
    """
    provenance = read_provenance(options.figure)
    print(shown_json(public_options(provenance.configuration)))
    if provenance.where:
        print(shown(f"query: {provenance.where}"))
    if options.save:
        _save_configuration(options, provenance)
    with open_library(options) as library:
        print(shown_lines(changes_since(provenance, library.runs()).text))
        if options.output:
            request = PlotRequest(library, provenance.configuration, provenance.where)
            with show_activity("drawing"):
                paths = write_figures(FigureSet(request, provenance.kind), options.output)
            return _print_result(paths, "")
    return 0


def _save_configuration(options: argparse.Namespace, provenance: Provenance) -> None:
    """Save a figure's configuration, never over another; print its path and the command to draw with it."""
    name, folder = options.save, workspace(options)
    try:
        print(Configurations(folder).save(name, provenance.configuration, revision=""))
    except ConfigurationChangedError as error:
        raise ConfigurationError(f"configuration {name!r} already exists; choose another name") from error
    folders = options.data_path or []
    where = provenance.where
    # A configuration holds no query: without it other runs would be drawn.
    print(
        shown("drawn with: " + command_by_name(provenance.kind, name, folders, where=where, workspace=folder))
    )


def _draw(options: argparse.Namespace, kind: str, ending: str) -> int:
    _check_output(options, list(formats().figures))
    request = make_request(options, kind)
    with request.library, show_activity("drawing"):
        figures = figure_set_of(request, kind)
        paths = write_figures(figures, _output(request, options, ending))
        caption = figures.details if options.notes else figures.caption
        caption = translated(caption, figure_language(request.configuration))
        if figures.font_note:
            print(figures.font_note, file=sys.stderr)
    return _print_result(paths, caption)


def _check_output(options: argparse.Namespace, endings: Sequence[str]) -> None:
    """Reject an unknown file ending before anything is read."""
    if options.output:
        check_ending(options.output, endings)


def _output(request: PlotRequest, options: argparse.Namespace, ending: str) -> Path:
    """The file of `-o`, else the configured name in the configured or the current folder."""
    if options.output:
        return Path(options.output)
    output = OutputOptions.of(request.configuration)
    folder, configured = Path(), output.plot_figure_saving_path
    if configured:
        folder, note = folder_of_figures(configured, workspace(options))
        if note:
            print(f"sml-viewer: {note}", file=sys.stderr)
    name = re.sub(r"[/\\\0]", "_", output.final_output_name)
    return folder / f"{name}{ending}"


def _print_result(paths: list[Path], text: str) -> int:
    for path in paths:
        print(path)
    if text:
        print(shown_lines(text))
    return 0
