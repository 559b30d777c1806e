"""The command `sml-config`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from .errors import SettingsError, SmlConfigError
from .project_settings.modify import Changes, ConfigEdit, TableEdit, modify_config, modify_csv
from .project_settings.report import check, effective, settings_files
from .project_settings.scaffold import LINES, write_common_config
from .terminal import CLOSED_PIPE, silence_stdout, use_backslashreplace

OK, FAULTS, USAGE, INTERRUPTED = 0, 1, 2, 130

_STATUS = """
exit status: 0 success, 1 faults found or nothing could be done, 2 invalid command line"""

_EXAMPLES = {
    "init": """
examples:
  sml-config init                 write common_config/ into the current folder
  sml-config init ~/code/ppo      … into another project
  sml-config init --force         … replacing existing files""",
    "check": """
examples:
  sml-config check                the files of common_config/ in the current folder
  sml-config check ~/code/ppo --json
  sml-config check --common conf/lab.yaml --experiment conf/exp.json""",
    "show": """
examples:
  sml-config show                 every setting with its value and origin; secrets are redacted
  sml-config show --json | jq .LOG_FOLDER_NAME.value""",
    "modify-config": """
examples (nothing is written without --apply):
  sml-config modify-config logfile --set algo=ppo
  sml-config modify-config logfile --rename lr=policy_lr --delete tmp --apply
  sml-config modify-config logfile --where env_name='Hopper*' --set 'hidden=[256, 256]' --apply

A value is parsed as JSON if possible (1e-3, true, null, [1, 2]), else it is text.""",
    "modify-csv": """
examples (nothing is written without --apply):
  sml-config modify-csv logfile --rename EpRet=EpRetTest
  sml-config modify-csv logfile --copy EpRetTest=EpRetTransfer --apply""",
}


def main(words: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    use_backslashreplace()
    arguments = _parser().parse_args(words)
    try:
        status: int = arguments.run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:  # `sml-config show | head`
        silence_stdout()
        return CLOSED_PIPE
    except SettingsError as error:
        _fail(arguments, {"faults": [fault._asdict() for fault in error.faults]}, str(error))
        return FAULTS
    except SmlConfigError as error:
        _fail(arguments, {"error": str(error)}, str(error))
        return FAULTS
    except OSError as error:
        text = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        _fail(arguments, {"error": text}, text)
        return FAULTS
    except KeyboardInterrupt:
        return INTERRUPTED
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sml-config",
        description="Check and show the settings of a project, and edit the parameters of existing runs.",
        epilog=_EXAMPLES["init"] + "\n  sml-config check && sml-config show\n" + _STATUS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"sml-config {metadata.version('sml-config')}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    def command(name: str, run: Any, text: str) -> argparse.ArgumentParser:
        subparser = commands.add_parser(
            name,
            help=text,
            description=text[0].upper() + text[1:] + ".",
            epilog=_EXAMPLES[name] + "\n" + _STATUS,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        subparser.add_argument("--json", action="store_true", help="print one JSON object instead of text")
        subparser.set_defaults(run=run)
        return subparser

    _add_settings_commands(command)
    _add_modify_commands(command)
    return parser


def _add_settings_commands(command: Callable[..., argparse.ArgumentParser]) -> None:
    init = command("init", _init, "write the three files of common_config/ into a project")
    init.add_argument(
        "project", nargs="?", default=".", type=Path, help="the project's folder (default: this one)"
    )
    init.add_argument("--force", action="store_true", help="replace existing files")

    for name, run, text in (
        ("check", _check, "report all faults in both settings files"),
        ("show", _show, "print every setting with its value and origin; secrets are redacted"),
    ):
        subparser = command(name, run, text)
        subparser.add_argument(
            "project", nargs="?", default=".", type=Path, help="the project's folder (default: this one)"
        )
        subparser.add_argument(
            "--common",
            type=Path,
            metavar="FILE",
            help="use this file instead of common_config/common_config.yaml",
        )
        subparser.add_argument(
            "--experiment",
            type=Path,
            metavar="FILE",
            help="use this file instead of …/experiment_config.yaml",
        )


def _add_modify_commands(command: Callable[..., argparse.ArgumentParser]) -> None:
    config = command(
        "modify-config", _modify_config, "set, rename or delete keys in many parameter.json files"
    )
    config.add_argument(
        "--set", action="append", default=[], type=_pair, metavar="KEY=VALUE", help="set a key"
    )
    config.add_argument(
        "--rename", action="append", default=[], type=_pair, metavar="OLD=NEW", help="rename a key"
    )
    config.add_argument("--delete", action="append", default=[], metavar="KEY", help="delete a key")
    config.add_argument(
        "--where",
        action="append",
        default=[],
        type=_pair,
        metavar="KEY=PATTERN",
        help="only files whose value matches",
    )
    config.add_argument("--only-existing", action="store_true", help="--set only changes existing keys")

    table = command("modify-csv", _modify_csv, "rename or copy columns in many progress.csv files")
    table.add_argument(
        "--rename", action="append", default=[], type=_pair, metavar="OLD=NEW", help="rename a column"
    )
    table.add_argument(
        "--copy",
        action="append",
        default=[],
        type=_pair,
        metavar="FROM=TO",
        help="copy a column to a new or existing column",
    )
    table.add_argument("--force", action="store_true", help="also change tables that a run is writing")
    for subparser in (config, table):
        subparser.add_argument("root", type=Path, help="a folder, searched recursively, or a file")
        subparser.add_argument(
            "--apply", action="store_true", help="write the changes; otherwise only show them"
        )
        subparser.add_argument(
            "--no-backup", action="store_true", help="do not keep .bak copies of changed files"
        )


def _init(arguments: argparse.Namespace) -> int:
    files = write_common_config(arguments.project, force=arguments.force)
    if arguments.json:
        _print({"written": [str(path) for path in files], "add": LINES})
        return OK
    for path in files:
        print(f"written: {path}")
    print(f"\nAdd at the very top of your main.py:\n\n{LINES}")
    print("MAIN_MACHINE_PASSWD is read from the environment: export SML_PASSWD=… on machines that sync runs.")
    return OK


def _check(arguments: argparse.Namespace) -> int:
    project, files = _named_files(arguments)
    report = check(project, files)
    if arguments.json:
        _print(report.to_dict())
    else:
        for fault in report.faults:
            print(fault, file=sys.stderr)
        for note in report.notes:
            print(f"note: {note}")
        if report.faults:
            print(f"{len(report.faults)} fault{'s' if len(report.faults) > 1 else ''}", file=sys.stderr)
        else:
            print(f"no faults: {', '.join(report.files)}")
    return FAULTS if report.faults else OK


def _show(arguments: argparse.Namespace) -> int:
    project, files = _named_files(arguments)
    shown = effective(project, files)
    if arguments.json:
        _print({item.key: {"value": item.value, "origin": item.origin} for item in shown})
        return OK
    width = max(len(item.key) for item in shown)
    for item in shown:
        print(
            f"{item.key:{width}}  {json.dumps(item.value, ensure_ascii=False, default=str)}  ({item.origin})"
        )
    return OK


def _named_files(arguments: argparse.Namespace) -> tuple[Path, tuple[Path, Path]]:
    """The project and its settings files, or those given by options."""
    project = arguments.project.absolute()
    return project, settings_files(project, arguments.common, arguments.experiment)


def _modify_config(arguments: argparse.Namespace) -> int:
    if not (arguments.set or arguments.rename or arguments.delete):
        return _usage("nothing to do; pass --set, --rename or --delete")
    edit = ConfigEdit(
        set={name: _value(text) for name, text in arguments.set},
        rename=dict(arguments.rename),
        delete=arguments.delete,
        where=dict(arguments.where),
        only_existing=arguments.only_existing,
    )
    return _report(arguments, modify_config(arguments.root, edit))


def _modify_csv(arguments: argparse.Namespace) -> int:
    if not (arguments.rename or arguments.copy):
        return _usage("nothing to do; pass --rename or --copy")
    edit = TableEdit(dict(arguments.rename), dict(arguments.copy))
    return _report(arguments, modify_csv(arguments.root, edit, force=arguments.force))


def _report(arguments: argparse.Namespace, changes: Changes) -> int:
    """Print the changes; write them with --apply if there are no faults."""
    write = arguments.apply and not changes.faults
    backups = changes.apply(backup=not arguments.no_backup) if write else []
    if arguments.json:
        _print(
            {
                "found": changes.file_count,
                "changes": [
                    {"file": str(item.path), "what": list(item.descriptions)} for item in changes.changes
                ],
                "faults": [{"file": fault.file, "message": fault.message} for fault in changes.faults],
                "notes": list(changes.notes),
                "written": write,
                "backups": [str(path) for path in backups],
            }
        )
    else:
        for item in changes.changes:
            print(f"{item.path}: {'; '.join(item.descriptions)}")
        for fault in changes.faults:
            print(fault, file=sys.stderr)
        for note in changes.notes:
            print(note, file=sys.stderr)
        print(_summary(arguments, changes, write, len(backups)))
    if not changes.file_count:
        return FAULTS
    return FAULTS if changes.faults else OK


def _summary(arguments: argparse.Namespace, changes: Changes, written: bool, backups: int) -> str:
    if not changes.file_count:
        return f"no such files below {arguments.root}"
    if not changes.changes and not changes.faults:
        return f"nothing to change in {changes.file_count} file{'s' if changes.file_count > 1 else ''}"
    count = f"{len(changes.changes)} of {changes.file_count} file{'s' if changes.file_count > 1 else ''}"
    if written:
        copies = f", {backups} backup{'s' if backups > 1 else ''} (.bak)" if backups else ""
        return f"{count} changed{copies}"
    if changes.faults:
        return f"{count} would change; nothing written because of the faults above"
    return f"{count} would change; add --apply to write"


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name:
        raise argparse.ArgumentTypeError(f"invalid value {text!r}; expected NAME=VALUE")
    return name, value


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _usage(text: str) -> int:
    print(f"sml-config: error: {text}", file=sys.stderr)
    return USAGE


def _fail(arguments: argparse.Namespace, content: dict[str, Any], text: str) -> None:
    if arguments.json:
        _print(content)
    else:
        print(text, file=sys.stderr)


def _print(content: dict[str, Any]) -> None:
    print(json.dumps(content, indent=2, ensure_ascii=False, default=str))
