"""Read known_hosts files for paramiko."""

from __future__ import annotations

import contextlib
from pathlib import Path

import paramiko
from paramiko.hostkeys import HostKeyEntry, InvalidHostKey


def lines_of(files: list[Path]) -> list[str]:
    """All lines; most people have not all of these files."""
    lines: list[str] = []
    for path in files:
        with contextlib.suppress(OSError):
            lines += path.read_text(encoding="utf-8", errors="replace").splitlines()
    return lines


def keys_in(lines: list[str]) -> paramiko.HostKeys:
    """The keys on record; what is no entry is passed over, as ssh does; paramiko gives up the file for it."""
    known = paramiko.HostKeys()
    for line in lines:
        with contextlib.suppress(paramiko.SSHException, InvalidHostKey, ValueError):
            entry = HostKeyEntry.from_line(line) if line.isascii() else None
            if entry is not None and entry.key is not None:
                for name in entry.hostnames:
                    known.add(name, entry.key.get_name(), entry.key)
    return known


def marked(lines: list[str], mark: str) -> list[str]:
    """The lines with a mark: `@revoked` ones are for any host, `@cert-authority` is not known to paramiko."""
    return [line for line in lines if line.startswith(mark)]
