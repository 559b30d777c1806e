"""`system.csv`: one header, and one row for each sample; a blank cell was not measured."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from sml_config.run_folder import write_atomic
from sml_logger.outputs.own_file import OwnFile


class SystemFile:
    """Appends rows to `system.csv`; the columns of an earlier process come first, new ones after them."""

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        """Open or create the file. Raises OSError, and UnicodeError if it is not text."""
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        header, _, rows = text.partition("\n")
        earlier = next(csv.reader([header]), [])
        self.columns = (*earlier, *(column for column in columns if column not in earlier))
        complete = rows[: rows.rfind("\n") + 1]
        more = "," * (len(self.columns) - len(earlier))
        lines = [f"{line}{more}\n" for line in complete.splitlines()]
        content = "".join((_line(self.columns), *lines))
        if content != text:
            write_atomic(path, content)
        self._file = OwnFile(path)

    def write(self, values: Mapping[str, float | None]) -> None:
        """Append a row. Raises OSError; a row that was written in part is removed."""
        line = _line([_cell(values.get(column)) for column in self.columns]).encode()
        start = self._file.position()
        if self._file.write_on(line) < len(line):
            self._file.truncate(start)
            raise OSError("the disk is full")

    def close(self) -> None:
        """Close the file. Raises OSError."""
        self._file.close()


def _cell(value: float | None) -> str:
    """A number that reads back exactly, whole ones without a fraction."""
    if value is None:
        return ""
    return str(int(value)) if float(value).is_integer() else repr(round(float(value), 3))


def _line(cells: Sequence[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue()
