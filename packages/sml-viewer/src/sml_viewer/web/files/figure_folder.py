"""Where the page may write figures."""

from __future__ import annotations

import os
from pathlib import Path, PurePath

from sml_viewer.i18n import brief
from sml_viewer.web.data_folders import chosen_folder
from sml_viewer.web.http.request import AskedWronglyError
from sml_viewer.web.settings import Setup


def figure_folder(setup: Setup, wanted: str | None) -> Path:
    """The folder of PLOT_FIGURE_SAVING_PATH, or the workspace's own. Raises AskedWronglyError.

    Who may look at the page may not thereby write anywhere on the machine: it lies in the workspace, or is a
    folder that may be chosen, where any may be.
    """
    own = setup.workspace / "figures"
    if not wanted:
        return own
    try:
        path = Path(wanted).expanduser()
        real = Path(os.path.realpath(path if path.is_absolute() else own / path))
    except (OSError, ValueError, RuntimeError) as error:  # no name of a path, or of a user
        raise AskedWronglyError(f"PLOT_FIGURE_SAVING_PATH: {brief(wanted)} is no folder's name") from error
    if not real.is_relative_to(os.path.realpath(setup.workspace)):
        if setup.changeable and path.is_absolute():
            return chosen_folder(setup, wanted)
        raise AskedWronglyError(
            f"PLOT_FIGURE_SAVING_PATH: {brief(wanted)} is outside the workspace; choose a folder in "
            f"{setup.workspace}, or draw with the copied command"
        )
    below = real.relative_to(os.path.realpath(setup.workspace)).parts
    # What the page keeps for itself lies in a dot-folder; no table of numbers makes a run folder of that.
    if any(part.startswith(".") for part in below):
        raise AskedWronglyError(f"PLOT_FIGURE_SAVING_PATH: {brief(wanted)} is hidden; choose another folder")
    return real


def plain_name(name: str) -> str:
    """A file's name that names no folder. Raises AskedWronglyError."""
    if PurePath(name).name != name or "\\" in name or name.startswith(".") or not name.isprintable():
        raise AskedWronglyError(
            f"FINAL_OUTPUT_NAME, OUTPUT_FILE_PREFIX: {brief(name)} is not a file's name alone"
        )
    return name
