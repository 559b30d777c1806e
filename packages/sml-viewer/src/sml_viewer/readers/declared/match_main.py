"""Match regular expressions in a process of its own, which is killed if one takes too long.

`python match_main.py`: pickled requests on the input, pickled answers on the output. Imports the standard
library alone, so that it starts quickly.
"""

from __future__ import annotations

import pickle
import re
import sys
from typing import IO

LONGEST_LINE = 10_000
# The columns of one pattern, and for each of its rows the line's number and its cells, None where unmatched.
Matches = tuple[tuple[str, ...], list[tuple[int, tuple["str | None", ...]]]]


def matches(patterns: tuple[str, ...], lines: list[str]) -> list[Matches]:
    """The named groups of each pattern's first match in each line."""
    results: list[Matches] = []
    for text in patterns:
        pattern = re.compile(text)
        names = tuple(pattern.groupindex)
        rows = [
            (number, tuple(map(match.group, names)))
            for number, line in enumerate(lines)
            if len(line) <= LONGEST_LINE and (match := pattern.search(line)) is not None
        ]
        results.append((names, rows))
    return results


def serve(requests: IO[bytes], answers: IO[bytes]) -> None:
    """Answer requests until the input closes."""
    while True:
        try:
            patterns, lines = pickle.load(requests)  # noqa: S301  from the process that started this one
        except EOFError:
            return
        pickle.dump(matches(patterns, lines), answers, protocol=5)
        answers.flush()


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
