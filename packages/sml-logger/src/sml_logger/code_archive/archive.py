"""Write `coders.tar`, the code archive of a run; runs of the same code share one cached archive."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import io
import json
import os
import shutil
import tarfile
import time
from dataclasses import dataclass
from pathlib import Path

import crc32c

from sml_config import Settings
from sml_config.files import locked
from sml_config.project_settings.secrets import Redactor, secret_values
from sml_config.run_folder import CODE_CACHE, TEMPORARY_PREFIX, temp_path_for, write_atomic
from sml_logger.outputs.durability import flush_path

from .file_kinds import is_private_key
from .project_files import Entry, Tree, project_tree

# Fixed, so that the same tree always gives the same bytes.
_MODIFIED = 315532800  # 1980-01-01, the earliest time that every archive format supports
_LOCK_SECONDS = 30.0
_LOCK = f"{TEMPORARY_PREFIX}pack"
_SALT = "salt"
_SALT_BYTES = 32
PRIVATE_KEY = "a private key; set BACKUP_KEY_FILES to include it"
_COMMENT = "comment"  # the only pax header that every tar accepts
# Archives that no run uses any more are removed after a day.
_UNUSED_SECONDS = 86400.0


@dataclass(frozen=True)
class Report:
    """What was left out of an archive, as (name, reason), and whether it was packed anew."""

    left_out: list[tuple[str, str]]
    is_new: bool


def store_archive(target: Path, settings: Settings, log_root: Path) -> Report:
    """Archive the project's code as `target`, from the cache if the same tree was packed before.

    Secrets are redacted; members with redactions have a comment that says so. Raises OSError.
    """
    redactor = Redactor(secret_values(settings))
    tree = project_tree(settings)
    takes_keys = settings.common.BACKUP_KEY_FILES
    try:
        cache = log_root / CODE_CACHE
        cache.mkdir(parents=True, exist_ok=True)
        fingerprint = _fingerprint(tree, cache, redactor, takes_keys)
        cached = _whole(cache, fingerprint)
        is_new = cached is None
        if cached is None:
            with locked(cache / _LOCK, _LOCK_SECONDS):
                cached = _whole(cache, fingerprint)
                if cached is None:
                    packed = _pack(tree, redactor, cache, takes_keys)
                    if not _is_settled(tree):
                        packed.replace(target)
                        return Report(tree.left_out, is_new)
                    cached = cache / _name(fingerprint, packed)
                    flush_path(packed)
                    packed.replace(cached)
                    flush_path(cache)
                    _prune(cache, keep=cached)
    except PermissionError:  # the cache belongs to another user
        _pack(tree, redactor, target.parent, takes_keys).replace(target)
        return Report(tree.left_out, is_new=True)
    try:
        target.hardlink_to(cached)
    except OSError:  # a file system without hard links, another user's file, or too many of them
        shutil.copyfile(cached, target)
    return Report(tree.left_out, is_new)


def _name(fingerprint: str, packed: Path) -> str:
    """The archive's name in the cache, with size and checksum to detect a truncated file."""
    return f"{fingerprint}-{packed.stat().st_size}-{_checksum(packed):08x}.tar"


def _whole(cache: Path, fingerprint: str) -> Path | None:
    """The cached archive if it is intact; a crash of the host may have truncated it."""
    for path in cache.glob(f"{fingerprint}-*.tar"):
        with contextlib.suppress(OSError):
            if path.name == _name(fingerprint, path):
                return path
    return None


def _checksum(path: Path) -> int:
    checksum = 0
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            checksum = crc32c.crc32c(chunk, checksum)
    return checksum


def _pack(tree: Tree, redactor: Redactor, folder: Path, takes_keys: bool) -> Path:
    """Write a new archive under a temporary name; read-only, as runs share it."""
    path = temp_path_for(folder / "code.tar")
    comment = {_COMMENT: json.dumps({"left_out": tree.left_out})}
    try:
        with tarfile.open(path, "x", format=tarfile.PAX_FORMAT, pax_headers=comment) as archive:
            for entry in tree.entries:
                _add(archive, entry, tree, redactor, takes_keys)
        path.chmod(0o444)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path


def _add(archive: tarfile.TarFile, entry: Entry, tree: Tree, redactor: Redactor, takes_keys: bool) -> None:
    member = tarfile.TarInfo(entry.name)
    member.mode = entry.info.st_mode & 0o777
    member.mtime = _MODIFIED
    if entry.is_folder:
        member.type = tarfile.DIRTYPE
        archive.addfile(member)
        return
    if entry.target:
        member.type = tarfile.SYMTYPE
        member.linkname = entry.target
        archive.addfile(member)
        return
    try:
        content = Path(entry.path).read_bytes()
    except OSError as error:
        tree.left_out.append((entry.name, error.strerror or str(error)))
        member.pax_headers = {_COMMENT: f"unreadable: {error.strerror or error}"}
        content, redactions = b"", 0
    else:
        if not takes_keys and is_private_key(content):
            tree.left_out.append((entry.name, PRIVATE_KEY))
            member.pax_headers = {_COMMENT: f"left out: {PRIVATE_KEY}"}
            content = b""
        content, redactions = redactor.data(content)
    if redactions:
        member.pax_headers = {_COMMENT: f"redacted: {redactions}"}
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))


def _fingerprint(tree: Tree, cache: Path, redactor: Redactor, takes_keys: bool) -> str:
    """Hash of everything that determines the archive: file metadata, files left out, and secrets."""
    content = repr((3, takes_keys, [entry.mark for entry in tree.entries], tree.left_out)).encode(
        "utf-8", "surrogatepass"
    )
    digest = hashlib.sha256(content)
    if redactor.values:
        secrets = "\0".join(sorted(redactor.values)).encode("utf-8", "surrogatepass")
        digest.update(hmac.digest(_salt(cache), secrets, "sha256"))
    return digest.hexdigest()[:32]


def _salt(cache: Path) -> bytes:
    """Random salt, readable by its user only: without it a guessed password could be checked by the name."""
    path = cache / f"{_SALT}-{os.geteuid()}"
    with contextlib.suppress(FileNotFoundError):
        salt = path.read_bytes()
        if len(salt) == _SALT_BYTES:  # a crash of the host may leave an empty file
            return salt
    write_atomic(path, os.urandom(_SALT_BYTES), mode=0o600)
    return path.read_bytes()


def _is_settled(tree: Tree) -> bool:
    """Whether a later change would be detected: no file changed during packing or just before.

    A second change within one clock tick would leave the modification times as they are.
    """
    for entry in tree.entries:
        info = entry.info
        with contextlib.suppress(OSError):
            info = os.lstat(entry.path)
        changed = max(info.st_mtime, info.st_ctime)
        tick = (
            2.0 if info.st_mtime_ns % 1_000_000_000 == 0 and info.st_ctime_ns % 1_000_000_000 == 0 else 0.05
        )
        if (info.st_mtime_ns, info.st_size) != (entry.info.st_mtime_ns, entry.info.st_size):
            return False
        if not entry.is_folder and tree.seen_at - changed < tick:
            return False
    return True


def _prune(cache: Path, keep: Path) -> None:
    oldest = time.time() - _UNUSED_SECONDS
    for path in cache.glob("*.tar"):
        with contextlib.suppress(OSError):
            info = path.stat()
            if path != keep and info.st_nlink == 1 and info.st_mtime < oldest:
                path.unlink()
    for path in cache.glob(f"{TEMPORARY_PREFIX}*"):  # of processes that died while packing
        with contextlib.suppress(OSError):
            if path.name != _LOCK and path.stat().st_mtime < oldest:
                path.unlink()
