"""Exceptions raised for user errors, and when nothing can be sent."""

from sml_config.ssh import ConnectionLostError, SshError

__all__ = [
    "ArgumentError",
    "ConnectError",
    "ConnectionLostError",
    "HostKeyError",
    "RemoteError",
    "SmlSyncError",
    "SourceError",
    "TargetError",
]


class SmlSyncError(Exception):
    """Base of the errors of sml-sync; the text is for the person who runs the script."""


class TargetError(SmlSyncError):
    """A target is malformed, or the settings name no usable target."""


class ArgumentError(SmlSyncError):
    """An argument is invalid; the text names it and what was expected."""


class SourceError(SmlSyncError):
    """The folder to send or fetch does not exist."""


class ConnectError(SmlSyncError, SshError):
    """A step of a connection failed: `step` is resolve, connect, host key, login or session."""


class HostKeyError(ConnectError):
    """The host's key is unknown or not the recorded one; `fingerprint` is that of the key it presented.

    `forged` is true if another key was expected; no other address is tried then.
    """

    def __init__(self, message: str, fingerprint: str, *, forged: bool) -> None:
        self.fingerprint = fingerprint
        self.forged = forged
        super().__init__("host key", message)


class RemoteError(SmlSyncError):
    """The remote host cannot store the data: disk full, no permission. Another address does not help."""
