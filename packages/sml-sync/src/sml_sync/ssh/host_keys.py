"""Which host keys are known: the files of OpenSSH, with hashed names, patterns and `@revoked`."""

from __future__ import annotations

import base64
import fnmatch
import hashlib
import hmac
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from sml_sync.errors import HostKeyError
from sml_sync.targets import ACCEPT_NEW, Target

from .ssh_config import Endpoint


@dataclass(frozen=True)
class HostKey:
    """A public host key as it travels."""

    kind: str
    blob: bytes

    @property
    def fingerprint(self) -> str:
        """As ssh-keygen prints it: `SHA256:…`."""
        return "SHA256:" + base64.b64encode(hashlib.sha256(self.blob).digest()).decode().rstrip("=")


def check(endpoint: Endpoint, shown: HostKey) -> None:
    """Raise HostKeyError unless this key is the host's; with `accept-new` an unknown one is written down."""
    policy = endpoint.target.host_key
    said = f"{shown.kind} {shown.fingerprint}"
    host, files = endpoint.key_name, ", ".join(map(str, endpoint.known_hosts))
    known = list(_entries(endpoint))
    if any(marker == "@revoked" and key == shown for marker, key in known):
        raise HostKeyError(f"the key of {host} is marked as revoked in {files}: {said}", said, forged=True)
    if policy.startswith("SHA256:"):
        if policy.rstrip("=") != shown.fingerprint:
            message = f"the key of {host} is {said}, and the settings demand {policy}"
            raise HostKeyError(f"{message}; somebody may be listening in", said, forged=True)
        return
    plain = [key for marker, key in known if not marker]
    if shown in plain:
        return
    if plain:
        message = (
            f"the key of {host} is not the one in {files}: it showed {said}; somebody may be listening in, "
            f"or the machine was set up anew. In that case: ssh-keygen -R '{host}'"
        )
        raise HostKeyError(message, said, forged=True)
    if policy == ACCEPT_NEW:
        try:
            remember(endpoint, shown)
        except OSError as error:
            reason = f"{error.filename or files} cannot be written ({error.strerror or error})"
            remedy = f"name it in the settings: MAIN_MACHINE_HOST_KEY: {shown.fingerprint}"
            message = f"the key of {host} is new, {said}, and {reason}; {remedy}"
            raise HostKeyError(message, said, forged=False) from None
        return
    where = (
        f"{endpoint.host}:{endpoint.port}"
        if ":" not in endpoint.host
        else f"[{endpoint.host}]:{endpoint.port}"
    )
    raise HostKeyError(
        f"the key of {host} is not known: {said}. If that is the machine's key, accept it with: "
        f"sml-sync accept-key {where} {shown.fingerprint}{_options(endpoint.target)}",
        said,
        forged=False,
    )


def _options(target: Target) -> str:
    """What the command needs to write to the file that was looked into."""
    given = (("--known-hosts", target.known_hosts), ("--ssh-config", target.ssh_config))
    return "".join(f" {name} {shlex.quote(str(path))}" for name, path in given if path is not None)


def known_kinds(endpoint: Endpoint) -> list[str]:
    """Kinds of key that are on record for the host; it should be asked for one of these."""
    return list(dict.fromkeys(key.kind for marker, key in _entries(endpoint) if not marker))


def remember(endpoint: Endpoint, key: HostKey) -> None:
    """Add a key to the first of the host's files."""
    path = endpoint.known_hosts[0]
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=0o600)
    old = path.read_bytes()
    line = f"{endpoint.key_name} {key.kind} {base64.b64encode(key.blob).decode()}\n"
    with path.open("ab") as file:
        file.write((b"" if old.endswith(b"\n") or not old else b"\n") + line.encode())


def _entries(endpoint: Endpoint) -> Iterator[tuple[str, HostKey]]:
    """Marker and key of every line about the host."""
    for path in endpoint.known_hosts:
        try:
            text = path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue  # most people have not all of these files
        for line in text.splitlines():
            words = line.split()
            marker = words.pop(0) if words and words[0].startswith("@") else ""
            if len(words) >= 3 and not words[0].startswith("#") and _names(words[0], endpoint.key_name):
                try:
                    yield marker, HostKey(words[1], base64.b64decode(words[2]))
                except ValueError:  # not base64, or not ASCII
                    continue  # ssh skips such a line too


def _names(patterns: str, name: str) -> bool:
    if patterns.startswith("|1|"):
        salt, _, digest = patterns[3:].partition("|")
        try:
            return hmac.digest(base64.b64decode(salt), name.encode(), "sha1") == base64.b64decode(digest)
        except ValueError:
            return False
    found = False
    for pattern in patterns.split(","):
        # Brackets are no wildcard here, they stand around a host that has a port.
        literal = pattern.lstrip("!").replace("[", "[[]").lower()
        if fnmatch.fnmatchcase(name.lower(), literal):
            if pattern.startswith("!"):
                return False
            found = True
    return found
