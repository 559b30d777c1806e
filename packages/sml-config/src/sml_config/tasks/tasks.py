"""Tasks and plans of sweeps, and the files by which a run and its launcher find each other.

The files are a public format, described in docs/tasks-format.md, shared by launcher and viewer.
"""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from sml_config import validation
from sml_config.errors import ArgumentError, ParameterError, PlanError
from sml_config.process import TASK_FOLDER_VARIABLE
from sml_config.run_folder import MOST_PLAN, read_plain, write_atomic
from sml_config.validation import several
from sml_config.values import canonical, digest, plain, to_json

FORMAT = "sml-plan"
FORMAT_VERSION = 1

# The launcher's state, in the folder where its tasks run; see `sml_launch.state.state_paths`.
STATE_FOLDER = ".sml-launch"
PLANS, CLAIMS, RESULTS = "plans", "claims", "results"
# In the task's folder: its description, written by the launcher; its run folder, written by the run.
TASK_FILE = "task.json"
RUN_FOLDER_NOTE = "run_folder"


@dataclass(frozen=True)
class Task:
    """A command with a set of parameters.

    Raises ParameterError for a value that cannot be saved.
    """

    header: tuple[str, ...]
    parameters: dict[str, Any]

    def __post_init__(self) -> None:
        given = {} if self.parameters is None else self.parameters
        if not isinstance(given, Mapping):
            raise ArgumentError("parameters", given, "a mapping of names to values")
        values = {str(name): plain(str(name), value) for name, value in given.items()}
        object.__setattr__(self, "header", _header(self.header))
        object.__setattr__(self, "parameters", values)

    @property
    def command(self) -> tuple[str, ...]:
        """The command line: the header, then `--name value` for each parameter.

        True gives `--name` alone, False and None give nothing, a list gives several words. A word that
        begins with `-` is passed as `--name=-word`, as it would be parsed as an option.
        """
        words = list(self.header)
        for name, value in self.parameters.items():
            if value is False or value is None:
                continue
            following = [] if value is True else [_word(item) for item in _items(value)]
            if len(following) == 1 and following[0].startswith("-"):
                words.append(f"--{name}={following[0]}")
            else:
                words += [f"--{name}", *following]
        return tuple(words)

    @cached_property
    def id(self) -> str:
        """Twelve hex digits, a hash of header and parameters; independent of the parameters' order."""
        return digest([list(self.header), self.parameters])[:12]

    @classmethod
    def known(cls, header: tuple[str, ...], parameters: dict[str, Any], identity: str) -> Task:
        """A task whose values are already plain and whose id is known; neither is checked."""
        task = object.__new__(cls)
        task.__dict__.update(header=header, parameters=parameters, id=identity)
        return task

    def covered_by(self, parameters: Mapping[str, Any]) -> bool:
        """Whether a run with these parameters is a run of this task."""
        return not _disagreements(self.parameters, parameters, absent_agrees=False)

    def to_dict(self) -> dict[str, Any]:
        """The task as in the file format."""
        return {"id": self.id, "header": list(self.header), "parameters": self.parameters}


@dataclass(frozen=True)
class Plan:
    """The tasks of a sweep, in order.

    Raises PlanError if two tasks are equal.
    """

    tasks: tuple[Task, ...]
    # Swept parameters in order; by default those that differ between tasks.
    swept: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        object.__setattr__(self, "tasks", several("tasks", self.tasks, Task, "a Task or several"))
        object.__setattr__(self, "swept", several("swept", self.swept, str, "a name or several"))
        seen: dict[str, int] = {}
        for index, task in enumerate(self.tasks):
            if task.id in seen:
                message = f"tasks {seen[task.id]} and {index} of the plan are the same: {task.parameters}"
                raise PlanError(f"{message}; remove one, or add a parameter that distinguishes them")
            seen[task.id] = index
        if not self.swept:
            object.__setattr__(self, "swept", swept_parameters(task.parameters for task in self.tasks))

    def cell(self, parameters: Mapping[str, Any]) -> tuple[str, ...]:
        """The grid cell of a task or run: one text per swept parameter, "" for an absent one."""
        return tuple(cell_text(parameters[name]) if name in parameters else "" for name in self.swept)

    def cells(self) -> dict[tuple[str, ...], list[Task]]:
        """The tasks by grid cell, in the order of the plan."""
        cells: dict[tuple[str, ...], list[Task]] = {}
        for task in self.tasks:
            cells.setdefault(self.cell(task.parameters), []).append(task)
        return cells

    def missing(self, runs: Iterable[Mapping[str, Any]]) -> list[Task]:
        """The tasks that none of these runs (given by their parameters) covers."""
        done = list(runs)
        return [task for task in self.tasks if not any(task.covered_by(item) for item in done)]

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the plan file."""
        content = {
            "format": FORMAT,
            "version": FORMAT_VERSION,
            "swept": list(self.swept),
            "tasks": [task.to_dict() for task in self.tasks],
        }
        write_atomic(validation.path("path", path), to_json(content))


def read_plan(path: str | os.PathLike[str]) -> Plan:
    """Read a plan file. Raises PlanError for a missing or invalid file, a newer version, an altered task."""
    path = validation.path("path", path)
    content = _object(path)
    if content.get("format") != FORMAT:
        raise PlanError(f'{path}: not a plan file; expected "format": "{FORMAT}"')
    version = content.get("version")
    if not isinstance(version, int) or version > FORMAT_VERSION:
        message = f"{path}: plan format {version!r}; this version reads up to {FORMAT_VERSION}"
        raise PlanError(f"{message}; upgrade sml-config")
    items, swept = content.get("tasks", []), content.get("swept", [])
    if not isinstance(items, list) or not isinstance(swept, list) or not all(map(_is_text, swept)):
        raise PlanError(f"{path}: expected a list of tasks, and a list of texts as swept")
    tasks = tuple(_task(item, f"{path}: task {index}") for index, item in enumerate(items))
    return Plan(tasks, tuple(swept))


def swept_parameters(all_parameters: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """Names of the parameters that differ, in order of appearance; absence counts as a difference."""
    every = list(all_parameters)
    names = dict.fromkeys(name for parameters in every for name in parameters)
    texts = {
        name: {cell_text(parameters[name]) if name in parameters else "" for parameters in every}
        for name in names
    }
    return tuple(name for name in names if len(texts[name]) > 1)


def cell_text(value: Any) -> str:
    """Text of a value on an axis of the grid; 1 and 1.0 are the same, True is different."""
    value = plain("value", value)
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        value = int(value)
    return (
        value
        if isinstance(value, str)
        else canonical(value)
        if isinstance(value, (list, dict))
        else str(value)
    )


def write_task(task_folder: Path, task: Task) -> None:
    """Write a task's description for its run; called by the launcher before it starts the run."""
    content = {"format": "sml-task", "version": FORMAT_VERSION, **task.to_dict()}
    write_atomic(task_folder / TASK_FILE, to_json(content))


def current_task() -> Task | None:
    """The task this process was started for, or None."""
    folder = os.environ.get(TASK_FOLDER_VARIABLE)
    path = Path(folder) / TASK_FILE if folder else None
    return _task(_object(path), str(path)) if path and path.is_file() else None


def check_against_task(parameters: Mapping[str, Any]) -> None:
    """Raise ParameterError if the parsed parameters differ from those of the run's task.

    For example, a `False` cannot be passed to a flag that is true by default.
    """
    task = current_task()
    if task is None:
        return
    wrong = _disagreements(task.parameters, parameters, absent_agrees=True)
    if wrong:
        shown = "; ".join(
            f"{name}: {task.parameters[name]!r} in the task, {parameters[name]!r} in the run"
            for name in wrong
        )
        remedy = (
            "the command line cannot express the value: declare the parameter as `name: bool` or "
            "`name: float | None` in the parameter class, or make the value its default"
        )
        raise ParameterError(f"this run's parameters differ from those of task {task.id} ({shown}); {remedy}")


def announce_run_folder(folder: Path) -> None:
    """Record the run folder for the launcher, if one started this process."""
    task_folder = os.environ.get(TASK_FOLDER_VARIABLE)
    if task_folder and Path(task_folder).is_dir():
        write_atomic(Path(task_folder) / RUN_FOLDER_NOTE, str(folder.absolute()))


def announced_run_folder(task_folder: Path) -> Path | None:
    """The run folder recorded by a task's run, or None."""
    try:
        text = (task_folder / RUN_FOLDER_NOTE).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    return Path(text) if text else None  # empty while a script writes it


def _header(given: Any) -> tuple[str, ...]:
    """The words of a command, given as shell text, a path, or words."""
    if isinstance(given, str):
        return tuple(shlex.split(given))
    words = several("header", given, (str, os.PathLike), "a command such as 'python main.py', or its words")  # type: ignore[arg-type]
    return tuple(map(os.fspath, words))


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _word(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (dict, list)) else str(value)


def _disagreements(
    expected: Mapping[str, Any], actual: Mapping[str, Any], *, absent_agrees: bool
) -> list[str]:
    """Names whose values differ; an expected None also matches an absent value."""
    return [
        name
        for name, value in expected.items()
        if (name not in actual and not absent_agrees and value is not None)
        or (name in actual and not (actual[name] is None if value is None else _agree(value, actual[name])))
    ]


def _agree(expected: Any, actual: Any) -> bool:
    """Whether a parsed value matches the expected one: equal, or the same word on the command line."""
    expected, actual = plain("value", expected), plain("value", actual)
    if isinstance(expected, list) or isinstance(actual, list):
        left, right = _items(expected), _items(actual)
        return len(left) == len(right) and all(map(_agree, left, right))
    if isinstance(expected, bool) or isinstance(actual, bool):
        return str(expected).lower() == str(actual).lower()
    if canonical(expected) == canonical(actual) or _word(expected) == _word(actual):
        return True
    try:
        return float(expected) == float(actual)
    except (TypeError, ValueError, OverflowError):
        return False


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _object(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(read_plain(path, MOST_PLAN).decode("utf-8"))
    except OSError as error:
        raise PlanError(f"{path}: cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise PlanError(f"{path}: not valid JSON: {error}") from None
    if not isinstance(content, dict):
        raise PlanError(f"{path}: expected a JSON object")
    return content


def _task(item: Any, where: str) -> Task:
    try:
        task = Task(tuple(item["header"]), dict(item["parameters"]))
        written = item["id"]
    except (TypeError, KeyError, ValueError) as error:
        raise PlanError(
            f"{where}: expected id, header and parameters ({type(error).__name__}: {error})"
        ) from None
    if written != task.id:
        raise PlanError(f"{where}: id {written} does not match the content (id {task.id}); it was edited")
    return task
