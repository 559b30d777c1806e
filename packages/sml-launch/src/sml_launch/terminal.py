"""Progress output that survives a closed pipe or terminal."""

from __future__ import annotations

from sml_config.terminal import silence_stdout


def say(line: str) -> None:
    """Print a line of progress; once it cannot be written, discard further output."""
    try:
        print(line, flush=True)  # noqa: T201  the lines of commands
    except OSError:
        # Such as a closed pipe or terminal, or a full disk.
        silence_stdout()
