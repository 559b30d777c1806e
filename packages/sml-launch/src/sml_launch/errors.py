"""Every error that this distribution raises on a user's mistake."""


class SmlLaunchError(Exception):
    """Base of the errors of sml-launch; its text is meant for the person who launches."""


class GridError(SmlLaunchError):
    """The experiment file or its grid cannot be used as it stands; nothing was started."""
