"""The command `sml-logger`."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

from sml_config import SettingsError
from sml_config.redaction import REDACTED
from sml_config.terminal import CLOSED_PIPE, silence_stdout

from .checkpoints.keep import parse_keep
from .checkpoints.prune import Decision, decide, delete, run_folders
from .code_archive.reproduce import reproduce
from .errors import SmlLoggerError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status: that of the reproduced run, or 2 for a usage error."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        status = int(options.run_command(options))
        sys.stdout.flush()
    except BrokenPipeError:
        silence_stdout()
        return CLOSED_PIPE
    except (SmlLoggerError, SettingsError, OSError) as error:
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
    reproduce_parser.set_defaults(run_command=_reproduce)
    _add_prune(commands)
    _add_alerts(commands)
    return parser


def _add_alerts(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    alerts_parser = commands.add_parser(
        "alerts",
        help="check the settings of alerts, and send one as a test",
        description=(
            "List the rules and the kinds of the addresses in common_config.yaml (ALERT_RULES, ALERT_TO and"
            " ALERT_QUIET); with --test send an alert to each address. Addresses are never shown."
        ),
    )
    alerts_parser.add_argument(
        "--test", action="store_true", help="send a test, also in quiet hours; status 1 if one fails"
    )
    alerts_parser.add_argument(
        "-c",
        "--common-config",
        type=Path,
        default=Path("common_config", "common_config.yaml"),
        metavar="FILE",
        help="the settings file (default: %(default)s)",
    )
    alerts_parser.set_defaults(run_command=_alerts)


def _alerts(options: argparse.Namespace) -> int:
    from .alerts.check import alert_lines

    lines, failures = alert_lines(options.common_config, test=options.test)
    for line in lines:
        print(line)
    return 1 if failures else 0


def _add_prune(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    prune_parser = commands.add_parser(
        "prune",
        help="delete recorded checkpoints that are not needed any more",
        description=(
            "List the checkpoints that runs recorded with logger.checkpoint(), and which of them the rules"
            " keep; with --yes delete the others. Never deleted: anything outside of the run folder or of"
            " another user, the newest checkpoint of a run that may be running and what it changed in the"
            " last ten minutes, and all checkpoints of a run none of which has the metric of a rule."
        ),
    )
    prune_parser.add_argument(
        "folders", type=Path, nargs="+", metavar="FOLDER", help="a run folder, or a folder of runs"
    )
    prune_parser.add_argument(
        "--keep",
        required=True,
        metavar="RULES",
        help="last:N, best:N:METRIC[:max|min], separated by commas, e.g. last:2,best:1:eval_return",
    )
    prune_parser.add_argument("--yes", action="store_true", help="delete; without it nothing is deleted")
    prune_parser.set_defaults(run_command=_prune)


def _prune(options: argparse.Namespace) -> int:
    rules = parse_keep(options.keep)
    missing = [str(folder) for folder in options.folders if not folder.is_dir()]
    if missing:
        raise SmlLoggerError(f"{', '.join(missing)}: no such folder")
    freed, failures, seen = 0, 0, False
    for folder in run_folders(options.folders):
        seen = True
        print(folder.path)
        for decision in decide(folder, rules):
            failure = _deleted(decision) if options.yes and decision.is_deleted else None
            failures += failure is not None
            freed += decision.bytes if decision.is_deleted and failure is None else 0
            print(_line(decision, failure))
    if not seen:
        print("no run here has recorded checkpoints; scripts record them with logger.checkpoint(path)")
    else:
        print(f"{_size(freed)} {'freed' if options.yes else 'to free; add --yes to delete'}")
    return 1 if failures else 0


def _deleted(decision: Decision) -> str | None:
    """Delete a checkpoint; returns why that failed."""
    try:
        delete(decision)
    except OSError as error:
        return str(error)
    return None


def _line(decision: Decision, failure: str | None) -> str:
    checkpoint = decision.checkpoint
    verdict = f"FAILED: {failure}" if failure else "delete" if decision.is_deleted else "keep"
    step = "-" if checkpoint.step is None else str(checkpoint.step)
    reason = "" if failure else f"  ({decision.reason})"
    return f"  {verdict:6}  step {step:>9}  {_size(decision.bytes):>9}  {checkpoint.path!r}{reason}"


def _size(count: int) -> str:
    """Bytes in decimal units."""
    size = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"


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
