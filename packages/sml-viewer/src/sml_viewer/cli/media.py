"""The command `media`: list the images, videos, sounds, texts and tables of a run, or copy them out."""

from __future__ import annotations

import argparse
import filecmp
import os
import shutil
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from sml_config.files import temp_path_for
from sml_viewer.errors import SmlViewerError
from sml_viewer.fileio import expand_user
from sml_viewer.model.run import Run
from sml_viewer.printing import shown
from sml_viewer.run_views.compare import find_run
from sml_viewer.run_views.recorded.media import FOLDER, INDEX, MediaEntry, media_entries
from sml_viewer.safe_open import open_plain

from .common import open_library


def media(options: argparse.Namespace) -> int:
    """Print a line per file: key, kind, step, path; or with `--to` copy the files."""
    with open_library(options) as library:
        run = find_run(library.runs(), options.run_name)
    entries = [
        entry
        for entry in _entries(run)
        if not options.key or any(fnmatchcase(entry.key, glob) for glob in options.key)
    ]
    if options.to is None or options.list:
        for entry in entries:
            step = "-" if entry.step is None else entry.step
            print(shown(f"{entry.key}  {entry.kind}  step {step}  {run.path / entry.path}"))
        return 0
    folder = expand_user(options.to)
    results = [_copy(run, entry, folder) for entry in entries]
    copied, missing = results.count("copied"), results.count("missing")
    notes = [f"{results.count('same')} already there", f"{missing} missing in the run folder"]
    print(shown(", ".join([f"{copied} of {len(entries)} files copied to {folder}", *notes])))
    return 0


def _entries(run: Run) -> list[MediaEntry]:
    """The media of a run. Raises SmlViewerError if it has none."""
    try:
        opened = open_plain(run.path, INDEX)
    except OSError as error:
        raise SmlViewerError(
            f"{run.name} has no media: no {INDEX}; scripts store them with logger.log_image() and others"
        ) from error
    with os.fdopen(opened.file, "rb") as index:
        return media_entries(index)


def _copy(run: Run, entry: MediaEntry, folder: Path) -> str:
    """Copy a file to its path below `folder`, or to one with -2, -3, … if another file has that path."""
    path = PurePosixPath(entry.path).relative_to(FOLDER)
    if ".." in path.parts:
        return "missing"
    try:
        source = os.fdopen(open_plain(run.path, entry.path).file, "rb")
    except OSError:
        return "missing"
    target = folder / path
    with source:
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = temp_path_for(target)
        try:
            with draft.open("xb") as copy:
                shutil.copyfileobj(source, copy)
            number = 1
            while target.exists():
                if filecmp.cmp(draft, target, shallow=False):
                    return "same"
                number += 1
                target = folder / path.with_stem(f"{path.stem}-{number}")
            draft.rename(target)
        finally:
            draft.unlink(missing_ok=True)
    return "copied"
