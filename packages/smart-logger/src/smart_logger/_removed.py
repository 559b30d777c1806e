"""Removed names of older releases: they can be imported, and raise on use with the replacement."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NoReturn


class RemovedError(AttributeError):
    """A removed name was used; the message says what to write instead."""


class Removed:
    """Placeholder of a removed function, class or object; calling, reading or iterating it raises."""

    def __init__(self, name: str, remedy: str) -> None:
        # Not an ordinary attribute: reading and setting attributes raises.
        vars(self)["_message"] = f"{name} no longer exists; {remedy}"

    def _raise(self) -> NoReturn:
        raise RemovedError(vars(self)["_message"])

    def __call__(self, *arguments: Any, **named: Any) -> NoReturn:  # noqa: ARG002  any call is answered
        self._raise()

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):  # requested by the interpreter, by copies and by inspection
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
    """A module's `__getattr__` that returns a placeholder for each of these names, with its remedy."""

    def module_getattr(name: str) -> Any:
        if name not in names:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        return Removed(f"{module}.{name}", names[name])

    return module_getattr
