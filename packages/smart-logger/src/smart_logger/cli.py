"""The command `smart-logger`, a front end for the commands of the five packages."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

from ._missing import NotInstalledError, needs

# For each command: the package, the first words of its own command, and the help text.
_COMMANDS = {
    "init": ("sml-config", ["init"], "create common_config/ in a project"),
    "launch": ("sml-launch", [], "run a grid of parameters"),
    "sync": ("sml-sync", [], "transfer run folders over SSH"),
    "view": ("sml-viewer", [], "web page; find, plot and tabulate runs"),
    "doctor": ("sml-sync", ["doctor"], "test the connection to the main machine, step by step"),
}


def main(words: Sequence[str] | None = None) -> int:
    """Run the command of a package; returns its exit status, or 2 for an unknown command."""
    given = list(sys.argv[1:] if words is None else words)
    if not given or given[0] in ("-h", "--help"):
        print(_help())
        return 0
    if given[0] in ("-V", "--version"):
        from . import __version__

        print(f"smart-logger {__version__}")
        return 0
    if given[0] not in _COMMANDS:
        known = ", ".join(_COMMANDS)
        print(f"smart-logger: unknown command {given[0]!r}; expected one of {known}", file=sys.stderr)
        return 2
    package, first, _ = _COMMANDS[given[0]]
    try:
        with needs(package):
            command = importlib.import_module(f"{package.replace('-', '_')}.cli")
    except NotInstalledError as error:
        print(f"smart-logger: {error}", file=sys.stderr)
        return 2
    return int(command.main([*first, *given[1:]]) or 0)


def _help() -> str:
    lines = ["usage: smart-logger COMMAND [ARGUMENTS]", ""]
    lines += [
        f"  {name:8} {text} ({' '.join([package, *first])})"
        for name, (package, first, text) in _COMMANDS.items()
    ]
    return "\n".join([*lines, "", "Run smart-logger COMMAND --help for details."])


if __name__ == "__main__":
    sys.exit(main())
