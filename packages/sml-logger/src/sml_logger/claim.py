"""Makes a run folder ours; what stood there before is moved, never erased."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

from sml_config import RunFolder
from sml_config.run_folder import read_json, safe_name

from .errors import RunFolderError


def run_folder_path(root: Path, category: str | None, name: str) -> Path:
    """Where a run of this name goes; every component is made fit for a path."""
    parts = [safe_name(part) for part in (category or "").split("/") if part]
    return root.joinpath(*parts, safe_name(name))


def claim(path: Path, backup_root: Path) -> RunFolder:
    """An empty run folder; an earlier run is moved to `backup_root`, its text linked as `log_back.txt`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        earlier = _move_away(path, backup_root) if path.exists() else None
        path.mkdir()
    except OSError as error:
        message = f"no run folder can be made here ({error.strerror}); choose a base_path that is writable"
        raise RunFolderError(path, message) from error
    folder = RunFolder(path)
    if earlier is not None and earlier.log.exists():
        shutil.copyfile(earlier.log, folder.previous_log)
    return folder


def _move_away(path: Path, backup_root: Path) -> RunFolder:
    backup_root.mkdir(parents=True, exist_ok=True)
    run_config = read_json(RunFolder(path).run_config)
    run_id = str(run_config.get("run_id", "")) if isinstance(run_config, dict) else ""
    moment = time.strftime("%Y-%m-%d-%H-%M-%S")
    target = backup_root / f"{path.name}_{moment}-{(run_id or os.urandom(4).hex())[:8]}"
    path.rename(target)
    return RunFolder(target)
