"""Decide what to upload of one file: nothing, its tail, or all of it."""

from __future__ import annotations

import os
from pathlib import Path

from sml_config.ssh.sftp import packets
from sml_config.ssh.sftp.packets import Attributes, RemoteFailureError
from sml_config.ssh.sftp.pipeline import Job
from sml_sync.report import FileReport

from . import upload_file
from .local_files import LocalFile
from .manifest import FileRecord, InFlightJournal, Manifest, is_fresh
from .read_ahead import Hashes
from .remote_state import RemoteState, obstacle

# A disk with no more than this beside the file counts as full.
_SPARE = 64 << 10


class FileUploader:
    """Uploads the files of one folder."""

    def __init__(
        self,
        folder: Path,
        remote_path: str,
        manifest: Manifest,
        state: RemoteState,
        journal: InFlightJournal,
        hashes: Hashes,
    ) -> None:
        self._folder = folder
        self._remote_folder = os.fsencode(remote_path)
        self._manifest = manifest
        self._state = state
        self._journal = journal
        self._hashes = hashes
        # Files that are not finished.
        self.waiting = 0

    def changed(self, files: dict[str, LocalFile], remote: dict[str, Attributes]) -> list[str]:
        """The names of files that have to be sent or compared: changed, new or missing on either side."""
        record_of, remote_of = self._manifest.files.get, remote.get
        # As `_is_as_recorded`, without a call for each of 100,000 files.
        return [
            name
            for name, local in files.items()
            if (record := record_of(name)) is None
            or record.fresh
            or record.local != local
            or (attributes := remote_of(name)) is None
            or attributes.size != record.remote_size
            or attributes.mtime != record.remote_mtime
            or not attributes.is_file
        ]

    def upload(self, name: str, local: LocalFile, remote: Attributes | None) -> Job[FileReport]:
        """Make the remote file equal to the local one; a failure of this file alone is in the report."""
        report = yield from self._upload_or_fail(name, local, remote)
        self.waiting -= 1
        if not self.waiting:
            # Now, and not at the end of all folders: the end may not come.
            self._manifest.save()
        return report

    def _upload_or_fail(self, name: str, local: LocalFile, remote: Attributes | None) -> Job[FileReport]:
        if self._state.stopped:
            return FileReport(name, "failed", note=self._state.stopped)
        remote_path = self._remote_folder + b"/" + os.fsencode(name)
        stage = self._state.stage(f"{os.fsdecode(self._remote_folder)}/{name}", local)
        try:
            return (yield from self._upload(name, local, remote, remote_path, stage))
        except FileNotFoundError as error:
            # It may be there again by now, as another file.
            local_path = self._folder / name
            if error.filename in (local_path, str(local_path)) or not local_path.exists():
                return FileReport(name, "left out", note="deleted during the upload")
            problem = yield from obstacle(self._state.home, os.fsdecode(remote_path))
            reason: OSError = OSError(None, problem) if problem else error
        except OSError as error:
            reason = error
        yield [packets.remove(stage)]
        full = ""
        if isinstance(reason, RemoteFailureError):
            full = yield from self._check_space(local)
        note = self._state.stopped or full or reason.strerror or str(reason)
        return FileReport(name, "failed", note=note)

    def _upload(
        self, name: str, local: LocalFile, remote: Attributes | None, remote_path: bytes, stage: bytes
    ) -> Job[FileReport]:
        path = self._folder / name
        record = self._manifest.files.get(name)
        if remote is None:
            return (yield from self._replace(name, remote_path, stage))
        if record is not None and _is_as_recorded(record, remote):
            if local.size >= record.local.size:
                prefix = self._hashes.prefix(path, record.local.size)
                if prefix is not None and prefix.digest.hexdigest() == record.digest:
                    if local.size == record.local.size:
                        return self._record_unchanged(name, local, record.digest, remote)
                    if record.local.inode == local.inode:
                        return (yield from self._append(name, remote_path, stage, prefix.size, prefix))
            return (yield from self._replace(name, remote_path, stage))
        if remote.is_file and remote.size <= local.size:
            # Compared from its first byte: two versions within one second have the same remote time.
            whole = remote.size == local.size
            if (yield from upload_file.is_prefix(path, remote_path, remote.size)):
                if not whole:
                    # Written into only what was sent from this very file: where there is a copy of the run,
                    # two may send at a time, and a remote file that two write into would be of neither.
                    if record is not None and record.local.inode == local.inode:
                        return (yield from self._append(name, remote_path, stage, remote.size, None))
                    return (yield from self._replace(name, remote_path, stage))
                prefix = upload_file.hash_prefix(path, local.size)
                if prefix is not None:
                    return self._record_unchanged(name, local, prefix.digest.hexdigest(), remote)
        note = ""
        was_sending = self._journal.was_sending(os.fsdecode(remote_path), remote.size, remote.mtime)
        if remote.size and not was_sending:
            copy = yield from self._state.keep_copy(remote_path)
            note = f"{name} was changed on the remote host; that version is kept in {copy}" if copy else ""
        return (yield from self._replace(name, remote_path, stage, note))

    def _replace(self, name: str, remote_path: bytes, stage: bytes, note: str = "") -> Job[FileReport]:
        result = yield from upload_file.replace(self._folder / name, remote_path, stage)
        return self._record(name, result, None, "sent", note)

    def _append(
        self, name: str, remote_path: bytes, stage: bytes, base: int, prefix: upload_file.Prefix | None
    ) -> Job[FileReport]:
        result = yield from upload_file.append(self._folder / name, remote_path, base, prefix)
        if result is not None:
            return self._record(name, result, None, "appended")
        return (yield from self._replace(name, remote_path, stage))

    def _record_unchanged(self, name: str, local: LocalFile, digest: str, remote: Attributes) -> FileReport:
        result = upload_file.UploadResult(local, digest, 0, local.mtime)
        return self._record(name, result, remote, "unchanged")

    def _record(
        self,
        name: str,
        result: upload_file.UploadResult,
        remote: Attributes | None,
        action: str,
        note: str = "",
    ) -> FileReport:
        """Record the attributes of the remote file."""
        local = result.local
        remote_path = (local.size, result.mtime) if remote is None else (remote.size, remote.mtime)
        self._manifest.set_record(name, FileRecord(local, result.digest, *remote_path, is_fresh(local)))
        return FileReport(name, action, result.bytes, True, note)  # type: ignore[arg-type]  # one of the literals

    def _check_space(self, local: LocalFile) -> Job[str]:
        """The error if the disk is full, else empty; smaller files are still sent unless no space is left."""
        (reply,) = yield [packets.space(os.fsencode(self._state.home))]
        try:
            free = reply.free_bytes()
        except OSError:
            return ""  # a server that is not OpenSSH does not tell
        if free >= local.size + _SPARE:
            return ""
        left = f"{free >> 10} KB free in {self._state.home}"
        full = f"the remote disk is full ({left}); free some space"
        if free < _SPARE:
            self._state.stopped = full
        return full


def _is_as_recorded(record: FileRecord, remote: Attributes | None) -> bool:
    return (
        remote is not None
        and remote.is_file
        and remote.size == record.remote_size
        and remote.mtime == record.remote_mtime
    )
