"""What to install when a name is asked for whose package is not there."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator


@contextlib.contextmanager
def needs(package: str) -> Iterator[None]:
    """Import from a package of the family; raises ImportError that says what to install if it is missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name != package.replace("-", "_"):
            raise
        message = (
            f"this part of smart_logger lives in {package}, which is not installed: pip install {package}"
        )
        raise ImportError(message, name=error.name) from None
