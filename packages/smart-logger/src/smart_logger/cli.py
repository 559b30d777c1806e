"""The command `smart-logger`: one door to the commands of the five packages."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

from ._missing import NotInstalledError, needs

# Our word: the package that it lives in, and the words it is there.
_COMMANDS = {
    "init": ("sml-config", ["init"], "write the tutorial's common_config/ into a project"),
    "launch": ("sml-launch", [], "turn a grid of parameters into runs"),
    "sync": ("sml-sync", [], "bring run folders home over SSH"),
    "view": ("sml-viewer", [], "the page; find, plot and tabulate runs"),
    "doctor": ("sml-sync", ["doctor"], "test the way to the main machine, step by step"),
}


def main(words: Sequence[str] | None = None) -> int:
    """Hand on to the command of a package; returns its exit status, 2 for a word that is none."""
    given = list(sys.argv[1:] if words is None else words)
    if not given or given[0] in ("-h", "--help"):
        print(_help())
        return 0
    if given[0] in ("-V", "--version"):
        from . import __version__

        print(f"smart-logger {__version__}")
        return 0
    if given[0] not in _COMMANDS:
        print(f"smart-logger: no command {given[0]!r}; there are: {', '.join(_COMMANDS)}", file=sys.stderr)
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
    return "\n".join([*lines, "", "smart-logger COMMAND --help tells more."])


if __name__ == "__main__":
    sys.exit(main())
