"""Decide what to upload of one file: nothing, its tail, or all of it."""

from __future__ import annotations

import os
from dataclasses import dataclass

from sml_config.ssh.sftp import packets
from sml_config.ssh.sftp.packets import RemoteFailureError
from sml_config.ssh.sftp.pipeline import Job
from sml_sync.report import Action, FileReport

from .download import is_prefix
from .local_files import LocalFile
from .manifest import FileRecord, InFlightJournal, is_fresh
from .read_ahead import Hashes
from .remote_folder import RemoteFolder
from .remote_state import RemoteState, obstacle
from .upload_file import UploadResult, append, hash_prefix, replace

# A disk with no more than this beside the file counts as full.
_SPARE = 64 << 10


@dataclass
class FileUploader:
    """Uploads the files of one folder."""

    remote: RemoteFolder
    state: RemoteState
    journal: InFlightJournal
    hashes: Hashes
    # Files that are not finished.
    waiting: int = 0

    def changed(self) -> dict[str, LocalFile]:
        """The files that have to be sent or compared: changed, new or missing on either side."""
        record_of, remote_of = self.remote.manifest.files.get, self.remote.attributes.get
        changed = {
            name: local
            for name, local in self.remote.tree.files.items()
            if (record := record_of(name)) is None
            or record.fresh
            or record.local != local
            or (attributes := remote_of(name)) is None
            or attributes.size != record.remote_size
            or attributes.mtime != record.remote_mtime
            or not attributes.is_file
        }
        self.waiting = len(changed)
        return changed

    def upload(self, name: str, local: LocalFile) -> Job[FileReport]:
        """Make the remote file equal to the local one; a failure of this file alone is in the report."""
        report = yield from self._upload_or_fail(name, local)
        self.waiting -= 1
        if not self.waiting:
            # Now, and not at the end of all folders: the end may not come.
            self.remote.manifest.save()
        return report

    def _upload_or_fail(self, name: str, local: LocalFile) -> Job[FileReport]:
        shown = self.remote.tree.prefix + name
        if self.state.stopped:
            return FileReport(shown, "failed", note=self.state.stopped)
        remote_path = f"{self.remote.path}/{name}"
        stage = self.state.stage(remote_path, local)
        try:
            action, sent, note = yield from self._upload(name, local, os.fsencode(remote_path), stage)
        except FileNotFoundError as error:
            # It may be there again by now, as another file.
            local_path = self.remote.tree.path / name
            if error.filename in (local_path, str(local_path)) or not local_path.exists():
                return FileReport(shown, "left out", note="deleted during the upload")
            problem = yield from obstacle(self.state.home, remote_path)
            reason: OSError = OSError(None, problem) if problem else error
        except OSError as error:
            reason = error
        else:
            record = FileRecord(sent.local, sent.digest, sent.local.size, sent.mtime, is_fresh(sent.local))
            self.remote.manifest.set_record(name, record)
            return FileReport(shown, action, sent.bytes, True, note)
        yield [packets.remove(stage)]
        full = (yield from self._check_space(local)) if isinstance(reason, RemoteFailureError) else ""
        note = self.state.stopped or full or reason.strerror or str(reason)
        return FileReport(shown, "failed", note=note)

    def _upload(
        self, name: str, local: LocalFile, remote_path: bytes, stage: bytes
    ) -> Job[tuple[Action, UploadResult, str]]:
        """The action, what was sent, and a note for the user."""
        path, note = self.remote.tree.path / name, ""
        remote, record = self.remote.attributes.get(name), self.remote.manifest.files.get(name)
        if remote is None:
            return "sent", (yield from replace(path, remote_path, stage)), ""
        # How many bytes both begin with, if those are the whole remote file; and their hash.
        base, prefix = -1, None
        if record is not None and record.matches(remote):
            if record.local.size <= local.size:
                prefix = self.hashes.prefix(path, record.local.size)
            if prefix is not None and prefix.digest.hexdigest() == record.digest:
                base = prefix.size
        # Compared from its first byte: two versions within one second have the same remote time.
        elif (
            remote.is_file
            and remote.size <= local.size
            and (yield from is_prefix(path, remote_path, remote.size))
        ):
            base = remote.size
        elif remote.size and not self.journal.was_sending(
            os.fsdecode(remote_path), remote.size, remote.mtime
        ):
            copy = yield from self.state.keep_copy(remote_path)
            note = f"{name} was changed on the remote host; that version is kept in {copy}" if copy else ""
        if base == local.size:
            prefix = prefix or hash_prefix(path, base)
            if prefix is not None:
                return "unchanged", UploadResult(local, prefix.digest.hexdigest(), 0, remote.mtime), ""
        # Written into only what was sent from this very file: where this is a copy of the run, two may send
        # at a time, and a remote file that two write into would be of neither.
        elif base >= 0 and record is not None and record.local.inode == local.inode:
            appended = yield from append(path, remote_path, base, prefix)
            if appended is not None:
                return "appended", appended, ""
        return "sent", (yield from replace(path, remote_path, stage)), note

    def _check_space(self, local: LocalFile) -> Job[str]:
        """The error if the disk is full, else empty; smaller files are still sent unless no space is left."""
        (reply,) = yield [packets.space(os.fsencode(self.state.home))]
        try:
            free = reply.free_bytes()
        except OSError:
            return ""  # a server that is not OpenSSH does not tell
        if free >= local.size + _SPARE:
            return ""
        left = f"{free >> 10} KB free in {self.state.home}"
        full = f"the remote disk is full ({left}); free some space"
        if free < _SPARE:
            self.state.stopped = full
        return full
