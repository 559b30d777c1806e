"""A mapping that is attributes too, and is written at each change: `config` and `summary`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableMapping
from typing import Any


class SavedMapping(MutableMapping[str, Any]):
    """`save` is called with a copy of all values after each change."""

    def __init__(self, name: str, save: Callable[[dict[str, Any]], None]) -> None:
        # Around __setattr__, which sets values.
        self.__dict__.update(_name=name, _save=save, _values={})

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self._values[str(name)] = value
        self._save(self.as_dict())

    def __delitem__(self, name: str) -> None:
        del self._values[name]
        self._save(self.as_dict())

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        try:
            return self._values[name]
        except KeyError:
            raise AttributeError(f"{self._name} has no {name!r}; it has {sorted(self._values)}") from None

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def __repr__(self) -> str:
        return repr(self._values)

    def as_dict(self) -> dict[str, Any]:
        """A copy of the values."""
        return dict(self._values)
