"""Launch files: tasks, options and environment of one launch, written for its workers."""

from __future__ import annotations

import functools
import json
import os
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from sml_config import Task
from sml_config.run_folder import read_json, write_atomic
from sml_launch.environment import carried_environment, not_set
from sml_launch.errors import GridError, SmlLaunchError, warn_passed_over
from sml_launch.shell_words import expanded, joined, names_in, quoted, shell_word
from sml_launch.tasks.argument_styles import spelled

from .state_paths import StatePaths

FORMAT = "sml-launch"
FORMAT_VERSION = 1

# The last line of the output becomes the reason of a failure.
_NAMES_FAILED_LINE = """trap 'echo "setup: $BASH_COMMAND: exit status $?" >&2' ERR"""
_TUPLES = ("task_ids", "resumed", "rest", "setup", "gpus", "notify", "carry_env", "secrets")


@dataclass(frozen=True)
class Launch:
    """A start of tasks with its options; immutable once saved. Times are in seconds."""

    plan_id: str
    directory: str
    task_ids: tuple[str, ...]
    backend: str
    environment: Mapping[str, str] = field(default_factory=dict)
    setup: tuple[str, ...] = ()
    # The GPU of each slot: empty, or max_parallel entries.
    gpus: tuple[str, ...] = ()
    max_parallel: int = 1
    # Maximum number of tasks per GPU of a host, if workers share its GPUs; None: no limit.
    per_gpu: int | None = None
    retries: int = 0
    timeout: float | None = None
    fail_fast: bool = False
    # Run tasks that have finished before as well.
    rerun: bool = False
    # Launches that it continues, and other unfinished tasks of theirs, which the next resume includes.
    resumed: tuple[str, ...] = ()
    rest: tuple[str, ...] = ()
    # Number of earlier attempts by task id.
    attempts: Mapping[str, int] = field(default_factory=dict)
    equality_assign: bool = False
    sleep_before: float = 0.0
    sleep_after: float = 0.0
    # Delay between two starts.
    interval: float = 0.0
    # The backend's own options.
    options: Mapping[str, Any] = field(default_factory=dict)
    # Commands that an old file's cmd_post_process changed, by task id.
    commands: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    # Words for True, False and None, see argument_styles.py.
    spelling: Mapping[str, Mapping[str, list[str]]] = field(default_factory=dict)
    # Shard of the sweep (`-tn`, `-idx`), and the experiment file, if any.
    total: int = 1
    index: str = "0"
    file: str = ""
    # Words of the notification command.
    notify: tuple[str, ...] = ()
    # Variables that tasks inherit from the launching shell: values, declared patterns, and names of secrets,
    # whose values are not saved.
    shell: Mapping[str, str] = field(default_factory=lambda: carried_environment())
    carry_env: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    # Interpreter for a header's `python`; empty: the one in PATH.
    python: str = ""
    created: float = field(default_factory=time.time)
    id: str = field(default_factory=lambda: new_id())

    @property
    def state_paths(self) -> StatePaths:
        """Paths below `.sml-launch/` of its directory."""
        return StatePaths.under(Path(self.directory))

    @property
    def path(self) -> Path:
        """Path of its launch file."""
        return self.state_paths.launch(self.id)

    def save(self) -> None:
        """Write the launch file, readable by its owner alone: the environment may be private."""
        content = {"format": FORMAT, "version": FORMAT_VERSION, **asdict(self)}
        self.state_paths.create_folders()
        write_atomic(self.path, json.dumps(content, ensure_ascii=True) + "\n")
        self.path.chmod(0o600)

    def command(self, task: Task) -> tuple[str, ...]:
        """The command of a task as words, for execution without a shell."""
        words = self.commands.get(task.id)
        if words is None:
            words = self.resolved_header(task.header) + self._arguments(task)
        if self.setup:
            # The command is passed to the shell as words, not as text, so it needs no quoting.
            lines = "\n".join(("set -e", _NAMES_FAILED_LINE, *self.setup, "trap - ERR", 'exec "$@"'))
            words = ("bash", "-c", lines, "setup", *words)
        return words

    def resolved_header(self, header: Sequence[str]) -> tuple[str, ...]:
        """The words of a header with variables, `~` and the interpreter resolved."""
        words = [expanded(word, os.environ) for word in header]
        first = self.python or os.path.expanduser(words[0])  # noqa: PTH111  may not be a path
        return (first, *words[1:])

    def command_text(self, task: Task, hide: Callable[[Sequence[str]], Sequence[str]] = tuple) -> str:
        """The command of a task as a shell line, without folder and environment; `hide` redacts arguments."""
        changed = self.commands.get(task.id)
        if changed is not None:
            return changed[-1] if changed[:2] == ("bash", "-c") else joined(changed)
        header = (self.python, *task.header[1:]) if self.python else task.header
        return " ".join([_shown_header(header), *map(shell_word, hide(self._arguments(task)))])

    def _arguments(self, task: Task) -> tuple[str, ...]:
        """The words after the header."""
        if self.equality_assign:
            return assigned(task)[len(task.header) :]
        return spelled(task, self.spelling) if self.spelling else task.command[len(task.header) :]

    def base_environment(self) -> dict[str, str]:
        """Environment of its tasks: this process, the launching shell, the experiment. Raises GridError."""
        environment = {**os.environ, **self.shell}
        for name in self.secrets:
            if name not in environment:
                raise GridError(
                    f"{name} is a secret, which is not saved, and is missing in this process; export {name} "
                    "and start again with sml-launch (--run)"
                )
        for name, value in self.environment.items():
            unset = sorted(names_in(value) - environment.keys())
            if unset:
                raise GridError(not_set(name, unset[0]))
            environment[name] = expanded(value, environment)
        return environment


def new_id() -> str:
    """A unique launch id; ids sort by time."""
    milliseconds = int(time.time() * 1000) % 1000
    return f"{time.strftime('%Y%m%d-%H%M%S')}-{milliseconds:03}{uuid.uuid4().hex[:4]}"


def read_launch(path: Path) -> Launch:
    """Read a launch file. Raises SmlLaunchError."""
    content = read_json(path)
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise SmlLaunchError(f"{path}: not a launch file")
    version = content.get("version", 0)
    if not isinstance(version, int):
        raise SmlLaunchError(f"{path}: version is {version!r}; expected a number")
    if version > FORMAT_VERSION:
        raise SmlLaunchError(f"{path}: written by a newer sml-launch; upgrade this one")
    values: dict[str, Any] = {
        item.name: content[item.name] for item in fields(Launch) if item.name in content
    }
    wrong = [name for name, value in values.items() if not _has_kind(name, value)]
    missing = [name for name in ("plan_id", "directory", "task_ids", "backend", "id") if name not in values]
    if wrong or missing:
        faults = [f"{name} is {values[name]!r:.60}" for name in wrong] + [
            f"{name} is missing" for name in missing
        ]
        raise SmlLaunchError(f"{path}: not a launch file: {', '.join(faults)}")
    for name in _TUPLES:
        values[name] = tuple(values.get(name, ()))
    values["commands"] = {key: tuple(words) for key, words in values.get("commands", {}).items()}
    return Launch(**values)


def _has_kind(name: str, value: Any) -> bool:
    """Whether a value of a launch file has the type of its field."""
    if name in _TUPLES:
        return _is_list_of(str, value)
    if name in ("environment", "shell", "attempts"):
        kind = int if name == "attempts" else str
        return isinstance(value, dict) and all(isinstance(item, kind) for item in value.values())
    if name == "spelling":
        return isinstance(value, dict) and all(
            isinstance(words, dict) and all(_is_list_of(str, item) for item in words.values())
            for words in value.values()
        )
    if name == "commands":
        return isinstance(value, dict) and all(_is_list_of(str, words) for words in value.values())
    if name == "options":
        return isinstance(value, dict)
    if name in ("timeout", "per_gpu") and value is None:
        return True
    if name in ("plan_id", "directory", "backend", "id", "index", "file", "python"):
        return isinstance(value, str)
    if name in ("max_parallel", "per_gpu", "retries", "total", "fail_fast", "rerun", "equality_assign"):
        return isinstance(value, int)
    return isinstance(value, (int, float))  # seconds, and the creation time


def _is_list_of(kind: type, value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, kind) for item in value)


def assigned(task: Task) -> tuple[str, ...]:
    """The task's command with `name=value` arguments, as Hydra overrides; None is omitted."""
    given = (f"{name}={value}" for name, value in task.parameters.items() if value is not None)
    return (*task.header, *given)


@functools.lru_cache(maxsize=16)
def _shown_header(header: tuple[str, ...]) -> str:
    """The header quoted for a shell, except for $NAME, which the shell expands."""
    plain = [word.replace("$", "") for word in header]
    return " ".join(
        word if quoted(without) == without else quoted(word)
        for word, without in zip(header, plain, strict=True)
    )


def launches(paths: StatePaths) -> list[Launch]:
    """All launches of this folder, the oldest first; unreadable files are skipped with a warning."""
    if not paths.launches.is_dir():
        return []
    readable = filter(None, map(_readable, paths.launches.glob("*.json")))
    return sorted(readable, key=lambda launch: launch.created)


def last_launch(paths: StatePaths) -> Launch:
    """The last launch of this folder. Raises SmlLaunchError if there is none."""
    for path in sorted(paths.launches.glob("*.json"), key=lambda path: path.name, reverse=True):
        launch = _readable(path)
        if launch is not None:
            return launch
    folder = paths.root.parent
    raise SmlLaunchError(
        f"nothing was launched in {folder}; change to the folder that the tasks run in, or pass it as -C"
    )


def _readable(path: Path) -> Launch | None:
    """The launch of a file; None, with a warning, if it cannot be read."""
    try:
        return read_launch(path)
    except SmlLaunchError as error:
        warn_passed_over(path, str(error).removeprefix(f"{path}: "))
        return None
