"""Where the store of a data folder lies.

In the workspace, or in local temporary space where that cannot hold it.
"""

from __future__ import annotations

import getpass
import os
import sys
import uuid
from pathlib import Path

from sml_config.files import private_folder
from sml_config.hashing import short_hash

from .database import VERSION

# SQLite's write-ahead log needs shared memory, which these do not give between machines.
_NETWORK = {
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "smbfs",
    "afs",
    "9p",
    "lustre",
    "gpfs",
    "beegfs",
    "ceph",
    "fuse.sshfs",
}


def store_path(workspace: Path, root: Path) -> Path:
    """The SQLite file for the runs below `root`; its folder exists and can be written to."""
    digest = short_hash(os.path.realpath(root), 16)
    # Two releases on one workspace keep a store each instead of throwing away the other's.
    name = f"{digest}-{VERSION:x}.sqlite"
    folder = workspace / "index"
    if not is_writable(folder) or is_on_network(folder):
        folder = _private_temporary_folder(workspace)
    return folder / name


def default_workspace() -> Path:
    """The user's cache folder for this program."""
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "sml-viewer"


def is_writable(folder: Path) -> bool:
    """Whether a file can be made in `folder`, which is made if it is not there."""
    probe = folder / f".probe-{uuid.uuid4().hex[:8]}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError:
        return False
    return True


def is_on_network(folder: Path, mounts: Path = Path("/proc/self/mounts")) -> bool:
    """Whether the folder lies on another machine's disk, as far as this system says."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return str(folder).startswith("\\\\")
    real = os.path.realpath(folder) + "/"
    best, kind = "", ""
    for line in lines:
        _, point, kind_here, *_ = [*line.split(" "), "", ""]
        point = point.replace("\\040", " ").rstrip("/") + "/"
        if real.startswith(point) and len(point) >= len(best):
            best, kind = point, kind_here
    return kind in _NETWORK


def _private_temporary_folder(workspace: Path) -> Path:
    """A folder of this user alone, the same for the same workspace."""
    return private_folder(f"sml-viewer-{getpass.getuser()}-{short_hash(os.path.realpath(workspace), 12)}")
