"""Jobs of the archive worker process; the page sends them through `archives.worker`.

A job takes whole files and JSON arguments, and returns a JSON value and a file of bytes. Exceptions of
UNREADABLE_ARCHIVE become the fault that is shown.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import queue
import re
import signal
import sys
import tarfile
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, cast

from sml_config.redaction import Redactor
from sml_viewer.archives.frames import pieces_of, receive_json, receive_pieces, send_json, send_pieces
from sml_viewer.archives.reading import (
    MOST_BYTES,
    MOST_MEMORY,
    MOST_SECONDS,
    UNREADABLE_ARCHIVE,
    TooLargeError,
    archive_fault,
    forget_members,
    is_packed,
    members_of,
    open_tar,
    open_zip,
    read_zipped,
)
from sml_viewer.i18n import Message, message_to_json, untranslated_message
from sml_viewer.model.text import is_text
from sml_viewer.security.find_secrets import MOST_SETTINGS, SETTINGS_FILE, secrets_in_settings

from .code_diff import differences, read_code

# Windows has no process limits; those in `archives` apply there too.
_HAS_LIMITS = os.name == "posix"
resource: Any = importlib.import_module("resource") if _HAS_LIMITS else None

_IN_MEMORY = 4_000_000
_HEAD = 6
# A worker that used more memory is replaced.
_MOST_KEPT = 150_000_000
_IDLE_SECONDS = 60.0
_ADDRESS_SPACE = 2_000_000_000
_SETTINGS_IN_CODE = re.compile(r".*config.*\.py")
_UNREADABLE = (*UNREADABLE_ARCHIVE, RecursionError)

Result = tuple[Any, BinaryIO | None]
Job = Callable[..., Result]


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Run jobs until the pipe closes, or until no job has come for a minute."""
    _limit_memory()
    waiting: queue.SimpleQueue[tuple[Any, list[BinaryIO]]] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(requests, waiting), daemon=True).start()
    with contextlib.suppress(queue.Empty, OSError):
        while True:
            request, files = waiting.get(timeout=_IDLE_SECONDS)
            _limit_time()
            reply, body = _done(request, files)
            for file in files:
                file.close()
            send_json(answers, {**reply, "last": _used() > _MOST_KEPT})
            send_pieces(answers, pieces_of(body) if body is not None else ())
    os._exit(0)


def _listen(requests: BinaryIO, waiting: queue.SimpleQueue[tuple[Any, list[BinaryIO]]]) -> None:
    """Receive requests; end the process when the pipe closes or is unreadable, even during a job."""
    try:
        while True:
            request = receive_json(requests)
            files = []
            for _ in range(request["files"]):
                file = cast("BinaryIO", tempfile.TemporaryFile())  # noqa: SIM115  closed after the job
                for piece in receive_pieces(requests):
                    file.write(piece)
                file.seek(0)
                files.append(file)
            waiting.put((request, files))
    finally:
        os._exit(0)


def _done(request: Mapping[str, Any], files: Sequence[BinaryIO]) -> tuple[dict[str, Any], BinaryIO | None]:
    try:
        result, body = _JOBS[request["job"]](*files, **request["arguments"])
    except MemoryError:
        return _fault(
            Message("takes more than {most} MB to read", most=MOST_MEMORY // 1_000_000), too_large=True
        ), None
    except TooLargeError as error:
        return _fault(untranslated_message(error), too_large=True), None
    except _UNREADABLE as error:
        return _fault(archive_fault(error), too_large=False), None
    return {"result": result}, body


def _fault(reason: str, *, too_large: bool) -> dict[str, Any]:
    return {"error": message_to_json(reason), "too_large": too_large}


def _secrets(file: BinaryIO) -> Result:
    """Secrets in the settings files of a code archive, as far as it is readable."""
    secrets: set[str] = set()
    with contextlib.suppress(*_UNREADABLE), open_tar(file) as archive:
        for member in members_of(archive):
            name = member.name.rpartition("/")[2]
            is_settings = SETTINGS_FILE.fullmatch(name) or _SETTINGS_IN_CODE.fullmatch(name)
            if is_settings and member.isfile() and member.size <= MOST_SETTINGS:
                source = archive.extractfile(member)
                if source is not None:
                    secrets.update(secrets_in_settings(name, source.read()))
    return sorted(secrets), None


def _masked(file: BinaryIO, values: Sequence[str]) -> Result:
    """A tar archive with masked secrets: the number of masked places, and the archive if there were any."""
    redactor = Redactor(frozenset(values))
    masked = cast("BinaryIO", tempfile.SpooledTemporaryFile(_IN_MEMORY))  # noqa: SIM115  sent, then this process ends
    total = 0
    try:
        with open_tar(file) as old, tarfile.open(fileobj=masked, mode="w") as new:
            for member in members_of(old):
                source = old.extractfile(member) if member.isfile() else None
                content = source.read() if source else b""
                shown, places = redactor.data(content) if is_text(content) else (content, 0)
                total += places
                member.size = len(shown)
                new.addfile(member, io.BytesIO(shown))
                forget_members(new)
    except TooLargeError:
        raise
    except _UNREADABLE:
        file.seek(0)
        if is_packed(file.read(_HEAD)):
            raise
        file.seek(0)
        shown, total = redactor.data(file.read(MOST_BYTES))
        return total, io.BytesIO(shown) if total else None
    masked.seek(0)
    return total, masked if total else None


def _listed(file: BinaryIO, *, is_zip: bool, most: int) -> Result:
    """The files in an archive with their sizes; of several with the same name the last counts."""
    sizes = _sizes(file, is_zip=is_zip)
    listed = [{"name": name, "size": size} for name, size in list(sizes.items())[:most]]
    return {"members": listed, "more": len(sizes) > most}, None


def _member(file: BinaryIO, *, is_zip: bool, name: str, most: int) -> Result:
    """The last member of a name: its size, None if there is none, and its bytes if at most `most`."""
    size = _sizes(file, is_zip=is_zip).get(name)
    if size is None or size > most:
        return size, None
    if is_zip:
        return size, io.BytesIO(read_zipped(open_zip(file), name, most))
    data = b""
    with open_tar(file) as archive:
        for entry in members_of(archive):
            if entry.name == name and entry.isfile() and (source := archive.extractfile(entry)) is not None:
                data = source.read(most)
    return size, io.BytesIO(data)


def _differences(
    first: BinaryIO, second: BinaryIO, values: Sequence[Sequence[str]], only: str | None
) -> Result:
    """The differences between the files of two code archives, or which of the two is unreadable, and why."""
    codes = []
    for side, file in enumerate((first, second)):
        try:
            codes.append(read_code(file, Redactor(frozenset(values[side]))))
        except ValueError as error:
            return {"side": side, "fault": message_to_json(untranslated_message(error)), "files": []}, None
    files = [
        {**file, "note": file["note"] and message_to_json(file["note"])}
        for file in differences(codes[0], codes[1], only)
    ]
    return {"side": None, "fault": None, "files": files}, None


_JOBS: Mapping[str, Job] = {
    "secrets": _secrets,
    "masked": _masked,
    "listed": _listed,
    "member": _member,
    "differences": _differences,
}


def _sizes(file: BinaryIO, *, is_zip: bool) -> dict[str, int]:
    if is_zip:
        return {entry.filename: entry.file_size for entry in open_zip(file).infolist() if not entry.is_dir()}
    with open_tar(file) as archive:
        return {entry.name: entry.size for entry in members_of(archive) if entry.isfile()}


def _limit_memory() -> None:
    """Limit the address space to its current size plus the maximum for archives."""
    if not _HAS_LIMITS:
        return
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        most = pages * os.sysconf("SC_PAGE_SIZE") + MOST_MEMORY
    except (OSError, ValueError):
        most = _ADDRESS_SPACE
    _limit(resource.RLIMIT_AS, most)
    _limit(resource.RLIMIT_CORE, 0)


def _limit_time() -> None:
    """Limit the processor time of the next job; the system kills the process when it is exceeded."""
    if _HAS_LIMITS:
        signal.signal(signal.SIGXCPU, signal.SIG_DFL)
        _limit(resource.RLIMIT_CPU, int(time.process_time()) + 1 + MOST_SECONDS)


def _limit(resource_id: int, most: int) -> None:
    # A lower limit is kept; a limit that the system does not support is skipped.
    with contextlib.suppress(OSError, ValueError):
        _, hard = resource.getrlimit(resource_id)
        resource.setrlimit(resource_id, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def _used() -> int:
    """Peak memory of this process, in bytes."""
    if not _HAS_LIMITS:
        return 0
    unit = 1 if sys.platform == "darwin" else 1024
    return int(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) * unit
