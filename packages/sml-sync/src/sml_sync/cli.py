"""The command `sml-sync`."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import signal
import sys
import time
from importlib import metadata
from pathlib import Path
from typing import Any

from sml_config import Settings, SettingsError
from sml_config.project_settings.current import load_settings
from sml_config.project_settings.scaffold import COMMON, EXPERIMENT, FOLDER
from sml_config.ssh import limit_core
from sml_config.terminal import CLOSED_PIPE, silence_stdout, use_backslashreplace
from sml_config.text import printable

from . import arguments
from .doctor import examine
from .errors import SmlSyncError, TargetError
from .pull_sources import Source, pull_sources
from .report import SyncReport, size
from .session import Session, request_of, request_of_settings
from .ssh.connect import fetch_host_key
from .status import as_json, status_of
from .targets import AUTO, CLIENTS, Target, password_in, remote_home_of, target_from, targets_of
from .transfer.local_files import Selection
from .transfer.pull import PullRequest
from .transfer.push import SyncRequest
from .watch_alerts import WatchAlerts
from .watch_process import ended_by, repeat

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
        ok = options.run(options)
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
    return 0 if ok else 1


def _push(options: argparse.Namespace) -> bool:
    targets, requests = _task(options)
    ok = True
    with Session(targets, **_session_options(options)) as session:
        for request in requests:
            report = session.sync(dataclasses.replace(request, dry_run=options.dry_run))
            ok = _show(report, options) and ok
            if not report.targets[-1].ok:
                break
    return ok


def _pull(options: argparse.Namespace) -> bool:
    folder = arguments.folder("local", options.folder)
    sources = [
        Source(addresses, folder / addresses[0].host if options.by_host else folder)
        for addresses in _machines(options)
    ]
    request = PullRequest(_remote_path(options), folder, _selection(options), options.verify, options.dry_run)
    reports = pull_sources(sources, request, **_session_options(options))
    results = [_show(report, options) for report in reports]
    return all(results)


def _watch(options: argparse.Namespace) -> bool:
    every = arguments.seconds("--every", options.every)
    targets, requests = _task(options)
    with Session(targets, **_session_options(options)) as session:
        _show(session.sync(requests[0]), options)
        over = ended_by(signal.SIGINT, signal.SIGTERM)
        ending = "Ctrl-C sends once more and stops, a second one stops at once"
        print(f"every {every:g} s; {ending}", file=sys.stderr, flush=True)
        alerts = WatchAlerts(Path(), requests[0].local)

        def on_report(report: SyncReport) -> None:
            _show(report, options)
            alerts.check_due()

        alerts.check_due()
        ok = repeat(session, requests[0], every, over.wait, on_report)
        alerts.finish()
    return ok


def _status(options: argparse.Namespace) -> bool:
    folders = options.runs or [_settings(options).log_root]
    statuses = [item for folder in folders for item in status_of(folder)]
    lines = [printable(item.line(time.time())) for item in statuses]
    none = f"no runs in {', '.join(map(str, folders))}"
    print(as_json(statuses) if options.json else "\n".join(lines) or none)
    return True


def _doctor(options: argparse.Namespace) -> bool:
    path = "." if options.to and options.path is None else _remote_path(options)

    def print_line(line: str) -> None:
        print(printable(line))

    results = [
        examine(target, path, print_line, interactive=True)
        for addresses in _machines(options)
        for target in addresses
    ]
    return all(results)


def _accept_key(options: argparse.Namespace) -> bool:
    key = fetch_host_key(_target(options.target, options))
    print(f"{key.host} presents {key.shown}")
    if options.fingerprint is None:
        if not sys.stdin.isatty():
            raise TargetError("give the expected fingerprint after the host; nothing was accepted")
        if input("Is this the host's key? See /etc/ssh/*.pub on the host. yes/no: ").strip() != "yes":
            return False
    elif options.fingerprint.rstrip("=") != key.fingerprint:
        raise TargetError(f"that is not {options.fingerprint}; nothing was accepted")
    key.remember()
    print(f"written to {key.file}")
    return True


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sml-sync",
        description="Copy run folders over SSH.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"sml-sync {metadata.version('sml-sync')}")
    parsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands: dict[str, argparse.ArgumentParser] = {}
    for run, name, text in (
        (_push, "push", "send run folders to the first target that answers"),
        (_pull, "pull", "fetch run folders from one machine, or from several"),
        (_watch, "watch", "send a run folder repeatedly"),
        (_status, "status", "show when runs were last sent, and new data since"),
        (_doctor, "doctor", "test each target step by step, and say what to change"),
        (_accept_key, "accept-key", "accept the key of a host"),
    ):
        commands[name] = parsers.add_parser(name, help=text, description=text)
        commands[name].set_defaults(run=run, parser=commands[name], replace=False)
    _add_options(commands)
    return parser


def _add_options(commands: dict[str, argparse.ArgumentParser]) -> None:
    """Add each option to the commands that have it, in the order of their help."""

    def add(names: str, *flags: str, **settings: Any) -> None:
        for name in names.split():
            commands[name].add_argument(*flags, **settings)

    def switch(names: str, *flags: str, text: str) -> None:
        add(names, *flags, action="store_true", help=text)

    transfers = "push pull watch"
    connecting = f"{transfers} doctor accept-key"
    add("push status", "runs", nargs="*", type=Path, help="run folders, or folders of many")
    add("watch", "runs", nargs=1, type=Path, help="a run folder, or a folder of many")
    add("pull", "folder", type=Path, help="the local folder")
    add("accept-key", "target", metavar="HOST[:PORT]", help="the host")
    add("accept-key", "fingerprint", nargs="?", help="the expected fingerprint, SHA256:…")
    removing = "delete remote files that no longer exist locally, once everything has arrived"
    switch("push", "--replace", "--delete", text=removing)
    switch("pull", "--by-host", text="into one folder per machine, named after its host")
    switch("pull", "--verify", text="compare all existing local data")
    add("watch", "--every", default=60.0, metavar="SECONDS", help="default: 60")
    for name, text in (("--include", "only matching files"), ("--exclude", "no matching files")):
        add(transfers, name, action="append", default=[], metavar="PATTERN", help=f"{text}; repeatable")
    add(transfers, "--max-size", metavar="SIZE", help="no larger files; 500K, 20M, 2G")
    switch(transfers, "--light", text="tables, parameters, status and log only")
    switch(transfers, "-v", "--verbose", text="show the result of each file")
    add(transfers, "--bwlimit", metavar="RATE", help="limit of bytes per second; 500K, 20M")
    switch(transfers, "--progress", text="show the bytes transferred, also without a terminal")
    switch("push pull", "--dry-run", text="change nothing, show what would be done")
    for names, repeated in (("push watch doctor", "as with commas"), ("pull", "pulls from all at once")):
        text = f"a target, or several separated by commas: the first that answers; repeated: {repeated}"
        add(names, "--to", "--from", action="append", metavar="[USER@]HOST[:PORT]", help=text)
    add(f"{transfers} doctor", "--path", help="the remote folder")
    add(connecting, "--key", metavar="FILE", help="private key file")
    password = "file whose first line is the password"  # noqa: S105  a text of the help
    add(connecting, "--password-file", type=Path, metavar="FILE", help=password)
    add(connecting, "--known-hosts", type=Path, metavar="FILE", help="instead of ~/.ssh/known_hosts")
    add(connecting, "--ssh-config", type=Path, metavar="FILE", help="instead of ~/.ssh/config")
    client = "program that connects; default: SML_SSH_CLIENT, or ssh if it is installed"
    add(connecting, "--ssh-client", choices=CLIENTS, default=AUTO, help=client)
    project = "the folder with common_config/"
    add(f"{transfers} status doctor", "--project", type=Path, default=Path(), metavar="DIR", help=project)
    switch(f"{transfers} status", "--json", text="print JSON")


def _task(options: argparse.Namespace) -> tuple[list[Target], list[SyncRequest]]:
    selection = _selection(options)
    targets = [address for addresses in _machines(options) for address in addresses]
    if options.path is not None:
        if len(options.runs) != 1:
            raise TargetError("--path takes one folder; give the folder above the runs to send several")
        return targets, [request_of(options.runs[0], options.path, selection, replace=options.replace)]
    settings = _settings(options)
    runs = options.runs or [settings.log_root]
    return targets, [request_of_settings(run, settings, selection, replace=options.replace) for run in runs]


def _selection(options: argparse.Namespace) -> Selection:
    largest = arguments.size("--max-size", options.max_size)
    return Selection(options.include, options.exclude, largest, options.light)


def _session_options(options: argparse.Namespace) -> dict[str, Any]:
    rate = arguments.rate("--bwlimit", options.bwlimit)
    return {"interactive": True, "bwlimit": rate, "progress": options.progress}


def _remote_path(options: argparse.Namespace) -> str:
    """The remote folder of --path, or of the settings."""
    if options.path is None:
        return remote_home_of(_settings(options))
    return arguments.remote_path("--path", options.path)


def _machines(options: argparse.Namespace) -> list[list[Target]]:
    """The addresses of each machine, to be tried in turn."""
    if options.path == "":
        raise TargetError("invalid --path ''; expected the remote folder, or . for the home folder")
    if options.to is None:
        known = targets_of(_settings(options))
        return [[dataclasses.replace(target, client=options.ssh_client) for target in known]]
    return [[_target(address.strip(), options) for address in text.split(",")] for text in options.to]


def _target(text: str, options: argparse.Namespace) -> Target:
    file = options.password_file
    return target_from(
        text,
        password=password_in(file) if file is not None else os.environ.get("SML_PASSWD"),
        passphrase=os.environ.get("SML_PASSPHRASE"),
        key_filename=options.key,
        known_hosts=options.known_hosts,
        ssh_config=options.ssh_config,
        client=options.ssh_client,
    )


def _settings(options: argparse.Namespace) -> Settings:
    project = options.project.expanduser().absolute()
    if not (project / FOLDER).is_dir():
        raise TargetError(f"{project} has no {FOLDER}/; give --to and --path, or --project")
    return load_settings(f"{FOLDER}/{COMMON}", f"{FOLDER}/{EXPERIMENT}", project)


def _show(report: SyncReport, options: argparse.Namespace) -> bool:
    """Print a report; True if everything arrived."""
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
    return report.ok


if __name__ == "__main__":
    sys.exit(main())
