"""Explain which package to install when a name's package is missing."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from importlib import metadata


class NotInstalledError(ImportError):
    """A package of the family is not installed; the message says what to install."""


@contextlib.contextmanager
def needs(package: str) -> Iterator[None]:
    """Import from a package of the family; raises NotInstalledError if it is missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        missing = str(error.name).replace("_", "-")
        if missing not in (package, "sml-config"):
            raise
        # With the version: otherwise an index may provide a foreign package of that name.
        requirement = f"{missing}=={metadata.version('smart-logger')}"
        message = (
            f"this part of smart_logger needs {missing}, which is not installed: pip install {requirement}"
        )
        raise NotInstalledError(message, name=error.name) from None
