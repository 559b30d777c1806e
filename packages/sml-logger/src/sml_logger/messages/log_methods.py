"""What a logger says on request: texts and mappings, on the console and in the log."""

from __future__ import annotations

from collections.abc import Mapping


class Speaking:
    """The tutorial's calls for text; a logger says how it is said."""

    def __call__(self, *args: object, color: str | None = None, bold: bool = True) -> None:
        """Print and keep a text."""
        self._say(joined(args), color, bold)

    def log(self, *args: object, color: str | None = None, bold: bool = True) -> None:
        """Print and keep a text."""
        self._say(joined(args), color, bold)

    def debug(self, info: object) -> None:
        """Print and keep a text marked as DEBUG."""
        self._say(f"[ DEBUG ]: {info}\n")

    def info(self, info: object) -> None:
        """Print and keep a text marked as INFO."""
        self._say(f"[ INFO ]: {info}\n")

    def error(self, info: object) -> None:
        """Print and keep a text marked as ERROR."""
        self._say(f"[ ERROR ]: {info}\n")

    def log_dict(self, color: str | None = None, bold: bool = False, **kwargs: object) -> None:
        """Print and keep one line per argument."""
        self.log_dict_single(kwargs, color, bold)

    def log_dict_single(
        self, data: Mapping[str, object], color: str | None = None, bold: bool = False
    ) -> None:
        """Print and keep one line per entry."""
        self._say("".join(f"{key}: {value}\n" for key, value in data.items()), color, bold)

    def _say(self, text: str, color: str | None = None, bold: bool = True) -> None:
        raise NotImplementedError


def joined(parts: tuple[object, ...]) -> str:
    """One line, as `print` would write it."""
    return " ".join(map(str, parts)) + "\n"
