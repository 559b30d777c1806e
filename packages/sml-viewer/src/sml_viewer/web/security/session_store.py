"""Signing secret and revoked sessions, stored in the workspace."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import stat
import threading
import time
from pathlib import Path

from sml_config.run_folder import read_json, write_atomic

# Dot-folders are never served, wherever the workspace is.
FOLDER = ".page"
_BYTES = 32


def load_or_create_secret(folder: Path) -> bytes:
    """A random secret readable only by this user; replaced if others could have read it.

    If it cannot be stored, it lasts as long as the process.
    """
    path = folder / "secret"
    with contextlib.suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            if stored := _read(path):
                return stored
            path.unlink()
        created = secrets.token_bytes(_BYTES)
        # Exclusively: if two servers start at once, one reads the other's secret.
        with contextlib.suppress(FileExistsError):
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(created)
            return created
        if stored := _read(path):
            return stored
    return secrets.token_bytes(_BYTES)


def _read(path: Path) -> bytes | None:
    with path.open("rb") as file:
        status = os.fstat(file.fileno())
        open_to_others = os.name == "posix" and (
            stat.S_IMODE(status.st_mode) & 0o077 or status.st_uid != os.getuid()
        )
        content = file.read()
    return content if len(content) == _BYTES and not open_to_others else None


class RevokedSessions:
    """Sessions revoked before their expiry, stored until they would have expired."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        stored = read_json(path)
        pairs = stored.items() if isinstance(stored, dict) else ()
        self._until = {str(name): float(until) for name, until in pairs if isinstance(until, int | float)}

    def add(self, identity: str, until: float) -> None:
        """Revoke a session whose cookie expires at `until`."""
        with self._lock:
            now = time.time()
            self._until = {name: end for name, end in self._until.items() if end > now} | {identity: until}
            with contextlib.suppress(OSError):
                write_atomic(self._path, json.dumps(self._until))

    def holds(self, identity: str) -> bool:
        """Whether the session was revoked."""
        return identity in self._until
