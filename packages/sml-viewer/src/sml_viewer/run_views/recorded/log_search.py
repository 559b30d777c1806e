"""Search in a whole log: lines that contain a text, or that tell of an error."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Sequence
from typing import BinaryIO

from sml_viewer.run_views.log_tail import clean

from .schemas import LogMatch, LogMatches

# Of a longer log its end is searched.
_MOST_BYTES = 50_000_000
_MOST_MATCHES = 1_000
# Lines that are looked at: some match only in a secret, or by a word that is no error.
_MOST_CANDIDATES = 20_000
_LONGEST_LINE, _MOST_SHOWN = 300, 20_000
# Every error has one of these words, which are searched for much faster than the pattern.
_ERROR_WORDS = (
    b"Traceback (most", b"Error", b"Exception", b"Interrupt", b"ERROR", b"FATAL", b"CRITICAL", b"error: ",
    b"fatal: ", b"panic: ", b"Segmentation fault", b"core dumped", b"out of memory", b"oom-kill", b"Killed",
    b"OutOfMemory", b"Aborted",
)  # fmt: skip
# An error as Python, C libraries, schedulers and loggers write it, but not a metric: `error: 0.1`.
_ERROR = re.compile(
    r"Traceback \(most recent call last\)"
    r"|^ *(?:[\w.]{1,80}\.)?[A-Z]\w{0,60}(?:Error|Exception|Interrupt)\b"
    r"|\b(?:ERROR|FATAL|CRITICAL)\b|\b(?:error|fatal|panic): +[A-Za-z]"
    r"|Segmentation fault|core dumped|CUDA error|out of memory|OutOfMemory|oom-kill|Killed\b|Aborted\b"
)


def search_log(file: BinaryIO, text: str, mask: Callable[[str], str]) -> LogMatches:
    """The lines that contain a text in upper or lower case; with an empty text those that tell of an error.

    `mask` hides secrets: what only they contain does not match. At most 1,000 lines.
    """
    size = file.seek(0, io.SEEK_END)
    start = max(0, size - _MOST_BYTES)
    file.seek(start)
    data = file.read(size - start)
    words = [text.lower().encode("utf-8", "replace")] if text else _ERROR_WORDS
    matches: list[LogMatch] = []
    counted, line, candidates = 0, 1, 0
    for begin, end in _lines_with(data.lower() if text else data, words):
        candidates += 1
        if candidates > _MOST_CANDIDATES:
            return {"matches": matches, "size": size, "cut": True}
        line += data.count(b"\n", counted, begin)
        counted = begin
        shown = mask(clean(data[begin : min(end, begin + _MOST_SHOWN)]))
        if not (text.lower() in shown.lower() if text else _ERROR.search(shown)):
            continue
        if len(matches) == _MOST_MATCHES:
            return {"matches": matches, "size": size, "cut": True}
        number = None if start else line
        matches.append({"at": start + begin, "line": number, "text": shown[:_LONGEST_LINE]})
    return {"matches": matches, "size": size, "cut": start > 0}


def _lines_with(data: bytes, words: Sequence[bytes]) -> Iterator[tuple[int, int]]:
    """Begin and end of each line that contains one of the words."""
    following = {word: data.find(word) for word in words}
    following = {word: at for word, at in following.items() if at >= 0}
    while following:
        at = min(following.values())
        begin, end = data.rfind(b"\n", 0, at) + 1, data.find(b"\n", at)
        end = len(data) if end < 0 else end
        yield begin, end
        for word in [word for word, at in following.items() if at < end]:
            following[word] = data.find(word, end)
            if following[word] < 0:
                del following[word]
