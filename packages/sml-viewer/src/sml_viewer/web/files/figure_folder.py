"""Choose the folder for saved figures, and write them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path, PurePath

from sml_viewer.errors import SmlViewerError
from sml_viewer.fileio import reason_of, write_new
from sml_viewer.i18n import Message, brief
from sml_viewer.web.data_folders import chosen_folder
from sml_viewer.web.http.request import BadRequestError
from sml_viewer.web.settings import Setup


def save_figures(
    setup: Setup, requested: str | None, files: Sequence[tuple[str, bytes]]
) -> tuple[list[Path], str]:
    """Write figures into PLOT_FIGURE_SAVING_PATH; returns the paths, and why they are elsewhere.

    If that folder is not permitted or not writable, they are written into the workspace. Raises
    BadRequestError for an invalid file name, or if the workspace is not writable.
    """
    own = setup.workspace / "figures"
    names = [checked_file_name(name) for name, _ in files]
    folder, fault = _permitted(setup, requested, own) if requested else (own, "")
    reason = fault and Message(fault, folder=brief(requested))
    try:
        paths = _write(folder, names, files)
    except OSError as error:
        if folder == own:
            raise BadRequestError(_unsaved(own, error)) from error
        reason = Message(_UNWRITABLE, folder=brief(requested), reason=reason_of(error))
        try:
            paths = _write(own, names, files)
        except OSError as other:
            raise BadRequestError(_unsaved(own, other)) from other
    return paths, Message(_INSTEAD, reason=reason, own=own) if reason else ""


def figure_folder(setup: Setup, requested: str | None) -> Path:
    """The folder that `save_figures` writes into, if it is writable."""
    own = setup.workspace / "figures"
    return _permitted(setup, requested, own)[0] if requested else own


_INSTEAD = "PLOT_FIGURE_SAVING_PATH: {reason}; saved in {own} instead"
_NO_NAME = "{folder} is not the name of a folder"
_OUTSIDE = "{folder} is outside the workspace; restart the page with --figures DIR to allow another folder"
_HIDDEN = "{folder} is hidden"
_UNWRITABLE = "{folder} cannot be written to ({reason})"


def _unsaved(folder: Path, error: OSError) -> Message:
    return Message("cannot save in {folder}: {reason}", folder=folder, reason=reason_of(error))


def _permitted(setup: Setup, requested: str, own: Path) -> tuple[Path, str]:
    """The real requested folder, or `own` and a template with the reason.

    Permission to view the page does not include writing anywhere on the machine: the folder must be in the
    workspace, in a folder that the page was started with for figures, or permitted by `chosen_folder` if
    any folder is.
    """
    try:
        path = Path(requested).expanduser()
        real = Path(os.path.realpath(path if path.is_absolute() else own / path))
    except (OSError, ValueError, RuntimeError):  # invalid path, or unknown user
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
    # The page's own data is in a dot-folder; a CSV there would make it a run folder.
    hidden = any(part.startswith(".") for part in real.relative_to(workspace).parts)
    return (own, _HIDDEN) if hidden else (real, "")


def _chosen(setup: Setup, real: Path) -> bool:
    """Whether a folder, or its parent if it is new, is a permitted data folder."""
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
    """A file name without a folder. Raises BadRequestError."""
    if PurePath(name).name != name or "\\" in name or name.startswith(".") or not name.isprintable():
        raise BadRequestError(
            Message(
                "{options}: {name} is not a file's name alone",
                options="FINAL_OUTPUT_NAME, OUTPUT_FILE_PREFIX",
                name=brief(name),
            )
        )
    return name
