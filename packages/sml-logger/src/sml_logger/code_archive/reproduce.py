"""Unpack the code of a run, and report differences between its environment and this one."""

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
_FOREIGN = "sml-logger did not write this archive"


@dataclass
class Reproduction:
    """The unpacked code of a run, with everything that may make it behave differently."""

    folder: Path
    files: int = 0
    # Files with redacted secrets, or that could not be read, as (name, note).
    marked: list[tuple[str, str]] = field(default_factory=list)
    # What was not archived, as (name, reason).
    left_out: list[tuple[str, str]] = field(default_factory=list)
    # Differences to this environment, one line each.
    differences: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    # Working directory of the command.
    cwd: Path = field(default_factory=Path)

    def text(self) -> str:
        """The report as text."""
        lines = [f"{self.files} files in {self.folder}"]
        lines += [f"  {name}: {note}" for name, note in self.marked]
        lines += ["left out of the archive:"] if self.left_out else []
        lines += [f"  {name} ({reason})" for name, reason in self.left_out]
        lines += ["different here:"] if self.differences else []
        lines += [f"  {line}" for line in self.differences]
        start = f"cd {shlex.quote(str(self.cwd))} && {shlex.join(self.command)}"
        lines += ["command:", f"  {start}" if self.command else "  not recorded"]
        return "\n".join(lines)


def reproduce(run: Path, target: Path) -> Reproduction:
    """Unpack the code of a run into a new or empty folder, and compare its environment with this one.

    Raises RunFolderError if the run has no code archive, or if `target` is not empty.
    """
    folder = RunFolder(run)
    path = next((run / name for name in (ARCHIVE, OLDER_ARCHIVE) if (run / name).is_file()), None)
    if path is None:
        raise RunFolderError(
            run, f"has neither {ARCHIVE} nor {OLDER_ARCHIVE}; expected a run folder of sml-logger"
        )
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise RunFolderError(target, "is not an empty folder; choose another one with --output")
    facts = _facts(folder)
    reproduction = Reproduction(target.absolute())
    try:
        with tarfile.open(path, "r:") as archive:  # ours are not compressed
            reproduction.left_out = _left_out(archive)
            _unpack(archive, reproduction, OLDER_ARCHIVE_ROOT if path.name == OLDER_ARCHIVE else "")
    except (tarfile.TarError, EOFError) as error:
        raise RunFolderError(path, f"is damaged: {error}") from error
    reproduction.differences = _differences(facts)
    _translate_command(facts, reproduction)
    return reproduction


def _facts(folder: RunFolder) -> dict[str, Any]:
    """The run's record; for a run of an older release, with its command and packages."""
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


def _unpack(archive: tarfile.TarFile, reproduction: Reproduction, top: str) -> None:
    """Extract files, then links that stay inside; never through a link, without owners and permissions.

    The contents of the folder `top` are extracted in its place. tarfile's filters are not used, as Python
    3.11.2 and 3.10 do not have them.
    """
    members = _checked(archive, top)
    reproduction.folder.mkdir(parents=True, exist_ok=True)
    for name, member in members.items():
        path = reproduction.folder / name
        if member.isdir():
            path.mkdir(parents=True, exist_ok=True)
        elif member.isreg():
            path.parent.mkdir(parents=True, exist_ok=True)
            content = archive.extractfile(member)
            assert content is not None  # noqa: S101  a regular file has content
            with path.open("xb") as file:
                shutil.copyfileobj(content, file)
            path.chmod(0o755 if member.mode & 0o100 else 0o644)
            reproduction.files += 1
            note = member.pax_headers.get(_COMMENT)
            if note is not None and note != archive.pax_headers.get(_COMMENT):
                reproduction.marked.append((name, note))
    for name, member in members.items():
        if not member.issym():
            continue
        if _stays_inside(name, member.linkname):
            path = reproduction.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.symlink_to(member.linkname)
            reproduction.files += 1
        else:
            reproduction.marked.append(
                (name, f"not extracted: a link to {member.linkname}, outside of the project")
            )


def _checked(archive: tarfile.TarFile, top: str) -> dict[str, tarfile.TarInfo]:
    """Members by name. Raises SmlLoggerError if sml-logger cannot have written the archive."""
    members: dict[str, tarfile.TarInfo] = {}
    for member in archive:
        name = _inside(member.name)
        if top and name == top:
            continue
        name = name.removeprefix(f"{top}/") if top else name
        if name in members:
            raise SmlLoggerError(f"duplicate member {name!r}; {_FOREIGN}")
        if member.issparse() or not (member.isdir() or member.isreg() or member.issym()):
            raise SmlLoggerError(f"member {name!r} is not a plain file, folder or link; {_FOREIGN}")
        members[name] = member
    for name in members:
        for folder in PurePosixPath(name).parents:
            above = members.get(str(folder))
            if above is not None and not above.isdir():
                raise SmlLoggerError(f"member {name!r} is below {folder}, which is not a folder; {_FOREIGN}")
    return members


def _stays_inside(name: str, target: str) -> bool:
    """Whether a link stays in the project however other links resolve: `..` only at its beginning."""
    parts = PurePosixPath(target).parts
    up = next((index for index, part in enumerate(parts) if part != ".."), len(parts))
    depth = len(PurePosixPath(name).parts) - 1
    return bool(parts) and not target.startswith("/") and up <= depth and ".." not in parts[up:]


def _inside(name: str) -> str:
    """Check that a member's name stays inside the folder."""
    path = PurePosixPath(name)
    if not path.parts or ".." in path.parts or name.startswith("/") or "\0" in name:
        raise SmlLoggerError(f"member {name!r} is outside of the folder; {_FOREIGN}")
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
        lines.append(f"python: {facts['python']} in the run, {platform.python_version()} here")
    recorded, installed = facts.get("packages"), installed_packages()
    if isinstance(recorded, dict):
        lines += [
            f"{name}: {version} in the run, {installed.get(name, 'not installed')} here"
            for name, version in recorded.items()
            if installed.get(name) != version
        ]
    if "gpus" in facts and facts["gpus"] != gpu_names():
        lines.append(f"GPUs: {_joined(facts.get('gpus'))} in the run, {_joined(gpu_names())} here")
    return lines


def _translate_command(facts: dict[str, Any], reproduction: Reproduction) -> None:
    """Set the run's command, with this interpreter and the new folder in place of the old one."""
    base = str(facts.get("BASE_PATH") or "")
    words = _words(str(facts.get("command") or ""))
    if words:
        reproduction.command = [
            sys.executable,
            *(_moved(word, base, reproduction.folder) for word in words[1:]),
        ]
    cwd = str(facts.get("cwd") or base)
    moved = _moved(cwd, base, reproduction.folder)
    reproduction.cwd = Path(moved) if moved != cwd else reproduction.folder
    if any(REDACTED in word for word in words):
        reproduction.differences.append(f"the command contains {REDACTED}: replace it by the secret")


def _words(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError:  # older releases joined the words by spaces, without quoting
        return command.split()


def _moved(word: str, base: str, folder: Path) -> str:
    if base and (word == base or word.startswith(f"{base}/")):
        return f"{folder}{word[len(base) :]}"
    return word


def _joined(names: Any) -> str:
    return ", ".join(map(str, names)) if names else "none"
