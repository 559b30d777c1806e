"""The command `sml-logger`."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

from sml_config.redaction import REDACTED
from sml_config.terminal import CLOSED_PIPE, print_nowhere

from .code_archive.reproduce import reproduce
from .errors import SmlLoggerError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit status is that of the reproduced run, or 2 for a mistake in the call."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        status = _reproduce(options)
        sys.stdout.flush()
    except BrokenPipeError:
        print_nowhere()
        return CLOSED_PIPE
    except (SmlLoggerError, OSError) as error:
        print(f"sml-logger: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="sml-logger", description="Run folders of training processes.")
    parser.add_argument("--version", action="version", version=f"sml-logger {metadata.version('sml-logger')}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    reproduction = commands.add_parser(
        "reproduce",
        help="unpack the code of a run and tell what differs here from where it ran",
        description=(
            "Unpack the code of a run, name the places where secrets were replaced and what the rules left"
            " out, list what does not match here (python, packages, GPUs), and print the command or run it."
        ),
    )
    reproduction.add_argument("run", type=Path, metavar="RUN", help="the run folder")
    reproduction.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FOLDER",
        help="a new or empty folder for the code; default: reproduced/<name of the run>",
    )
    reproduction.add_argument("--run", dest="start", action="store_true", help="run the command, too")
    return parser


def _reproduce(options: argparse.Namespace) -> int:
    run: Path = options.run.absolute()
    made = reproduce(run, options.output or Path("reproduced", run.name))
    print(made.text())
    if not options.start:
        return 0
    if not made.command:
        raise SmlLoggerError("the run did not record its command; start it by hand")
    if any(REDACTED in word for word in made.command):
        raise SmlLoggerError("the command holds a replaced secret; start it by hand")
    sys.stdout.flush()
    return subprocess.run(made.command, cwd=made.cwd, check=False).returncode
