"""A distribution with one output: `rows.jsonl`, an object for each row."""

from __future__ import annotations

import json
from pathlib import Path

from sml_logger.outputs.registry import OutputContext
from sml_logger.row import Row


class JsonLines:
    """Appends a line for each row."""

    name = "rows.jsonl"

    def __init__(self, path: Path, step: int) -> None:
        self._file = path.open("a")
        self.next_step = step

    def write_row(self, row: Row) -> None:
        """Write a row without its blanks."""
        cells = zip(row.shape.columns, row.values, strict=True)
        self._file.write(json.dumps({name: value for name, value in cells if value is not None}) + "\n")
        self._file.flush()
        self.next_step = row.step + 1

    def restore(self) -> bool:
        """Do nothing: a file that was removed stays so."""
        return False

    def flush_to_disk(self) -> None:
        """Leave it to the kernel."""

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def jsonl_output(context: OutputContext) -> JsonLines:
    """The output of a run."""
    return JsonLines(context.folder.path / "rows.jsonl", context.step)
