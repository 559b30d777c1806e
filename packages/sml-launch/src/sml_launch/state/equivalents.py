"""Equivalent tasks: finished ones with the same parameters in another spelling.

Examples are an explicit default, 6 for 6.0, or `python -u`: the id of a task differs, its run does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sml_config import PlanError, RunFolder, Task
from sml_config.run_folder import read_json
from sml_config.tasks.tasks import TASK_FILE

from .results import Journals, Result
from .state_paths import StatePaths

_PYTHON = re.compile(r"python[\d.]*")
# Options of Python that do not affect the results of a script.
_SILENT = {"-u", "-O", "-B", "-s", "-E", "-I", "-q"}


@dataclass(frozen=True)
class Equivalent:
    """A task that need not run, and the result of the equivalent one."""

    task: Task
    result: Result
    difference: str


def equivalents(paths: StatePaths, tasks: Sequence[Task], journals: Journals) -> list[Equivalent]:
    """The unfinished tasks that are equivalent to a finished one with another id."""
    done = journals.done()
    left = [task for task in tasks if task.id not in done]
    others = done - {task.id for task in tasks}
    if not left or not others:
        return []
    finished = [run for task_id in sorted(others) if (run := _finished(paths, journals.latest[task_id]))]
    by_program: dict[tuple[str, ...], list[_Finished]] = {}
    for run in finished:
        by_program.setdefault(program(run.task.header), []).append(run)
    matches = []
    for task in left:
        for run in by_program.get(program(task.header), ()):
            difference = _difference(task, run)
            if difference is not None:
                matches.append(Equivalent(task, run.result, difference))
                break
    return matches


def program(header: Sequence[str]) -> tuple[str, ...]:
    """The words of a header without version and options of the Python interpreter."""
    if not header or not _PYTHON.fullmatch(Path(header[0]).name):
        return tuple(header)
    words = list(header[1:])
    while words and words[0] in _SILENT:
        del words[0]
    return ("python", *words)


@dataclass(frozen=True)
class _Finished:
    task: Task
    result: Result
    # Parameters of its run, None without a run folder; and its defaults.
    given: Mapping[str, Any] | None
    defaults: Mapping[str, Any]


def _finished(paths: StatePaths, result: Result) -> _Finished | None:
    content = read_json(paths.task(result.task_id) / TASK_FILE)
    try:
        task = Task(tuple(content["header"]), dict(content["parameters"]))
    except (TypeError, KeyError, ValueError, PlanError):
        return None
    if result.run_folder is None:
        return _Finished(task, result, None, {})
    folder = RunFolder(Path(result.run_folder))
    given, about = read_json(folder.parameters), read_json(folder.run_config)
    defaults = about.get("parameter_defaults") if isinstance(about, dict) else None
    return _Finished(
        task,
        result,
        given if isinstance(given, dict) else None,
        defaults if isinstance(defaults, dict) else {},
    )


def _difference(task: Task, run: _Finished) -> str | None:
    """How an equivalent finished task is written differently; None if it is not equivalent."""
    new, old = task.parameters, run.task.parameters
    added, dropped = new.keys() - old.keys(), old.keys() - new.keys()
    known = old if run.given is None else {**run.given, **old}
    if not task.covered_by(known):
        return None
    if not added <= known.keys() or not dropped <= run.defaults.keys():
        return None
    if not Task((), {name: old[name] for name in dropped}).covered_by(run.defaults):
        return None
    parts = [
        f"{name}={new[name]} is its default" for name in sorted(added) if _is_default(new, run.defaults, name)
    ]
    parts += [
        f"{name}={new[name]} is what it had"
        for name in sorted(added)
        if not _is_default(new, run.defaults, name)
    ]
    parts += [f"{name}={old[name]} was its default" for name in sorted(dropped)]
    parts += [
        f"{name}={new[name]} for {old[name]}"
        for name in sorted(new.keys() & old.keys())
        if repr(new[name]) != repr(old[name])
    ]
    if task.header != run.task.header:
        parts.append(f"{' '.join(task.header)} for {' '.join(run.task.header)}")
    return ", ".join(parts)


def _is_default(values: Mapping[str, Any], defaults: Mapping[str, Any], name: str) -> bool:
    return name in defaults and Task((), {name: values[name]}).covered_by(defaults)


def differences(items: Iterable[Equivalent]) -> list[str]:
    """The distinct differences of equivalent tasks."""
    return list(dict.fromkeys(item.difference for item in items))
