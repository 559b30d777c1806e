"""The command `sml-viewer`."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .errors import NoRunsError, SmlViewerError

_EXAMPLES = """examples:
  sml-viewer                               the page of ./logfile, on http://127.0.0.1:7005
  sml-viewer serve -d ~/runs -p 7006       the page of another folder, on another port
  sml-viewer list --json                   one array with an object per run
  sml-viewer plot -y EpRetMean -o a.png    mean ± standard error over seeds
  sml-viewer table -o a.md                 the last values as markdown"""
_COMMANDS = ("serve", "list", "plot", "table")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status: 0, or 2 when there is nothing to show."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words or (words[0].startswith("-") and words[0] not in ("-h", "--help")):
        words.insert(0, "serve")
    options = _parser().parse_args(words)
    try:
        return int(options.run(options))
    except SmlViewerError as error:
        print(f"sml-viewer: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sml-viewer",
        description="Find, plot and tabulate training runs.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="|".join(_COMMANDS))

    serve = commands.add_parser("serve", help="show the runs in a web page (the default)")
    serve.add_argument("-p", "--port", type=int, default=7005, help="port on this machine (default 7005)")
    serve.set_defaults(run=_serve)

    listing = commands.add_parser("list", help="list the runs")
    listing.add_argument("--json", action="store_true", help="one array with an object per run")
    listing.set_defaults(run=_list)

    plot = commands.add_parser("plot", help="draw mean ± standard error over seeds")
    plot.set_defaults(run=_plot)
    table = commands.add_parser("table", help="write the last values as a markdown table")
    table.set_defaults(run=_table)
    for command, name in ((plot, "curves.png"), (table, "table.md")):
        command.add_argument("-x", metavar="COLUMN", help="column along x (default: one that counts steps)")
        command.add_argument("-y", metavar="COLUMN", help="metric (default: a return, reward or score)")
        command.add_argument("-o", "--output", type=Path, default=Path(name), help=f"file (default {name})")
    for command in (serve, listing, plot, table):
        command.add_argument(
            "-d", "--data_path", type=Path, default=Path("logfile"), help="folder of runs (default ./logfile)"
        )
    return parser


def _serve(options: argparse.Namespace) -> int:
    from .discover import existing_folder
    from .page import serve

    existing_folder(options.data_path)
    return serve(options.data_path, options.port)


def _list(options: argparse.Namespace) -> int:
    from .read import read_runs

    runs = read_runs(options.data_path)
    if options.json:
        print(json.dumps([_as_object(run) for run in runs], indent=2, ensure_ascii=False))
        return 0
    if not runs:
        raise NoRunsError(f"no runs in {options.data_path.absolute()}: no folder there holds a progress.csv")
    width = max(len(run.name) for run in runs)
    for run in runs:
        notes = f"  ({'; '.join(run.notes)})" if run.notes else ""
        print(f"{run.name:{width}}  {run.state or '-':8}  {len(run.table):6} rows{notes}")
    return 0


def _as_object(run: Any) -> dict[str, Any]:
    return {
        "id": run.id,
        "name": run.name,
        "path": str(run.path.absolute()),
        "state": run.state,
        "rows": len(run.table),
        "parameters": run.parameters,
        # JSON has no infinities; a reader in another language would stop at one.
        "last": {name: value if math.isfinite(value) else str(value) for name, value in run.last.items()},
        "notes": list(run.notes),
    }


def _curves(options: argparse.Namespace) -> Any:
    from .aggregate import make_curves
    from .read import read_runs

    runs = read_runs(options.data_path)
    if not runs:
        raise NoRunsError(f"no runs in {options.data_path.absolute()}: no folder there holds a progress.csv")
    return make_curves(runs, options.x, options.y)


def _plot(options: argparse.Namespace) -> int:
    from .figures import draw_curves, figure_bytes
    from .files import write_new

    kind = options.output.suffix.lstrip(".").lower()
    if kind not in ("png", "svg", "pdf"):
        raise SmlViewerError(f"{options.output}: cannot write a .{kind}; choose .png, .svg or .pdf")
    curves = _curves(options)
    print(write_new(options.output, figure_bytes(draw_curves(curves), kind)))
    print(curves.caption)
    return 0


def _table(options: argparse.Namespace) -> int:
    from .files import write_new
    from .tables import make_table, to_markdown

    text = to_markdown(make_table(_curves(options)))
    print(write_new(options.output, text))
    print(text, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
