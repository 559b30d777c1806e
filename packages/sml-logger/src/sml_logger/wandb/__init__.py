"""Weights & Biases' interface on our run folders: `import sml_logger.wandb as wandb`, the rest as it was.

Nothing is sent anywhere. Metrics become rows of `progress.csv`, `config` the run's parameters, media files in
`media/`. What has no counterpart is accepted and reported once, with what to do instead; what would need the
server (`agent`, `sweep`, `Api`, `use_artifact`) raises UnsupportedError.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from . import session
from .artifact import Artifact as Artifact
from .environment import Settings as Settings
from .environment import new_id
from .media import Audio as Audio
from .media import Graph as Graph
from .media import Histogram as Histogram
from .media import Html as Html
from .media import Image as Image
from .media import Molecule as Molecule
from .media import Object3D as Object3D
from .media import Plotly as Plotly
from .media import Table as Table
from .media import Video as Video
from .not_kept import UnsupportedError as UnsupportedError
from .not_kept import plot as plot
from .not_kept import tell, unsupported
from .run_object import AlertLevel as AlertLevel
from .run_object import Run as Run
from .session import init as init

if TYPE_CHECKING:
    from .parameters import Config
    from .summaries import Summary

    run: Run | None
    config: Config
    summary: Summary

Error = UnsupportedError


def log(data: Mapping[str, Any], step: int | None = None, commit: bool | None = None, **_: Any) -> None:
    """Log metrics and media of the current run; see `Run.log`."""
    _current("log").log(data, step=step, commit=commit)


def finish(exit_code: int | None = None, quiet: bool | None = None) -> None:
    """End the current run: as finished, or as failed with an exit code that is not 0."""
    if session.current is not None:
        session.current.finish(exit_code, quiet)


def define_metric(name: str, *arguments: Any, **named: Any) -> Any:
    """Define how a metric is summarised and along which other it is drawn; see `Run.define_metric`."""
    return _current("define_metric").define_metric(name, *arguments, **named)


def watch(models: Any = None, *_: Any, **__: Any) -> list[Any]:
    """Report once that gradients and weights are not logged by themselves."""
    return _current("watch").watch(models)


def unwatch(*_: Any, **__: Any) -> None:
    """Do nothing: no model is watched."""


def save(
    glob_str: str | os.PathLike[str] | None = None,
    base_path: str | os.PathLike[str] | None = None,
    policy: str = "live",
) -> list[str]:
    """Copy files into the run folder; see `Run.save`."""
    return _current("save").save(glob_str, base_path, policy)


def alert(title: str, text: str = "", level: Any = None, wait_duration: Any = None) -> None:
    """Report an event of the current run; see `Run.alert`."""
    _current("alert").alert(title, text, level, wait_duration)


def log_artifact(*arguments: Any, **named: Any) -> Any:
    """Report once that artifacts are not versioned; see `Run.log_artifact`."""
    return _current("log_artifact").log_artifact(*arguments, **named)


def log_code(*_: Any, **__: Any) -> None:
    """Do nothing: every run has an archive of the code, `coders.tar`."""


def login(*_: Any, **__: Any) -> bool:
    """Return True: there is nothing to log in to."""
    return True


def setup(*_: Any, **__: Any) -> None:
    """Do nothing."""


def teardown(*_: Any, **__: Any) -> None:
    """End the current run."""
    finish()


def require(*_: Any, **__: Any) -> None:
    """Do nothing."""


def agent(*_: Any, **__: Any) -> NoReturn:
    """Raise UnsupportedError."""
    unsupported("agent", _SWEEPS)


def sweep(*_: Any, **__: Any) -> NoReturn:
    """Raise UnsupportedError."""
    unsupported("sweep", _SWEEPS)


def controller(*_: Any, **__: Any) -> NoReturn:
    """Raise UnsupportedError."""
    unsupported("controller", _SWEEPS)


def use_artifact(*_: Any, **__: Any) -> NoReturn:
    """Raise UnsupportedError."""
    unsupported("use_artifact", "read the file by its path")


class Api:
    """Raises UnsupportedError."""

    def __init__(self, *_: Any, **__: Any) -> None:
        unsupported("Api", "read run folders with `sml_viewer` in Python, or with `sml-viewer list --json`")


class util:  # noqa: N801  the name that scripts use
    """The part of `wandb.util` that scripts use."""

    generate_id = staticmethod(new_id)


_SWEEPS = (
    "write the values as lists in a sweep.yaml and start it with `sml-launch run`, which needs no server;"
    " see docs/howto"
)


def _current(name: str) -> Run:
    if session.current is None:
        raise UnsupportedError(f"wandb.{name}() before wandb.init(); call init first")
    return session.current


def __getattr__(name: str) -> Any:
    if name == "run":
        return session.current
    if name in ("config", "summary"):
        return getattr(_current(name), name)
    if name.startswith("__"):
        raise AttributeError(name)
    raise AttributeError(
        f"sml_logger.wandb has no {name!r}; leave it out, or use the package wandb itself for this script"
    )


__all__ = [
    "AlertLevel",
    "Api",
    "Artifact",
    "Audio",
    "Error",
    "Graph",
    "Histogram",
    "Html",
    "Image",
    "Molecule",
    "Object3D",
    "Plotly",
    "Run",
    "Settings",
    "Table",
    "UnsupportedError",
    "Video",
    "agent",
    "alert",
    "controller",
    "define_metric",
    "finish",
    "init",
    "log",
    "log_artifact",
    "log_code",
    "login",
    "plot",
    "require",
    "save",
    "setup",
    "sweep",
    "teardown",
    "tell",
    "unwatch",
    "use_artifact",
    "util",
    "watch",
]
