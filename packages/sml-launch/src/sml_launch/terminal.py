"""What is printed must not stop what runs: terminals that are gone."""

from __future__ import annotations

from sml_config.terminal import print_nowhere


def say(line: str) -> None:
    """Print a line of progress; once nobody can read it, go on in silence."""
    try:
        print(line, flush=True)  # noqa: T201  the lines of commands
    except OSError:
        # A closed pipe, a terminal that hung up, a full disk behind `> file`.
        print_nowhere()
