"""A task of a sweep, its identity, the plan it belongs to, and how a run and its launcher find each other.

The files are a public format, described in docs/tasks-format.md: launcher and viewer meet here.
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
from sml_config.run_folder import MOST_PLAN, read_plain, write_whole
from sml_config.validation import several
from sml_config.values import canonical, digest, plain, to_json

FORMAT = "sml-plan"
FORMAT_VERSION = 1

# In the task's folder: what it is, written by the launcher; where it writes, written by the run.
TASK_FILE = "task.json"
RUN_FOLDER_NOTE = "run_folder"


@dataclass(frozen=True)
class Task:
    """One command with one set of parameters.

    Raises ParameterError for a value that cannot be written to a file.
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
        """The words to execute: the header, then `--name value` for each parameter.

        True gives `--name` alone, False and None give nothing, a list gives several words. A word that
        begins with `-` would be taken for an option: it gives `--name=-word`.
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
        """Twelve hex digits that depend on header and parameters alone, not on the parameters' order."""
        return digest([list(self.header), self.parameters])[:12]

    @classmethod
    def known(cls, header: tuple[str, ...], parameters: dict[str, Any], identity: str) -> Task:
        """A task whose values are plain and whose id is known already; neither is looked at again."""
        task = object.__new__(cls)
        task.__dict__.update(header=header, parameters=parameters, id=identity)
        return task

    def covered_by(self, parameters: Mapping[str, Any]) -> bool:
        """Whether a run with these parameters did what the task asks for."""
        return not _disagreements(self.parameters, parameters, absent_agrees=False)

    def to_dict(self) -> dict[str, Any]:
        """The task as the file format has it."""
        return {"id": self.id, "header": list(self.header), "parameters": self.parameters}


@dataclass(frozen=True)
class Plan:
    """The tasks of one sweep, in order.

    Raises PlanError if two tasks are the same.
    """

    tasks: tuple[Task, ...]
    # Parameters in the order in which the sweep names them; by default those that differ between tasks.
    swept: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        object.__setattr__(self, "tasks", several("tasks", self.tasks, Task, "a Task or several"))
        object.__setattr__(self, "swept", several("swept", self.swept, str, "a name or several"))
        seen: dict[str, int] = {}
        for index, task in enumerate(self.tasks):
            if task.id in seen:
                message = f"tasks {seen[task.id]} and {index} of the plan are the same: {task.parameters}"
                raise PlanError(f"{message}; remove one, or tell them apart by a parameter")
            seen[task.id] = index
        if not self.swept:
            object.__setattr__(self, "swept", swept_parameters(task.parameters for task in self.tasks))

    def cell(self, parameters: Mapping[str, Any]) -> tuple[str, ...]:
        """The grid cell of a task or run: one text for each swept parameter, "" where it has none."""
        return tuple(cell_text(parameters[name]) if name in parameters else "" for name in self.swept)

    def cells(self) -> dict[tuple[str, ...], list[Task]]:
        """The tasks by grid cell, in the order of the plan."""
        found: dict[tuple[str, ...], list[Task]] = {}
        for task in self.tasks:
            found.setdefault(self.cell(task.parameters), []).append(task)
        return found

    def missing(self, runs: Iterable[Mapping[str, Any]]) -> list[Task]:
        """The tasks that none of these runs' parameters cover."""
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
        write_whole(validation.path("path", path), to_json(content))


def read_plan(path: str | os.PathLike[str]) -> Plan:
    """The plan of a file. Raises PlanError: no such file, no plan, a newer version, an altered task."""
    path = validation.path("path", path)
    content = _object(path)
    if content.get("format") != FORMAT:
        raise PlanError(f'{path}: no plan file; expected "format": "{FORMAT}"')
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
    """Names of the parameters that differ, in order of appearance; absence is a difference too."""
    every = list(all_parameters)
    names = dict.fromkeys(name for parameters in every for name in parameters)
    texts = {
        name: {cell_text(parameters[name]) if name in parameters else "" for parameters in every}
        for name in names
    }
    return tuple(name for name in names if len(texts[name]) > 1)


def cell_text(value: Any) -> str:
    """One text for a value on an axis of the grid; 1 and 1.0 are the same place, True is another."""
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
    """Tell a run what its task is; the launcher does this before it starts the run."""
    content = {"format": "sml-task", "version": FORMAT_VERSION, **task.to_dict()}
    write_whole(task_folder / TASK_FILE, to_json(content))


def current_task() -> Task | None:
    """The task that this process was started for, or None."""
    folder = os.environ.get(TASK_FOLDER_VARIABLE)
    path = Path(folder) / TASK_FILE if folder else None
    return _task(_object(path), str(path)) if path and path.is_file() else None


def check_against_task(parameters: Mapping[str, Any]) -> None:
    """Raise ParameterError if what the run parsed is not what its task asks for.

    A `False` that the command line cannot express is swallowed by a flag that is true by default.
    """
    task = current_task()
    if task is None:
        return
    wrong = _disagreements(task.parameters, parameters, absent_agrees=True)
    if wrong:
        shown = "; ".join(
            f"{name}: the task says {task.parameters[name]!r}, the run has {parameters[name]!r}"
            for name in wrong
        )
        remedy = (
            "its command line does not carry the value: declare the parameter as `name: bool` or "
            "`name: float | None` in the parameter class, or make the value its default"
        )
        raise ParameterError(f"this run is not what task {task.id} asks for ({shown}); {remedy}")


def announce_run_folder(folder: Path) -> None:
    """Tell the launcher, if one started this process, which run folder the task writes."""
    task_folder = os.environ.get(TASK_FOLDER_VARIABLE)
    if task_folder and Path(task_folder).is_dir():
        write_whole(Path(task_folder) / RUN_FOLDER_NOTE, str(folder.absolute()))


def announced_run_folder(task_folder: Path) -> Path | None:
    """The run folder that a task announced, or None."""
    note = task_folder / RUN_FOLDER_NOTE
    return Path(note.read_text(encoding="utf-8")) if note.exists() else None


def _header(given: Any) -> tuple[str, ...]:
    """The words of a command, which is a text as in a shell, a path, or words already."""
    if isinstance(given, str):
        return tuple(shlex.split(given))
    words = several("header", given, (str, os.PathLike), "a command such as 'python main.py', or its words")  # type: ignore[arg-type]
    return tuple(map(os.fspath, words))


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _word(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (dict, list)) else str(value)


def _disagreements(wanted: Mapping[str, Any], got: Mapping[str, Any], *, absent_agrees: bool) -> list[str]:
    """Names whose value is another one than was asked for; where None was, no value at all is the same."""
    return [
        name
        for name, value in wanted.items()
        if (name not in got and not absent_agrees and value is not None)
        or (name in got and not (got[name] is None if value is None else _agree(value, got[name])))
    ]


def _agree(wanted: Any, got: Any) -> bool:
    """Whether a parsed value is what was asked for: the same, or the same word on the command line."""
    wanted, got = plain("value", wanted), plain("value", got)
    if isinstance(wanted, list) or isinstance(got, list):
        one, other = _items(wanted), _items(got)
        return len(one) == len(other) and all(map(_agree, one, other))
    if isinstance(wanted, bool) or isinstance(got, bool):
        return str(wanted).lower() == str(got).lower()
    if canonical(wanted) == canonical(got) or _word(wanted) == _word(got):
        return True
    try:
        return float(wanted) == float(got)
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
        raise PlanError(f"{where}: its id is {written}, its content says {task.id}; it was altered by hand")
    return task
