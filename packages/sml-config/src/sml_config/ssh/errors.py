"""Exceptions of a connection by ssh."""

from __future__ import annotations

from typing import Literal

from . import limits


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


class ConnectionLostError(Exception):
    """The connection broke, or the data received cannot be right. Another address may help."""


def describe(error: BaseException) -> str:
    """The reason of an exception of a connection, for users."""
    if isinstance(error, TimeoutError):
        return f"no answer for {limits.IDLE:.0f} s"
    if isinstance(error, EOFError) and not str(error):
        return "the server closed the connection"
    name = type(error).__name__
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if name == "InvalidTag":
        return "a packet was damaged in transit"
    return f"{name}: {error}" if isinstance(error, (ValueError, LookupError)) else str(error) or name
