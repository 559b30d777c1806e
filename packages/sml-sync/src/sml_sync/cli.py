"""The command `sml-sync`."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any, TypeVar

from sml_config import Settings, SettingsError
from sml_config.project_settings.current import load_settings
from sml_config.ssh import limit_core
from sml_config.terminal import CLOSED_PIPE, silence_stdout, use_backslashreplace
from sml_config.text import printable

from . import arguments
from .doctor import examine
from .errors import ArgumentError, SmlSyncError, TargetError
from .pull_sources import Source, pull_sources
from .report import SyncReport, size
from .session import Session, request_of, request_of_settings
from .ssh.connect import fetch_host_key
from .status import as_json, status_of
from .targets import AUTO, CLIENTS, Target, parse_target, password_in, targets_of
from .transfer.local_files import Selection
from .transfer.pull import PullRequest
from .transfer.push import SyncRequest
from .watch_alerts import WatchAlerts
from .watch_process import repeat

T = TypeVar("T")

_EXAMPLES = """examples:
  sml-sync push                                      all runs of this project, to its main machine
  sml-sync push logfile/CartPole-v1_seed_1 --to me@10.0.0.5 --path /data/TESTLog/CartPole-v1_seed_1
  sml-sync pull --from me@node7 --path /scratch/logfile logfile
  sml-sync pull --from me@node7 --from me@node8 --path /scratch/logfile logfile
  sml-sync watch logfile/CartPole-v1_seed_1 --every 60
  sml-sync doctor

Without --to and --path the main machine is that of common_config/ in the current folder, or in --project.
Passwords are read from the environment variable SML_PASSWD or from --password-file, the passphrase of a
key from SML_PASSPHRASE; on a terminal they are asked for if needed."""


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns its exit status: 0 all arrived, 1 not all did, 2 invalid call."""
    use_backslashreplace()
    if arguments is None:  # this process is ours, and may hold a password
        limit_core(os.getpid())
    parser = _parser()
    options, unknown = parser.parse_known_args(arguments)
    if unknown:
        # The usage of that command helps, the one of all of them does not.
        options.parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    try:
        status = int(options.run(options))
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read our output has seen enough; what has not arrived goes on with the next call.
        silence_stdout()
        return CLOSED_PIPE
    except (SmlSyncError, SettingsError) as error:
        print(f"sml-sync: {printable(str(error))}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"sml-sync: {error.filename or ''}: {error.strerror or error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return status


def _push(options: argparse.Namespace) -> int:
    targets, requests = _task(options)
    reports = []
    requests = [dataclasses.replace(request, dry_run=options.dry_run) for request in requests]
    limits = {"bwlimit": options.bwlimit, "progress": options.progress}
    with Session(targets, interactive=True, **limits) as session:
        for request in requests:
            reports.append(session.sync(request))
            _show(reports[-1], options)
            if reports[-1].targets and not reports[-1].targets[-1].ok:
                break
    return 0 if all(report.ok for report in reports) and len(reports) == len(requests) else 1


def _pull(options: argparse.Namespace) -> int:
    # All of them are looked at before the first is pulled from.
    groups = [_targets(options)] if options.to is None else [_group(text, options) for text in options.to]
    if options.path is None:
        path = _settings(options).common.MAIN_MACHINE_LOG_PATH
        if not path:
            raise TargetError("no remote folder given; use --path, or set MAIN_MACHINE_LOG_PATH")
        options.path = path

    sources = [Source(group, _folder_of(group, options)) for group in groups]
    selection = Selection(tuple(options.include), tuple(options.exclude), options.max_size, options.light)
    remote_path = arguments.remote_path("remote_path", options.path)
    request = PullRequest(remote_path, sources[0].local, selection, options.verify, options.dry_run)
    ok = True
    for report in pull_sources(
        sources,
        request,
        interactive=True,
        bwlimit=options.bwlimit,
        progress=options.progress,
        write=lambda line: print(line, file=sys.stderr, flush=True),
    ):
        _show(report, options)
        ok = ok and report.ok
    return 0 if ok else 1


def _folder_of(group: list[Target], options: argparse.Namespace) -> Path:
    folder = arguments.folder("local", options.folder)
    return folder / group[0].host if options.by_host else folder


def _watch(options: argparse.Namespace) -> int:
    targets, requests = _task(options)
    over = threading.Event()

    def end(*_: object) -> None:
        over.set()
        # A second one ends it at once.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)

    with Session(targets, interactive=True, bwlimit=options.bwlimit, progress=options.progress) as session:
        _show(session.sync(requests[0]), options)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, end)
        ending = "Ctrl-C sends once more and stops, a second one stops at once"
        print(f"every {options.every:g} s; {ending}", file=sys.stderr, flush=True)
        alerts = WatchAlerts(Path(), requests[0].local)

        def on_report(report: SyncReport) -> None:
            _show(report, options)
            alerts.check_due()

        alerts.check_due()
        ok = repeat(session, requests[0], options.every, over.wait, on_report)
        alerts.finish()
    return 0 if ok else 1


def _status(options: argparse.Namespace) -> int:
    folders = options.runs or [_settings(options).log_root]
    statuses = [item for folder in folders for item in status_of(folder)]
    if options.json:
        print(as_json(statuses))
        return 0
    for item in statuses:
        print(printable(item.line(time.time())))
    if not statuses:
        print(f"no runs in {', '.join(map(str, folders))}")
    return 0


def _doctor(options: argparse.Namespace) -> int:
    targets = _targets(options)
    path = options.path
    if path is None:
        path = _settings(options).common.MAIN_MACHINE_LOG_PATH if options.to is None else "."
    if not path:
        raise TargetError(
            "MAIN_MACHINE_LOG_PATH is not set; set it to the remote folder in common_config.yaml"
        )
    results = [
        examine(target, path, lambda line: print(printable(line)), interactive=True) for target in targets
    ]
    return 0 if all(results) else 1


def _accept_key(options: argparse.Namespace) -> int:
    key = fetch_host_key(_target(options.target, options))
    print(f"{key.host} presents {key.shown}")
    if options.fingerprint is None:
        if not sys.stdin.isatty():
            raise TargetError("give the expected fingerprint after the host; nothing was accepted")
        if input("Is this the host's key? See /etc/ssh/*.pub on the host. yes/no: ").strip() != "yes":
            return 1
    elif options.fingerprint.rstrip("=") != key.fingerprint:
        raise TargetError(f"that is not {options.fingerprint}; nothing was accepted")
    key.remember()
    print(f"written to {key.file}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sml-sync",
        description="Copy run folders over SSH.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"sml-sync {metadata.version('sml-sync')}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, text: str, run: object) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text)
        added.set_defaults(run=run, parser=added)
        return added

    pushing = command("push", "send run folders to the first target that answers", _push)
    pushing.add_argument("runs", nargs="*", type=Path, help="run folders, or folders of many")
    removing = "delete remote files that no longer exist locally, once everything has arrived"
    pushing.add_argument("--replace", "--delete", action="store_true", help=removing)
    pulling = command("pull", "fetch run folders from one machine, or from several", _pull)
    pulling.add_argument("folder", type=Path, help="the local folder")
    by_host = "into one folder per machine, named after its host"
    pulling.add_argument("--by-host", action="store_true", help=by_host)
    pulling.add_argument("--verify", action="store_true", help="compare all existing local data")
    watching = command("watch", "send a run folder repeatedly", _watch)
    watching.add_argument("runs", nargs=1, type=Path, help="a run folder, or a folder of many")
    watching.add_argument(
        "--every",
        type=_checked("--every", arguments.seconds),
        default=60.0,
        metavar="SECONDS",
        help="default: 60",
    )
    watching.set_defaults(replace=False)
    for added in (pushing, pulling, watching):
        _add_transfer(added)
    telling = command("status", "show when runs were last sent, and new data since", _status)
    telling.add_argument("runs", nargs="*", type=Path, help="run folders, or folders of many")
    doctor = command("doctor", "test each target step by step, and say what to change", _doctor)
    for added in (pushing, pulling):
        added.add_argument("--dry-run", action="store_true", help="change nothing, show what would be done")
    for added in (pushing, pulling, watching, doctor):
        repeated = "pulls from all at once" if added is pulling else "as with commas"
        text = f"a target, or several separated by commas: the first that answers; repeated: {repeated}"
        added.add_argument("--to", "--from", action="append", metavar="[USER@]HOST[:PORT]", help=text)
        added.add_argument("--path", help="the remote folder")
    accepting = command("accept-key", "accept the key of a host", _accept_key)
    accepting.add_argument("target", metavar="HOST[:PORT]", help="the host")
    accepting.add_argument("fingerprint", nargs="?", help="the expected fingerprint, SHA256:…")
    for added in (pushing, pulling, watching, doctor, accepting):
        _add_ssh(added)
    for added in (pushing, pulling, watching, telling, doctor):
        added.add_argument(
            "--project", type=Path, default=Path(), metavar="DIR", help="the folder with common_config/"
        )
    for added in (pushing, pulling, watching, telling):
        added.add_argument("--json", action="store_true", help="print JSON")
    return parser


def _add_transfer(parser: argparse.ArgumentParser) -> None:
    for name, text in (("include", "only matching files"), ("exclude", "no matching files")):
        parser.add_argument(
            f"--{name}", action="append", default=[], metavar="PATTERN", help=f"{text}; repeatable"
        )
    parser.add_argument(
        "--max-size",
        type=_checked("size", arguments.size),
        metavar="SIZE",
        help="no larger files; 500K, 20M, 2G",
    )
    parser.add_argument("--light", action="store_true", help="tables, parameters, status and log only")
    parser.add_argument("-v", "--verbose", action="store_true", help="show the result of each file")
    rate = "limit of bytes per second; 500K, 20M"
    parser.add_argument("--bwlimit", type=_checked("rate", arguments.rate), metavar="RATE", help=rate)
    shown = "show the bytes transferred, also without a terminal"
    parser.add_argument("--progress", action="store_true", help=shown)


def _add_ssh(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--key", metavar="FILE", help="private key file")
    parser.add_argument(
        "--password-file", type=Path, metavar="FILE", help="file whose first line is the password"
    )
    parser.add_argument("--known-hosts", type=Path, metavar="FILE", help="instead of ~/.ssh/known_hosts")
    parser.add_argument("--ssh-config", type=Path, metavar="FILE", help="instead of ~/.ssh/config")
    clients = "program that connects; default: SML_SSH_CLIENT, or ssh if it is installed"
    parser.add_argument("--ssh-client", choices=CLIENTS, default=AUTO, help=clients)


def _task(options: argparse.Namespace) -> tuple[list[Target], list[SyncRequest]]:
    selection = Selection(tuple(options.include), tuple(options.exclude), options.max_size, options.light)
    targets = _targets(options)
    if options.path is not None:
        if len(options.runs) != 1:
            raise TargetError("--path takes one folder; give the folder above the runs to send several")
        return targets, [request_of(options.runs[0], options.path, selection, replace=options.replace)]
    settings = _settings(options)
    runs = options.runs or [settings.log_root]
    requests = [request_of_settings(run, settings, selection, replace=options.replace) for run in runs]
    return targets, requests


def _targets(options: argparse.Namespace) -> list[Target]:
    if options.path == "":
        raise TargetError("invalid --path ''; expected the remote folder, or . for the home folder")
    if options.to is None:
        known = targets_of(_settings(options))
        return [dataclasses.replace(target, client=options.ssh_client) for target in known]
    return [target for text in options.to for target in _group(text, options)]


def _group(text: str, options: argparse.Namespace) -> list[Target]:
    """The addresses of one machine, with commas between, to be tried in turn."""
    return [_target(address.strip(), options) for address in text.split(",")]


def _target(text: str, options: argparse.Namespace) -> Target:
    user, host, port = parse_target(text)
    file = options.password_file
    password = password_in(file) if file is not None else os.environ.get("SML_PASSWD")
    passphrase = os.environ.get("SML_PASSPHRASE")
    return Target(
        host,
        port,
        user,
        password,
        options.key,
        options.known_hosts,
        passphrase=passphrase,
        ssh_config=options.ssh_config,
        client=options.ssh_client,
    )


def _settings(options: argparse.Namespace) -> Settings:
    project = options.project.expanduser().absolute()
    if not (project / "common_config").is_dir():
        raise TargetError(f"{project} has no common_config/; give --to and --path, or --project")
    files = ("common_config/common_config.yaml", "common_config/experiment_config.yaml")
    return load_settings(*files, project)


def _show(report: SyncReport, options: argparse.Namespace) -> None:
    stream = sys.stdout if report.ok else sys.stderr
    if options.json:
        described = {
            "ok": report.ok,
            "remote_path": report.remote_path,
            "targets": [target._asdict() for target in report.targets],
            "notes": report.notes,
            "files": [file._asdict() for file in report.files],
        }
        print(json.dumps(described), flush=True)
    else:
        for file in report.files:
            if options.verbose or file.action.startswith("would"):
                note = f": {file.note}" if file.note else ""
                print(printable(f"{file.action}: {file.path} ({size(file.bytes)}){note}"))
        print(report.text, file=stream, flush=True)


def _checked(name: str, check: Callable[[str, Any], T]) -> Callable[[str], T]:
    """An argument type that reports the ArgumentError of `check`."""

    def convert(text: str) -> T:
        try:
            return check(name, text)
        except ArgumentError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return convert


if __name__ == "__main__":
    sys.exit(main())
