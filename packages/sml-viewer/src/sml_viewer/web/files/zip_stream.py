"""Stream run folders as one zip archive."""

from __future__ import annotations

import io
import re
import secrets
import threading
import time
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sml_viewer.safe_open import is_in_place
from sml_viewer.security.find_secrets import mask_of
from sml_viewer.web.errors import NoSuchFileError

from .filename_codec import label
from .listing import list_files
from .safe_paths import open_inside

_MOST_FILES = 1_000_000
_PACKED = re.compile(r".*\.(?:png|jpe?g|gif|webp|gz|tgz|bz2|xz|zip|npz|mp4|pt|pth)", re.IGNORECASE)
_LEFT_OUT = "LEFT_OUT.txt"
_TICKET_SECONDS = 600.0
_MOST_TICKETS = 1000
_EARLIEST = (1980, 1, 1, 0, 0, 0)


def zip_pieces(folders: Sequence[tuple[str, Path]]) -> Iterator[bytes]:
    """A zip of folders, each under a name, piece by piece; secrets of old runs are masked.

    The folders' paths are real ones. Names and order depend on names and content alone. Omitted files, such
    as links out of the folder and files deleted meanwhile, are listed in a file at the end.
    """
    sink = _Sink()
    taken: set[str] = set()
    left_out: list[str] = []
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, allowZip64=True, compresslevel=4) as archive:
        for run_name, folder in folders:
            if not is_in_place(folder):
                left_out.append(f"{run_name} (deleted, or replaced by a link, after the request)")
                continue
            top = _free(_plain(run_name) or "run", taken)
            mask = mask_of(folder)
            inner: set[str] = set()
            tree = list_files(folder, _MOST_FILES)
            left_out += [f"{top}/{line}" for line in tree.left_out]
            if tree.cut:
                left_out.append(f"{top} (more than {_MOST_FILES} files: the others)")
            for file in tree.files:
                entry = zipfile.ZipInfo(f"{top}/{_free(_plain(file.name), inner)}", _zip_time(file.modified))
                entry.compress_type = (
                    zipfile.ZIP_STORED if _PACKED.fullmatch(file.name) else zipfile.ZIP_DEFLATED
                )
                entry.external_attr = 0o644 << 16
                try:
                    source = open_inside(folder, file.name)
                except NoSuchFileError:
                    left_out.append(f"{top}/{file.name} (deleted meanwhile)")
                    continue
                # Masked archives may grow, by an amount known only at the end.
                with (
                    source,
                    archive.open(entry, "w", force_zip64=file.size > zipfile.ZIP64_LIMIT // 2) as target,
                ):
                    for piece in mask.stream(file.name, source, file.size):
                        target.write(piece)
                        yield from sink.taken()
                yield from sink.taken()
        if left_out:
            lines = "".join(f"{label(line)}\n" for line in left_out)
            entry = zipfile.ZipInfo(_free(_LEFT_OUT, taken))
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, lines)
    yield from sink.taken()


def _plain(name: str) -> str:
    """A relative path that is valid on every system, without backslashes and drive letters."""
    parts = [re.sub(r'[\x00-\x1f\\:*?"<>|]', "_", part) for part in label(name).split("/")]
    return "/".join(part for part in parts if part not in ("", ".", ".."))


def _free(name: str, taken: set[str]) -> str:
    number, free = 1, name
    while free.casefold() in taken:
        number += 1
        stem, dot, ending = name.rpartition(".")
        free = f"{stem}-{number}{dot}{ending}" if dot and "/" not in ending and stem else f"{name}-{number}"
    taken.add(free.casefold())
    return free


def _zip_time(modified: float) -> tuple[int, int, int, int, int, int]:
    try:
        year, month, day, hour, minute, second, *_ = time.gmtime(modified)
    except (OverflowError, ValueError, OSError):
        return _EARLIEST
    return (year, month, day, hour, minute, second) if 1980 <= year <= 2107 else _EARLIEST


class _Sink(io.RawIOBase):
    """Unseekable target of zipfile, so that sizes are written after each file."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def taken(self) -> Iterator[bytes]:
        pieces, self._pieces = self._pieces, []
        yield from pieces


@dataclass
class Tickets:
    """Selections for download, valid for ten minutes: a POST can hold many ids, an address only a few."""

    _selections: dict[str, tuple[float, list[tuple[str, Path]]]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def issue(self, folders: list[tuple[str, Path]]) -> str:
        """A ticket for some folders."""
        now = time.monotonic()
        ticket = secrets.token_urlsafe(18)
        with self._lock:
            valid = {name: item for name, item in self._selections.items() if item[0] > now}
            while len(valid) >= _MOST_TICKETS:
                valid.pop(next(iter(valid)))
            self._selections = {**valid, ticket: (now + _TICKET_SECONDS, folders)}
        return ticket

    def folders(self, ticket: str) -> list[tuple[str, Path]] | None:
        """The folders of a valid ticket, else None."""
        until, folders = self._selections.get(ticket, (0.0, []))
        return folders if until > time.monotonic() else None
