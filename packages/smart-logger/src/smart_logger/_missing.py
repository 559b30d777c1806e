"""What to install when a name is asked for whose package is not there."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from importlib import metadata


class NotInstalledError(ImportError):
    """A package of the family is missing; says what to install."""


@contextlib.contextmanager
def needs(package: str) -> Iterator[None]:
    """Import from a package of the family; raises NotInstalledError if it is missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        missing = str(error.name).replace("_", "-")
        if missing not in (package, "sml-config"):
            raise
        # With its version: without, an index may hold another's package of that name.
        wanted = f"{missing}=={metadata.version('smart-logger')}"
        message = (
            f"this part of smart_logger lives in {missing}, which is not installed: pip install {wanted}"
        )
        raise NotInstalledError(message, name=error.name) from None
