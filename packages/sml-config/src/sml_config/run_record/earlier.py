"""Compare a run with the earlier run of the same name."""

from __future__ import annotations

import glob
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sml_config.run_folder import RunFolder, read_json
from sml_config.values import canonical

# Suffix of a run's name in the backup folder: a time and an id.
_STAMP = re.compile(r"_(\d{4}(?:-\d\d){5})-[^/]+")
_SHOWN = 5


def hidden_differences(folder: RunFolder, backup_root: Path, values: Mapping[str, Any]) -> str | None:
    """A warning that lists parameters in which the earlier run of this name differs; None if there are none.

    `values`: the parameters of the new run, including those not in the folder's name.
    """
    if not folder.previous_log.is_file():
        return None  # nothing was moved away
    earlier = _moved_away(folder, backup_root)
    if earlier is None:
        return None
    saved = read_json(earlier.parameters)
    if not isinstance(saved, dict):
        return None
    differ = [key for key in values if key in saved and canonical(saved[key]) != canonical(values[key])]
    if not differ:
        return None
    shown = ", ".join(f"{key} ({saved[key]!r}, now {values[key]!r})" for key in differ[:_SHOWN])
    more = f" and {len(differ) - _SHOWN} more" if len(differ) > _SHOWN else ""
    return (
        f"WARNING: the run of this name that was moved to {earlier.path} has other parameters: "
        f"{shown}{more}. To keep both folders, add the parameters that distinguish them to IMPORTANT_CONFIGS"
    )


def _moved_away(folder: RunFolder, backup_root: Path) -> RunFolder | None:
    """The run moved away last; of several in one second, the one whose log the new run links to."""
    name = folder.path.name
    times: dict[str, list[RunFolder]] = {}
    for path in backup_root.glob(f"{glob.escape(name)}_*"):
        stamp = _STAMP.fullmatch(path.name, len(name))
        if stamp:
            times.setdefault(stamp[1], []).append(RunFolder(path))
    latest = times[max(times)] if times else []
    return max(latest, key=lambda run: _is_same(run.log, folder.previous_log), default=None)


def _is_same(left: Path, right: Path) -> bool:
    try:
        return left.samefile(right)
    except OSError:
        return False
