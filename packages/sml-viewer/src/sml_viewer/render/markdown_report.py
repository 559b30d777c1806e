"""A report in markdown, with its figures and tables as files, under anonymous names."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from sml_viewer.errors import SmlViewerError
from sml_viewer.fileio import expand_user, write_new
from sml_viewer.i18n import Message, translated
from sml_viewer.naming.anonymize import hosts_of, masked

from .anonymous import AnonymousRequest, shared_query
from .command_line import command_line
from .formats import formats, tables_text
from .provenance import public_configuration
from .request import PlotRequest, figure_set_of, file_names

REPORT = "report.md"
# In commands, in place of the folder of runs, which says where it is.
_DATA = Path("DATA")
_LONGEST_QUERY = 300


def make_markdown_report(
    request: PlotRequest, *, title: str = "", language: str = "en", note: str = ""
) -> dict[str, bytes]:
    """The files of a report by name: report.md, figures as PNG, tables as CSV.

    `note` is markdown. Names of runs, paths, people, hosts, tags and notes are left out, as in an export.
    """
    anonymous = AnonymousRequest(request.library, request.configuration, request.where)
    selection = request.selection()
    query = shared_query(request.where, selection.runs)
    hosts = hosts_of(selection.everything)

    def text(message: str) -> str:
        return masked(translated(message, language), hosts)

    figures = figure_set_of(anonymous, "plot")
    pictures = figures.files("png")
    tables = anonymous.tables()
    names = file_names("curves.png", request.configuration, [pair for pair, _ in pictures])
    public = public_configuration(request.configuration)

    def command(kind: str, output: str) -> str:
        return f"```sh\n{command_line(kind, public, [_DATA], where=query, output=output)}\n```"

    shown_query = query if len(query) <= _LONGEST_QUERY else query[:_LONGEST_QUERY] + "…"
    facts = [time.strftime("%Y-%m-%d"), text(Message("{n} run(s)", n=len(figures.runs)))]
    keys = anonymous.selection().naming.keys
    facts += [text(Message("grouped by {keys}", keys=", ".join(keys)))] if keys else []
    facts += [f"`{shown_query}`"] if query.strip() else []
    heading = masked(title, hosts) or text(Message("Results"))
    parts = [f"# {heading}", " · ".join(facts), *([note] if note else [])]
    parts.append("## " + text(Message("Figures")))
    parts += [
        f"![{_alt(masked(pair[1], hosts))}](figures/{name})"
        for name, (pair, _) in zip(names, pictures, strict=True)
    ]
    parts += [_lines(masked(translated(figures.caption, language), hosts)), command("plot", "curves.png")]
    if any(table.cells() for table in tables):
        captioned = [replace(table, caption=translated(table.caption, language)) for table in tables]
        parts += [
            "## " + text(Message("Table")),
            masked(tables_text(captioned, formats().tables["md"]), hosts),
        ]
        parts.append(command("table", "table.md"))
    parts.append(text(Message("{data} is the folder of runs.", data=f"`{_DATA}`")))
    return {
        REPORT: ("\n\n".join(parts) + "\n").encode("utf-8"),
        **{f"figures/{name}": content for name, (_, content) in zip(names, pictures, strict=True)},
        "table.csv": tables_text(tables, formats().tables["csv"]).encode("utf-8"),
    }


def zipped(files: Mapping[str, bytes]) -> bytes:
    """The files as a zip."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def write_report(files: Mapping[str, bytes], output: Path) -> Path:
    """Write the files as a zip or, for a name without ending, into a new folder; never overwrites.

    Returns the path. Raises SmlViewerError for another ending.
    """
    output = expand_user(output)
    ending = output.suffix.lower()
    if ending == ".zip":
        return write_new(output, zipped(files))
    if ending:
        raise SmlViewerError(f"{output}: cannot write a {ending} report; choose .zip, or a folder")
    free, number = output, 1
    while free.exists():
        number += 1
        free = output.with_name(f"{output.name}-{number}")
    for name, content in files.items():
        write_new(free / name, content)
    return free


def _lines(text: str) -> str:
    return "  \n".join(line.replace("<", "&lt;") for line in text.split("\n"))


def _alt(text: str) -> str:
    return "".join("\\" + letter if letter in "[]\\" else letter for letter in text)
