"""Where the page may write figures."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path, PurePath

from sml_viewer.errors import SmlViewerError
from sml_viewer.fileio import write_new
from sml_viewer.i18n import Message, brief
from sml_viewer.web.data_folders import chosen_folder
from sml_viewer.web.http.request import BadRequestError
from sml_viewer.web.settings import Setup


def save_figures(
    setup: Setup, requested: str | None, files: Sequence[tuple[str, bytes]]
) -> tuple[list[Path], str]:
    """Write figures into the folder of PLOT_FIGURE_SAVING_PATH; returns where, and why that is elsewhere.

    A folder that may not or cannot be written to is no reason not to draw: the workspace takes them then.
    Raises BadRequestError for a name that names no file, or where the workspace cannot be written to.
    """
    own = setup.workspace / "figures"
    names = [checked_file_name(name) for name, _ in files]
    folder, fault = _permitted(setup, requested, own) if requested else (own, "")
    reason = fault and Message(fault, folder=brief(requested))
    try:
        paths = _write(folder, names, files)
    except OSError as error:
        if folder == own:
            raise BadRequestError(f"{own}: nothing can be saved there: {error.strerror}") from error
        reason = Message(_UNWRITABLE, folder=brief(requested), reason=error.strerror)
        try:
            paths = _write(own, names, files)
        except OSError as other:
            raise BadRequestError(f"{own}: nothing can be saved there: {other.strerror}") from other
    return paths, Message(_INSTEAD, reason=reason, own=own) if reason else ""


_INSTEAD = "PLOT_FIGURE_SAVING_PATH: {reason}; saved in {own} instead"
_NO_NAME = "{folder} is not the name of a folder"
_OUTSIDE = "{folder} is outside the workspace; restart the page with --figures DIR to allow another folder"
_HIDDEN = "{folder} is hidden"
_UNWRITABLE = "{folder} cannot be written to ({reason})"


def _permitted(setup: Setup, requested: str, own: Path) -> tuple[Path, str]:
    """The folder that was asked for, or our `own` and a template that says why.

    Who may look at the page may not thereby write anywhere on the machine: it lies in the workspace or in a
    folder that the page was started with for figures, or is one that may be chosen, where any may be.
    """
    try:
        path = Path(requested).expanduser()
        real = Path(os.path.realpath(path if path.is_absolute() else own / path))
    except (OSError, ValueError, RuntimeError):  # no name of a path, or of a user
        return own, _NO_NAME
    if any(real.is_relative_to(os.path.realpath(folder)) for folder in setup.figures):
        return real, ""
    workspace = Path(os.path.realpath(setup.workspace))
    if not real.is_relative_to(workspace):
        return (
            (real, "")
            if setup.changeable and path.is_absolute() and _chosen(setup, real)
            else (own, _OUTSIDE)
        )
    # What the page keeps for itself lies in a dot-folder; no table of numbers makes a run folder of that.
    hidden = any(part.startswith(".") for part in real.relative_to(workspace).parts)
    return (own, _HIDDEN) if hidden else (real, "")


def _chosen(setup: Setup, real: Path) -> bool:
    """Whether a folder, or the one that it is to be made in, may be looked into."""
    for folder in (real, real.parent):
        try:
            chosen_folder(setup, str(folder))
        except SmlViewerError:
            continue
        return True
    return False


def _write(folder: Path, names: Sequence[str], files: Sequence[tuple[str, bytes]]) -> list[Path]:
    return [write_new(folder / name, content) for name, (_, content) in zip(names, files, strict=True)]


def checked_file_name(name: str) -> str:
    """A file's name that names no folder. Raises BadRequestError."""
    if PurePath(name).name != name or "\\" in name or name.startswith(".") or not name.isprintable():
        raise BadRequestError(
            f"FINAL_OUTPUT_NAME, OUTPUT_FILE_PREFIX: {brief(name)} is not a file's name alone"
        )
    return name
