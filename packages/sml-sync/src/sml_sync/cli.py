"""The command `sml-sync`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from .errors import SmlSyncError
from .push import push
from .targets import Target, parse_target

_EXAMPLES = """examples:
  sml-sync push logfile/CartPole-v1_seed_1 --to me@10.0.0.5 --path /data/TESTLog/CartPole-v1_seed_1
  sml-sync push logfile/run --to me@10.0.0.5 --to me@home.example:2222 --path /data/run
The password, where one is needed, is taken from the environment variable SML_PASSWD."""


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    parser = argparse.ArgumentParser(prog="sml-sync", description="Bring run folders home over SSH.")
    commands = parser.add_subparsers(dest="command", required=True)
    pushing = commands.add_parser(
        "push",
        help="send a run folder to the first target that answers",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    pushing.add_argument("run", type=Path, help="the run folder")
    pushing.add_argument(
        "--to", action="append", required=True, metavar="[USER@]HOST[:PORT]", help="a target"
    )
    pushing.add_argument("--path", required=True, help="the folder over there")
    pushing.add_argument("--key", metavar="FILE", help="private key file")
    options = parser.parse_args(arguments)
    if not options.run.is_dir():
        print(f"sml-sync: {options.run}: no such folder", file=sys.stderr)
        return 2
    try:
        targets = [_target(text, options.key) for text in options.to]
    except SmlSyncError as error:
        print(f"sml-sync: {error}", file=sys.stderr)
        return 2
    report = push(options.run, targets, options.path)
    print(report.text, file=sys.stdout if report.ok else sys.stderr)
    return 0 if report.ok else 1


def _target(text: str, key: str | None) -> Target:
    user, host, port = parse_target(text)
    return Target(host, port, user, os.environ.get("SML_PASSWD"), key)


if __name__ == "__main__":
    sys.exit(main())
