"""Imported run folders on disk: written whole or not at all, replaced only if nobody changed them.

A folder is written under a temporary name beside its own and renamed. An imported folder is known by
`config/imported.json`, with the source and the hash of each file: it is replaced only if all are as written.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from sml_config.run_folder import (
    CONFIG,
    RUN_CONFIG,
    TEMPORARY_PREFIX,
    is_temporary,
    read_json,
    safe_name,
    write_atomic,
)
from sml_config.values import to_json
from sml_viewer.errors import SmlViewerError

from .content import Content

RECORD = "imported.json"
_NEW, _OLD = f"{TEMPORARY_PREFIX}import-new-", f"{TEMPORARY_PREFIX}import-old-"
_BLOCK = 1 << 20
_JOINT = "__"
# What `safe_name` appends to a name that it changed.
_HASH = re.compile(r"-[0-9a-f]{12}$")


class Existing(NamedTuple):
    """What an earlier import recorded of a folder: the source, and what it made of it.

    `files` are hashes by file, `tables` are as of `Content.columns`.
    """

    source: str
    digest: str
    rows: int
    files: Mapping[str, str]
    tables: Mapping[str, Any]


class Targets(NamedTuple):
    """Where the import of a run may go: by its name as far as a folder may be called so, or with a hash too.

    Both are equal where the name is a valid one.
    """

    readable: Path
    distinct: Path


def targets_of(to: Path, name: str, runs: Collection[str]) -> Targets:
    """The folders of a run, below `to` whatever the run is called; `runs` are the names of all runs.

    Folders above a run stay folders; a run inside another one becomes its neighbour.
    """
    parts = [part for part in name.split("/") if part]
    outer = next((end for end in range(1, len(parts)) if "/".join(parts[:end]) in runs), len(parts))
    parts = [*parts[: outer - 1], _JOINT.join(parts[outer - 1 :])]
    return Targets(to.joinpath(*map(_readable, parts)), to.joinpath(*map(safe_name, parts)))


def _readable(part: str) -> str:
    safe = safe_name(part)
    return safe if safe == part else _HASH.sub("", safe)


def source_of(folder: Path) -> str | None:
    """What the import in a folder was made of; None without one."""
    record = None if folder.is_symlink() else read_json(folder / CONFIG / RECORD)
    source = record.get("source") if isinstance(record, dict) else None
    return source if isinstance(source, str) else None


def existing_import(folder: Path) -> Existing | None:
    """What is recorded of an imported folder; None if nothing is at this path.

    Raises SmlViewerError for anything that no import wrote.
    """
    if not os.path.lexists(folder):
        return None
    record = None if folder.is_symlink() else read_json(folder / CONFIG / RECORD)
    if isinstance(record, dict):
        parts = [record.get(name) for name in Existing._fields]
        if all(map(isinstance, parts, (str, str, int, dict, dict))) and all(
            map(_is_table, record["tables"].values())
        ):
            return Existing(*parts)  # type: ignore[arg-type]  # as just checked
    raise SmlViewerError(
        f"{folder} exists and was not written by an import; move it away or choose another --to"
    )


def _is_table(known: Any) -> bool:
    return (
        isinstance(known, dict)
        and isinstance(known.get("rows"), int)
        and isinstance(known.get("columns"), dict)
    )


def check_unchanged(folder: Path, existing: Existing) -> None:
    """Raise SmlViewerError if somebody changed, added or deleted a file since the import."""
    present = {path.relative_to(folder).as_posix() for path in _files_below(folder)} - {f"{CONFIG}/{RECORD}"}
    changed = sorted(present.symmetric_difference(existing.files))
    changed += [
        name
        for name in sorted(present & set(existing.files))
        if _hash_of(folder / name) != existing.files[name]
    ]
    if changed:
        names = ", ".join(changed[:3]) + (", …" if len(changed) > 3 else "")
        raise SmlViewerError(f"{folder}: changed since its import ({names}); move it away, and import again")


def recover(folder: Path) -> None:
    """Finish or undo what an import that was killed left beside a folder."""
    old, new = _beside(folder, _OLD), _beside(folder, _NEW)
    if os.path.lexists(old):
        if os.path.lexists(folder):
            shutil.rmtree(old)
        else:
            old.rename(folder)
    if os.path.lexists(new):
        shutil.rmtree(new)


def write_folder(folder: Path, content: Content, source: str, modified: float, keep: Path | None) -> None:
    """Write an imported run; an older import in its place is put aside until the new one is there.

    With `keep` the older import is moved there, where it stays. `modified`, in seconds since the epoch,
    becomes the time of the tables. Raises OSError.
    """
    new, old = _beside(folder, _NEW), _beside(folder, _OLD)
    try:
        (new / CONFIG).mkdir(parents=True)
        hashes: dict[str, str] = {}
        for table in content.tables:
            hashes[table.name] = _written(new / table.name, table.parts())
            os.utime(new / table.name, (modified, modified))
        facts = {f"{CONFIG}/{RUN_CONFIG}": to_json(content.facts, otherwise=str)}
        for name, text in {**content.files, **facts}.items():
            hashes[name] = _written(new / name, [text])
        _written(new / CONFIG / RECORD, [_record(content, source, hashes)])
        for each in (new / CONFIG, new):
            _flush(each)
        if keep is not None:
            keep.parent.mkdir(parents=True, exist_ok=True)
        if os.path.lexists(folder):
            folder.rename(keep or old)
        new.rename(folder)
        _flush(folder.parent)
    finally:
        with contextlib.suppress(OSError):  # an error here would hide the first one
            recover(folder)


def _record(content: Content, source: str, hashes: Mapping[str, str]) -> str:
    record: dict[str, Any] = Existing(
        source, content.digest, content.rows, hashes, content.columns()
    )._asdict()
    return to_json(record)


def _beside(folder: Path, prefix: str) -> Path:
    return folder.with_name(f"{prefix}{folder.name}")


def _files_below(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        if (path.is_symlink() or not path.is_dir()) and not is_temporary(path.name):
            yield path


def _written(path: Path, parts: Iterable[str]) -> str:
    """Write a file to the disk; returns the hash of its bytes."""
    digest = hashlib.sha256()

    def hashed() -> Iterator[str]:
        for part in parts:
            digest.update(part.encode())
            yield part

    write_atomic(path, hashed())
    _flush(path)
    return digest.hexdigest()


def _hash_of(path: Path) -> str | None:
    if path.is_symlink() or not path.is_file():
        return None
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _flush(path: Path) -> None:
    """Wait until a file or folder is on the disk, where that can be waited for."""
    with contextlib.suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
