"""The run folder on disk: every name in it, how a file gets there whole, and what may be a folder's name."""

from __future__ import annotations

import hashlib
import json
import os
import re
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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

# Rows beyond the step that a run was resumed at: `progress.superseded-<time>.csv`.
SUPERSEDED_PREFIX = "progress.superseded-"

# Beside the run folders: archives by content, one for all runs of the same code.
CODE_CACHE = ".code"

# Readers, sync and zip skip names that begin so.
TEMPORARY_PREFIX = ".sml-tmp-"
# Beside the run folders: held for the moment in which a process makes a folder its own.
CLAIM_LOCK = f"{TEMPORARY_PREFIX}claim"


@dataclass(frozen=True)
class RunFolder:
    """Knows every path inside one run folder; touches none of them."""

    path: Path

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
        return self.path / CONFIG

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


def is_temporary(name: str) -> bool:
    """Whether a file of this name is on its way to another name, or a leftover of one that died on it."""
    return name.startswith((TEMPORARY_PREFIX, ".nfs"))


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file so that a reader sees the old content or the new, never a part."""
    data = content.encode("utf-8") if isinstance(content, str) else content
    temporary = path.with_name(f"{TEMPORARY_PREFIX}{uuid.uuid4().hex[:12]}")
    try:
        temporary.write_bytes(data)
        os.replace(temporary, path)  # noqa: PTH105  os.replace says that it overwrites
    finally:
        temporary.unlink(missing_ok=True)


def read_json(path: Path) -> Any:
    """The JSON value of a file; None if there is no such file or it is not whole JSON."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None


def update_json(path: Path, **values: Any) -> dict[str, Any]:
    """Merge values into a JSON object on disk, whole; returns the object."""
    current = read_json(path)
    merged = {**(current if isinstance(current, dict) else {}), **values}
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, json.dumps(merged, indent=2, ensure_ascii=False, default=str) + "\n")
    return merged


def safe_name(text: str) -> str:
    """A folder name for any text: readable, within limits, and different for different texts."""
    cleaned = re.sub(r"[^\w.,=+@()\[\]-]", "_", text).lstrip(".-")
    cleaned = cleaned.encode("utf-8")[:180].decode("utf-8", "ignore")
    if cleaned == text and cleaned:
        return cleaned
    return f"{cleaned or 'run'}-{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"
