"""What commands print stops none of them: terminals that lack a character, readers that have gone."""

from __future__ import annotations

import io
import os
import sys

# The exit status of a command whose reader went away, as a shell gives it for a program that SIGPIPE ended.
CLOSED_PIPE = 141


def escape_what_it_lacks() -> None:
    """From now on a character that the terminal's encoding lacks is printed as an escape."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def print_nowhere() -> None:
    """From now on nothing is printed, nor complained of at the interpreter's end: nobody can read it."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def say(text: str) -> None:
    """Print, also on a terminal that cannot show every character: a name must not end a training."""
    try:
        print(text)  # noqa: T201  the tutorial promises the target at start
    except UnicodeEncodeError:
        encoding = sys.stdout.encoding or "ascii"
        print(text.encode(encoding, "backslashreplace").decode(encoding))  # noqa: T201
