"""`coders.tar`: the code that ran."""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Iterator
from pathlib import Path

from sml_config import Settings

# A larger file is data rather than code.
LARGEST_FILE_BYTES = 10 * 1024 * 1024
# The same tree gives the same bytes, whenever and by whom it is packed.
_MODIFIED = 315532800


def write_archive(path: Path, settings: Settings) -> None:
    """Pack the project's files, as filtered by BACKUP_IGNORE_HEAD, _KEY and _TAIL, into a new file."""
    with tarfile.open(path, "x", format=tarfile.PAX_FORMAT) as archive:
        for name, file in _files(settings.base_path, settings):
            entry = tarfile.TarInfo(name)
            entry.mode = file.stat().st_mode & 0o777
            entry.mtime = _MODIFIED
            content = file.read_bytes()
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))


def _files(folder: Path, settings: Settings, prefix: str = "") -> Iterator[tuple[str, Path]]:
    kept_out = {settings.log_root, settings.backup_root}
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        path = Path(entry.path)
        if path in kept_out or _is_ignored(entry.name, settings):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _files(path, settings, f"{prefix}{entry.name}/")
        elif entry.is_file(follow_symlinks=False) and entry.stat().st_size <= LARGEST_FILE_BYTES:
            yield prefix + entry.name, path


def _is_ignored(name: str, settings: Settings) -> bool:
    common = settings.common
    return (
        name.startswith(tuple(common.BACKUP_IGNORE_HEAD))
        or any(key in name for key in common.BACKUP_IGNORE_KEY)
        or name.endswith(tuple(common.BACKUP_IGNORE_TAIL))
    )
