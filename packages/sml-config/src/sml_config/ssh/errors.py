"""Exceptions of a connection by ssh."""

from __future__ import annotations

from typing import Literal


class SshError(Exception):
    """A step failed: `step` is settings, resolve, connect, host key, login or session."""

    def __init__(self, step: str, message: str) -> None:
        self.step = step
        super().__init__(message)


class HostKeyError(SshError):
    """The host's key was not accepted; `reason` is unknown, changed, revoked or other than the pin.

    `host` is the name that the key is looked up by, `key` its kind and fingerprint.
    """

    def __init__(self, reason: Literal["unknown", "changed", "revoked", "pin"], host: str, key: str) -> None:
        self.reason = reason
        self.host = host
        self.key = key
        super().__init__("host key", f"the key of {host} is {reason}: {key}")
