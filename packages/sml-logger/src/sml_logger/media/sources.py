"""Whether something to store is a file given by its path, and which ending it has."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import Any

from sml_logger.errors import MediaError, MediaLimitError

from .store import MOST_COPIED, MediaFile

_ENDING = re.compile(r"[A-Za-z0-9]{1,8}")


def file_of(key: str, kind: str, value: Any, caption: str | None = None) -> MediaFile | None:
    """A file given by its path, to be copied; None if `value` is not a path. Raises MediaError."""
    if not isinstance(value, (str, os.PathLike)):
        return None
    path = Path(os.fspath(value)).expanduser()
    try:
        status = path.stat()
    except OSError as error:
        raise MediaLimitError(key, f"{path}: {error.strerror}; expected a file") from error
    if not stat.S_ISREG(status.st_mode):
        raise MediaError(key, f"{path}: not a plain file")
    if status.st_size > MOST_COPIED:
        raise MediaLimitError(
            key, f"{path}: {status.st_size / 1e9:.1f} GB; expected at most {MOST_COPIED // 1_000_000_000} GB"
        )
    ending = path.suffix[1:].lower()
    return MediaFile(
        kind, ending if _ENDING.fullmatch(ending) else "", source=path.absolute(), caption=caption
    )
