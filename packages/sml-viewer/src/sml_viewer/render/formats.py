"""Registry of export formats for figures and tables: file ending, media type and writer.

Other distributions add formats through the entry point group `sml_viewer.exports`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from sml_viewer.errors import SmlViewerError
from sml_viewer.i18n import Message, any_of, translated
from sml_viewer.model.results import Pair, ScoreTable
from sml_viewer.plugins import entry_points_of

from .request import FigureSet
from .tables.layout import in_language

GROUP = "sml_viewer.exports"


@dataclass(frozen=True)
class FigureFormat:
    """A figure format: `write` returns the content per pair of columns, or a single one for None."""

    ending: str
    media_type: str
    write: Callable[[FigureSet], Sequence[tuple[Pair | None, bytes]]]


@dataclass(frozen=True)
class TableFormat:
    """A table format. `has_captions` is False if the captions have to be shown beside the text."""

    ending: str
    media_type: str
    write: Callable[[Sequence[ScoreTable]], str]
    has_captions: bool = True


class Formats(NamedTuple):
    """The formats by ending, and messages about formats that could not be loaded."""

    figures: Mapping[str, FigureFormat]
    tables: Mapping[str, TableFormat]
    faults: tuple[str, ...]


@functools.cache
def formats() -> Formats:
    """The installed formats, built-in ones first; loaded once."""
    figures = {form.ending: form for form in _FIGURES}
    tables = {form.ending: form for form in _TABLES}
    faults = []
    for entry in entry_points_of(GROUP):
        try:
            form = entry.load()
            known: dict[str, FigureFormat] | dict[str, TableFormat]
            known = figures if isinstance(form, FigureFormat) else tables
            if not isinstance(form, FigureFormat | TableFormat):
                raise TypeError(f"expected a FigureFormat or a TableFormat, got {type(form).__name__}")
            if form.ending in known:
                raise ValueError(f"format .{form.ending} already exists")
        except Exception as error:  # noqa: BLE001 - a plugin's fault is reported and stops nothing
            faults.append(f"the export {entry.name} ({entry.value}) cannot be loaded: {error}")
        else:
            form = replace(form, write=_named(entry.name, form.write))  # type: ignore[arg-type]
            known[form.ending] = form  # type: ignore[assignment]
    return Formats(MappingProxyType(figures), MappingProxyType(tables), tuple(faults))


def figure_format(output: Path) -> FigureFormat:
    """The format of a figure's file, by its ending. Raises SmlViewerError that lists the endings."""
    return formats().figures[_known_ending(output, formats().figures)]


def table_format(output: Path) -> TableFormat:
    """The format of a table's file, by its ending. Raises SmlViewerError that lists the endings."""
    return formats().tables[_known_ending(output, formats().tables)]


def check_ending(output: Path, endings: Sequence[str]) -> None:
    """Raise SmlViewerError if a file's name has none of these endings."""
    _known_ending(output, endings)


def tables_text(
    tables: Sequence[ScoreTable], form: TableFormat, *, whole: bool = False, language: str = "en"
) -> str:
    """Tables as text with captions and our own names in a language; with `whole` captions are complete.

    In CSV, which programs read, names do not depend on the language.
    """
    named = tables if form.ending == "csv" else [in_language(table, language) for table in tables]
    return form.write(
        [
            replace(table, caption=translated(table.details if whole else table.caption, language))
            for table in named
        ]
    )


def _known_ending(output: Path, known: Mapping[str, object] | Sequence[str]) -> str:
    ending, endings = output.suffix.lstrip(".").lower(), list(known)
    if ending not in endings:
        faults = "".join(f"\n{fault}" for fault in formats().faults)
        raise SmlViewerError(
            Message(
                "{file}: cannot write {wrong}; choose {endings}{faults}",
                file=output,
                wrong=Message("a .{ending}", ending=ending) if ending else Message("a file without ending"),
                endings=any_of([f".{name}" for name in endings]),
                faults=faults,
            )
        )
    return ending


def _named(name: str, write: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Somebody else's writer, whose failure is one error that names it."""

    def written(given: Any) -> Any:
        try:
            return write(given)
        except SmlViewerError:
            raise
        except Exception as error:
            raise SmlViewerError(
                Message("the export {name} failed: {error}", name=name, error=repr(error))
            ) from error

    return written


def _matplotlib(ending: str) -> Callable[[FigureSet], Sequence[tuple[Pair | None, bytes]]]:
    return lambda figures: figures.files(ending)


def _numbers(figures: FigureSet) -> list[tuple[Pair | None, bytes]]:
    return [(None, figures.numbers.encode("utf-8"))]


def _each(module: str, function: str) -> Callable[[Sequence[ScoreTable]], str]:
    """Concatenate the texts of a table writer, imported on first use to keep `--help` fast."""

    def write(tables: Sequence[ScoreTable]) -> str:
        import importlib

        text = getattr(importlib.import_module(f"sml_viewer.render.tables.{module}"), function)
        return "\n".join(map(text, tables))

    return write


def _scores_csv(tables: Sequence[ScoreTable]) -> str:
    from .csv import scores_csv

    return scores_csv(tables)


_FIGURES = (
    FigureFormat("png", "image/png", _matplotlib("png")),
    FigureFormat("pdf", "application/pdf", _matplotlib("pdf")),
    FigureFormat("svg", "image/svg+xml", _matplotlib("svg")),
    FigureFormat("csv", "text/csv", _numbers),
)
_TABLES = (
    TableFormat("md", "text/markdown", _each("markdown", "to_markdown")),
    TableFormat("tex", "application/x-tex", _each("latex", "to_latex")),
    TableFormat("html", "text/html", _each("html", "to_html")),
    TableFormat("csv", "text/csv", _scores_csv, has_captions=False),
)
