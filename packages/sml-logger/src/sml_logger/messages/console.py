"""What the logger prints: tables that fit the terminal, colours only there."""

from __future__ import annotations

import os
import sys
from typing import TextIO

from sml_logger.row import Row

from .display import TableText

_COLOURS = {
    "gray": 30,
    "red": 31,
    "green": 32,
    "yellow": 33,
    "blue": 34,
    "magenta": 35,
    "cyan": 36,
    "white": 37,
    "crimson": 38,
}


class Console:
    """Prints to whatever `sys.stdout` is at the moment; a stream that fails is left alone from then on."""

    def __init__(self) -> None:
        self._table = TableText()
        self._broken: TextIO | None = None
        # The stream that was asked last whether it is a terminal: asking is a system call.
        self._asked: TextIO | None = None
        self._is_terminal = False

    def write(self, text: str, color: str | None = None, bold: bool = True) -> None:
        """Print lines, coloured on a terminal."""
        stream = sys.stdout
        if color is not None and self._is_usable(stream) and _takes_colours(stream):
            text = colorize(text, color, bold)
        self._write(stream, text)

    def write_row(self, row: Row) -> None:
        """Print a row's table: on a terminal as wide as it is, elsewhere as the log has it."""
        stream = sys.stdout
        text = row.text
        if stream is not self._asked and self._is_usable(stream):
            self._asked, self._is_terminal = stream, _is_terminal(stream)
        if self._is_terminal and self._is_usable(stream):
            text = self._table.format(row.shape, row.step, row.values, _width(stream))
        self._write(stream, text)

    def _is_usable(self, stream: TextIO | None) -> bool:
        return stream is not None and stream is not self._broken and not getattr(stream, "closed", False)

    def _write(self, stream: TextIO, text: str) -> None:
        if not self._is_usable(stream):
            return
        try:
            try:
                stream.write(text)
            except UnicodeEncodeError:
                encoding = stream.encoding
                stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        except (OSError, ValueError):  # a pipe that nobody reads, a terminal that is gone, a closed stream
            self._broken = stream
        except RuntimeError:  # a signal handler in the middle of a write; the log has the text
            return


def colorize(text: str, color: str, bold: bool = False) -> str:
    """A text with the codes of a terminal's colour around its lines. Unknown colours change nothing."""
    number = _COLOURS.get(color)
    if number is None:
        return text
    body = text.rstrip("\n")
    return f"\x1b[{number}{';1' if bold else ''}m{body}\x1b[0m{text[len(body) :]}"


def _is_terminal(stream: TextIO) -> bool:
    """Scripts put objects of their own in the place of `sys.stdout`; some can only write."""
    ask = getattr(stream, "isatty", None)
    return ask is not None and bool(ask())


def _takes_colours(stream: TextIO) -> bool:
    return _is_terminal(stream) and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


def _width(stream: TextIO) -> int | None:
    try:
        return os.get_terminal_size(stream.fileno()).columns or None
    except (OSError, ValueError):
        return None
