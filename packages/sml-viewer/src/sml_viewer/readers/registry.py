"""All readers: ours, then those of other distributions under the entry point group `sml_viewer.readers`."""

from __future__ import annotations

import functools
from importlib.metadata import entry_points
from typing import NamedTuple

from .base import Reader
from .text_tables.reader import CsvReader

GROUP = "sml_viewer.readers"
CSV = CsvReader()
_OURS: tuple[Reader, ...] = (CSV,)


class Registry(NamedTuple):
    """The readers in the order in which they are asked, and why some could not be loaded."""

    readers: tuple[Reader, ...]
    faults: tuple[str, ...]


@functools.cache
def registry() -> Registry:
    """The readers of this installation; loaded once."""
    readers, faults = list(_OURS), []
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        try:
            reader: Reader = entry.load()()
            if reader.name in {known.name for known in readers}:
                raise ValueError(f"there is a reader named {reader.name!r} already")
        except Exception as error:  # noqa: BLE001 - somebody else's code: named, and no reason to stop
            faults.append(f"the reader {entry.name} ({entry.value}) cannot be loaded: {error}")
        else:
            readers.append(reader)
    return Registry(tuple(readers), tuple(faults))


@functools.cache
def reader_of(layout: str | None) -> Reader:
    """The reader that a table's layout belongs to: the one of that name, else the one of text tables."""
    return next((reader for reader in registry().readers if reader.name == layout), CSV)
