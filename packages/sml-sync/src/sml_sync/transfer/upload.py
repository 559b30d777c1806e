"""Decide what to upload of one file: nothing, its tail, or all of it."""

from __future__ import annotations

import os
from pathlib import Path

from sml_sync.report import FileReport
from sml_sync.sftp import packets
from sml_sync.sftp.packets import Attributes, FarFailureError
from sml_sync.sftp.pipeline import Job

from . import transfer
from .local_files import LocalFile
from .manifest import Announced, Known, Manifest, is_fresh
from .remote_state import Control, blocked

# A disk with no more than this beside the file counts as full.
_SPARE = 64 << 10


class Bringer:
    """Brings the files of one folder to one place over there."""

    def __init__(
        self, folder: Path, far: str, manifest: Manifest, control: Control, announced: Announced
    ) -> None:
        self._folder = folder
        self._far = os.fsencode(far)
        self._manifest = manifest
        self._control = control
        self._announced = announced
        # Files that still have to be brought.
        self.waiting = 0

    def changed(self, files: dict[str, LocalFile], stands: dict[str, Attributes]) -> list[str]:
        """The names of files that have to be sent or compared: changed, new or missing on either side."""
        known_files = self._manifest.files
        return [
            name
            for name, local in files.items()
            if (known := known_files.get(name)) is None
            or known.fresh
            or known.local != local
            or not _as_left(known, stands.get(name))
        ]

    def bring(self, name: str, local: LocalFile, stands: Attributes | None) -> Job[FileReport]:
        """Make the far file what the local one is; a failure of this file alone is in the report."""
        report = yield from self._try(name, local, stands)
        self.waiting -= 1
        if not self.waiting:
            # Now, and not at the end of all folders: the end may not come.
            self._manifest.save()
        return report

    def _try(self, name: str, local: LocalFile, stands: Attributes | None) -> Job[FileReport]:
        if self._control.stopped:
            return FileReport(name, "failed", note=self._control.stopped)
        far = self._far + b"/" + os.fsencode(name)
        stage = self._control.stage(f"{os.fsdecode(self._far)}/{name}", local)
        try:
            return (yield from self._bring(name, local, stands, far, stage))
        except FileNotFoundError as error:
            # It may be there again by now, as another file.
            here = self._folder / name
            if error.filename in (here, str(here)) or not here.exists():
                return FileReport(name, "left out", note="it vanished while it was sent")
            wrong = yield from blocked(self._control.home, os.fsdecode(far))
            reason: OSError = OSError(None, wrong) if wrong else error
        except OSError as error:
            reason = error
        yield [packets.remove(stage)]
        full = ""
        if isinstance(reason, FarFailureError):
            full = yield from self._ask_for_space(local)
        note = self._control.stopped or full or reason.strerror or str(reason)
        return FileReport(name, "failed", note=note)

    def _bring(
        self, name: str, local: LocalFile, stands: Attributes | None, far: bytes, stage: bytes
    ) -> Job[FileReport]:
        path = self._folder / name
        known = self._manifest.files.get(name)
        if stands is None:
            return (yield from self._replace(name, far, stage))
        if known is not None and _as_left(known, stands):
            if local.size >= known.local.size:
                digest = transfer.digest_of(path, known.local.size)
                if digest == known.digest and local.size == known.local.size:
                    return self._note(
                        name, transfer.Arrived(local, digest, 0, local.mtime), stands, "unchanged"
                    )
                if digest == known.digest and known.local.inode == local.inode:
                    return (yield from self._append(name, far, stage, known.local.size, digest))
            return (yield from self._replace(name, far, stage))
        if stands.is_file and stands.size <= local.size:
            # Compared from its first byte: of two versions in one second the times are the same over there.
            whole = stands.size == local.size
            if (yield from transfer.is_prefix(path, far, stands.size)):
                if not whole:
                    # Written into only what was sent from this very file: where there is a copy of the run,
                    # two may send at a time, and a far file that two write into would be of neither.
                    if known is not None and known.local.inode == local.inode:
                        return (yield from self._append(name, far, stage, stands.size, None))
                    return (yield from self._replace(name, far, stage))
                digest = transfer.digest_of(path, local.size)
                if digest is not None:
                    return self._note(
                        name, transfer.Arrived(local, digest, 0, local.mtime), stands, "unchanged"
                    )
        note = ""
        ours = self._announced.was_ours(os.fsdecode(far), stands.size, stands.mtime)
        if stands.size and not ours:
            copy = yield from self._control.set_aside(far)
            note = f"{name} was changed over there; that version is kept in {copy}" if copy else ""
        return (yield from self._replace(name, far, stage, note))

    def _replace(self, name: str, far: bytes, stage: bytes, note: str = "") -> Job[FileReport]:
        arrived = yield from transfer.replace(self._folder / name, far, stage)
        return self._note(name, arrived, None, "sent", note)

    def _append(self, name: str, far: bytes, stage: bytes, base: int, digest: str | None) -> Job[FileReport]:
        arrived = yield from transfer.append(self._folder / name, far, base, digest)
        if arrived is not None:
            return self._note(name, arrived, None, "appended")
        return (yield from self._replace(name, far, stage))

    def _note(
        self,
        name: str,
        arrived: transfer.Arrived,
        stands: Attributes | None,
        action: str,
        note: str = "",
    ) -> FileReport:
        """Remember how the file stands over there now."""
        local = arrived.local
        far = (local.size, arrived.mtime) if stands is None else (stands.size, stands.mtime)
        self._manifest.note(name, Known(local, arrived.digest, *far, is_fresh(local)))
        return FileReport(name, action, arrived.bytes, True, note)  # type: ignore[arg-type]  # one of the literals

    def _ask_for_space(self, local: LocalFile) -> Job[str]:
        """Why the file has no room, if that is why; smaller ones are still sent unless nothing is left."""
        (reply,) = yield [packets.space(os.fsencode(self._control.home))]
        try:
            free = reply.free_bytes()
        except OSError:
            return ""  # a server that is not OpenSSH does not tell
        if free >= local.size + _SPARE:
            return ""
        left = f"{free >> 10} KB are left in {self._control.home}"
        full = f"the disk over there is full ({left}); make room there"
        if free < _SPARE:
            self._control.stopped = full
        return full


def _as_left(known: Known, stands: Attributes | None) -> bool:
    return (
        stands is not None
        and stands.is_file
        and stands.size == known.far_size
        and stands.mtime == known.far_mtime
    )
