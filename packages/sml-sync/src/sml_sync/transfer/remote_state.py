"""The `.sml-sync` folder beside the remote runs: owner, staged files, files kept aside."""

from __future__ import annotations

import errno
import itertools
import operator
import os
import posixpath
import time
import uuid

from sml_config.hashing import short_hash
from sml_config.ssh.sftp import packets
from sml_config.ssh.sftp.packets import ATTRIBUTES, Attributes, RemoteFailureError, Reply, Request
from sml_config.ssh.sftp.pipeline import Job, Stream
from sml_sync.errors import RemoteError

from .local_files import RESUMED_SIZE, STATE_FOLDER, LocalFile, parents_of

_OLD_SECONDS = 7 * 24 * 3600
_READS = 4
_ID_LENGTH = 32
# Questions about paths that are in flight at a time.
STATS_AHEAD = 1000
# Of one folder; a server could send names for ever.
_MOST_ENTRIES = 500_000


class RemoteState:
    """One place on the remote host, `home`, as one sender sees it."""

    def __init__(self, home: str, sender: str) -> None:
        self.home = home
        self._sender = sender
        self._folder = posixpath.join(home, STATE_FOLDER)
        self._parts = self._tmp, self._aside = [f"{self._folder}/{name}" for name in ("tmp", "aside")]
        # Why nothing more can be sent, once that is known.
        self.stopped = ""
        # Of the place, the same by all its addresses; `identify` asks for it.
        self.id = ""

    def stage(self, path: str, local: LocalFile) -> bytes:
        """Where a file is staged: the same name after a cut, unless the file changed."""
        identity = f"{path}\0{local.size}\0{local.mtime_ns}\0{local.inode}"
        return os.fsencode(f"{self._tmp}/{self._sender}-{short_hash(identity, 24)}")

    def keep_copy(self, remote_path: bytes) -> Job[str]:
        """Move a remote file to the state folder; returns its path, empty if it is gone. Raises OSError."""
        name = f"{time.strftime('%Y-%m-%d-%H-%M-%S')}-{uuid.uuid4().hex[:6]}-"
        copy = os.fsencode(f"{self._aside}/{name}") + posixpath.basename(remote_path)[:150]
        # Somebody may have tidied up the folder for it.
        for first in ([], [packets.mkdir(os.fsencode(self._aside))]):
            *_, moved = yield [*first, packets.rename(remote_path, copy)]
            if not moved.is_missing:
                moved.check()
                return os.fsdecode(copy)
        return ""

    def remove_leftovers(self) -> Job[None]:
        """Remove staged files that will not be resumed; lost connections leave them.

        Large files of this sender stay for a week: a sync may still resume them.
        """
        folder = os.fsencode(self._tmp)
        opened = yield from self._open_checked(packets.open_folder(folder))
        read = [opened]
        if not opened.is_missing:
            handle = opened.handle()
            # In one round trip: what is beyond some hundred entries is found the next time.
            *read, _ = yield [*[packets.read_folder(handle, folder)] * _READS, packets.close(handle)]
        if read[0].is_missing:
            # Of a new place, or somebody tidied up; some servers look at a folder only when it is read.
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
                or (name.startswith(self._sender.encode() + b"-") and attributes.size < RESUMED_SIZE)
            )
        ]
        yield [packets.remove(posixpath.join(folder, name)) for name in old]

    def load_id(self) -> Job[None]:
        """Read the id of the remote; a new one gets its folders and an id. Raises RemoteError."""
        path = posixpath.join(self._folder, "id")
        try:
            text = yield from self._read_id(path)
            if text is None:
                text = yield from self._create(path)
        except OSError as error:
            raise RemoteError(
                f"{path} cannot be read on the remote host: {error.strerror or error}"
            ) from None
        if not _is_id(text):
            raise RemoteError(
                f"remote file {path} holds {text!r}; expected an id; remove it, and it is created again"
            )
        self.id = text

    def existing_id(self) -> Job[str]:
        """The id of the remote; empty if it has none; nothing is created. Raises RemoteError, OSError."""
        text = yield from self._read_id(posixpath.join(self._folder, "id"))
        return text if text and _is_id(text) else ""

    def _create(self, path: str) -> Job[str]:
        new_id = uuid.uuid4().hex
        staged = os.fsencode(f"{self._tmp}/{self._sender}-{new_id}")
        # Most often only the last are missing.
        for above in ([self._folder], parents_of(f"{self._folder}/")):
            results = yield from make_folders([*above, *self._parts])
            (opened,) = yield [packets.open_file(staged, packets.WRITE | packets.CREATE | packets.TRUNCATE)]
            if not opened.is_missing:
                break
        try:
            handle = opened.handle()
            written, _ = yield [packets.write(handle, 0, new_id.encode(), staged), packets.close(handle)]
            written.check()
        except OSError as error:
            yield [packets.remove(staged)]
            yield from _check_folders(results)
            full = "; is the disk full?" if isinstance(error, RemoteFailureError) else ""
            raise RemoteError(
                f"{self._folder} cannot be written on the remote host: {error.strerror}{full}"
            ) from None
        # It does not replace: of two senders at the same time one is first.
        (renamed,) = yield [packets.rename(staged, os.fsencode(path))]
        if renamed.is_ok:
            return new_id
        yield [packets.remove(staged)]
        text = yield from self._read_id(path)
        if text is None:
            raise RemoteError(f"{path} cannot be created on the remote host")
        return text

    def _read_id(self, path: str) -> Job[str | None]:
        name = os.fsencode(path)
        opened = yield from self._open_checked(packets.open_file(name, packets.READ))
        if opened.is_missing:
            return None
        handle = opened.handle()
        read, _ = yield [packets.read(handle, 0, 2 * _ID_LENGTH, name), packets.close(handle)]
        return read.data().decode("ascii", "replace")

    def _open_checked(self, request: Request) -> Job[Reply]:
        """Open what belongs to the control folder. Raises RemoteError if that is a link, or holds one."""
        folders = [self._folder, *self._parts]
        *replies, opened = yield [*(packets.lstat(os.fsencode(folder)) for folder in folders), request]
        _refuse_links(folders, replies)
        return opened


def _check_folders(results: list[tuple[str, Reply]]) -> Job[None]:
    """Raise RemoteError for the first folder that is not there."""
    if problem := (yield from obstacle("", results[-1][0])):
        raise RemoteError(problem)
    stat_replies = yield [packets.lstat(os.fsencode(folder) + b"/.") for folder, _ in results]
    for (folder, mkdir_reply), stat_reply in zip(results, stat_replies, strict=True):
        if stat_reply.kind != ATTRIBUTES and mkdir_reply.error is not None:
            reason = mkdir_reply.error.strerror
            raise RemoteError(f"{folder} cannot be created on the remote host: {reason}")


def obstacle(home: str, path: str) -> Job[str]:
    """The error if something above a remote path, from `home` on, is not a folder; else empty."""
    above = [folder for folder in parents_of(path) if len(folder) >= len(home)]
    replies = yield [packets.lstat(os.fsencode(folder)) for folder in above]
    for folder, reply in zip(above, replies, strict=True):
        if reply.kind == ATTRIBUTES and not (reply.attributes().is_folder or reply.attributes().is_link):
            return f"{folder} on the remote host is not a folder; move it away, or choose another path"
    return ""


def _is_id(text: str) -> bool:
    return len(text) == _ID_LENGTH and text.isalnum()


def refuse_links(paths: list[str]) -> Job[None]:
    """Raise RemoteError if one of these is a link on the remote host."""
    replies = yield Stream((packets.lstat(os.fsencode(path)) for path in paths), ahead=STATS_AHEAD)
    _refuse_links(paths, replies)


def _refuse_links(paths: list[str], replies: list[Reply]) -> None:
    if link := first_link(paths, replies):
        raise RemoteError(f"{link} on the remote host is a link; nothing is written through links; remove it")


def first_link(paths: list[str], replies: list[Reply]) -> str:
    """The first path that is a link, by the first replies; empty if none is."""
    for path, reply in zip(paths, replies, strict=False):
        if reply.kind == ATTRIBUTES and reply.attributes().is_link:
            return path
    return ""


def folders_to(home: str, path: str) -> list[str]:
    """The folders from `home`, or from the backup beside it, to a remote path, both included."""
    for start in (home, f"{home}_bk"):
        below = path_below(start, path)
        if below is not None:
            return [start, *(posixpath.join(start, above) for above in parents_of(f"{below}/"))]
    return [path]


def path_below(folder: str, path: str) -> str | None:
    """The rest of a normalized path below a folder: "" for the folder itself, None if it is elsewhere."""
    if folder == ".":  # where a login starts; paths below it do not begin with it
        return None if path.startswith(("/", "../")) else "" if path == "." else path
    start = folder.rstrip("/") + "/"
    return f"{path}/".removeprefix(start).rstrip("/") if f"{path}/".startswith(start) else None


def list_folder(path: bytes) -> Job[list[tuple[bytes, Attributes]]]:
    """The entries of a folder on the remote host; none if it does not exist. Raises OSError."""
    (entries,) = yield from list_folders([path])
    return entries


def list_folders(paths: list[bytes]) -> Job[list[list[tuple[bytes, Attributes]]]]:
    """The entries of several folders, each as `list_folder` says; all are open at a time. Raises OSError."""
    opened = yield [packets.open_folder(path) for path in paths]
    entries: list[list[tuple[bytes, Attributes]]] = [[] for _ in paths]
    handles = {index: reply.handle() for index, reply in enumerate(opened) if not reply.is_missing}
    unfinished = dict(handles)
    while unfinished:
        reading = [item for item in unfinished.items() for _ in range(_READS)]
        reads = (packets.read_folder(handle, paths[index]) for index, handle in reading)
        replies = yield Stream(reads, STATS_AHEAD)
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
    depth = operator.methodcaller("count", "/")
    for _, group in itertools.groupby(sorted(folders, key=depth), depth):
        level = list(group)
        replies = yield Stream((packets.mkdir(os.fsencode(folder)) for folder in level), STATS_AHEAD)
        results += zip(level, replies, strict=True)
    return results
