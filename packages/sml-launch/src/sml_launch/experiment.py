"""Loading of experiment files: Python modules, YAML, and old files with `get_cmd_array`."""

from __future__ import annotations

import contextlib
import os
import runpy
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sml_config import SettingsError
from sml_config.project_settings.yaml_with_lines import ambiguous_words, read_mapping

from .arguments import file, folder, mapping, texts, whole, words
from .capture import capturing
from .command_names import COMMANDS
from .environment import patterns
from .errors import GridError, SmlLaunchError, UnknownOptionError
from .shell_words import without_quotes
from .tasks.grid import Grid
from .tasks.shards import SHUFFLE_SEED

DEFAULT_FILES = ("generate_parallel_tasks.py", "sweep.py", "sweep.yaml")

_GRID_NAMES = (
    "start_up_header",
    "parameters_base",
    "exclusive_candidates",
    "aligned_candidates",
    "task_is_valid",
)
# Names that an entry of `grids` may set.
_GRIDS_NAMES = ("parameters_base", "exclusive_candidates", "aligned_candidates")
_EXECUTION_NAMES = (
    "grids", "session_name", "directory", "environment_dict", "carry_env", "GPUS", "setup", "MAX_PARALLEL",
    "MAX_SUBWINDOW", "rnd_seed",
)  # fmt: skip

_EXPECTED: Mapping[str, tuple[tuple[type, ...], str]] = {
    "start_up_header": ((str,), "text"),
    "parameters_base": ((Mapping,), "a dict"),
    "exclusive_candidates": ((Mapping,), "a dict"),
    "aligned_candidates": ((Mapping,), "a dict"),
    "grids": ((list, tuple), "a list of dicts of candidates"),
    "environment_dict": ((Mapping,), "a dict"),
    "session_name": ((str,), "text"),
    "directory": ((str, Path), "the path of a folder"),
    "GPUS": ((list, tuple, range, type(None)), "a list"),
    "setup": ((str, list, tuple, type(None)), "a shell line or a list of them"),
    "carry_env": ((str, list, tuple, type(None)), "names of variables, such as ['WANDB_*', 'DATA_ROOT']"),
    "MAX_PARALLEL": ((int,), "a whole number"),
    "MAX_SUBWINDOW": ((int,), "a whole number"),
    "rnd_seed": ((int, type(None)), "a whole number, or None for the order of the grid"),
}


@dataclass(frozen=True)
class Experiment:
    """A grid, and where and with how many tasks in parallel to run it."""

    grid: Grid
    directory: Path
    session_name: str = "sml"
    # Values may hold $NAME; they are expanded where the task runs.
    environment: Mapping[str, str] = field(default_factory=dict)
    # Names and patterns of further variables of the launching shell that tasks get.
    carry_env: tuple[str, ...] = ()
    setup: tuple[str, ...] = ()
    gpus: tuple[str, ...] = ()
    max_parallel: int = field(default_factory=lambda: os.cpu_count() or 1)
    max_subwindow: int = 6
    shuffle_seed: int | None = SHUFFLE_SEED
    # Set by old files only.
    equality_assign: bool = False
    fail_fast: bool = False
    sleep_before: float = 0.0
    sleep_after: float = 0.0
    interval: float = 0.0
    post_process: Callable[[str], str] | None = None
    # The file that it was loaded from.
    file: Path | None = None

    def __post_init__(self) -> None:
        """Validate and convert the fields. Raises GridError that names the argument."""
        for name, value in {
            "directory": folder("directory", self.directory),
            "environment": _environment(self.environment),
            "setup": texts("setup", self.setup),
            "carry_env": patterns(self.carry_env),
            "gpus": words("gpus", self.gpus if self.gpus is not None else ()),
            "max_parallel": whole("max_parallel", self.max_parallel, 1),
            "max_subwindow": whole("max_subwindow", self.max_subwindow, 1),
            "shuffle_seed": None if self.shuffle_seed is None else whole("rnd_seed", self.shuffle_seed),
            "session_name": str(self.session_name),
        }.items():
            object.__setattr__(self, name, value)


def _environment(values: Any) -> dict[str, str]:
    """Variables with values as strings. Raises GridError for None and containers."""
    given = mapping("environment_dict", values)
    for name, value in given.items():
        if value is None or isinstance(value, (list, tuple, dict, set)):
            raise GridError(
                f"environment_dict: {name} is of type {type(value).__name__}; "
                "expected a string or a number; remove it to leave it unset"
            )
    return {name: without_quotes(value) for name, value in given.items()}


def load_experiment(path: str | os.PathLike[str] | None, total: int = 1, index: int | str = 0) -> Experiment:
    """Load an experiment file, or the first of DEFAULT_FILES that the current folder has.

    `total` and `index` are passed to `get_cmd_array`, if a file defines that. Raises GridError.
    """
    path = file("path", path) if path else default_file(Path())
    if not path.is_file():
        raise GridError(
            f"{path}: no such experiment file or command; the commands are: {', '.join(COMMANDS)}"
        )
    return replace(_experiment(path, total, index), file=path.absolute())


def default_file(folder: Path) -> Path:
    """The first of DEFAULT_FILES in a folder. Raises GridError."""
    for name in DEFAULT_FILES:
        if (folder / name).is_file():
            return folder / name
    raise GridError(
        f"no experiment file in this folder; pass its path, or create one of {', '.join(DEFAULT_FILES)}"
    )


def _experiment(path: Path, total: int, index: int | str) -> Experiment:
    if path.suffix in (".yaml", ".yml"):
        names = _read_yaml(path)
    else:
        names = _executed(path)
        function = names.get("get_cmd_array")
        if callable(function) and "start_up_header" not in names:
            return _captured(path, function, total, index)
    if "start_up_header" not in names:
        example = 'start_up_header = "python main.py"'
        raise GridError(f"{path}: start_up_header is not defined; add e.g. {example}")
    return experiment_from(names, path.absolute().parent, str(path))


def experiment_from(names: Mapping[str, Any], directory: Path, where: str) -> Experiment:
    """An experiment from the names of an experiment file. Raises GridError that lists all invalid values."""
    faults = [
        f"{where}: {name} is {_shown_value(name, names[name])}; expected {expected}"
        for name, (kinds, expected) in _EXPECTED.items()
        if name in names and not _has_type(names[name], kinds)
    ]
    faults += [
        f"{where}: {name} is {names[name]!r}; expected a number of at least 1"
        for name in ("MAX_PARALLEL", "MAX_SUBWINDOW")
        if isinstance(names.get(name), int) and names[name] < 1
    ]
    if faults:
        raise GridError("\n".join(faults))
    given: dict[str, tuple[str, Callable[[Any], Any]]] = {
        "session_name": ("session_name", str),
        "max_parallel": ("MAX_PARALLEL", lambda value: value),
        "max_subwindow": ("MAX_SUBWINDOW", lambda value: value),
        "shuffle_seed": ("rnd_seed", lambda value: value),
    }
    return Experiment(
        _grid(names, where),
        Path(os.path.abspath(directory / Path(names.get("directory", directory)).expanduser())),  # noqa: PTH100
        environment=names.get("environment_dict", {}),
        carry_env=names.get("carry_env") or (),
        setup=names.get("setup") or (),
        gpus=tuple(map(without_quotes, names.get("GPUS") or ())),
        **{key: kind(names[name]) for key, (name, kind) in given.items() if name in names},
    )


def _grid(names: Mapping[str, Any], where: str) -> Grid:
    """The grid of a file, or its `grids`: each adds candidates and base parameters to those of the file."""
    of_file = {name: names.get(name, {} if name != "task_is_valid" else None) for name in _GRID_NAMES}
    grids = []
    for index, entry in enumerate(names.get("grids") or [{}]):
        if not isinstance(entry, Mapping) or not entry.keys() <= set(_GRIDS_NAMES):
            raise GridError(
                f"{where}: grids[{index}] is {entry!r:.80}; expected a dict with {', '.join(_GRIDS_NAMES)}"
            )
        merged = {
            name: {**mapping(name, of_file[name]), **mapping(f"grids[{index}]: {name}", entry.get(name))}
            for name in _GRIDS_NAMES
        }
        grids.append(Grid(**{**of_file, **merged}))
    return replace(grids[0], others=tuple(grids[1:]))


def _has_type(value: Any, kinds: tuple[type, ...]) -> bool:
    return isinstance(value, kinds) and not isinstance(value, bool)


def _shown_value(name: str, value: Any) -> str:
    """A value for an error message; that of environment_dict may contain passwords and is hidden."""
    return f"of type {type(value).__name__}" if name == "environment_dict" else repr(value)


def _executed(path: Path) -> dict[str, Any]:
    """The names that a Python file defines, run with its folder on sys.path. Raises GridError."""
    folder = str(path.absolute().parent)
    sys.path.insert(0, folder)
    try:
        with _isolated(path):
            return runpy.run_path(str(path), run_name="sml_experiment")
    except SystemExit as error:
        raise GridError(
            f"{path}: calls sys.exit({error.code!r}) while it is loaded; move such code "
            "below `if __name__ == '__main__':`"
        ) from None
    except Exception as error:  # the file is the user's: it may raise anything
        frames = traceback.extract_tb(error.__traceback__)
        line = next((frame.lineno for frame in reversed(frames) if frame.filename == str(path)), None)
        line = line or (error.lineno if isinstance(error, SyntaxError) else None)
        location = f"{path}:{line}" if line else str(path)
        raise GridError(f"{location}: {type(error).__name__}: {error}; nothing was started") from error
    finally:
        sys.path.remove(folder)


def _captured(path: Path, function: Callable[..., Any], total: int, index: int | str) -> Experiment:
    """The experiment that `get_cmd_array` of a file passes to `make_cmd_array`."""
    machine = int(index) if str(index).lstrip("-").isdigit() else index
    with capturing() as captured:
        try:
            with _isolated(path):
                function(total, machine)
        except SmlLaunchError:
            raise
        except (Exception, SystemExit) as error:  # the function is the user's: it may raise anything
            cause = f"{type(error).__name__}: {error}"
            raise GridError(
                f"{path}: get_cmd_array({total}, {machine}): {cause}; nothing was started"
            ) from error
    if not captured:
        raise GridError(
            f"{path}: get_cmd_array does not call make_cmd_array, and start_up_header is not defined"
        )
    experiment: Experiment = captured[0]
    return experiment


@contextlib.contextmanager
def _isolated(path: Path) -> Iterator[None]:
    """Run the user's code without our command line options, and with its output on standard error."""
    ours = sys.argv
    sys.argv = [str(path)]
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    finally:
        sys.argv = ours


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        entries = read_mapping(path)
        # A grid whose NO became False would train for days with the wrong value.
        if faults := ambiguous_words(path, entries.values()):
            raise SettingsError(faults)
    except SettingsError as error:
        raise GridError(str(error)) from None
    names = {name: entry.value for name, entry in entries.items()}
    known = [name for name in (*_GRID_NAMES, *_EXECUTION_NAMES) if name != "task_is_valid"]
    for name in names:
        if name == "task_is_valid":
            raise GridError(
                f"{path}: task_is_valid is a function, which YAML cannot express; write the file in Python"
            )
        if name not in known:
            raise UnknownOptionError("key", str(name), known, str(path))
    return names
