"""What a logger says: on the console at once, in the log as soon as there is one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TextIO

from sml_config.project_settings.secrets import Redactor
from sml_logger.row import Row

from .console import Console


class Voice:
    """Says lines without secrets; a silent one, of a rank that does not write, says nothing."""

    def __init__(self, redactor: Redactor, *, silent: bool = False) -> None:
        self._redactor = redactor
        self._silent = silent
        self._console = Console()
        self._log: Callable[[str], None] | None = None
        self._early: list[str] = []
        self._said: set[str] = set()
        # An open file of the script, which gets the same text.
        self.copy: TextIO | None = None

    def write_to(self, log: Callable[[str], None]) -> None:
        """Keep what is said in this log from now on, and what was said so far."""
        self._log = log
        early, self._early = self._early, []
        for text in early:
            log(text)

    def say(self, text: str, color: str | None = None, bold: bool = True) -> None:
        """Say whole lines."""
        if self._silent:
            return
        text = self._redactor.text(text)
        self._console.write(text, color, bold)
        self._copy(text)
        self._keep(text)

    def keep(self, text: str) -> None:
        """Write to the log alone."""
        if not self._silent:
            self._keep(self._redactor.text(text))

    def note(self, line: str) -> None:
        """Say a line of our own; warnings stand out."""
        self.say(f"{line}\n", "yellow" if line.startswith("WARNING") else "green")

    def once(self, line: str, about: str | None = None) -> None:
        """Note a line, unless one about the same was noted before."""
        about = about or line
        if about not in self._said:
            self._said.add(about)
            self.note(line)

    def show_row(self, row: Row) -> None:
        """Print a row's table; the log gets it as a row."""
        if not self._silent:
            self._console.write_row(row)
            self._copy(row.text)

    def _copy(self, text: str) -> None:
        if self.copy is not None:
            self.copy.write(text)
            self.copy.flush()

    def _keep(self, text: str) -> None:
        if self._log is None:
            self._early.append(text)
        else:
            self._log(text)
