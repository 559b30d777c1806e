"""Every error that this distribution raises on a user's mistake."""


class SmlSyncError(Exception):
    """Base of the errors of sml-sync; its text is meant for the person who runs the script."""


class TargetError(SmlSyncError):
    """A target is not written as expected, or settings name none that could be reached."""


class HostKeyError(SmlSyncError):
    """The host's key is unknown or not the one on record; `fingerprint` is the one it showed."""

    def __init__(self, message: str, fingerprint: str) -> None:
        self.fingerprint = fingerprint
        super().__init__(message)
