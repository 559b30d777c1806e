"""The command `sml-viewer`: argument parser and entry point."""

from __future__ import annotations

import argparse
import os
import sqlite3
import sys
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path

from sml_config.terminal import CLOSED_PIPE, silence_stdout, use_backslashreplace
from sml_viewer.errors import SmlViewerError
from sml_viewer.printing import shown, shown_lines
from sml_viewer.readers.declared.formats import FORMATS, VARIABLE

from .folders import accept_further_words, add_folder_argument, parse_words
from .serve_options import add_serve_options

_EXAMPLES = r"""examples:
  sml-viewer                                   the page of ./logfile, on http://127.0.0.1:7005
  sml-viewer ~/runs wandb                      the page of these folders, whichever tool wrote them
  sml-viewer serve ~/runs -p 7006              the page of another folder, on another port
  sml-viewer serve -lf                         without a login
  sml-viewer serve -u me -pw - --host 0.0.0.0 -crt page.crt -key page.key   for a group, over TLS
  sml-viewer list ~/runs                       the runs of a folder; so with plot, table, export and others
  sml-viewer list --where "status = failed"    runs by a query; --json gives one array with an object per run
  sml-viewer plot -y EpRetMean -o a.pdf        mean ± standard error over seeds
  sml-viewer plot --where "policy_lr < 1e-3" --set CURVE_ERROR=t --set FIGURE_PRESET=paper-1col -o a.pdf
  sml-viewer bar --set BAR_MARK_MAXIMUM_WITH_STAT=True -o bars.png
  sml-viewer table --set TABLE_SCORE=best -o a.tex
  sml-viewer try-reader log.txt --pattern 'step (?P<step>\d+) loss (?P<loss>\S+)'   what becomes of a text log
  sml-viewer import wandb mlruns --to logfile  copy runs of other tools into run folders
  sml-viewer options smooth                    the plot options about smoothing; without WORD: all
  sml-viewer diff RUN RUN                      what differs between two runs
  sml-viewer media RUN --to pictures           copy the images, videos, … of a run; without --to list them
  sml-viewer export -o results.html            figures and tables in one anonymous file
  sml-viewer export --interactive -o charts.html  charts that can be zoomed, in one anonymous file
  sml-viewer export --report -o report.zip     markdown with its figures and tables
  sml-viewer reopen a.pdf -o again.pdf         what a figure was drawn from, and draw it again"""
_QUERY = """queries (--where):
  hopper · env_name = Hopper* · policy_lr <= 1e-3 and not seed = 1 · name ~ "seed_1[0-9]$"
  last.return > 200 or best.return > 300
  status = failed · host = lab1 · modified < 2h · started > 2026-01-31
  tag:paper · note ~ broken · hidden = true     as set on the page, in the workspace of -wks
  hidden = *                                    include hidden runs, which are left out otherwise"""

_WITHOUT_QUERY = ("serve", "diff", "media", "reopen", "options", "try-reader", "import")
_COMMANDS = (
    "serve",
    "list",
    "diff",
    "media",
    "plot",
    "bar",
    "aggregate",
    "table",
    "export",
    "reopen",
    "options",
    "try-reader",
    "import",
)


def main(arguments: Sequence[str] | None = None, *, serve_as: str | None = None) -> int:
    """Run the command; returns its exit status: 0, or 2 with one message on an error.

    `serve_as` is the name of the command that the user called to serve the page, if not this one.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words or _is_for_serve(words[0]):
        words.insert(0, "serve")
    use_backslashreplace()
    try:
        options = parse_words(_parser(serve_as), words, _COMMANDS)
        if files := getattr(options, "readers", None):
            # For this process and the indexers that it starts.
            os.environ[VARIABLE] = os.pathsep.join(str(file.expanduser().absolute()) for file in files)
        status = int(options.run(options))
        sys.stdout.flush()
    except SmlViewerError as error:
        print(f"sml-viewer: {shown_lines(str(error))}", file=sys.stderr)
        return 2
    except sqlite3.OperationalError as error:
        print(
            f"sml-viewer: cannot use the index: {error}; choose another workspace with -wks",
            file=sys.stderr,
        )
        return 2
    except BrokenPipeError:
        # The reader of the pipe, such as `head`, has closed it.
        silence_stdout()
        return CLOSED_PIPE
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        # A full disk, a file in place of a folder, a removed device.
        where = shown(str(error.filename or "the disk"))
        print(f"sml-viewer: {where}: {error.strerror or error}", file=sys.stderr)
        return 2
    return status


def _is_for_serve(word: str) -> bool:
    """Whether the first word is not a command, but an option or a folder for the default command."""
    if word.startswith("-"):
        return word not in ("-h", "--help", "--version")
    return word not in _COMMANDS and Path(word).expanduser().is_dir()


def _parser(serve_as: str | None = None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sml-viewer",
        description="Find, plot and tabulate training runs.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"sml-viewer {metadata.version('sml-viewer')}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    reading: list[argparse.ArgumentParser] = []

    def add(
        name: str, run: Callable[[argparse.Namespace], int], text: str, *, reads_runs: bool = True
    ) -> argparse.ArgumentParser:
        command = commands.add_parser(
            name,
            prog=serve_as if name == "serve" else None,
            help=text,
            description=text[0].upper() + text[1:] + ".",
            epilog="\n".join([*_examples_of(name), *(["", _QUERY] if name not in _WITHOUT_QUERY else [])]),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.set_defaults(run=run)
        if not reads_runs:
            return command
        reading.append(command)
        command.add_argument(
            "-d",
            "--data_path",
            type=Path,
            action="append",
            metavar="DIR",
            help="the same as DIR; repeatable",
        )
        command.add_argument(
            "-wks",
            "--workspace_path",
            type=Path,
            metavar="WORKSPACE",
            help="folder for configurations and the index (default: the user's cache folder)",
        )
        command.add_argument(
            "--readers",
            type=Path,
            action="append",
            metavar="FILE",
            help="file that declares readers of further formats (default: readers.yaml of the workspace)",
        )
        return command

    _add_inspection_commands(add)
    _add_output_commands(add)
    _add_options(add)
    _add_try_reader(add)
    _add_import(add)
    for command in reading:
        add_folder_argument(command)
    return parser


def _add_inspection_commands(add: Callable[..., argparse.ArgumentParser]) -> None:
    add_serve_options(add("serve", _serve, "show the runs in a web page (the default)"))
    listing = add("list", _lazy_command("list_diff", "list_runs"), "list the runs")
    listing.add_argument("--json", action="store_true", help="one array with an object per run")
    listing.add_argument("--where", default="", metavar="QUERY", help="only runs matching QUERY")
    listing.add_argument("--notes", action="store_true", help="print every note of every run")
    diff = add("diff", _lazy_command("list_diff", "diff_runs"), "show what differs between two runs")
    diff.add_argument(
        "runs", nargs=2, metavar="RUN", help="name, id, path, or a word that occurs in only one name"
    )
    media = add("media", _lazy_command("media", "media"), "list the media files of a run, or copy them")
    media.add_argument(
        "run_name", metavar="RUN", help="name, id, path, or a word that occurs in only one name"
    )
    media.add_argument("--list", action="store_true", help="only list them (the default)")
    media.add_argument(
        "--to", type=Path, metavar="DIR", help="copy them to DIR; nothing there is overwritten"
    )
    media.add_argument("--key", action="append", metavar="GLOB", help="only keys like GLOB; repeatable")


def _add_output_commands(add: Callable[..., argparse.ArgumentParser]) -> None:
    texts = {
        "plot": "draw curves of mean and error over seeds as .png, .pdf or .svg, or their numbers as .csv",
        "bar": "draw scores as bars as .png, .pdf or .svg, or their numbers as .csv",
        "aggregate": "draw scores over all sub-figures (IQM and others) as .png, .pdf, .svg or .csv",
        "table": "print scores as a table; with -o also write them as .md, .tex, .html or .csv",
        "export": "write figures and tables, or interactive charts, as one self-contained, anonymous HTML",
    }
    outputs = {"table": "file (default: only print); existing files are never overwritten"}
    for name, text in texts.items():
        command = add(name, _lazy_command("plot", name), text)
        command.add_argument("-x", metavar="COLUMN", help="column of the x axis (default: a step counter)")
        command.add_argument(
            "-y",
            metavar="COLUMN",
            action="append",
            help="metric of the y axis; repeatable (default: a return)",
        )
        command.add_argument(
            "-o", "--output", type=Path, help=outputs.get(name, "file; existing files are never overwritten")
        )
        command.add_argument("--where", default="", metavar="QUERY", help="only runs matching QUERY")
        command.add_argument("-c", "--config", metavar="NAME", help="a configuration of the workspace")
        command.add_argument(
            "--set",
            action="append",
            default=[],
            metavar="NAME=VALUE",
            help="a plot option; `sml-viewer options` lists them",
        )
        if name != "export":
            command.add_argument(
                "--notes", action="store_true", help="print the whole caption with every note"
            )
        if name == "export":
            _add_export_options(command)
    again = add(
        "reopen",
        _lazy_command("plot", "reopen"),
        "show what a figure was drawn from, and restore its configuration",
    )
    again.add_argument("figure", type=Path, help=".png, .pdf, .svg or .html written by this program")
    again.add_argument("--save", metavar="NAME", help="save its configuration in the workspace")
    again.add_argument("-o", "--output", type=Path, help="draw it again from the current runs")


def _add_export_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--title", help="heading (default Results)")
    form = command.add_mutually_exclusive_group()
    form.add_argument(
        "--interactive",
        action="store_true",
        help="charts that can be zoomed, with values at the pointer; without -y of all metrics",
    )
    form.add_argument(
        "--report", action="store_true", help="a folder or .zip with report.md, its figures and tables"
    )
    command.add_argument(
        "--by",
        choices=("groups", "runs"),
        help="with --interactive: a line per group or run (default: groups if any has several runs)",
    )
    command.add_argument(
        "--notes",
        action="store_true",
        help="with --interactive or --report: with the note of the configuration (VIEW_NOTE)",
    )
    command.add_argument("--language", choices=("en", "zh"), default="en", help="of the words (default en)")


def _add_options(add: Callable[..., argparse.ArgumentParser]) -> None:
    text = "list the plot options for --set: names, meanings, values and defaults"
    options = add("options", _lazy_command("options", "list_options"), text, reads_runs=False)
    words = options.add_argument(
        "words", nargs="*", metavar="WORD", help="only options that contain all of these words"
    )
    accept_further_words(options, words)
    options.add_argument(
        "--language", choices=("en", "zh"), help="English or Chinese (default: from the locale)"
    )
    options.add_argument("--json", action="store_true", help="one array with an object per option")


def _add_try_reader(add: Callable[..., argparse.ArgumentParser]) -> None:
    text = "show the rows that a reader makes of a file, or why it makes none"
    command = add("try-reader", _lazy_command("try_reader", "try_reader"), text, reads_runs=False)
    command.add_argument("file", type=Path, metavar="FILE", help="a file that a training wrote")
    command.add_argument("--reader", metavar="NAME", help="use this reader (default: the first that fits)")
    command.add_argument(
        "--pattern",
        action="append",
        metavar="REGEX",
        help="regular expression with named groups, searched in each line of a text log; repeatable",
    )
    command.add_argument("--format", choices=FORMATS, help="format of the file (default: by its name)")
    command.add_argument("-x", metavar="COLUMN", help="column of the x axis")
    command.add_argument(
        "--leave-out", action="append", default=[], metavar="COLUMN", help="column to leave out; repeatable"
    )
    command.add_argument(
        "--readers", type=Path, action="append", metavar="FILE", help="file that declares readers"
    )
    command.add_argument(
        "-wks", "--workspace_path", type=Path, metavar="WORKSPACE", help="workspace with a readers.yaml"
    )


def _add_import(add: Callable[..., argparse.ArgumentParser]) -> None:
    text = "copy runs of any readable format into run folders: what is new or has grown"
    command = add("import", _lazy_command("import_runs", "import_command"), text, reads_runs=False)
    sources = command.add_argument("sources", nargs="+", type=Path, metavar="SRC", help="folder of runs")
    accept_further_words(command, sources)
    command.add_argument(
        "--to", type=Path, required=True, metavar="LOGS", help="folder that is to hold the run folders"
    )
    command.add_argument("--dry-run", action="store_true", help="only say what would be done")
    command.add_argument(
        "--readers", type=Path, action="append", metavar="FILE", help="file that declares readers"
    )
    command.add_argument(
        "-wks",
        "--workspace_path",
        type=Path,
        metavar="WORKSPACE",
        help="workspace with tags, notes and a readers.yaml (default: the user's cache folder)",
    )


def _examples_of(name: str) -> list[str]:
    lines = [line for line in _EXAMPLES.splitlines()[1:] if line.split()[1:2] == [name]]
    return ["examples:", *lines] if lines else []


def _lazy_command(module: str, function: str) -> Callable[[argparse.Namespace], int]:
    """A command whose module is imported when it runs, which keeps `--help` fast."""

    def run(options: argparse.Namespace) -> int:
        import importlib

        return int(getattr(importlib.import_module(f"sml_viewer.cli.{module}"), function)(options))

    return run


def _serve(options: argparse.Namespace) -> int:
    from sml_viewer.discovery import usual_folders
    from sml_viewer.index.location import default_workspace
    from sml_viewer.index.pool import start_indexers

    workspace = (options.workspace_path or default_workspace()).expanduser().absolute()
    # They read while the modules of the page are loaded.
    started = start_indexers(options.data_path or usual_folders(), workspace)
    try:
        from sml_viewer.web import serve

        return serve(options, started)
    finally:
        for indexers in started.values():
            indexers.close()


if __name__ == "__main__":
    sys.exit(main())
