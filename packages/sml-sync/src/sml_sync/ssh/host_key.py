"""Host keys, and the errors for keys that are not accepted."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from pathlib import Path

from sml_sync.errors import HostKeyError
from sml_sync.targets import Target


@dataclass(frozen=True)
class HostKey:
    """The line of known_hosts for a key, with the file that it belongs into."""

    # Kind and fingerprint: `ssh-ed25519 SHA256:…`.
    shown: str
    line: str
    file: Path

    @property
    def host(self) -> str:
        """Its name in known_hosts."""
        return self.line.split()[0]

    @property
    def fingerprint(self) -> str:
        """As ssh-keygen prints it: `SHA256:…`."""
        return self.shown.partition(" ")[2]

    def remember(self) -> None:
        """Write it to its file. Raises OSError."""
        self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.file.touch(mode=0o600)
        old = self.file.read_bytes()
        with self.file.open("ab") as file:
            file.write((b"" if old.endswith(b"\n") or not old else b"\n") + self.line.encode() + b"\n")


def refused(target: Target, reason: str, host: str, shown: str) -> HostKeyError:
    """The error for a key that is unknown, changed, revoked, or other than the pin."""
    known_as = {
        "revoked": f"is marked as revoked: {shown}",
        "pin": f"is {shown}, and the settings require {target.host_key}; "
        "someone may be intercepting the connection",
        "changed": f"differs from the recorded one: the host presented {shown}; someone may be intercepting "
        f"the connection, or the host was reinstalled. In that case: ssh-keygen -R '{host}'",
    }
    if reason in known_as:
        return HostKeyError(f"the key of {host} {known_as[reason]}", shown, forged=True)
    given = (("--known-hosts", target.known_hosts), ("--ssh-config", target.ssh_config))
    options = "".join(f" {option} {shlex.quote(str(path))}" for option, path in given if path is not None)
    command = f"sml-sync accept-key {replace(target, user=None)} {shown.partition(' ')[2]}{options}"
    message = f"the key of {host} is not known: {shown}. If this is the host's key, accept it with: {command}"
    return HostKeyError(message, shown, forged=False)


def unwritten(host: str, shown: str, file: Path, error: OSError) -> HostKeyError:
    """The error for a new key that was to be accepted and cannot be written down."""
    reason = f"{error.filename or file} cannot be written ({error.strerror or error})"
    remedy = f"set MAIN_MACHINE_HOST_KEY: {shown.partition(' ')[2]}"
    return HostKeyError(f"the key of {host} is new, {shown}, and {reason}; {remedy}", shown, forged=False)
