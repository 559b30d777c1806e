"""The command `try-reader`: the rows that a reader makes of a file, or why it makes none."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import yaml

from sml_viewer.errors import SmlViewerError
from sml_viewer.fileio import reason_of
from sml_viewer.index.location import default_workspace
from sml_viewer.index.table_parser import ParseResult, ParseTask, parse_table
from sml_viewer.model.issues import issues_of, merge_files
from sml_viewer.model.sources import Group
from sml_viewer.printing import shown
from sml_viewer.readers.base import Describer, Listing, Reader, TableState
from sml_viewer.readers.declared.formats import Format
from sml_viewer.readers.declared.reader import DeclaredReader
from sml_viewer.readers.declared.settings import pattern_problem
from sml_viewer.readers.file_io import UNREADABLE
from sml_viewer.readers.registry import (
    multi_run_reader,
    registry,
    title_of,
    use_declared_readers,
    with_reader,
)

_MOST_ROWS, _MOST_COLUMNS = 5, 8
_LONGEST_CELL = 14
_TRIAL = "trial"
_FORMATS: dict[str, Format] = {".csv": "csv", ".tsv": "tsv", ".jsonl": "jsonl", ".ndjson": "jsonl"}


def try_reader(options: argparse.Namespace) -> int:
    """Print the reader, the first rows, and the declaration if one was tried. Raises SmlViewerError."""
    file: Path = options.file.expanduser()
    if not file.is_file():
        raise SmlViewerError(f"{file}: no such file; name a file that a training wrote")
    use_declared_readers((options.workspace_path or default_workspace()).expanduser().absolute())
    if options.pattern or options.format or options.leave_out or options.x:
        declared = _declared(options, file)
        with with_reader(declared):
            status = _print_rows(declared, file)
        print(f"\nTo use it, write into readers.yaml of the workspace:\n\n{_declaration(declared)}", end="")
        return status
    for fault in registry().faults:
        print(shown(f"sml-viewer: {fault}"))
    reader = _reader_for(options.reader, file)
    if reader is None:
        return _print_runs_in_file(file)
    return _print_rows(reader, file)


def _declared(options: argparse.Namespace, file: Path) -> DeclaredReader:
    patterns = tuple(options.pattern or ())
    for problem in filter(None, map(pattern_problem, patterns)):
        raise SmlViewerError(problem)
    kind = options.format or ("text" if patterns else _FORMATS.get(file.suffix.lower(), "text"))
    if kind == "text" and not patterns:
        raise SmlViewerError(
            r"a text log needs --pattern with named groups, e.g. 'step:(?P<step>\d+) loss:(?P<loss>\S+)'"
        )
    glob = f"*{file.suffix}" if file.suffix else file.name
    return DeclaredReader(_TRIAL, glob, kind, patterns, options.x, (), tuple(options.leave_out))


def _reader_for(name: str | None, file: Path) -> Reader | None:
    """The reader of that name, else the first that claims the file. None for files that hold many runs."""
    listing = Listing(str(file.parent.resolve()), frozenset([file.name]), frozenset())
    readers = registry().readers
    if name is not None:
        named = next((reader for reader in readers if reader.name == name), None)
        if named is None and multi_run_reader(name) is None:
            known = [
                *(reader.name for reader in readers),
                *(reader.name for reader in registry().of_many_runs),
            ]
            raise SmlViewerError(f"no reader is called {name!r}; there are: {', '.join(known)}")
        return named
    return next((reader for reader in readers if file.name in reader.claim(listing)), None)


def _print_runs_in_file(file: Path) -> int:
    listing = Listing(str(file.parent.resolve()), frozenset([file.name]), frozenset())
    for reader in registry().of_many_runs:
        if file.name in reader.claim(listing):
            try:
                runs = reader.runs(f"{listing.path}/{file.name}")
            except UNREADABLE as error:
                raise SmlViewerError(f"{file}: {reason_of(error)}") from error
            count = "1 run" if len(runs) == 1 else f"{len(runs)} runs"
            print(shown(f"{file.name}: {title_of(reader.name)} (reader {reader.name}), {count}"))
            for run in runs[:_MOST_ROWS]:
                print(shown(f"  {run.name}"))
            return 0
    names = ", ".join(reader.name for reader in registry().readers)
    raise SmlViewerError(
        f"{file}: no reader claims it (asked: {names}). A reader may need the files beside it: try "
        f"sml-viewer list -d {file.parent}. For a text log pass --pattern, for a table --format"
    )


def _print_rows(reader: Reader, file: Path) -> int:
    folder = str(file.parent.resolve())
    group: Group = reader.groups((file.name,), own=False)[0]
    task = ParseTask(0, 0, f"{folder}/{file.name}", file.name, group.prefix, TableState(), group.layout)
    result = parse_table(task)
    rows = sum(piece.count for piece in result.pieces)
    names = list(dict.fromkeys(name for piece in result.pieces for name in piece.columns))
    print(shown(f"{file.name}: {title_of(reader.name)} (reader {reader.name})"))
    print(shown(f"{rows} rows, {len(names)} columns: {', '.join(names)}"))
    for line in _table(result, names):
        print(shown(line))
    issues = merge_files((file.name, issue) for issue in issues_of(result.notes, rows))
    for note in (*(issue.sentence for issue in issues), *([result.error] if result.error else ())):
        print(shown(f"note: {note}"))
    if isinstance(reader, Describer):
        axes = reader.describe(folder, (file.name,)).axes
        for glob, x in axes.items():
            missing = "" if x in names else "; the file has no such column"
            print(shown(f"x axis of {glob}: {x}{missing}"))
    if not rows:
        print(_why_none(reader, result))
        return 1
    return 0


def _why_none(reader: Reader, result: ParseResult) -> str:
    if result.error:
        return f"no rows: {result.error}"
    if result.size > result.state.offset:
        return "no rows: the last line has no line end yet"
    if isinstance(reader, DeclaredReader) and reader.patterns:
        return "no rows: no line matches; a pattern is searched in each line, spaces and case count"
    return "no rows: the file has no line of numbers"


def _table(result: ParseResult, names: Sequence[str]) -> Iterator[str]:
    """The first rows of the first columns, each column as wide as it needs."""
    pieces = [piece for piece in result.pieces if piece.count][:1]
    if not pieces:
        return
    first = pieces[0]
    columns = [name for name in names if name in first.columns][:_MOST_COLUMNS]
    cells = [
        [name[:_LONGEST_CELL], *(_cell(value) for value in first.columns[name][:_MOST_ROWS])]
        for name in columns
    ]
    widths = [max(map(len, column)) for column in cells]
    for row in zip(*cells, strict=True):
        yield "  " + "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))


def _cell(value: float) -> str:
    return "" if value != value else f"{value:.6g}"


def _declaration(reader: DeclaredReader) -> str:
    entry: dict[str, object] = {"files": reader.files, "format": reader.format}
    if reader.patterns:
        entry["pattern"] = list(reader.patterns) if len(reader.patterns) > 1 else reader.patterns[0]
    if reader.x:
        entry["x"] = reader.x
    if reader.leave_out:
        entry["leave_out"] = list(reader.leave_out)
    text: str = yaml.safe_dump(
        {"readers": {"my-format": entry}}, sort_keys=False, allow_unicode=True, width=10_000
    )
    return text.replace("\n", os.linesep) if os.linesep != "\n" else text
