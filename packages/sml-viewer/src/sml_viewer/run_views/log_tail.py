"""Read the end of a log that may still grow, and what was appended since, as text for the page."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

_TAIL = 64_000
_MOST = 256_000
# Terminal escape sequences for colours, cursor movements and titles (ECMA-48).
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_]|[ -/]+[0-~])")
_LINE_START = re.compile(rb"\r\n|\n|\r")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x9f]")
_COLOUR = re.compile(r"\x1b\[[\d;]*m")
_CONTROLS_BUT_COLOURS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f\x80-\x9f]|\x1b(?!\[[\d;]*m)")


@dataclass(frozen=True)
class LogPart:
    """A part of a log: `text` from offset `start` to `end` in bytes, then an unfinished line, `partial`.

    `mark` identifies the file; `restarted` tells that the file was replaced or truncated since the client's
    mark. `cut` tells that the text does not begin at the start of the file. `line` is the index of the
    requested line in the text, if one was.
    """

    start: int
    end: int
    size: int
    text: str
    partial: str
    mark: str
    restarted: bool
    cut: bool
    line: int | None = None


Apart = Callable[[BinaryIO, int], int]


def read_log(
    file: BinaryIO,
    own: str = "",
    since: int | None = None,
    mark: str = "",
    before: int | None = None,
    apart: Apart = lambda _file, at: at,
    *,
    around: int | None = None,
    colours: bool = False,
) -> LogPart:
    """The end of a log; with `since` and `mark` the appended part; with `before` the part that ends there.

    With `around` the part with the line that begins at this offset. `colours` keeps escape sequences for
    colours (SGR) in the text.
    `own` is the current mark of the file. `apart` returns the last offset up to a given one at which the
    file may be split.
    """
    size = file.seek(0, os.SEEK_END)
    if before is not None:
        return _earlier(file, min(before, size), size, own, apart, colours=colours)
    if around is not None:
        return _around(file, max(0, min(around, size)), size, own, apart, colours=colours)
    restarted = since is not None and (since > size or mark != own)
    is_new = since is None or restarted
    start = _line_start(file, max(0, size - _TAIL)) if is_new else max(0, since or 0)
    start = apart(file, min(start, size))
    data = _read(file, start, min(size - start, _MOST))
    used, overwritten = _whole(data, more=start + len(data) < size)
    if not overwritten:
        used = max(0, apart(file, start + used) - start)
    partial = "" if start + len(data) < size else clean(data[used:], colours=colours)
    text = "" if overwritten else clean(data[:used], colours=colours)
    return LogPart(start, start + used, size, text, partial, own, restarted, start > 0)


def mark_of(file: BinaryIO) -> str:
    """A text that identifies a file."""
    status = os.fstat(file.fileno())
    return f"{status.st_dev:x}-{status.st_ino:x}"


def clean(data: bytes, *, colours: bool = False) -> str:
    """Text as a terminal shows it: without escape sequences, and with the last state of overwritten lines.

    With `colours` the sequences that set colours stay.
    """
    text = _ESCAPES.sub(_only_colour if colours else "", data.decode("utf-8", "replace"))
    if "\r" in text:
        text = "\n".join(map(_last_state, text.replace("\r\n", "\n").split("\n")))
    return (_CONTROLS_BUT_COLOURS if colours else _CONTROLS).sub("", text)


def without_colours(text: str) -> str:
    """The text without the sequences that set colours."""
    return _COLOUR.sub("", text)


def _only_colour(sequence: re.Match[str]) -> str:
    return sequence[0] if _COLOUR.fullmatch(sequence[0]) else ""


def _last_state(line: str) -> str:
    states = [state for state in line.split("\r") if without_colours(state)]
    return states[-1] if states else ""


def _around(file: BinaryIO, at: int, size: int, mark: str, apart: Apart, *, colours: bool) -> LogPart:
    start = _line_start(file, max(0, at - _TAIL // 2))
    start = apart(file, min(start, at))
    data = _read(file, start, at - start + _TAIL // 2)
    if start + len(data) < size:
        data = data[: max(at - start, data.rfind(b"\n") + 1) or len(data)]
    data = data[: max(0, apart(file, start + len(data)) - start)]
    line = data.count(b"\n", 0, at - start)
    text = clean(data, colours=colours)
    return LogPart(start, start + len(data), size, text, "", mark, False, start > 0, line)


def _earlier(file: BinaryIO, end: int, size: int, mark: str, apart: Apart, *, colours: bool) -> LogPart:
    end = apart(file, end)
    start = _line_start(file, max(0, end - _TAIL))
    if start >= end:
        start = max(0, end - _TAIL)  # a line longer than one read
    start = apart(file, start)
    text = clean(_read(file, start, end - start), colours=colours)
    return LogPart(start, end, size, text, "", mark, False, start > 0)


def _read(file: BinaryIO, start: int, size: int) -> bytes:
    file.seek(start)
    return file.read(max(0, size))


def _line_start(file: BinaryIO, offset: int) -> int:
    """The first line that begins, or is overwritten, at an offset or after it; else a character boundary."""
    if offset == 0:
        return 0
    data = _read(file, offset - 1, _TAIL + 1)
    begins = _LINE_START.search(data)
    if begins is not None and begins.end() < len(data):
        return offset - 1 + begins.end()
    skip = next((at for at, byte in enumerate(data[1:5]) if byte & 0xC0 != 0x80), 0)
    return offset + skip


def _whole(data: bytes, *, more: bool) -> tuple[int, bool]:
    """The length of the complete lines; of an endless line, of what can no longer change.

    And whether all of that is overwritten by what follows.
    """
    used = data.rfind(b"\n") + 1
    # An unfinished line may still be overwritten, and is shown as partial unless it is very long.
    if used or (not more and len(data) < _TAIL):
        return used, False
    # The \n of a \r\n may not be written yet.
    last_return = data[:-1].rfind(b"\r")
    if last_return > 0:
        return last_return, True
    return _whole_characters(data), False


def _whole_characters(data: bytes) -> int:
    end = len(data)
    for back in range(1, min(4, end) + 1):
        byte = data[-back]
        if byte & 0xC0 != 0x80:
            needed = 1 if byte < 0x80 else 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return end - back if needed > back else end
    return end
