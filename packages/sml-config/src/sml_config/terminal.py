"""Robust printing for commands: characters the terminal cannot encode, closed pipes."""

from __future__ import annotations

import io
import os
import sys

# Exit status of a command whose reader closed the pipe, as shells report for a program ended by SIGPIPE.
CLOSED_PIPE = 141


def use_backslashreplace() -> None:
    """From now on, print characters that the terminal's encoding lacks as escapes."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def silence_stdout() -> None:
    """From now on, discard output, so that the interpreter does not report a broken pipe at exit."""
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, sys.stdout.fileno())
    os.close(devnull)


def say(text: str) -> None:
    """Print, with escapes for characters that the terminal cannot encode: a name must not end a training."""
    try:
        print(text)  # noqa: T201  the tutorial promises the target at start
    except UnicodeEncodeError:
        encoding = sys.stdout.encoding or "ascii"
        print(text.encode(encoding, "backslashreplace").decode(encoding))  # noqa: T201
