"""Errors of the page alone; `status` is what HTTP says."""

from __future__ import annotations

from sml_viewer.errors import SmlViewerError


class PageError(SmlViewerError):
    """Base of the errors of the page."""

    status = 400


class DataPathError(PageError):
    """A data path that may not be chosen here."""

    status = 403


class NoSuchFileError(PageError):
    """A name that is no file of the run, or that is not served; the two are not told apart."""

    status = 404


class ExpiredDownloadError(PageError):
    """A link to a download that is too old."""

    status = 404


class BusyError(PageError):
    """Too much is asked for at once."""

    status = 503


class StartError(PageError):
    """Options with which the page is not started; the message says what to change."""
