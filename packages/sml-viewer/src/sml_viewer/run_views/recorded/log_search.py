"""Search in a whole log: lines that contain a text, or that tell of an error."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import BinaryIO

from sml_viewer.run_views.log_tail import clean

from .schemas import LogMatch, LogMatches

# Of a longer log its end is searched.
_MOST_BYTES = 50_000_000
_MOST_MATCHES = 1_000
_LONGEST_LINE = 300
# An error as Python, C libraries, schedulers and loggers write it, but not a metric: `error: 0.1`.
_ERRORS = re.compile(
    rb"Traceback \(most recent call last\)"
    rb"|^ *(?:[\w.]+\.)?[A-Z]\w*(?:Error|Exception|Interrupt)\b"
    rb"|\b(?:ERROR|FATAL|CRITICAL)\b|\b(?:error|fatal|panic):[ \t]+[A-Za-z]"
    rb"|Segmentation fault|core dumped|CUDA error|out of memory|OutOfMemory|oom-kill|Killed\b|Aborted\b",
    re.MULTILINE,
)

_COLOUR = re.compile(rb"\x1b\[[\d;]*m")


def search_log(file: BinaryIO, text: str, mask: Callable[[str], str]) -> LogMatches:
    """The lines that contain a text in upper or lower case; with an empty text those that tell of an error.

    `mask` hides secrets: what only they contain does not match. At most 1,000 lines.
    """
    pattern = re.compile(re.escape(text.encode("utf-8", "replace")), re.IGNORECASE) if text else _ERRORS
    size = file.seek(0, io.SEEK_END)
    start = max(0, size - _MOST_BYTES)
    file.seek(start)
    raw = file.read(size - start)
    # Colours hide where a word begins; offsets stay.
    data = _COLOUR.sub(lambda colour: b" " * len(colour[0]), raw)
    matches: list[LogMatch] = []
    at, line, position = 0, 1, 0
    while (match := pattern.search(data, position)) is not None:
        begin = data.rfind(b"\n", 0, match.start()) + 1
        end = data.find(b"\n", match.end())
        end = len(data) if end < 0 else end
        line += data.count(b"\n", at, begin)
        at, position = begin, end + 1
        shown = mask(clean(raw[begin:end]))
        if pattern.search(shown.encode("utf-8", "replace")) is None:
            continue
        if len(matches) == _MOST_MATCHES:
            return {"matches": matches, "size": size, "cut": True}
        number = None if start else line
        matches.append({"at": start + begin, "line": number, "text": shown[:_LONGEST_LINE]})
    return {"matches": matches, "size": size, "cut": start > 0}
