"""Names of older releases that still import, and say at their first use what to write instead."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NoReturn


class RemovedError(AttributeError):
    """A name of an older release was used; the text says what to write instead."""


class Removed:
    """Stands for a function, class or object that is gone; to call it, read it or go through it raises."""

    def __init__(self, name: str, remedy: str) -> None:
        # Not as attributes: every attribute is one of what is gone.
        vars(self)["_message"] = f"{name} no longer exists; {remedy}"

    def _raise(self) -> NoReturn:
        raise RemovedError(vars(self)["_message"])

    def __call__(self, *arguments: Any, **named: Any) -> NoReturn:  # noqa: ARG002  any call is answered  # noqa: ARG002  any call is answered
        self._raise()

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):  # asked by the interpreter, by copies and by inspection
            raise AttributeError(name)
        self._raise()

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        self._raise()

    def __getitem__(self, key: Any) -> NoReturn:
        self._raise()

    def __iter__(self) -> NoReturn:
        self._raise()

    def __len__(self) -> NoReturn:
        self._raise()

    def __bool__(self) -> NoReturn:
        self._raise()

    def __repr__(self) -> str:
        return f"<{vars(self)['_message']}>"


def removed(module: str, names: Mapping[str, str]) -> Callable[[str], Any]:
    """A module's `__getattr__` that answers these names, each with its remedy."""

    def answer(name: str) -> Any:
        if name not in names:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        return Removed(f"{module}.{name}", names[name])

    return answer
