"""Registry of backends: those of this package, then plugins of the entry points `sml_launch.backends`.

A plugin is a subclass of `Backend` whose `name` is that of its entry point:

    [project.entry-points."sml_launch.backends"]
    pbs = "my_package.pbs:PbsBackend"
"""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from sml_launch.errors import BackendError, SmlLaunchError, UnknownOptionError

from .base import Backend as Backend

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

ENTRY_POINT_GROUP = "sml_launch.backends"

_BUILT_IN: Mapping[str, tuple[str, str]] = {
    "local": ("local", "LocalBackend"),
    "tmux": ("tmux", "TmuxBackend"),
    "slurm": ("slurm", "SlurmBackend"),
    "dask": ("dask", "DaskBackend"),
}
BUILT_IN = tuple(_BUILT_IN)


def backend_names() -> tuple[str, ...]:
    """Names of the backends that are installed, those of this package first; plugins are not loaded."""
    return (*_BUILT_IN, *_plugins())


def get_backend(name: str) -> Backend:
    """The backend of this name.

    Raises UnknownOptionError, with the valid names, and BackendError for a plugin that cannot be loaded.
    """
    if name in _BUILT_IN:
        module, class_name = _BUILT_IN[name]
        backend: Backend = getattr(importlib.import_module(f".{module}", __name__), class_name)()
        return backend
    plugins = _plugins()
    if name not in plugins:
        raise UnknownOptionError("backend", name, (*_BUILT_IN, *plugins))
    return _loaded(plugins[name])


@contextlib.contextmanager
def plugin_errors(backend: Backend, step: str) -> Iterator[None]:
    """Turn whatever a plugin raises within the block into a BackendError that names plugin and step."""
    try:
        yield
    except SmlLaunchError:
        raise
    except Exception as error:  # a plugin may raise anything
        if backend.name in _BUILT_IN:
            raise
        raise BackendError(f"backend {backend.name!r} failed in {step}: {_described(error)}") from error


def _plugins() -> dict[str, EntryPoint]:
    """Entry points of installed plugins by name; a name of this package's backends is not replaced."""
    # Reading the metadata of all distributions takes longer than starting a worker, which needs none of it.
    from importlib.metadata import entry_points

    entries = sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda entry: entry.name)
    return {entry.name: entry for entry in entries if entry.name not in _BUILT_IN}


def _loaded(entry: EntryPoint) -> Backend:
    distribution = f" of {entry.dist.name}" if entry.dist else ""
    failed = f"backend {entry.name!r}{distribution} ({entry.value}) cannot be loaded"
    try:
        plugin = entry.load()
        if not (isinstance(plugin, type) and issubclass(plugin, Backend)):
            raise BackendError(f"{failed}: expected a subclass of sml_launch.backends.Backend")
        if getattr(plugin, "name", None) != entry.name:
            raise BackendError(f"{failed}: expected the class attribute name = {entry.name!r}")
        return plugin()
    except SmlLaunchError:
        raise
    except Exception as error:  # a plugin may raise anything
        raise BackendError(f"{failed}: {_described(error)}") from error


def _described(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
