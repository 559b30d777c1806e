"""What is printed must not stop what runs: terminals that lack a character, terminals that are gone."""

from __future__ import annotations

import io
import os
import sys


def escape_what_it_lacks() -> None:
    """From now on a character that the terminal's encoding lacks is printed as an escape."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def say(line: str) -> None:
    """Print a line of progress; once nobody can read it, go on in silence."""
    try:
        print(line, flush=True)  # noqa: T201  the lines of commands
    except OSError:
        # A closed pipe, a terminal that hung up, a full disk behind `> file`.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
