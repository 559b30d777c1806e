"""The `.sml-sync` folder beside the runs over there: who this place is, staged files, files kept aside."""

from __future__ import annotations

import hashlib
import os
import posixpath
import time
import uuid

import paramiko

from . import pipeline
from .errors import FarError
from .manifest import CONTROL
from .pipeline import Attributes, Job
from .scan import LocalFile

_OLD_SECONDS = 7 * 24 * 3600


class Control:
    """One place over there, `home`, as one sender sees it."""

    def __init__(self, sftp: paramiko.SFTPClient, home: str, sender: str) -> None:
        self._sftp = sftp
        self.home = home
        self._sender = sender
        self._folder = posixpath.join(home, CONTROL)
        # Why nothing more can be sent, once that is known.
        self.stopped = ""
        self.id = self._identify()

    def stage(self, path: str, local: LocalFile) -> bytes:
        """Where a file is staged: the same name after a cut, unless the file changed."""
        identity = f"{path}\0{local.size}\0{local.mtime_ns}\0{local.inode}"
        digest = hashlib.sha256(identity.encode("utf-8", "surrogateescape")).hexdigest()[:24]
        return os.fsencode(posixpath.join(self._folder, "tmp", f"{self._sender}-{digest}"))

    def aside(self, path: str) -> bytes:
        """Where a file is kept that somebody changed over there."""
        name = os.fsencode(posixpath.basename(path))[:150]
        prefix = f"{time.strftime('%Y-%m-%d-%H-%M-%S')}-{uuid.uuid4().hex[:6]}-"
        return os.fsencode(posixpath.join(self._folder, "aside", prefix)) + name

    def clean(self) -> Job[None]:
        """Remove what was staged and will not be gone on with; connections that broke leave such files.

        Large files of this sender stay for a week: a sync may still go on with them.
        """
        folder = os.fsencode(posixpath.join(self._folder, "tmp"))
        entries = yield from list_folder(folder)
        now = time.time()
        old = [
            name
            for name, attributes in entries
            if now - attributes.mtime > _OLD_SECONDS
            or (name.startswith(self._sender.encode() + b"-") and attributes.size < _SMALL)
        ]
        yield [pipeline.remove(posixpath.join(folder, name)) for name in old]

    def _identify(self) -> str:
        path = posixpath.join(self._folder, "id")
        try:
            return self._read_id(path)
        except FileNotFoundError:
            make_folders(self._sftp, posixpath.join(self._folder, "tmp"))
            make_folders(self._sftp, posixpath.join(self._folder, "aside"))
        except OSError as error:
            raise FarError(f"{path} cannot be read over there: {error}") from None
        mine = uuid.uuid4().hex
        staged = posixpath.join(self._folder, "tmp", f"{self._sender}-{mine}")
        try:
            with self._sftp.open(staged, "w") as file:
                file.write(mine.encode())
            # A plain rename does not replace: of two senders at the same time one is first.
            self._sftp.rename(staged, path)
        except OSError as error:
            try:
                self._sftp.remove(staged)
                return self._read_id(path)
            except OSError:
                raise FarError(
                    f"{self._folder} cannot be written over there: {error or 'disk full?'}"
                ) from None
        return mine

    def _read_id(self, path: str) -> str:
        with self._sftp.open(path, "r") as file:
            text = bytes(file.read(64)).decode("ascii", "replace")
        if len(text) != 32 or not text.isalnum():
            raise FarError(f"{path} over there holds {text!r}; remove it to have it made anew")
        return text


def make_folders(sftp: paramiko.SFTPClient, path: str) -> None:
    """Make a folder and those above it. Raises FarError."""
    missing = []
    while path not in ("", "/"):
        try:
            sftp.stat(path)
            break
        except FileNotFoundError:
            missing.append(path)
            path = posixpath.dirname(path)
        except OSError as error:
            raise FarError(f"{path} cannot be reached over there: {error.strerror or error}") from None
    for folder in reversed(missing):
        try:
            sftp.mkdir(folder)
        except OSError as error:
            try:
                sftp.stat(folder)  # another sender may have been faster
            except OSError:
                reason = error.strerror or str(error)
                raise FarError(f"{folder} cannot be made over there: {reason}") from None


def list_folder(path: bytes) -> Job[list[tuple[bytes, Attributes]]]:
    """The entries of a folder over there; none if it does not exist. Raises OSError."""
    (opened,) = yield [pipeline.open_folder(path)]
    if opened.is_missing:
        return []
    handle = opened.handle()
    entries: list[tuple[bytes, Attributes]] = []
    while True:
        (reply,) = yield [pipeline.read_folder(handle, path)]
        names = reply.names()
        if not names:
            break
        entries += [entry for entry in names if entry[0] not in (b".", b"..")]
    yield [pipeline.close(handle)]
    return entries


_SMALL = 8 << 20
