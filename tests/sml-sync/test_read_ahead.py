"""What is read of the local side before the connection is open is right when it is used."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest

from sml_sync.ssh.connect import connect
from sml_sync.transfer.local_files import LocalFile, Selection, Tree, scan
from sml_sync.transfer.manifest import FileRecord, Manifest
from sml_sync.transfer.read_ahead import Hashes, Manifests, hash_ahead
from sml_sync.transfer.upload_file import append, hash_prefix

OLD, NEW = b"step,reward\n" * 5000, b"step,return\n" * 5000


@pytest.fixture
def hashes() -> Iterator[Hashes]:
    with contextlib.closing(Hashes()) as made:
        yield made


def a_sent_folder(folder: Path, data: bytes) -> Manifest:
    folder.mkdir()
    (folder / "progress.csv").write_bytes(data)
    local = LocalFile.of((folder / "progress.csv").stat())
    manifest = Manifest(Manifest.path_of(folder, "a"), "/there")
    digest = hashlib.sha256(data).hexdigest()
    manifest.set_record("progress.csv", FileRecord(local, digest, len(data), local.mtime))
    manifest.save()
    return manifest


def test_the_sent_part_of_a_file_that_grew_is_hashed_ahead(tmp_path: Path, hashes: Hashes) -> None:
    a_sent_folder(tmp_path / "run", OLD)
    with (tmp_path / "run" / "progress.csv").open("ab") as table:
        table.write(b"1,2\n")
    listing: Future[list[Tree]] = Future()
    listing.set_result(scan(tmp_path / "run", Selection()))
    hash_ahead(listing, Manifests(), hashes)
    assert list(hashes.started) == [tmp_path / "run" / "progress.csv"]
    prefix = hashes.prefix(tmp_path / "run" / "progress.csv", len(OLD))
    assert prefix is not None
    assert prefix.digest.hexdigest() == hashlib.sha256(OLD).hexdigest()
    assert not hashes.started


def test_a_prefix_of_another_length_is_hashed_anew(tmp_path: Path, hashes: Hashes) -> None:
    (tmp_path / "table").write_bytes(OLD)
    hashes.start(tmp_path / "table", len(OLD))
    prefix = hashes.prefix(tmp_path / "table", 12)
    assert prefix is not None
    assert prefix.digest.hexdigest() == hashlib.sha256(OLD[:12]).hexdigest()


def test_a_prefix_tells_of_which_version_of_the_file_it_is(tmp_path: Path, hashes: Hashes) -> None:
    (tmp_path / "table").write_bytes(OLD)
    hashes.start(tmp_path / "table", len(OLD))
    before = LocalFile.of((tmp_path / "table").stat())
    prefix = hashes.prefix(tmp_path / "table", len(OLD))
    assert prefix is not None
    (tmp_path / "table").write_bytes(NEW)
    os.utime(tmp_path / "table", ns=(1, 1))
    assert prefix.local == before != LocalFile.of((tmp_path / "table").stat())


def test_a_missing_file_is_an_error_when_it_is_asked_for(tmp_path: Path, hashes: Hashes) -> None:
    hashes.start(tmp_path / "none", 10)
    with pytest.raises(FileNotFoundError):
        hashes.prefix(tmp_path / "none", 10)


def test_a_manifest_that_another_sender_wrote_meanwhile_is_read_again(tmp_path: Path) -> None:
    manifest = a_sent_folder(tmp_path / "run", OLD)
    manifests = Manifests()
    (read,) = manifests.read(tmp_path / "run")
    manifest.set_record("other", manifest.files["progress.csv"])
    manifest.save()
    (current,) = manifests.of(tmp_path / "run")
    assert list(read.files) == ["progress.csv"]
    assert list(current.files) == ["progress.csv", "other"]


def test_a_manifest_that_stayed_as_it_was_is_not_read_again(tmp_path: Path) -> None:
    a_sent_folder(tmp_path / "run", OLD)
    manifests = Manifests()
    (read,) = manifests.read(tmp_path / "run")
    assert manifests.of(tmp_path / "run") == [read]
    assert manifests.of(tmp_path / "run")[0] is not read


@pytest.mark.needs("sshd", "ssh-keygen")
def test_a_file_that_was_rewritten_after_it_was_hashed_is_not_appended_to(sshd, tmp_path: Path) -> None:
    table, remote = tmp_path / "table", tmp_path / "remote"
    remote.write_bytes(OLD)
    table.write_bytes(OLD + b"1,2\n")
    prefix = hash_prefix(table, len(OLD))
    table.write_bytes(NEW + b"1,2\n3,4\n")
    with contextlib.closing(connect(sshd.target)) as connection:
        (result,) = connection.run(str(remote), [append(table, os.fsencode(remote), len(OLD), prefix)])
    assert result is None
    assert remote.read_bytes() == OLD
