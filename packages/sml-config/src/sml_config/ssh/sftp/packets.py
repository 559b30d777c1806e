"""Build requests and parse replies of SFTP version 3.

paramiko's own client sends one request at a time; `pipeline.py` has hundreds in flight.
"""

from __future__ import annotations

import errno
import os
import struct
from typing import NamedTuple

from sml_config.ssh.errors import ConnectionLostError

# Packet types and flags of SFTP version 3 (draft-ietf-secsh-filexfer-02).
_OPEN, _CLOSE, _READ, _WRITE, _LSTAT, _FSTAT, _FSETSTAT = 3, 4, 5, 6, 7, 8, 10
_OPENDIR, _READDIR, _REMOVE, _MKDIR, _RMDIR, _RENAME, _EXTENDED = 11, 12, 13, 14, 15, 18, 200
_STATUS, _HANDLE, DATA, _NAME, ATTRIBUTES, _EXTENDED_REPLY = 101, 102, 103, 104, 105, 201
READ, WRITE, CREATE, TRUNCATE, EXCLUSIVE = 1, 2, 8, 16, 32
_HAS_SIZE, _HAS_IDS, _HAS_MODE, _HAS_TIMES, _HAS_EXTENDED = 1, 2, 4, 8, 1 << 31
_OK, _EOF, _NO_SUCH_FILE, _DENIED, _BAD_MESSAGE, _UNSUPPORTED = 0, 1, 2, 3, 5, 8

# OpenSSH accepts 256 KB in one request, with its header.
BLOCK = 255 << 10
# No reply is longer: names are sent some hundred at a time, data as much as was requested.
LONGEST = 4 << 20
REPLIES = (_STATUS, _HANDLE, DATA, _NAME, ATTRIBUTES, _EXTENDED_REPLY)
# The reply to a request beside a status, which answers any request.
_ANSWERS = {
    _OPEN: _HANDLE,
    _OPENDIR: _HANDLE,
    _READ: DATA,
    _READDIR: _NAME,
    _LSTAT: ATTRIBUTES,
    _FSTAT: ATTRIBUTES,
    _EXTENDED: _EXTENDED_REPLY,
}
_LONGEST_HANDLE = 256
_LENGTH = struct.Struct(">I").unpack_from
# Attributes as OpenSSH sends them: flags, size, owner and group, mode, two times.
_USUAL = struct.Struct(">IQIIIII")
_USUAL_SIZE = _USUAL.size
_USUAL_FLAGS = _HAS_SIZE | _HAS_IDS | _HAS_MODE | _HAS_TIMES
# Size of the shortest entry of a folder: two empty names and the flags.
_SHORTEST_ENTRY = 12


class RemoteFailureError(OSError):
    """The server reported only `failure`: disk full, quota, a file in the way."""


class Attributes(NamedTuple):
    """Attributes of a remote file; times in whole seconds."""

    size: int
    mode: int
    mtime: int

    @property
    def is_file(self) -> bool:
        """Whether it is a regular file."""
        return self.mode & 0o170000 == 0o100000

    @property
    def is_link(self) -> bool:
        """Whether it is a symbolic link."""
        return self.mode & 0o170000 == 0o120000

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder."""
        return self.mode & 0o170000 == 0o040000


class Request(NamedTuple):
    """A packet without its number; `about` is the path for errors, `data` follows the body."""

    kind: int
    body: bytes
    about: bytes = b""
    data: bytes = b""


class Reply(NamedTuple):
    """The answer to a request."""

    kind: int
    body: bytes
    about: bytes

    def check(self) -> None:
        """Raise OSError unless the answer is a status of success."""
        if self.error is not None:
            raise self.error

    @property
    def error(self) -> OSError | None:
        """What `check` raises; None for a status of success."""
        return None if self.is_ok else self._failure()

    @property
    def is_ok(self) -> bool:
        """Whether it is a status of success."""
        return self._code == _OK

    @property
    def is_missing(self) -> bool:
        """Whether there is no such file."""
        return self._code == _NO_SUCH_FILE

    @property
    def is_refused(self) -> bool:
        """Whether the server does not support it, or not for this user."""
        return self._code in (_DENIED, _UNSUPPORTED)

    @property
    def is_end(self) -> bool:
        """Whether the end of the file or folder was reached."""
        return self._code == _EOF

    @property
    def _code(self) -> int | None:
        """Of a status; None for any other packet."""
        return _number(self.body, 0) if self.kind == _STATUS else None

    def handle(self) -> bytes:
        """The handle of what was opened. Raises OSError."""
        handle = self._string(_HANDLE)
        if len(handle) > _LONGEST_HANDLE:
            raise ConnectionLostError(
                f"the server sent a handle of {len(handle)} bytes; {_LONGEST_HANDLE} are allowed"
            )
        return handle

    def data(self) -> bytes:
        """The bytes that were read, none at the end. Raises OSError."""
        return b"" if self.is_end else self._string(DATA)

    def attributes(self) -> Attributes:
        """Size, mode and time. Raises OSError."""
        if self.kind != ATTRIBUTES:
            raise self._failure()
        return _attributes(self.body, 0)[0]

    def attributes_if_there(self) -> Attributes | None:
        """The attributes, None if there is no such file. Raises OSError."""
        return None if self.is_missing else self.attributes()

    def names(self) -> list[tuple[bytes, Attributes]]:
        """Some entries of a folder, none at its end. Raises OSError."""
        if self.is_end:
            return []
        if self.kind != _NAME:
            raise self._failure()
        # As local names, and tuples without the calls of their classes: this runs for each of 100,000 files.
        body, length, usual, new = self.body, _LENGTH, _USUAL.unpack_from, tuple.__new__
        entries: list[tuple[bytes, Attributes]] = []
        at, count = 4, _number(body, 0)
        if count > len(body) // _SHORTEST_ENTRY:
            raise ConnectionLostError(_cut_short(body))
        last_usual = len(body) - _USUAL.size
        try:
            for _ in range(count):
                start = at + 4
                end = start + length(body, at)[0]
                # The name is followed by the line that `ls -l` prints.
                at = end + 4 + length(body, end)[0]
                if at <= last_usual:
                    flags, size, _, _, mode, _, mtime = usual(body, at)
                    if flags == _USUAL_FLAGS:
                        entries.append((body[start:end], new(Attributes, (size, mode, mtime))))
                        at += _USUAL_SIZE
                        continue
                attributes, at = _attributes(body, at)
                entries.append((body[start:end], attributes))
        except struct.error:
            raise ConnectionLostError(_cut_short(body)) from None
        return entries

    def free_bytes(self) -> int:
        """Of the reply to `space`: the bytes free for ordinary users. Raises OSError."""
        if self.kind != _EXTENDED_REPLY:
            raise self._failure()
        if len(self.body) < 11 * 8:
            raise ConnectionLostError(_cut_short(self.body))
        values = struct.unpack_from(">11Q", self.body)
        # Without free inodes there is no space either; some file systems do not count inodes.
        return int(values[1] * values[4]) if values[7] or not values[5] else 0

    def _string(self, kind: int) -> bytes:
        if self.kind != kind:
            raise self._failure()
        text, _ = _string(self.body, 0)
        return text

    def _failure(self) -> OSError:
        about = os.fsdecode(self.about)
        if self.kind != _STATUS:
            return OSError(errno.EPROTO, f"the server answered with packet type {self.kind}", about)
        code = self._code
        text = _string(self.body, 4)[0].decode("utf-8", "replace") if len(self.body) > 8 else f"code {code}"
        if code == _NO_SUCH_FILE:
            return FileNotFoundError(errno.ENOENT, "no such remote file", about)
        if code == _DENIED:
            return PermissionError(errno.EACCES, "permission denied on the remote host", about)
        if code == _BAD_MESSAGE:
            return OSError(
                errno.EINVAL,
                "the remote host does not accept this name (too long, or invalid characters)",
                about,
            )
        return RemoteFailureError(
            errno.EIO, f"the server only says {text!r} (quota exceeded? read-only?)", about
        )


def is_answer(request: int, reply: int) -> bool:
    """Whether a packet of this type may answer a request of that type."""
    return reply in (_STATUS, _ANSWERS.get(request))


def lstat(path: bytes) -> Request:
    """Ask for attributes, of a link itself."""
    return Request(_LSTAT, _packed(path), path)


def open_file(path: bytes, flags: int) -> Request:
    """Open a file for READ, WRITE; CREATE, TRUNCATE, EXCLUSIVE."""
    return Request(_OPEN, _packed(path) + struct.pack(">II", flags, 0), path)


def read(handle: bytes, offset: int, length: int, about: bytes = b"") -> Request:
    """Read at an offset."""
    return Request(_READ, _packed(handle) + struct.pack(">QI", offset, length), about)


def write(handle: bytes, offset: int, data: bytes, about: bytes = b"") -> Request:
    """Write at an offset."""
    return Request(_WRITE, _packed(handle) + struct.pack(">QI", offset, len(data)), about, data)


def fstat(handle: bytes, about: bytes = b"") -> Request:
    """Ask for the attributes of an open file."""
    return Request(_FSTAT, _packed(handle), about)


def set_mtime(handle: bytes, mtime: int, about: bytes = b"") -> Request:
    """Set the time of an open file."""
    return Request(_FSETSTAT, _packed(handle) + struct.pack(">III", _HAS_TIMES, mtime, mtime), about)


def close(handle: bytes, about: bytes = b"") -> Request:
    """Close a file or folder."""
    return Request(_CLOSE, _packed(handle), about)


def mkdir(path: bytes) -> Request:
    """Make a folder."""
    return Request(_MKDIR, _packed(path) + struct.pack(">I", 0), path)


def remove(path: bytes) -> Request:
    """Remove a file."""
    return Request(_REMOVE, _packed(path), path)


def rmdir(path: bytes) -> Request:
    """Remove an empty folder."""
    return Request(_RMDIR, _packed(path), path)


def rename_over(source: bytes, target: bytes) -> Request:
    """Rename, atomically replacing the target."""
    name = _packed(b"posix-rename@openssh.com")
    return Request(_EXTENDED, name + _packed(source) + _packed(target), target)


def rename(source: bytes, target: bytes) -> Request:
    """Rename; refused if the target exists."""
    return Request(_RENAME, _packed(source) + _packed(target), target)


def space(path: bytes) -> Request:
    """Ask for the free space around a path."""
    return Request(_EXTENDED, _packed(b"statvfs@openssh.com") + _packed(path), path)


def open_folder(path: bytes) -> Request:
    """Open a folder for `read_folder`."""
    return Request(_OPENDIR, _packed(path), path)


def read_folder(handle: bytes, about: bytes = b"") -> Request:
    """Read some entries."""
    return Request(_READDIR, _packed(handle), about)


def _packed(text: bytes) -> bytes:
    return struct.pack(">I", len(text)) + text


def _number(body: bytes, at: int) -> int:
    """An unsigned number of 32 bits. Raises ConnectionLostError."""
    if len(body) < at + 4:
        raise ConnectionLostError(_cut_short(body))
    return int.from_bytes(body[at : at + 4], "big")


def _string(body: bytes, at: int) -> tuple[bytes, int]:
    """A text with its length before it, and where it ends. Raises ConnectionLostError."""
    end = at + 4 + _number(body, at)
    if end > len(body):
        raise ConnectionLostError(_cut_short(body))
    return body[at + 4 : end], end


def _cut_short(body: bytes) -> str:
    return f"the server sent an SFTP packet that is shorter than it says ({len(body)} bytes)"


def _attributes(body: bytes, at: int) -> tuple[Attributes, int]:
    if len(body) >= at + _USUAL.size:
        flags, size, _, _, mode, _, mtime = _USUAL.unpack_from(body, at)
        if flags == _USUAL_FLAGS:
            return Attributes(size, mode, mtime), at + _USUAL.size
    size = mode = mtime = 0
    try:
        (flags,) = struct.unpack_from(">I", body, at)
        at += 4
        if flags & _HAS_SIZE:
            (size,) = struct.unpack_from(">Q", body, at)
            at += 8
        if flags & _HAS_IDS:
            at += 8
        if flags & _HAS_MODE:
            (mode,) = struct.unpack_from(">I", body, at)
            at += 4
        if flags & _HAS_TIMES:
            (_, mtime) = struct.unpack_from(">II", body, at)
            at += 8
    except struct.error:
        raise ConnectionLostError(_cut_short(body)) from None
    if flags & _HAS_EXTENDED:
        count = _number(body, at)
        at += 4
        for _ in range(2 * count):
            _, at = _string(body, at)  # ends with the body at the latest
    if at > len(body):
        raise ConnectionLostError(_cut_short(body))
    return Attributes(size, mode, mtime), at
