"""Read untrusted tar and zip archives, bounded in memory and time; nothing is unpacked to disk.

tarfile keeps every member, and reads a header of names or attributes whole, whatever length it claims. Here
such headers, members and their total size are counted while they are read, and released afterwards.
Compressed archives are unpacked up to a limit. All of this runs in the process of `archive_jobs`.
"""

from __future__ import annotations

import bz2
import contextlib
import lzma
import os
import struct
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO, Any, BinaryIO, cast

from sml_viewer.fileio import reason_of
from sml_viewer.i18n import Message

MOST_BYTES = 100_000_000
# Limits of the worker process for one archive, in processor seconds and bytes.
MOST_SECONDS, MOST_MEMORY = 8, 500_000_000
_MOST_MEMBERS = 20_000
# Claimed size of all members: a few bytes may unpack to any number.
_MOST_UNPACKED = 200_000_000
# Size of the tar inside a compressed archive, before any member is read.
_MOST_INFLATED = 50_000_000
_IN_MEMORY = 4_000_000
# Bytes of headers with names and attributes: one, a global one, all of an archive.
_MOST_HEADER, _MOST_GLOBAL, _MOST_HEADERS = 64_000, 4_000, 4_000_000
_HEADERS = (
    tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK,
)  # fmt: skip
_GZIP, _BZIP, _XZ = _PACKED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0")
_PIECE = 1 << 16
# The end of a zip: signature, disks, members here and in all, bytes and place of the directory, comment.
_ZIP_END = struct.Struct("<4s4H2LH")
_MOST_DIRECTORY = 4_000_000


class TooLargeError(ValueError):
    """An archive beyond the limits."""


# Raised while damaged or crafted archives are read; zipfile raises RuntimeError for an encrypted member.
UNREADABLE_ARCHIVE = (
    tarfile.TarError, zipfile.BadZipFile, OSError, EOFError, zlib.error, lzma.LZMAError,
    ValueError, RuntimeError, LookupError, TypeError, ArithmeticError, AttributeError,
)  # fmt: skip


def archive_fault(error: Exception) -> str:
    """Why an archive cannot be read, of an error of UNREADABLE_ARCHIVE, whose own words are the parsers'."""
    if error.args and isinstance(error.args[0], Message):
        return error.args[0]
    if isinstance(error, OSError) and error.errno is not None:
        return reason_of(error)
    if isinstance(error, RuntimeError) and "encrypted" in str(error):
        return Message("encrypted")
    return Message("damaged, incomplete, or not an archive")


@contextlib.contextmanager
def open_tar(file: BinaryIO) -> Iterator[tarfile.TarFile]:
    """Open a tar archive, compressed or not; iterate over it with `members_of`.

    Raises TooLargeError and others of UNREADABLE_ARCHIVE.
    """
    if file.seek(0, os.SEEK_END) > MOST_BYTES:
        raise TooLargeError(Message("larger than {most} MB", most=MOST_BYTES // 1_000_000))
    with contextlib.ExitStack() as stack:
        plain = _unpacked(file, stack)
        yield stack.enter_context(tarfile.open(fileobj=plain, mode="r:", tarinfo=_bounded()))


def members_of(archive: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """The members of an archive of `open_tar`; read each before advancing to the next.

    Raises TooLargeError if they are too many or too large in total.
    """
    count = total = 0
    while (member := archive.next()) is not None:
        count, total = count + 1, total + max(0, member.size)
        if total > _MOST_UNPACKED:
            raise TooLargeError(Message("holds more than {most} MB", most=_MOST_UNPACKED // 1_000_000))
        if count > _MOST_MEMBERS:
            raise TooLargeError(Message("holds more than {most} files", most=_MOST_MEMBERS))
        yield member
        forget_members(archive)


def forget_members(archive: tarfile.TarFile) -> None:
    """Drop the members that tarfile keeps, to bound memory while an archive is read or written."""
    cast("Any", archive).members.clear()


def is_packed(data: bytes) -> bool:
    """Whether data is compressed, so that secrets in it cannot be found by search."""
    return data.startswith(_PACKED)


def open_zip(file: BinaryIO) -> zipfile.ZipFile:
    """Open a zip archive with a directory of bounded size. Raises TooLargeError and UNREADABLE_ARCHIVE."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _ZIP_END.size - (1 << 16)))
    end = file.read()
    at = end.rfind(b"PK\5\6")
    if at >= 0 and len(end) - at >= _ZIP_END.size:
        _, _, _, _, count, directory, _, _ = _ZIP_END.unpack_from(end, at)
        # zipfile reads these numbers, or the zip64 ones that all bits set refer to.
        if count > _MOST_MEMBERS or directory > _MOST_DIRECTORY:
            raise TooLargeError(Message("holds more than {most} files", most=_MOST_MEMBERS))
    return zipfile.ZipFile(file)


def read_zipped(archive: zipfile.ZipFile, member: str, most: int) -> bytes:
    """The first `most` bytes of a member, whatever size it claims."""
    info = archive.getinfo(member)
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError(
            Message("unsupported compression; expected stored or deflated")
        )  # zipfile unpacks others without limit
    with archive.open(info) as source:
        return source.read(most)


def _bounded() -> type[tarfile.TarInfo]:
    """A TarInfo class for one archive that checks the size of headers before reading them."""

    class Bounded(tarfile.TarInfo):
        left = _MOST_HEADERS

        def _proc_member(self, archive: tarfile.TarFile) -> Any:  # called for every kind of header
            if self.type in _HEADERS:
                most = _MOST_GLOBAL if self.type == tarfile.XGLTYPE else _MOST_HEADER
                Bounded.left -= max(0, self.size)
                if self.size > most or Bounded.left < 0:
                    raise TooLargeError(Message("has too long a header of names or attributes"))
            return super()._proc_member(archive)  # type: ignore[misc]  # not declared, in every version

        def _proc_gnusparse_10(self, *_: object) -> None:  # looks for a line end in all that follows
            raise TooLargeError(Message("holds a sparse file"))

    return Bounded


def _unpacked(file: BinaryIO, stack: contextlib.ExitStack) -> IO[bytes]:
    """The decompressed archive, at its beginning."""
    file.seek(0)
    start = file.read(6)
    file.seek(0)
    if start.startswith(_GZIP):
        unpacker: Any = zlib.decompressobj(31)
    elif start.startswith(_BZIP):
        unpacker = bz2.BZ2Decompressor()
    elif start.startswith(_XZ):
        unpacker = lzma.LZMADecompressor(memlimit=_MOST_UNPACKED)
    else:
        return file
    spool = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115  closed by the stack
    target = cast("IO[bytes]", stack.enter_context(spool))
    for piece in _inflated(file, unpacker):
        target.write(piece)
        if target.tell() > _MOST_INFLATED:
            raise TooLargeError(Message("unpacks to more than {most} MB", most=_MOST_INFLATED // 1_000_000))
    target.seek(0)
    return target


def _inflated(file: BinaryIO, unpacker: Any) -> Iterator[bytes]:
    """Decompress a file in small pieces."""
    left = b""
    while not unpacker.eof:
        if not left and getattr(unpacker, "needs_input", True) and not (left := file.read(_PIECE)):
            yield unpacker.flush() if hasattr(unpacker, "flush") else b""
            return
        yield unpacker.decompress(left, _PIECE)
        left = getattr(unpacker, "unconsumed_tail", b"")
