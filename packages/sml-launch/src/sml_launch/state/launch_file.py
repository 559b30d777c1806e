"""One start of tasks: which, how, with what environment; a file that its workers read."""

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
from sml_config.run_folder import read_json, write_whole
from sml_launch.environment import carried_environment, not_set
from sml_launch.errors import GridError, SmlLaunchError, warn_passed_over
from sml_launch.shell_words import expanded, joined, names_in, quoted, shell_word
from sml_launch.tasks.argument_styles import spelled

from .state_paths import Places

FORMAT = "sml-launch"
FORMAT_VERSION = 1

# The last line of the output becomes the reason of a failure.
_NAMES_FAILED_LINE = """trap 'echo "setup: $BASH_COMMAND: exit status $?" >&2' ERR"""
_TUPLES = ("task_ids", "setup", "gpus", "notify", "carry_env", "secrets")


@dataclass(frozen=True)
class Launch:
    """Immutable once saved. Times are in seconds."""

    plan_id: str
    directory: str
    task_ids: tuple[str, ...]
    backend: str
    environment: Mapping[str, str] = field(default_factory=dict)
    setup: tuple[str, ...] = ()
    # The GPU of each slot; none, or as many as max_parallel.
    gpus: tuple[str, ...] = ()
    max_parallel: int = 1
    # The most tasks on a GPU of a host, where each host's workers share its GPUs; None: no limit.
    per_gpu: int | None = None
    retries: int = 0
    timeout: float | None = None
    fail_fast: bool = False
    # Run tasks that have finished before, too.
    rerun: bool = False
    # How often each task had been tried before, where it had been.
    attempts: Mapping[str, int] = field(default_factory=dict)
    equality_assign: bool = False
    sleep_before: float = 0.0
    sleep_after: float = 0.0
    # Between two starts.
    interval: float = 0.0
    # The backend's own.
    options: Mapping[str, Any] = field(default_factory=dict)
    # Commands that an old file's cmd_post_process made, by task.
    commands: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    # How the script takes True, False and None, see argument_styles.py.
    spelling: Mapping[str, Mapping[str, list[str]]] = field(default_factory=dict)
    # Which part of the sweep: `-tn` and `-idx`; and the experiment file, where there is one.
    total: int = 1
    index: str = "0"
    file: str = ""
    # Words of a command that is told the outcome at the end.
    notify: tuple[str, ...] = ()
    # Variables of the launching shell that its tasks get: values, declared patterns, names of secrets, whose
    # values are not kept.
    shell: Mapping[str, str] = field(default_factory=lambda: carried_environment())
    carry_env: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    # What a header's `python` means; empty: what PATH says.
    python: str = ""
    created: float = field(default_factory=time.time)
    id: str = field(default_factory=lambda: new_id())

    @property
    def places(self) -> Places:
        """Where its files are."""
        return Places.under(Path(self.directory))

    @property
    def path(self) -> Path:
        """Its file."""
        return self.places.launch(self.id)

    def save(self) -> None:
        """Write its file, readable by its owner alone: an environment may hold what others need not know."""
        content = {"format": FORMAT, "version": FORMAT_VERSION, **asdict(self)}
        self.places.make()
        write_whole(self.path, json.dumps(content, ensure_ascii=True) + "\n")
        self.path.chmod(0o600)

    def command(self, task: Task) -> tuple[str, ...]:
        """The words to execute for a task."""
        words = self.commands.get(task.id)
        if words is None:
            words = self.started_words(task.header) + self._arguments(task)
        if self.setup:
            # The lines are the user's; the command reaches the shell as words, not as text.
            lines = "\n".join(("set -e", _NAMES_FAILED_LINE, *self.setup, "trap - ERR", 'exec "$@"'))
            words = ("bash", "-c", lines, "setup", *words)
        return words

    def started_words(self, header: Sequence[str]) -> tuple[str, ...]:
        """The words of a header as they are started: variables filled in, `~` as the user's folder."""
        words = [expanded(word, os.environ) for word in header]
        first = self.python or os.path.expanduser(words[0])  # noqa: PTH111  a word, which may be no path
        return (first, *words[1:])

    def shown(self, task: Task, hide: Callable[[Sequence[str]], Sequence[str]] = tuple) -> str:
        """The command of a task, without folder and environment; `hide` is applied to its arguments."""
        changed = self.commands.get(task.id)
        if changed is not None:
            return changed[-1] if changed[:2] == ("bash", "-c") else joined(changed)
        header = (self.python, *task.header[1:]) if self.python else task.header
        return " ".join([_shown_header(header), *map(shell_word, hide(self._arguments(task)))])

    def _arguments(self, task: Task) -> tuple[str, ...]:
        """The words behind the header."""
        if self.equality_assign:
            return assigned(task)[len(task.header) :]
        return spelled(task, self.spelling) if self.spelling else task.command[len(task.header) :]

    def base_environment(self) -> dict[str, str]:
        """The environment of its tasks: here, then the launching shell's, then the experiment's."""
        environment = {**os.environ, **self.shell}
        for name in self.secrets:
            if name not in environment:
                raise GridError(
                    f"{name} is a secret, which is not kept, and this process did not get it; export {name}, "
                    "and start again with sml-launch (--run)"
                )
        for name, value in self.environment.items():
            unset = sorted(names_in(value) - environment.keys())
            if unset:
                raise GridError(not_set(name, unset[0]))
            environment[name] = expanded(value, environment)
        return environment


def new_id() -> str:
    """A name for a launch; later ones sort behind earlier ones."""
    milliseconds = int(time.time() * 1000) % 1000
    return f"{time.strftime('%Y%m%d-%H%M%S')}-{milliseconds:03}{uuid.uuid4().hex[:4]}"


def read_launch(path: Path) -> Launch:
    """The launch of a file. Raises SmlLaunchError."""
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
        told = [f"{name} is {values[name]!r:.60}" for name in wrong] + [
            f"{name} is missing" for name in missing
        ]
        raise SmlLaunchError(f"{path}: not a launch file: {', '.join(told)}")
    for name in _TUPLES:
        values[name] = tuple(values.get(name, ()))
    values["commands"] = {key: tuple(words) for key, words in values.get("commands", {}).items()}
    return Launch(**values)


def _has_kind(name: str, value: Any) -> bool:
    """Whether a value of a launch file is of the kind that its field has."""
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
    return isinstance(value, (int, float))  # seconds, and the time of its creation


def _is_list_of(kind: type, value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, kind) for item in value)


def assigned(task: Task) -> tuple[str, ...]:
    """The task's words with `name=value` in one, as Hydra takes overrides; None is left out."""
    given = (f"{name}={value}" for name, value in task.parameters.items() if value is not None)
    return (*task.header, *given)


@functools.lru_cache(maxsize=16)
def _shown_header(header: tuple[str, ...]) -> str:
    """A header keeps its $NAME, which a shell would expand too."""
    bare = [word.replace("$", "") for word in header]
    return " ".join(
        word if quoted(plain) == plain else quoted(word) for word, plain in zip(header, bare, strict=True)
    )


def launches(places: Places) -> list[Launch]:
    """What was started here, the oldest first."""
    if not places.launches.is_dir():
        return []
    found = filter(None, map(_readable, places.launches.glob("*.json")))
    return sorted(found, key=lambda launch: launch.created)


def last_launch(places: Places) -> Launch:
    """What was started last here. Raises SmlLaunchError if nothing was."""
    for path in sorted(places.launches.glob("*.json"), key=lambda path: path.name, reverse=True):
        launch = _readable(path)
        if launch is not None:
            return launch
    folder = places.root.parent
    raise SmlLaunchError(
        f"nothing was launched in {folder}; go to the folder that the tasks run in, or name it with -C"
    )


def _readable(path: Path) -> Launch | None:
    """The launch of a file, or None, with a warning, where it holds none."""
    try:
        return read_launch(path)
    except SmlLaunchError as error:
        warn_passed_over(path, str(error).removeprefix(f"{path}: "))
        return None
