"""Identity of the run in a remote folder: a run is only compared with its own copy."""

from __future__ import annotations

import itertools
import json
import os
import posixpath
import re
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path

from sml_config.run_folder import read_json
from sml_sync.errors import FarError
from sml_sync.sftp import packets
from sml_sync.sftp.packets import ATTRIBUTES, Attributes, Reply, Request
from sml_sync.sftp.pipeline import Job, Stream

from .local_files import IDENTITY, Tree
from .manifest import Manifest
from .remote_state import list_folder, list_folders, parents_of, refuse_links

_AHEAD = 1000
# A folder of so many files is listed; some of these at a time, as each takes one of the server's handles.
_CROWD = 64
_FOLDERS_AT_A_TIME = 4


@dataclass
class Unit:
    """A local folder, where it goes, and what stands there."""

    tree: Tree
    far: str
    run_id: str | None
    # What is known of what stands there; empty until the place is known.
    manifest: Manifest = field(default_factory=lambda: Manifest(Path()))
    stands: dict[str, Attributes] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    # Why it is not sent.
    refused: str = ""
    # The run that has the far folder, if it is another one.
    rival: str | None = None
    # The run's name, if this is an earlier run that was moved to the local backup.
    backup_of: str = ""


def run_id_of(folder: Path) -> str | None:
    """The id of a run folder; None for what is no run of ours."""
    identity = read_json(folder / IDENTITY)
    run_id = identity.get("run_id") if isinstance(identity, dict) else None
    return run_id if isinstance(run_id, str) and run_id else None


def label_of(run_id: str) -> str:
    """What of a run's id stands in names of folders; an id comes from a file and may hold anything."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", run_id)[:8]


def look(unit: Unit, home: str) -> Job[list[Job[None]]]:
    """Find out what stands over there, and whose it is; a unit that a link leads out of is refused.

    Returns the jobs that are left: they list folders of many files, and may run on several channels.
    Raises OSError.
    """
    folders = _folders_of(unit, home)
    links: list[str] = []
    far = os.fsencode(unit.far)
    by_folder = unit.tree.by_folder
    crowded = [folder for folder, files in by_folder.items() if len(files) >= _CROWD]
    names = [name for files in by_folder.values() if len(files) < _CROWD for name in files]
    names += unit.tree.empty_folders
    others: dict[int, Reply] = {}
    unit.stands, unit.rival = {}, None

    def sink(number: int, reply: Reply) -> None:
        if number < len(folders):
            if reply.kind == ATTRIBUTES and reply.attributes().is_link:
                links.append(folders[number])
            return
        number -= len(folders)
        if reply.kind == ATTRIBUTES:
            unit.stands[names[number]] = reply.attributes()
        elif not reply.is_missing:
            others[number] = reply

    paths = (*map(os.fsencode, folders), *(far + b"/" + os.fsencode(name) for name in names))
    asks = map(packets.lstat, paths)
    if unit.run_id is None:
        yield Stream(asks, _AHEAD, sink)
    else:
        # In the same breath; size and time alone do not tell the files of two runs apart.
        yield Stream(itertools.chain(asks, [_open_identity(unit.far)]), _AHEAD, sink)
        remote_id = yield from _read_identity(others.pop(len(names), None))
        unit.rival = remote_id if remote_id not in (None, unit.run_id) else None
    if links:
        unit.refused = f"{links[0]} over there is a link; remove it, or name the folder that it leads to"
        return []
    for reply in others.values():
        reply.check()
    parts = range(0, len(crowded), _FOLDERS_AT_A_TIME)
    return [_look_into(unit, crowded[start : start + _FOLDERS_AT_A_TIME]) for start in parts]


def _look_into(unit: Unit, folders: list[str]) -> Job[None]:
    """List folders of many files, which takes a hundredth of the requests."""
    paths = [f"{unit.far}/{folder}" if folder else unit.far for folder in folders]
    listed = yield from list_folders([os.fsencode(path) for path in paths])
    for folder, entries in zip(folders, listed, strict=True):
        prefix = os.fsencode(folder) + b"/" if folder else b""
        attributes = {os.fsdecode(prefix + entry): attributes for entry, attributes in entries}
        for name in unit.tree.by_folder[folder]:
            if name in attributes:
                unit.stands[name] = attributes[name]


def _folders_of(unit: Unit, home: str) -> list[str]:
    """Folders over there that the unit is written through, from below `home` on."""
    backup = f"{home}_bk"
    start = backup if unit.far.startswith(f"{backup}/") else home
    inside = unit.far[len(start.rstrip("/")) + 1 :] if unit.far != start else ""
    way = [posixpath.join(start, above) for above in parents_of(f"{inside}/.")] if inside else []
    empty = unit.tree.empty_folders
    within = {*unit.tree.folders_of_files, *empty, *(above for name in empty for above in parents_of(name))}
    below = [f"{unit.far}/{name}" for name in sorted(within)]
    return [*([backup] if start == backup else []), *way, *below]


def far_run_id(folder: str) -> Job[str | None]:
    """The id of a run folder over there; None if it has none. Raises OSError."""
    (opened,) = yield [_open_identity(folder)]
    return (yield from _read_identity(opened))


def _open_identity(folder: str) -> Request:
    return packets.open_file(os.fsencode(posixpath.join(folder, IDENTITY)), packets.READ)


def _read_identity(opened: Reply | None) -> Job[str | None]:
    if opened is None or opened.is_missing:
        return None
    handle = opened.handle()
    # Without what follows it is no JSON; a file of that size is none of ours.
    read, _ = yield [packets.read(handle, 0, packets.BLOCK), packets.close(handle)]
    try:
        identity = json.loads(read.data())
    except (ValueError, RecursionError):
        return None
    run_id = identity.get("run_id") if isinstance(identity, dict) else None
    return run_id if isinstance(run_id, str) and run_id else None


def find_backup(home: str, name: str, run_id: str) -> Job[str | None]:
    """Where a run was moved to over there when another took its name. Raises OSError."""
    backup = f"{home}_bk"
    entries = yield from list_folder(os.fsencode(backup))
    for entry, attributes in entries:
        text = os.fsdecode(entry)
        if attributes.is_folder and text.startswith(f"{name}_") and label_of(run_id) in text:
            path = posixpath.join(backup, text)
            if (yield from far_run_id(path)) == run_id:
                return path
    return None


def move_away(unit: Unit, home: str) -> Job[None]:
    """Move another run's folder to the backup over there. Raises FarError, OSError."""
    backup = f"{home}_bk"
    name = posixpath.basename(unit.far)
    moment = time.strftime("%Y-%m-%d-%H-%M-%S")
    target = posixpath.join(backup, f"{name}_{moment}-{label_of(unit.rival or uuid.uuid4().hex)}")
    yield [packets.mkdir(os.fsencode(backup))]
    yield from refuse_links([backup])
    (moved,) = yield [packets.rename(os.fsencode(unit.far), os.fsencode(target))]
    if moved.is_missing:
        return  # another sender moved it
    try:
        moved.check()
    except OSError as error:
        message = f"{unit.far} belongs to another run and cannot be moved to {target}"
        raise FarError(f"{message}: {error.strerror or error}") from None
    unit.notes.append(f"{unit.far} was another run ({unit.rival}); it is in {target} now")
