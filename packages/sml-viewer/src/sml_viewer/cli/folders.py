"""Folders of runs on the command line: `DIR` after the command and its own words, or `-d DIR`."""

from __future__ import annotations

import argparse
from collections.abc import Collection, Sequence
from pathlib import Path

from sml_viewer.errors import NoRunsError

_FURTHER_WORDS = "positional_of_further_words"


def add_folder_argument(command: argparse.ArgumentParser) -> None:
    """Let a command take folders; call it after the command's own positional arguments were added."""
    folders = command.add_argument(
        "folders",
        nargs="*",
        metavar="DIR",
        help="folder of runs (default ./logfile, else logs, runs, wandb, …)",
    )
    accept_further_words(command, folders)


def accept_further_words(command: argparse.ArgumentParser, positional: argparse.Action) -> None:
    """Give words behind an option to `positional`, since argparse takes one uninterrupted sequence only."""
    command.set_defaults(**{_FURTHER_WORDS: positional})


def parse_words(
    parser: argparse.ArgumentParser, words: Sequence[str], commands: Collection[str]
) -> argparse.Namespace:
    """The options, with all folders in `data_path`. Raises NoRunsError for a word that is not a folder."""
    options, further = parser.parse_known_args(words)
    positional = getattr(options, _FURTHER_WORDS, None)
    if positional is not None and not any(word.startswith("-") for word in further):
        getattr(options, positional.dest).extend(map(positional.type or str, further))
    elif further:
        parser.error(f"unrecognized arguments: {' '.join(further)}")
    if folders := getattr(options, "folders", None):
        own = [*getattr(options, "runs", []), *filter(None, [getattr(options, "run_name", None)])]
        for folder in folders:
            _check(folder, own, commands)
        options.data_path = [*(options.data_path or []), *map(Path, folders)]
    return options


def _check(folder: str, own: Sequence[str], commands: Collection[str]) -> None:
    path = Path(folder).expanduser()
    if path.is_dir():
        return
    if path.exists():
        raise NoRunsError(f"{folder} is a file; expected a folder of runs, such as {path.absolute().parent}")
    if folder in commands:
        hint = f"; the command comes first: sml-viewer {folder} DIR"
    elif any(Path(word).expanduser().is_dir() for word in own):
        hint = "; folders of runs come after the names of runs"
    elif any(sign in folder for sign in "=<>~ "):
        hint = "; a query is one word after --where"
    else:
        hint = "; expected a folder of runs"
    raise NoRunsError(f"{folder}: no such folder{hint}")
