"""Encode file names for URLs and JSON, also names that are not valid Unicode."""

from __future__ import annotations

import os
from urllib.parse import quote, unquote_to_bytes

_BYTES = "bytes:"


def to_address(name: str) -> str:
    """Encode a file name as text; `from_address` decodes it."""
    if is_text(name) and not name.startswith(_BYTES):
        return name
    return _BYTES + quote(os.fsencode(name))


def from_address(text: str) -> str:
    """Decode a file name."""
    return os.fsdecode(unquote_to_bytes(text.removeprefix(_BYTES))) if text.startswith(_BYTES) else text


def label(name: str) -> str:
    """The name for display; invalid bytes are escaped."""
    return os.fsencode(name).decode("utf-8", "backslashreplace") if not is_text(name) else name


def is_text(name: str) -> bool:
    """Whether the name is valid Unicode."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
