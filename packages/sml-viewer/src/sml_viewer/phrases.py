"""Lists of names in sentences, none longer than a reader reads."""

from __future__ import annotations

from collections.abc import Sequence

_LONG = 48


def some(names: Sequence[str], most: int = 3) -> str:
    """`a, b and 10 more`, each name shortened at its beginning: the ends of paths tell them apart."""
    short = [name if len(name) <= _LONG else "…" + name[1 - _LONG :] for name in names[: most + 1]]
    if len(names) > most + 1:
        return f"{', '.join(short[:most])} and {len(names) - most} more"
    return " and ".join([", ".join(short[:-1]), short[-1]] if len(short) > 1 else short)


class Notes:
    """What is to be said of runs and groups: the same of several is said once."""

    def __init__(self) -> None:
        self._said: dict[str, dict[str, None]] = {}

    def add(self, who: str, what: str) -> None:
        """Say something of a run or a group."""
        self._said.setdefault(what, {})[who] = None

    @property
    def sentences(self) -> list[str]:
        """`a: what`, or `a, b and 10 more: what`."""
        return [f"{some(list(names), 2)}: {what}" for what, names in self._said.items()]
