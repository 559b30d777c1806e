"""A distribution with one plugin of each kind: a reader of `*.kv` logs, and tables as TSV."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence

import numpy as np

from sml_viewer.model.results import ScoreTable
from sml_viewer.model.sources import Group
from sml_viewer.readers.base import Description, Listing, Rows, TableData, TableState, read_at
from sml_viewer.readers.file_io import read_small
from sml_viewer.render.formats import TableFormat
from sml_viewer.safe_open import Held


class KeyValueReader:
    """Lines such as `step=3 return=0.5`; a first line `# seed=1` holds parameters."""

    name = "keyvalue"
    title = "key-value logs"
    described_bytes = 4096

    def claim(self, listing: Listing) -> tuple[str, ...]:
        """All `.kv` files."""
        return tuple(sorted(name for name in listing.files if name.endswith(".kv")))

    def groups(self, tables: tuple[str, ...], *, own: bool) -> tuple[Group, ...]:  # noqa: ARG002
        """One source."""
        return (Group("", "", self.name, tables),)

    def read(
        self,
        file: int,
        status: os.stat_result,
        name: str,  # noqa: ARG002
        layout: str,  # noqa: ARG002
        state: TableState,
    ) -> TableData:
        """The lines since the last time."""
        text = read_at(file, status.st_size - state.offset, state.offset)
        text = text[: text.rfind(b"\n") + 1]
        whole = [line.split() for line in text.decode().splitlines() if not line.startswith("#")]
        lines = [dict(word.split("=", 1) for word in words) for words in whole]
        names = dict.fromkeys(name for line in lines for name in line)
        columns = {name: np.array([float(line.get(name, "nan")) for line in lines]) for name in names}
        rows = Rows(len(lines), columns, Counter())
        after = TableState(inode=status.st_ino, offset=state.offset + len(text))
        return TableData(after, appended=state.offset > 0, pieces=(rows,) if lines else ())

    def describe(self, folder: str | Held, tables: tuple[str, ...]) -> Description:
        """The first line."""
        first = read_small(folder, tables[0], 1_000_000).decode().splitlines()[0]
        words = [word.split("=", 1) for word in first.lstrip("# ").split()] if first.startswith("#") else []
        return Description({name: int(value) for name, value in words}, "finished")


def _tsv(tables: Sequence[ScoreTable]) -> str:
    rows = [f"{name}\t{cell.mean}" for table in tables for _, name, cell in table.cells()]
    return "\n".join(["algorithm\tmean", *rows]) + "\n"


TSV = TableFormat("tsv", "text/tab-separated-values", _tsv, has_captions=False)
