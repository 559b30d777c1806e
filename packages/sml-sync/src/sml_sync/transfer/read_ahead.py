"""Read the local side of a push while the connection is opened: files, manifests, hashes of what grew."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from .local_files import LocalFile, Tree
from .manifest import Manifest, manifest_paths
from .upload_file import Prefix, hash_prefix

# Smaller files take longer to hand over than to hash.
_SMALLEST = 32 << 10
# Read for nothing if no target answers.
_MOST_BYTES = 512 << 20
_THREADS = 2


class Hashes:
    """Hashes beginnings of files, those announced by `start` in threads of its own."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(_THREADS)
        # Those that nobody has taken yet.
        self.started: dict[Path, Future[Prefix | None]] = {}

    def start(self, path: Path, size: int) -> None:
        """Begin with a file as soon as a thread is free."""
        self.started[path] = self._pool.submit(hash_prefix, path, size)

    def prefix(self, path: Path, size: int) -> Prefix | None:
        """The first `size` bytes; None if there are not so many. Raises OSError."""
        future = self.started.pop(path, None)
        if future is not None and not future.cancel():
            prefix = future.result()
            if prefix is not None and prefix.size == size:
                return prefix
        return hash_prefix(path, size)

    def close(self) -> None:
        """Hash no more."""
        self._pool.shutdown(cancel_futures=True)


class Manifests:
    """Manifests that were read before their folders were locked; those that changed since are read again."""

    def __init__(self) -> None:
        self._read: dict[Path, tuple[LocalFile | None, Manifest]] = {}
        # `of` waits for it.
        self.reading: Future[None] | None = None

    def read(self, folder: Path) -> list[Manifest]:
        """Read those of a folder."""
        # The attributes first: they tell whether it changes later.
        read = {
            path: (LocalFile.at(path), Manifest.load(folder, path.stem)) for path in manifest_paths(folder)
        }
        self._read.update(read)
        return [manifest for _, manifest in read.values()]

    def of(self, folder: Path) -> list[Manifest]:
        """The manifests of a locked folder. Each is handed out once, as whoever takes it changes it."""
        if self.reading is not None:
            self.reading.result()
        manifests = []
        for path in manifest_paths(folder):
            before, manifest = self._read.pop(path, (None, None))
            is_current = before is not None and before == LocalFile.at(path)
            manifests.append(manifest if manifest and is_current else Manifest.load(folder, path.stem))
        return manifests


def hash_ahead(listing: Future[list[Tree]], manifests: Manifests, hashes: Hashes) -> None:
    """Read the manifests of the listed folders, and hash what was sent of those files that changed since."""
    if listing.exception() is not None:
        return  # raised where the folders are needed
    left = _MOST_BYTES
    for tree in listing.result():
        newest = max(manifests.read(tree.path), key=lambda item: item.synced, default=None)
        if newest is None:
            continue
        for name, local in tree.files.items():
            record = newest.files.get(name)
            if record is None or (record.local == local and not record.fresh):
                continue
            if _SMALLEST <= record.local.size <= min(left, local.size):
                hashes.start(tree.path / name, record.local.size)
                left -= record.local.size
