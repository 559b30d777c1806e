"""The run folder on disk: every name in it, how a file gets there whole, and what may be a folder's name."""

from __future__ import annotations

import errno
import json
import os
import re
import stat
import threading
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import validation
from .files import TEMPORARY_PREFIX as TEMPORARY_PREFIX
from .files import free_name as free_name
from .files import temporary_beside as temporary_beside
from .files import write_whole as write_whole
from .hashing import short_hash
from .values import to_json

TABLE = "progress.csv"
LOG = "log.txt"
PREVIOUS_LOG = "log_back.txt"
ARCHIVE = "coders.tar"
SIGNATURE = "signature"
EVENTS = "tbfile"
CONFIG = "config"
PARAMETERS = "parameter.json"
RUN_CONFIG = "run_config.json"
DESCRIPTION = "full_description.txt"
PATCH = "uncommitted.patch"
STATUS = "status.json"

# What older releases called these files, and the folder that their archive holds everything in.
OLDER_ARCHIVE = "codes.tar"
OLDER_ARCHIVE_ROOT = "codes"
OLDER_RUN_CONFIG = "running_config.json"
OLDER_COMMAND = "execute_cmd.txt"
OLDER_PACKAGES = "pyenv.txt"

# Rows beyond the step that a run was resumed at: `progress.superseded-<time>.csv`.
SUPERSEDED_PREFIX = "progress.superseded-"

# Beside the run folders: archives by content, one for all runs of the same code.
CODE_CACHE = ".code"

# Beside the run folders: held for the moment in which a process makes a folder its own.
CLAIM_LOCK = f"{TEMPORARY_PREFIX}claim"

# Of a plan of a million tasks, and of any other file of ours.
MOST_PLAN, _MOST_JSON = 500_000_000, 64_000_000
_PLAIN = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0)
_LONGEST_NAME = 180  # bytes; leaves room below 255 for what is put behind a name
_MARK = re.compile(r"-[0-9a-f]{12}$")
_WINDOWS_DEVICE = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)

# Several threads of a run add to the same file; a child made by fork must not inherit a held lock,
# and a signal handler that updates a file must not wait for the update that it interrupted.
_updating = threading.RLock()


def _renew_lock() -> None:
    global _updating
    _updating = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_lock)


@dataclass(frozen=True)
class RunFolder:
    """Knows every path inside one run folder; touches none of them."""

    path: Path
    config_name: str = CONFIG

    def __post_init__(self) -> None:
        if not isinstance(self.path, Path):
            object.__setattr__(self, "path", validation.path("path", self.path))

    @property
    def table(self) -> Path:
        """One header, one row per dump."""
        return self.path / TABLE

    @property
    def log(self) -> Path:
        """The text of the run."""
        return self.path / LOG

    @property
    def previous_log(self) -> Path:
        """The text of the run that had this name before."""
        return self.path / PREVIOUS_LOG

    @property
    def archive(self) -> Path:
        """The code that ran."""
        return self.path / ARCHIVE

    @property
    def signature(self) -> Path:
        """Hash of the configuration."""
        return self.path / SIGNATURE

    @property
    def events(self) -> Path:
        """Folder of TensorBoard's event files."""
        return self.path / EVENTS

    @property
    def config(self) -> Path:
        """Folder of the configuration."""
        return self.path / self.config_name

    @property
    def parameters(self) -> Path:
        """The parameters, exactly as the script got them."""
        return self.config / PARAMETERS

    @property
    def run_config(self) -> Path:
        """Settings and provenance."""
        return self.config / RUN_CONFIG

    @property
    def description(self) -> Path:
        """Parameters, settings and provenance for a person."""
        return self.config / DESCRIPTION

    @property
    def status(self) -> Path:
        """Running, finished, failed or killed."""
        return self.config / STATUS

    @property
    def patch(self) -> Path:
        """`git diff HEAD` at the start, when there was one."""
        return self.config / PATCH


def is_temporary(name: str) -> bool:
    """Whether a file of this name is on its way to another name, or a leftover of one that died on it."""
    return name.startswith((TEMPORARY_PREFIX, ".nfs"))


def read_plain(path: Path, most: int = _MOST_JSON) -> bytes:
    """The bytes of a plain file. Raises OSError, also for a pipe or a device; ValueError beyond `most` bytes.

    It never waits: a pipe in the place of a file would hold its reader for ever.
    """
    with os.fdopen(os.open(path, _PLAIN), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "not a plain file", str(path))
        data = file.read(most + 1)
    if len(data) > most:
        raise ValueError(f"larger than {most // 1_000_000} MB")
    return data


def read_json(path: Path) -> Any:
    """The JSON value of a file; None if there is no such plain file or it is not whole JSON."""
    try:
        return json.loads(read_plain(path).decode("utf-8"))
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, ValueError, RecursionError):
        return None
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENXIO, errno.ELOOP):
            raise
        return None


def update_json(path: Path, *, is_durable: bool = True, **values: Any) -> dict[str, Any]:
    """Merge values into a JSON object on disk, whole; returns the object.

    Threads of one process take turns; processes do not.
    """
    with _updating:
        current = read_json(path)
        merged = {**(current if isinstance(current, dict) else {}), **values}
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, to_json(merged, otherwise=str), is_durable=is_durable)
    return merged


def safe_name(text: str | os.PathLike[str]) -> str:
    """A folder name for any text: readable, within limits, and different for different texts.

    A text that is a good name is kept. Any other is cleaned and marked with a hash of the whole; so is
    one that looks marked already. Names that differ in case alone stay as they are: they are two
    folders on Linux, and one on a file system that does not know case.
    """
    text = validation.text("text", text)
    cleaned = re.sub(r"[^\w.,=+@-]", "_", unicodedata.normalize("NFC", text)).lstrip(".-")
    cleaned = cleaned.encode("utf-8")[:_LONGEST_NAME].decode("utf-8", "ignore").rstrip(".")
    if _WINDOWS_DEVICE.fullmatch(cleaned):
        cleaned = f"run-{cleaned}"
    if cleaned and cleaned == text and not _MARK.search(text):
        return cleaned
    return f"{cleaned or 'run'}-{short_hash(text, 12)}"
