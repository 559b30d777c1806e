"""Where the viewer writes: never over a file that is there."""

from __future__ import annotations

from pathlib import Path

from sml_config.run_folder import write_whole


def write_new(path: Path, content: str | bytes) -> Path:
    """Write to `path`, or to `path-2`, `path-3`, … if it is taken; returns where."""
    path.parent.mkdir(parents=True, exist_ok=True)
    free = path
    number = 1
    while free.exists():
        number += 1
        free = path.with_stem(f"{path.stem}-{number}")
    write_whole(free, content)
    return free
