"""Builds a run's code anew and tells what differs here from where it ran."""

from __future__ import annotations

import json
import platform
import re
import shlex
import shutil
import sys
import tarfile
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from sml_config import RunFolder
from sml_config.redaction import REDACTED
from sml_config.run_folder import (
    ARCHIVE,
    OLDER_ARCHIVE,
    OLDER_ARCHIVE_ROOT,
    OLDER_COMMAND,
    OLDER_PACKAGES,
    OLDER_RUN_CONFIG,
    read_json,
)
from sml_config.run_record.provenance import gpu_names, installed_packages
from sml_logger.errors import RunFolderError, SmlLoggerError

_COMMENT = "comment"


@dataclass
class Reproduction:
    """A tree that was built anew, and what a person must know before trusting it."""

    folder: Path
    files: int = 0
    # Files that hold replaced secrets, or could not be read; with what was noted about them.
    marked: list[tuple[str, str]] = field(default_factory=list)
    # What was not archived, with the reason.
    left_out: list[tuple[str, str]] = field(default_factory=list)
    # What does not match here, one line each.
    differences: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    # Where the command runs.
    cwd: Path = field(default_factory=Path)

    def text(self) -> str:
        """The report for a person."""
        lines = [f"{self.files} files in {self.folder}"]
        lines += [f"  {name}: {note}" for name, note in self.marked]
        lines += ["left out of the archive:"] if self.left_out else []
        lines += [f"  {name} ({reason})" for name, reason in self.left_out]
        lines += ["different here:"] if self.differences else []
        lines += [f"  {line}" for line in self.differences]
        start = f"cd {shlex.quote(str(self.cwd))} && {shlex.join(self.command)}"
        lines += ["command:", f"  {start}" if self.command else "  the run did not record it"]
        return "\n".join(lines)


def reproduce(run: Path, target: Path) -> Reproduction:
    """Unpack the code of a run into a new or empty folder, and compare what it ran with.

    Raises RunFolderError if the run has no code archive, or if `target` holds something.
    """
    folder = RunFolder(run)
    path = next((run / name for name in (ARCHIVE, OLDER_ARCHIVE) if (run / name).is_file()), None)
    if path is None:
        raise RunFolderError(run, f"has no {ARCHIVE} and no {OLDER_ARCHIVE}; name a run folder of sml-logger")
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise RunFolderError(target, "is not an empty folder; choose another one with --output")
    facts = _facts(folder)
    made = Reproduction(target.absolute())
    try:
        with tarfile.open(path, "r:") as archive:  # ours are not compressed
            made.left_out = _left_out(archive)
            _unpack(archive, made, OLDER_ARCHIVE_ROOT if path.name == OLDER_ARCHIVE else "")
    except (tarfile.TarError, EOFError) as error:
        raise RunFolderError(path, f"is damaged: {error}") from error
    made.differences = _differences(facts)
    _translate_command(facts, made)
    return made


def _facts(folder: RunFolder) -> dict[str, Any]:
    """What the run recorded of itself; of an older release's run, its command and packages too."""
    record = read_json(folder.run_config)
    if isinstance(record, dict):
        return record
    record = read_json(folder.config / OLDER_RUN_CONFIG)
    facts: dict[str, Any] = record if isinstance(record, dict) else {}
    facts.setdefault("command", _text(folder.path / OLDER_COMMAND).strip())
    listed = re.findall(r"^([^=\s]+)==([^,\s]+)", _text(folder.path / OLDER_PACKAGES), re.MULTILINE)
    packages = {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in listed}
    return {**facts, "packages": packages} if packages else facts


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _unpack(archive: tarfile.TarFile, made: Reproduction, top: str) -> None:
    """Files, then the links that stay inside; nothing is written through a link, no owner or right is kept.

    What lies in the folder `top` is put where that would be. Not by the filters of tarfile, which Python
    3.11.2 and 3.10 do not have.
    """
    members = _checked(archive, top)
    made.folder.mkdir(parents=True, exist_ok=True)
    for name, member in members.items():
        path = made.folder / name
        if member.isdir():
            path.mkdir(parents=True, exist_ok=True)
        elif member.isreg():
            path.parent.mkdir(parents=True, exist_ok=True)
            content = archive.extractfile(member)
            assert content is not None  # noqa: S101  a regular file has content
            with path.open("xb") as file:
                shutil.copyfileobj(content, file)
            path.chmod(0o755 if member.mode & 0o100 else 0o644)
            made.files += 1
            note = member.pax_headers.get(_COMMENT)
            if note is not None and note != archive.pax_headers.get(_COMMENT):
                made.marked.append((name, note))
    for name, member in members.items():
        if not member.issym():
            continue
        if _stays_inside(name, member.linkname):
            path = made.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.symlink_to(member.linkname)
            made.files += 1
        else:
            made.marked.append((name, f"not made: a link to {member.linkname}, outside of the project"))


def _checked(archive: tarfile.TarFile, top: str) -> dict[str, tarfile.TarInfo]:
    """Members by name. Raises SmlLoggerError if the logger cannot have written them."""
    members: dict[str, tarfile.TarInfo] = {}
    for member in archive:
        name = _inside(member.name)
        if top and name == top:
            continue
        name = name.removeprefix(f"{top}/") if top else name
        if name in members:
            raise SmlLoggerError(f"the archive holds {name!r} twice; it is not ours")
        if member.issparse() or not (member.isdir() or member.isreg() or member.issym()):
            raise SmlLoggerError(f"the archive holds {name!r}, no plain file, folder or link; it is not ours")
        members[name] = member
    for name in members:
        for folder in PurePosixPath(name).parents:
            above = members.get(str(folder))
            if above is not None and not above.isdir():
                raise SmlLoggerError(f"the archive wants to write {name!r} through {folder}; it is not ours")
    return members


def _stays_inside(name: str, target: str) -> bool:
    """Whether a link leads to the project, however other links are resolved: `..` only at its beginning."""
    parts = PurePosixPath(target).parts
    up = next((index for index, part in enumerate(parts) if part != ".."), len(parts))
    depth = len(PurePosixPath(name).parts) - 1
    return bool(parts) and not target.startswith("/") and up <= depth and ".." not in parts[up:]


def _inside(name: str) -> str:
    """A member's name, if it stays inside the folder."""
    path = PurePosixPath(name)
    if not path.parts or ".." in path.parts or name.startswith("/") or "\0" in name:
        raise SmlLoggerError(f"the archive wants to write {name!r}, outside of the folder; it is not ours")
    return str(path)


def _left_out(archive: tarfile.TarFile) -> list[tuple[str, str]]:
    try:
        comment = json.loads(archive.pax_headers.get(_COMMENT, "{}"))
        return [(str(name), str(reason)) for name, reason in comment.get("left_out", [])]
    except (ValueError, AttributeError):
        return []


def _differences(facts: dict[str, Any]) -> list[str]:
    lines = []
    if facts.get("python") not in (None, platform.python_version()):
        lines.append(f"python {facts['python']} there, {platform.python_version()} here")
    there, here = facts.get("packages"), installed_packages()
    if isinstance(there, dict):
        lines += [
            f"{name} {version} there, {here.get(name, 'not installed')} here"
            for name, version in there.items()
            if here.get(name) != version
        ]
    if "gpus" in facts and facts["gpus"] != gpu_names():
        lines.append(f"GPUs {_joined(facts.get('gpus'))} there, {_joined(gpu_names())} here")
    return lines


def _translate_command(facts: dict[str, Any], made: Reproduction) -> None:
    """The run's command with this interpreter, and the new tree where the old one stood."""
    base = str(facts.get("BASE_PATH") or "")
    words = _words(str(facts.get("command") or ""))
    if words:
        made.command = [sys.executable, *(_moved(word, base, made.folder) for word in words[1:])]
    cwd = str(facts.get("cwd") or base)
    moved = _moved(cwd, base, made.folder)
    made.cwd = Path(moved) if moved != cwd else made.folder
    if any(REDACTED in word for word in words):
        made.differences.append(f"the command holds {REDACTED}: put the secret in its place")


def _words(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError:  # older releases joined the words by spaces, whatever they held
        return command.split()


def _moved(word: str, base: str, folder: Path) -> str:
    if base and (word == base or word.startswith(f"{base}/")):
        return f"{folder}{word[len(base) :]}"
    return word


def _joined(names: Any) -> str:
    return ", ".join(map(str, names)) if names else "none"
