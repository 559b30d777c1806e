"""The `.sml-sync` folder beside the remote runs: owner, staged files, files kept aside."""

from __future__ import annotations

import errno
import hashlib
import os
import posixpath
import time
import uuid

from sml_sync.errors import FarError
from sml_sync.sftp import packets
from sml_sync.sftp.packets import ATTRIBUTES, Attributes, Reply, Request
from sml_sync.sftp.pipeline import Job, Stream

from .local_files import CONTROL, LocalFile

_OLD_SECONDS = 7 * 24 * 3600
_SMALL = 8 << 20
_LOOKS = 4
_ID_LENGTH = 32
_AHEAD = 1000
_PARTS = ("tmp", "aside")
# Of one folder; a server could send names for ever.
_MOST_ENTRIES = 500_000


class Control:
    """One place over there, `home`, as one sender sees it."""

    def __init__(self, home: str, sender: str) -> None:
        self.home = home
        self._sender = sender
        self._folder = posixpath.join(home, CONTROL)
        # Why nothing more can be sent, once that is known.
        self.stopped = ""
        # Of the place, the same by all its addresses; `identify` asks for it.
        self.id = ""

    def stage(self, path: str, local: LocalFile) -> bytes:
        """Where a file is staged: the same name after a cut, unless the file changed."""
        identity = f"{path}\0{local.size}\0{local.mtime_ns}\0{local.inode}"
        digest = hashlib.sha256(identity.encode("utf-8", "surrogateescape")).hexdigest()[:24]
        return os.fsencode(posixpath.join(self._folder, "tmp", f"{self._sender}-{digest}"))

    def set_aside(self, far: bytes) -> Job[str]:
        """Keep a file that was changed over there; returns where, nothing if it is gone. Raises OSError."""
        folder = posixpath.join(self._folder, "aside")
        prefix = f"{time.strftime('%Y-%m-%d-%H-%M-%S')}-{uuid.uuid4().hex[:6]}-"
        aside = os.fsencode(posixpath.join(folder, prefix)) + posixpath.basename(far)[:150]
        (moved,) = yield [packets.rename(far, aside)]
        if moved.is_missing:
            # Somebody may have tidied up the folder for it.
            _, moved = yield [packets.mkdir(os.fsencode(folder)), packets.rename(far, aside)]
            if moved.is_missing:
                return ""
        moved.check()
        return os.fsdecode(aside)

    def clean(self) -> Job[None]:
        """Remove what was staged and will not be gone on with; connections that broke leave such files.

        Large files of this sender stay for a week: a sync may still go on with them.
        """
        folder = os.fsencode(posixpath.join(self._folder, "tmp"))
        opened = yield from self._open(packets.open_folder(folder))
        if opened.is_missing:
            # Of a new place, or somebody tidied up.
            yield [packets.mkdir(folder)]
            return
        handle = opened.handle()
        # In one breath: what is beyond some hundred entries is found the next time.
        *read, _ = yield [*[packets.read_folder(handle, folder)] * _LOOKS, packets.close(handle)]
        if read[0].is_missing:  # some servers look at a folder only when it is read
            yield [packets.mkdir(folder)]
            return
        now = time.time()
        old = [
            name
            for reply in read
            for name, attributes in reply.names()
            if attributes.is_file
            and (
                now - attributes.mtime > _OLD_SECONDS
                or (name.startswith(self._sender.encode() + b"-") and attributes.size < _SMALL)
            )
        ]
        yield [packets.remove(posixpath.join(folder, name)) for name in old]

    def identify(self) -> Job[None]:
        """Learn the id of the place; a new one gets its folders and an id. Raises FarError."""
        path = posixpath.join(self._folder, "id")
        try:
            text = yield from self._read_id(path)
            if text is None:
                text = yield from self._create(path)
        except OSError as error:
            raise FarError(f"{path} cannot be read over there: {error.strerror or error}") from None
        if not _is_id(text):
            raise FarError(f"{path} over there holds {text!r}; remove it to have it made anew")
        self.id = text

    def known_id(self) -> Job[str]:
        """The id of the place; empty if it has none, and then nothing is made. Raises FarError, OSError."""
        text = yield from self._read_id(posixpath.join(self._folder, "id"))
        return text if text and _is_id(text) else ""

    def _create(self, path: str) -> Job[str]:
        mine = uuid.uuid4().hex
        staged = os.fsencode(posixpath.join(self._folder, "tmp", f"{self._sender}-{mine}"))
        folders = [
            *_ancestors(self._folder),
            *(posixpath.join(self._folder, name) for name in _PARTS),
        ]
        flags = packets.WRITE | packets.CREATE | packets.TRUNCATE
        # Most often only the last are missing.
        replies = yield from make_folders(folders[-len(_PARTS) - 1 :])
        (opened,) = yield [packets.open_file(staged, flags)]
        if opened.is_missing:
            replies = yield from make_folders(folders)
            (opened,) = yield [packets.open_file(staged, flags)]
        try:
            handle = opened.handle()
        except OSError as error:
            yield from _explain([folder for folder, _ in replies], [reply for _, reply in replies])
            raise FarError(f"{self._folder} cannot be written over there: {error.strerror}") from None
        written, _ = yield [packets.write(handle, 0, mine.encode(), staged), packets.close(handle)]
        try:
            written.check()
        except OSError as error:
            yield [packets.remove(staged)]
            reason = f"{error.strerror}; is the disk full?"
            raise FarError(f"{self._folder} cannot be written over there: {reason}") from None
        # It does not replace: of two senders at the same time one is first.
        (renamed,) = yield [packets.rename(staged, os.fsencode(path))]
        if renamed.is_ok:
            return mine
        yield [packets.remove(staged)]
        text = yield from self._read_id(path)
        if text is None:
            raise FarError(f"{path} cannot be made over there")
        return text

    def _read_id(self, path: str) -> Job[str | None]:
        name = os.fsencode(path)
        opened = yield from self._open(packets.open_file(name, packets.READ))
        if opened.is_missing:
            return None
        handle = opened.handle()
        read, _ = yield [packets.read(handle, 0, 2 * _ID_LENGTH, name), packets.close(handle)]
        return read.data().decode("ascii", "replace")

    def _open(self, request: Request) -> Job[Reply]:
        """Open what belongs to the control folder. Raises FarError if that is a link, or holds one."""
        folders = [self._folder, *(posixpath.join(self._folder, name) for name in _PARTS)]
        *stand, opened = yield [*(packets.lstat(os.fsencode(folder)) for folder in folders), request]
        _refuse_links(folders, stand)
        return opened


def _ancestors(path: str) -> list[str]:
    """A folder and all above it, the highest first."""
    folders = []
    while path not in ("", "/", "."):
        folders.append(path)
        path = posixpath.dirname(path)
    return folders[::-1]


def _explain(folders: list[str], replies: list[Reply]) -> Job[None]:
    """Raise FarError for the first folder that is not there."""
    wrong = yield from blocked("", folders[-1])
    if wrong:
        raise FarError(wrong)
    stand = yield [packets.lstat(os.fsencode(folder) + b"/.") for folder in folders]
    for folder, answer, stands in zip(folders, replies, stand, strict=True):
        if stands.kind != ATTRIBUTES:
            try:
                answer.check()
            except OSError as error:
                raise FarError(f"{folder} cannot be made over there: {error.strerror}") from None


def blocked(home: str, path: str) -> Job[str]:
    """What is wrong if something above a path, from `home` on, is no folder over there; else nothing."""
    above = [folder for folder in _ancestors(posixpath.dirname(path)) if len(folder) >= len(home)]
    replies = yield [packets.lstat(os.fsencode(folder)) for folder in above]
    for folder, reply in zip(above, replies, strict=True):
        if reply.kind == ATTRIBUTES and not (reply.attributes().is_folder or reply.attributes().is_link):
            return f"{folder} over there is no folder; move it away, or name another"
    return ""


def _is_id(text: str) -> bool:
    return len(text) == _ID_LENGTH and text.isalnum()


def refuse_links(paths: list[str]) -> Job[None]:
    """Raise FarError if one of these is a link over there."""
    replies = yield Stream((packets.lstat(os.fsencode(path)) for path in paths), ahead=_AHEAD)
    _refuse_links(paths, replies)


def _refuse_links(paths: list[str], replies: list[Reply]) -> None:
    for path, reply in zip(paths, replies, strict=True):
        if reply.kind == ATTRIBUTES and reply.attributes().is_link:
            raise FarError(f"{path} over there is a link, and nothing is written through it; remove it")


def parents_of(name: str) -> list[str]:
    """The folders above a path, the highest first: `a`, `a/b` for `a/b/c`."""
    parts = name.split("/")[:-1]
    return ["/".join(parts[: length + 1]) for length in range(len(parts))]


def list_folder(path: bytes) -> Job[list[tuple[bytes, Attributes]]]:
    """The entries of a folder over there; none if it does not exist. Raises OSError."""
    (entries,) = yield from list_folders([path])
    return entries


def list_folders(paths: list[bytes]) -> Job[list[list[tuple[bytes, Attributes]]]]:
    """The entries of several folders, each as `list_folder` says; all are open at a time. Raises OSError."""
    opened = yield [packets.open_folder(path) for path in paths]
    entries: list[list[tuple[bytes, Attributes]]] = [[] for _ in paths]
    handles = {index: reply.handle() for index, reply in enumerate(opened) if not reply.is_missing}
    unfinished = dict(handles)
    while unfinished:
        reading = [item for item in unfinished.items() for _ in range(_LOOKS)]
        reads = (packets.read_folder(handle, paths[index]) for index, handle in reading)
        replies = yield Stream(reads, _AHEAD)
        for (index, _), reply in zip(reading, replies, strict=True):
            # Some servers look at a folder only when it is read.
            names = [] if reply.is_missing else reply.names()
            entries[index] += [entry for entry in names if entry[0] not in (b".", b"..")]
            if not names:
                unfinished.pop(index, None)
            elif len(entries[index]) > _MOST_ENTRIES:
                yield [packets.close(handle) for handle in handles.values()]
                reason = f"more than {_MOST_ENTRIES} entries; is it endless?"
                raise OSError(errno.EMFILE, reason, os.fsdecode(paths[index]))
    yield [packets.close(handle) for handle in handles.values()]
    return entries


def make_folders(folders: list[str]) -> Job[list[tuple[str, Reply]]]:
    """Make folders, those above before those in them: a server may work on requests in any order.

    Returns each with its answer; what exists is refused and is fine.
    """
    results: list[tuple[str, Reply]] = []
    by_depth: dict[int, list[str]] = {}
    for folder in folders:
        by_depth.setdefault(folder.count("/"), []).append(folder)
    for _, level in sorted(by_depth.items()):
        replies = yield Stream((packets.mkdir(os.fsencode(folder)) for folder in level), _AHEAD)
        results += zip(level, replies, strict=True)
    return results
