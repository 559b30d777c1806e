"""Where tasks run: one small class each, found by name."""

from __future__ import annotations

import importlib

from sml_launch.errors import UnknownOptionError

from .base import Backend

_PLACES = {
    "local": ("local", "LocalBackend"),
    "tmux": ("tmux", "TmuxBackend"),
    "slurm": ("slurm", "SlurmBackend"),
    "dask": ("dask", "DaskBackend"),
}
NAMES = tuple(_PLACES)


def backend(name: str) -> Backend:
    """The backend of a name. Raises UnknownOptionError, with the valid names."""
    if name not in _PLACES:
        raise UnknownOptionError("the backend", name, NAMES)
    module, kind = _PLACES[name]
    made: Backend = getattr(importlib.import_module(f".{module}", __name__), kind)()
    return made
