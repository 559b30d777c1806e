"""Read the end of a task's log."""

from __future__ import annotations

from pathlib import Path

_TAIL_BYTES = 8192


def log_tail(log: Path, size: int = _TAIL_BYTES) -> str:
    """The last `size` bytes of a log as text; "" without a file."""
    try:
        with log.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - size))
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""
