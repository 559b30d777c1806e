"""What a reader claims in a folder, and the runs that the claimed tables are of."""

from __future__ import annotations

from typing import NamedTuple

from sml_viewer.readers.base import Reader
from sml_viewer.readers.declared.reader import DeclaredReader
from sml_viewer.readers.json_files.history import HistoryReader, are_repeats
from sml_viewer.readers.registry import CSV
from sml_viewer.readers.text_tables.by_content import TablesReader
from sml_viewer.readers.text_tables.reader import CsvReader
from sml_viewer.readers.text_tables.table_relations import separate_runs


class Claim(NamedTuple):
    """The tables of a folder that one reader claims."""

    reader: Reader
    tables: tuple[str, ...]


def parts_of(claim: Claim, path: str) -> tuple[tuple[str, ...], ...]:
    """The tables of each run of a folder that has several; empty for one run."""
    reader = claim.reader
    if isinstance(reader, DeclaredReader):
        return () if reader.one_run else tuple((table,) for table in claim.tables)
    if isinstance(reader, HistoryReader) and are_repeats(claim.tables):
        return tuple((table,) for table in claim.tables)
    if isinstance(reader, CsvReader | TablesReader):
        return separate_runs(path, claim.tables, by_name=reader is CSV)
    return ()


def left_of(claims: tuple[Claim, ...], taken: tuple[str, ...]) -> tuple[Claim, ...]:
    """The claims without tables that another reader takes."""
    left = [
        claim._replace(tables=tuple(table for table in claim.tables if table not in taken))
        for claim in claims
    ]
    return tuple(claim for claim in left if claim.tables)


def folders_of(claims: tuple[Claim, ...]) -> set[str]:
    """The folders in which tables of a run lie."""
    return {table.partition("/")[0] for claim in claims for table in claim.tables if "/" in table}


def stem_of(table: str) -> str:
    """The name of a table without its ending."""
    return table.rpartition(".")[0] or table
