"""The folders that are searched: as named, else those that usual tools make."""

from __future__ import annotations

from pathlib import Path

from sml_viewer.errors import NoRunsError
from sml_viewer.fileio import expand_user

_USUAL = ("logfile", "logs", "runs", "wandb", "mlruns", "lightning_logs", "outputs", "multirun")

_DATABASES = ("mlflow.db", "mlruns.db")


def usual_folders() -> tuple[Path, ...]:
    """The folders of runs below this one that usual tools make: `logfile` alone if it exists.

    This folder itself if MLflow has its database here.
    """
    folders = tuple(Path(name) for name in _USUAL if Path(name).is_dir())
    if folders[:1] == (Path(_USUAL[0]),):
        return folders[:1]
    return (Path(),) if any(Path(name).is_file() for name in _DATABASES) else folders


def existing_folder(root: Path) -> Path:
    """`root`, with `~` as the user's folder. Raises NoRunsError if it is not a folder."""
    root = expand_user(root)
    if not root.is_dir():
        raise NoRunsError(f"{root}: no such folder; name the folder that holds your runs with -d")
    return root
