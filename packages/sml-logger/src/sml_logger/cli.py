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
    """Run the command; returns the exit status: that of the reproduced run, or 2 for a usage error."""
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
    parser = argparse.ArgumentParser(prog="sml-logger", description="Work with run folders of training runs.")
    parser.add_argument("--version", action="version", version=f"sml-logger {metadata.version('sml-logger')}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    reproduce_parser = commands.add_parser(
        "reproduce",
        help="unpack the code of a run and report differences between its environment and this one",
        description=(
            "Unpack the code of a run, list redacted files and what the archive leaves out, report"
            " differences to this environment (Python, packages, GPUs), and print the command or run it."
        ),
    )
    reproduce_parser.add_argument("run", type=Path, metavar="RUN", help="the run folder")
    reproduce_parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FOLDER",
        help="a new or empty folder for the code (default: reproduced/<name of the run>)",
    )
    reproduce_parser.add_argument("--run", dest="start", action="store_true", help="also run the command")
    return parser


def _reproduce(options: argparse.Namespace) -> int:
    run: Path = options.run.absolute()
    reproduction = reproduce(run, options.output or Path("reproduced", run.name))
    print(reproduction.text())
    if not options.start:
        return 0
    if not reproduction.command:
        raise SmlLoggerError("the run's command was not recorded; start it by hand")
    if any(REDACTED in word for word in reproduction.command):
        raise SmlLoggerError("the command contains a redacted secret; start it by hand")
    sys.stdout.flush()
    return subprocess.run(reproduction.command, cwd=reproduction.cwd, check=False).returncode
