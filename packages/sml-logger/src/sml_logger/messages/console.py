"""Print to the console: tables that fit the terminal, colours only on terminals."""

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
    """Prints to the current `sys.stdout`; a stream that has failed is not used again."""

    def __init__(self) -> None:
        self._table = TableText()
        self._broken: TextIO | None = None
        # The stream last checked for being a terminal: each check is a system call.
        self._checked_stream: TextIO | None = None
        self._is_terminal = False

    def write(self, text: str, color: str | None = None, bold: bool = True) -> None:
        """Print text, coloured on a terminal."""
        stream = sys.stdout
        if color is not None and self._is_usable(stream) and _takes_colours(stream):
            text = colorize(text, color, bold)
        self._write(stream, text)

    def write_row(self, row: Row) -> None:
        """Print a row's table, fitted to the width of a terminal, else as in the log."""
        stream = sys.stdout
        text = row.text
        if stream is not self._checked_stream and self._is_usable(stream):
            self._checked_stream, self._is_terminal = stream, _is_terminal(stream)
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
        except (OSError, ValueError):  # a pipe without reader, a terminal that is gone, a closed stream
            self._broken = stream
        except RuntimeError:  # reentrant call from a signal handler; the log has the text
            return


def colorize(text: str, color: str, bold: bool = False) -> str:
    """Wrap a text in the escape codes of a terminal colour; unchanged if the colour is unknown."""
    number = _COLOURS.get(color)
    if number is None:
        return text
    body = text.rstrip("\n")
    return f"\x1b[{number}{';1' if bold else ''}m{body}\x1b[0m{text[len(body) :]}"


def _is_terminal(stream: TextIO) -> bool:
    """Whether a stream is a terminal; scripts may replace `sys.stdout` by objects that only have `write`."""
    ask = getattr(stream, "isatty", None)
    return ask is not None and bool(ask())


def _takes_colours(stream: TextIO) -> bool:
    return _is_terminal(stream) and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


def _width(stream: TextIO) -> int | None:
    try:
        return os.get_terminal_size(stream.fileno()).columns or None
    except (OSError, ValueError):
        return None
