"""Open files of a run by name, only inside its folder, even if paths are exchanged concurrently."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from sml_config.run_folder import is_temporary
from sml_viewer.i18n import Message
from sml_viewer.model.run import Run
from sml_viewer.safe_open import is_in_place, open_plain
from sml_viewer.web.errors import NoSuchFileError

_MOST_BYTES = 4096


def folder_of(run: Run) -> Path:
    """The folder of a run. Raises NoSuchFileError if it was replaced by a link."""
    if not is_in_place(run.path) and os.path.lexists(run.path):
        raise NoSuchFileError(Message("{name} is gone: it was replaced by a link", name=repr(run.name[:200])))
    return run.path


def open_inside(folder: Path, relative: str) -> BinaryIO:
    """Open a regular file inside a run folder, given by its real path; links inside it are followed.

    `relative` has forward slashes. Raises NoSuchFileError if the file is missing, outside of the folder,
    absolute, or hidden: dot-files, dot-folders and temporary files.
    """
    parts = _checked(relative)
    try:
        file, _, below = open_plain(folder, relative)
    except (OSError, ValueError) as error:
        raise _refused(relative) from error
    # Hidden files stay hidden, by their own name and through a link.
    if _is_hidden((*parts, *below.split("/"))):
        os.close(file)
        raise _refused(relative)
    return os.fdopen(file, "rb")


def _checked(relative: str) -> tuple[str, ...]:
    """The parts of a valid relative path."""
    parts = PurePosixPath(relative).parts
    if not parts or "\\" in relative or "\0" in relative or relative.startswith("/") or ".." in parts:
        raise _refused(relative)
    # One spelling per file: masking goes by name, which `name/` and `name/.` would evade.
    if "/".join(parts) != relative:
        raise _refused(relative)
    if len(os.fsencode(relative)) > _MOST_BYTES or (os.name == "nt" and ":" in relative):
        raise _refused(relative)
    return parts


def _is_hidden(parts: tuple[str, ...]) -> bool:
    return any(part.startswith(".") or is_temporary(part) for part in parts)


def _refused(relative: str) -> NoSuchFileError:
    return NoSuchFileError(Message("this run has no file {name}", name=repr(relative[:200])))
