"""Files of a run by name: opened only inside the run's folder, whatever is exchanged meanwhile."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from sml_config.run_folder import is_temporary
from sml_viewer.model.run import Run
from sml_viewer.safe_open import is_in_place, open_plain
from sml_viewer.web.errors import NoSuchFileError

_MOST_BYTES = 4096


def folder_of(run: Run) -> Path:
    """The folder of a run, which may have gone. Raises NoSuchFileError if it is a link by now."""
    if not is_in_place(run.path) and os.path.lexists(run.path):
        raise NoSuchFileError(f"{run.name[:200]!r} is gone: it was replaced by a link")
    return run.path


def open_inside(folder: Path, relative: str) -> BinaryIO:
    """Open a plain file inside a run's folder, given by its real path; links inside it are followed.

    `relative` has forward slashes. Raises NoSuchFileError for what is not there, leads out of the folder, is
    absolute, or is hidden: dot-files, dot-folders and files on their way to another name.
    """
    parts = _checked(relative)
    try:
        file, _, below = open_plain(folder, relative)
    except (OSError, ValueError) as error:
        raise _refused(relative) from error
    # Asked under its own name or through a link, what is hidden stays so.
    if _is_hidden((*parts, *below.split("/"))):
        os.close(file)
        raise _refused(relative)
    return os.fdopen(file, "rb")


def _checked(relative: str) -> tuple[str, ...]:
    """The parts of a relative path as it may be asked for."""
    parts = PurePosixPath(relative).parts
    if not parts or "\\" in relative or "\0" in relative or relative.startswith("/") or ".." in parts:
        raise _refused(relative)
    # One spelling per file: what is hidden in it goes by its name, which `name/` and `name/.` have not.
    if "/".join(parts) != relative:
        raise _refused(relative)
    if len(os.fsencode(relative)) > _MOST_BYTES or (os.name == "nt" and ":" in relative):
        raise _refused(relative)
    return parts


def _is_hidden(parts: tuple[str, ...]) -> bool:
    return any(part.startswith(".") or is_temporary(part) for part in parts)


def _refused(relative: str) -> NoSuchFileError:
    return NoSuchFileError(f"{relative[:200]!r} is no file of this run")
