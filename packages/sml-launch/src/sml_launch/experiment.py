"""The experiment file: the tutorial's names, in a Python module, in YAML, or inside its `get_cmd_array`."""

from __future__ import annotations

import os
import runpy
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .capture import capturing
from .errors import GridError, UnknownOptionError
from .grid import SHUFFLE_SEED, Grid
from .words import without_quotes

DEFAULT_FILES = ("generate_parallel_tasks.py", "sweep.py", "sweep.yaml")

_GRID_NAMES = (
    "start_up_header",
    "parameters_base",
    "exclusive_candidates",
    "aligned_candidates",
    "task_is_valid",
)
_HOW_NAMES = (
    "session_name", "directory", "environment_dict", "GPUS", "setup", "MAX_PARALLEL", "MAX_SUBWINDOW",
    "rnd_seed",
)  # fmt: skip


@dataclass(frozen=True)
class Experiment:
    """A grid with where and how widely to run it."""

    grid: Grid
    directory: Path
    session_name: str = "sml"
    # Values may hold $NAME; they are expanded where the task runs.
    environment: Mapping[str, str] = field(default_factory=dict)
    setup: tuple[str, ...] = ()
    gpus: tuple[str, ...] = ()
    max_parallel: int = field(default_factory=lambda: os.cpu_count() or 1)
    max_subwindow: int = 6
    shuffle_seed: int | None = SHUFFLE_SEED
    # What only old files ask for.
    equality_assign: bool = False
    fail_fast: bool = False
    sleep_before: float = 0.0
    sleep_after: float = 0.0
    interval: float = 0.0
    post_process: Callable[[str], str] | None = None


def load_experiment(path: Path | None, total: int = 1, index: int | str = 0) -> Experiment:
    """The experiment of a file, or of the first of the usual names here.

    `total` and `index` are handed to `get_cmd_array`, where a file has that. Raises GridError.
    """
    path = path or next((Path(name) for name in DEFAULT_FILES if Path(name).is_file()), None)
    if path is None:
        raise GridError(f"no experiment file here; name one, or make one of {', '.join(DEFAULT_FILES)}")
    if not path.is_file():
        raise GridError(f"{path}: no such experiment file")
    if path.suffix in (".yaml", ".yml"):
        names = _read_yaml(path)
    else:
        names = _executed(path)
        function = names.get("get_cmd_array")
        if callable(function) and "start_up_header" not in names:
            return _captured(path, function, total, index)
    if "start_up_header" not in names:
        example = 'start_up_header = "python main.py"'
        raise GridError(f"{path}: defines no start_up_header; add for instance {example}")
    return experiment_from(names, path.absolute().parent, str(path))


def experiment_from(names: Mapping[str, Any], directory: Path, where: str) -> Experiment:
    """An experiment from the tutorial's names. Raises GridError for one of a wrong type."""
    for name in ("parameters_base", "exclusive_candidates", "aligned_candidates", "environment_dict"):
        _check(where, name, names.get(name, {}), Mapping, "a dict")
    _check(where, "start_up_header", names["start_up_header"], str, "text")
    for name in ("MAX_PARALLEL", "MAX_SUBWINDOW"):
        value = names.get(name, 1)
        _check(where, name, value, int, "a whole number")
        if value < 1 or isinstance(value, bool):
            raise GridError(f"{where}: {name} is {value!r}; expected a number of at least 1")
    gpus, setup = names.get("GPUS") or (), names.get("setup") or ()
    _check(where, "GPUS", gpus, (list, tuple, range), "a list")
    _check(where, "setup", setup, (list, tuple), "a list of shell lines")
    given: dict[str, tuple[str, Callable[[Any], Any]]] = {
        "session_name": ("session_name", str),
        "max_parallel": ("MAX_PARALLEL", int),
        "max_subwindow": ("MAX_SUBWINDOW", int),
        "shuffle_seed": ("rnd_seed", lambda value: value),
    }
    return Experiment(
        Grid(*(names.get(name, {} if name != "task_is_valid" else None) for name in _GRID_NAMES)),
        Path(os.path.abspath(directory / Path(names.get("directory", directory)).expanduser())),  # noqa: PTH100
        environment={
            str(name): without_quotes(value) for name, value in names.get("environment_dict", {}).items()
        },
        setup=tuple(map(str, setup)),
        gpus=tuple(map(without_quotes, gpus)),
        **{key: kind(names[name]) for key, (name, kind) in given.items() if name in names},
    )


def _executed(path: Path) -> dict[str, Any]:
    """The names that a Python file defines; it is run as if from its own folder."""
    folder = str(path.absolute().parent)
    sys.path.insert(0, folder)
    try:
        return runpy.run_path(str(path), run_name="sml_experiment")
    except Exception as error:  # the file is the user's: it may raise anything
        frames = traceback.extract_tb(error.__traceback__)
        line = next((frame.lineno for frame in reversed(frames) if frame.filename == str(path)), None)
        line = line or (error.lineno if isinstance(error, SyntaxError) else None)
        place = f"{path}:{line}" if line else str(path)
        raise GridError(f"{place}: {type(error).__name__}: {error}; nothing was started") from error
    finally:
        sys.path.remove(folder)


def _captured(path: Path, function: Callable[..., Any], total: int, index: int | str) -> Experiment:
    """The experiment that a file's `get_cmd_array` hands to `make_cmd_array`."""
    machine = int(index) if str(index).lstrip("-").isdigit() else index
    with capturing() as captured:
        try:
            function(total, machine)
        except Exception as error:  # the function is the user's: it may raise anything
            what = f"{type(error).__name__}: {error}"
            raise GridError(
                f"{path}: get_cmd_array({total}, {machine}): {what}; nothing was started"
            ) from error
    if not captured:
        raise GridError(f"{path}: get_cmd_array calls no make_cmd_array, and there is no start_up_header")
    experiment: Experiment = captured[0]
    return experiment


def _read_yaml(path: Path) -> dict[str, Any]:
    import yaml

    try:
        names = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise GridError(f"{path}: {error}") from None
    if not isinstance(names, dict):
        raise GridError(f"{path}: expected `name: value` lines, such as start_up_header: python main.py")
    known = [name for name in (*_GRID_NAMES, *_HOW_NAMES) if name != "task_is_valid"]
    for name in names:
        if name == "task_is_valid":
            raise GridError(f"{path}: task_is_valid is a function; write the file in Python to have one")
        if name not in known:
            raise UnknownOptionError(f"{path}: the key", str(name), known)
    return names


def _check(where: str, name: str, value: Any, kind: Any, expected: str) -> None:
    if not isinstance(value, kind):
        raise GridError(f"{where}: {name} is {value!r}; expected {expected}")
