"""Every error that this distribution raises on a user's mistake, or when nothing can be sent."""


class SmlSyncError(Exception):
    """Base of the errors of sml-sync; its text is meant for the person who runs the script."""


class TargetError(SmlSyncError):
    """A target is not written as expected, or settings name none that could be reached."""


class ArgumentError(SmlSyncError):
    """An argument is not of a kind that is taken; the text names it and what was expected."""


class SourceError(SmlSyncError):
    """What is to be sent or fetched is not there."""


class ConnectError(SmlSyncError):
    """A step of the way to a target failed: `step` is resolve, connect, host key, login or session."""

    def __init__(self, step: str, message: str) -> None:
        self.step = step
        super().__init__(message)


class HostKeyError(ConnectError):
    """The host's key is unknown or not the one on record; `fingerprint` is the one it showed.

    `forged` is true if another key was expected: then no other address is tried.
    """

    def __init__(self, message: str, fingerprint: str, *, forged: bool) -> None:
        self.fingerprint = fingerprint
        self.forged = forged
        super().__init__("host key", message)


class LineError(SmlSyncError):
    """The line to a target broke, or what came over it cannot be right. Another address may help."""


class FarError(SmlSyncError):
    """The machine over there cannot take what is sent: disk full, no permission. No address helps."""
