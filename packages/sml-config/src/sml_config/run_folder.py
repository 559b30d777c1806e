"""Names and paths in a run folder, its JSON files, and valid folder names."""

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
from .files import temp_path_for as temp_path_for
from .files import write_atomic as write_atomic
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
SYSTEM = "system.csv"
CHECKPOINTS = "checkpoints.jsonl"

# Names of these files in older releases, and the top folder of their archive.
OLDER_ARCHIVE = "codes.tar"
OLDER_ARCHIVE_ROOT = "codes"
OLDER_RUN_CONFIG = "running_config.json"
OLDER_COMMAND = "execute_cmd.txt"
OLDER_PACKAGES = "pyenv.txt"

# Rows after the step at which a run was resumed: `progress.superseded-<time>.csv`.
SUPERSEDED_PREFIX = "progress.superseded-"

# Beside the run folders: cached code archives, shared by runs of the same code.
CODE_CACHE = ".code"

# Beside the run folders: locked while a process claims a run folder.
CLAIM_LOCK = f"{TEMPORARY_PREFIX}claim"

# Limits of the size of plan files (a million tasks), and of other JSON files.
MOST_PLAN, _MOST_JSON = 500_000_000, 64_000_000
_PLAIN = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0)
_LONGEST_NAME = 180  # bytes; leaves room below 255 for suffixes
_MARK = re.compile(r"-[0-9a-f]{12}$")
_WINDOWS_DEVICE = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)

# Several threads of a run update the same file. A forked child must not inherit a held lock, and a signal
# handler must not wait for the update that it interrupts.
_updating = threading.RLock()


def _renew_lock() -> None:
    global _updating
    _updating = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_lock)


@dataclass(frozen=True)
class RunFolder:
    """The paths in a run folder; does not access the file system."""

    path: Path
    config_name: str = CONFIG

    def __post_init__(self) -> None:
        if not isinstance(self.path, Path):
            object.__setattr__(self, "path", validation.path("path", self.path))

    @property
    def table(self) -> Path:
        """The table of metrics."""
        return self.path / TABLE

    @property
    def log(self) -> Path:
        """The log."""
        return self.path / LOG

    @property
    def previous_log(self) -> Path:
        """The log of the earlier run of this name."""
        return self.path / PREVIOUS_LOG

    @property
    def archive(self) -> Path:
        """The code archive."""
        return self.path / ARCHIVE

    @property
    def signature(self) -> Path:
        """Hash of the parameters."""
        return self.path / SIGNATURE

    @property
    def events(self) -> Path:
        """Folder of TensorBoard's event files."""
        return self.path / EVENTS

    @property
    def config(self) -> Path:
        """Folder of parameters, settings and status."""
        return self.path / self.config_name

    @property
    def parameters(self) -> Path:
        """The parameters."""
        return self.config / PARAMETERS

    @property
    def run_config(self) -> Path:
        """Settings and provenance."""
        return self.config / RUN_CONFIG

    @property
    def description(self) -> Path:
        """Parameters, settings and provenance as text."""
        return self.config / DESCRIPTION

    @property
    def status(self) -> Path:
        """Owner, progress and state: running, finished, failed or killed."""
        return self.config / STATUS

    @property
    def system(self) -> Path:
        """Use of CPU, memory, disks, network and GPUs, sampled while the run lasts."""
        return self.path / SYSTEM

    @property
    def checkpoints(self) -> Path:
        """The checkpoints that were recorded, and those that have been deleted since."""
        return self.path / CHECKPOINTS

    @property
    def patch(self) -> Path:
        """`git diff HEAD` at the start, if not empty."""
        return self.config / PATCH


def is_temporary(name: str) -> bool:
    """Whether this is the name of a temporary file, or of a leftover of one."""
    return name.startswith((TEMPORARY_PREFIX, ".nfs"))


def read_plain(path: Path, most: int = _MOST_JSON) -> bytes:
    """The bytes of a plain file. Raises OSError, also for a pipe or a device; ValueError beyond `most` bytes.

    Opens the file non-blocking: opening a named pipe would block forever.
    """
    with os.fdopen(os.open(path, _PLAIN), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "not a plain file", str(path))
        data = file.read(most + 1)
    if len(data) > most:
        raise ValueError(f"larger than {most // 1_000_000} MB")
    return data


def read_json(path: Path) -> Any:
    """The JSON value of a file; None if it is missing, not a plain file, or not valid JSON."""
    try:
        return json.loads(read_plain(path).decode("utf-8"))
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, ValueError, RecursionError):
        return None
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENXIO, errno.ELOOP):
            raise
        return None


def update_json(path: Path, *, is_durable: bool = True, **values: Any) -> dict[str, Any]:
    """Merge values into a JSON file atomically; returns the merged object.

    Threads of one process are serialized; processes are not.
    """
    with _updating:
        current = read_json(path)
        merged = {**(current if isinstance(current, dict) else {}), **values}
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, to_json(merged, otherwise=str), is_durable=is_durable)
    return merged


def safe_name(text: str | os.PathLike[str]) -> str:
    """Convert any text to a valid folder name: readable, of limited length, distinct for distinct texts.

    A text that is a valid name is unchanged. Any other is cleaned, and a hash of the text is appended; so is
    one that already looks like that. Names that differ only in case are not changed: they are different
    folders on Linux, but the same one on a case-insensitive file system.
    """
    text = validation.text("text", text)
    cleaned = re.sub(r"[^\w.,=+@-]", "_", unicodedata.normalize("NFC", text)).lstrip(".-")
    cleaned = cleaned.encode("utf-8")[:_LONGEST_NAME].decode("utf-8", "ignore").rstrip(".")
    if _WINDOWS_DEVICE.fullmatch(cleaned):
        cleaned = f"run-{cleaned}"
    if cleaned and cleaned == text and not _MARK.search(text):
        return cleaned
    return f"{cleaned or 'run'}-{short_hash(text, 12)}"
