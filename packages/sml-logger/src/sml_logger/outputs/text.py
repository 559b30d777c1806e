"""`log.txt`: everything that the logger says, without colours."""

from __future__ import annotations

import os
from pathlib import Path


class TextOutput:
    """Appends text; several processes may do so at once, as a forked child does."""

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self._descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o666)

    def write(self, text: str) -> None:
        """Append text; it is in the kernel when this returns. Raises OSError."""
        data = text.encode("utf-8", "backslashreplace")
        while data:
            data = data[os.write(self._descriptor, data) :]

    def close(self) -> None:
        """Give up the file; later calls do nothing."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)
