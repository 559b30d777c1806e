"""Names of files as addresses and JSON carry them: text, whatever bytes the name on disk is made of."""

from __future__ import annotations

import os
from urllib.parse import quote, unquote_to_bytes

_BYTES = "bytes:"


def to_address(name: str) -> str:
    """A text for a file name, from which `from_address` makes the name again."""
    if is_text(name) and not name.startswith(_BYTES):
        return name
    return _BYTES + quote(os.fsencode(name))


def from_address(text: str) -> str:
    """The file name of a text."""
    return os.fsdecode(unquote_to_bytes(text.removeprefix(_BYTES))) if text.startswith(_BYTES) else text


def label(name: str) -> str:
    """The name as it is shown; bytes that are no text are escaped."""
    return os.fsencode(name).decode("utf-8", "backslashreplace") if not is_text(name) else name


def is_text(name: str) -> bool:
    """Whether the name is made of whole characters."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
