"""Messages of a run: printed at once, written to the log as soon as it is open."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TextIO

from .console import Console

if TYPE_CHECKING:
    from sml_config import Redactor
    from sml_logger.row import Row


class RunMessages:
    """Prints and logs text with secrets redacted; `silent` on ranks that do not write."""

    def __init__(self, redactor: Redactor, *, silent: bool = False) -> None:
        self._redactor = redactor
        self._silent = silent
        self._console = Console()
        self._log: Callable[[str], None] | None = None
        self._early: list[str] = []
        self._noted: set[str] = set()
        # An open file of the script that receives the same text.
        self.copy: TextIO | None = None

    def attach_log(self, log: Callable[[str], None]) -> None:
        """Write earlier and all later messages to this log."""
        self._log = log
        early, self._early = self._early, []
        for text in early:
            log(text)

    def redacted(self, text: str) -> str:
        """A text with secrets replaced."""
        return self._redactor.text(text)

    def print(self, text: str, color: str | None = None, bold: bool = True) -> None:
        """Print and log whole lines."""
        if self._silent:
            return
        text = self._redactor.text(text)
        self._console.write(text, color, bold)
        self._copy(text)
        self._write_to_log(text)

    def write_to_log(self, text: str) -> None:
        """Write to the log only."""
        if not self._silent:
            self._write_to_log(self._redactor.text(text))

    def note(self, line: str) -> None:
        """Print and log a line of the logger itself; warnings in yellow."""
        self.print(f"{line}\n", "yellow" if line.startswith("WARNING") else "green")

    def warn_once(self, line: str, about: str | None = None) -> None:
        """Note a line, unless one with the same `about` (default: the line) was noted before."""
        about = about or line
        if about not in self._noted:
            self._noted.add(about)
            self.note(line)

    def print_row(self, row: Row) -> None:
        """Print a row's table; the log receives it as a row."""
        if not self._silent:
            self._console.write_row(row)
            self._copy(row.text)

    def _copy(self, text: str) -> None:
        if self.copy is not None:
            self.copy.write(text)
            self.copy.flush()

    def _write_to_log(self, text: str) -> None:
        if self._log is None:
            self._early.append(text)
        else:
            self._log(text)
