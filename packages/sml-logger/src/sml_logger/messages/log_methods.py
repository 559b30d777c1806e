"""Methods of `Logger` that log text and mappings."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .run_messages import RunMessages


class LogMethods:
    """Mixed into `Logger`, which has the lock and the messages."""

    _lock: threading.RLock
    _messages: RunMessages

    def __call__(self, *args: object, color: str | None = None, bold: bool = True) -> None:
        """Print and log a text, joined by spaces as by `print`."""
        self._write_text(joined(args), color, bold)

    def debug(self, info: object) -> None:
        """Print and log a text marked as DEBUG."""
        self._write_text(f"[ DEBUG ]: {info}\n")

    def info(self, info: object) -> None:
        """Print and log a text marked as INFO."""
        self._write_text(f"[ INFO ]: {info}\n")

    def error(self, info: object) -> None:
        """Print and log a text marked as ERROR."""
        self._write_text(f"[ ERROR ]: {info}\n")

    def log_dict(self, color: str | None = None, bold: bool = False, **kwargs: object) -> None:
        """Print and log one line per keyword argument."""
        self.log_dict_single(kwargs, color, bold)

    def log_dict_single(
        self, data: Mapping[str, object], color: str | None = None, bold: bool = False
    ) -> None:
        """Print and log one line per entry."""
        self._write_text("".join(f"{key}: {value}\n" for key, value in data.items()), color, bold)

    def _write_text(self, text: str, color: str | None = None, bold: bool = True) -> None:
        with self._lock:
            self._messages.print(text, color, bold)


def joined(parts: tuple[object, ...]) -> str:
    """One line, as `print` would format it."""
    return " ".join(map(str, parts)) + "\n"
