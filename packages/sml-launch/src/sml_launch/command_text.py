"""The command of a task as one would type it: folder, environment, GPU, set-up, command; secrets hidden."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sml_config import Task
from sml_config.redaction import REDACTED, Redactor, hide_credentials, is_secret_name, searched

from .shell_words import VARIABLE, joined, shell_word
from .state.launch_file import Launch

_NO_VALUES = Redactor(frozenset())
# A set-up line that may stand between two `&&`.
_SIMPLE = re.compile(r"[^#\n]*[^#\n&|;\\\s]\s*")


def typed(launch: Launch, task: Task, gpu: str | None = None) -> str:
    """One line that does, in any folder, what a worker does for the task.

    `gpu`: the one it is bound to. A secret is shown as `<redacted>`, or by the variable that holds it.
    """
    variables = _variables(launch, gpu)
    folder = f"cd {shell_word(launch.directory)}"
    changed = launch.commands.get(task.id)
    if changed is None and not launch.setup:
        return f"{folder} && {' '.join([*variables, launch.shown(task, hide=_hidden)])}"
    exported = [f"export {' '.join(variables)}"] if variables else []
    if changed is not None:
        command = hide_credentials(launch.shown(task))
    else:
        command = launch.shown(task, hide=_hidden)
    if not all(map(_SIMPLE.fullmatch, launch.setup)):
        return " && ".join([folder, *exported, joined(_hidden(launch.command(task)))])
    return " && ".join([folder, *exported, *(line.strip() for line in launch.setup), command])


def gpu_of(launch: Launch, position: int) -> str | None:
    """The GPU of the task at a position of the launch, where panes take tasks in turn; None without GPUs."""
    return launch.gpus[position % launch.max_parallel] if launch.gpus else None


def _variables(launch: Launch, gpu: str | None) -> list[str]:
    """`NAME=value` words, for a shell."""
    environment = dict(launch.environment)
    if gpu is not None:
        environment["CUDA_VISIBLE_DEVICES"] = gpu
        environment.setdefault("CUDA_DEVICE_ORDER", "PCI_BUS_ID")
    return [f"{name}={_value(name, value)}" for name, value in environment.items()]


def _value(name: str, value: str) -> str:
    if VARIABLE.search(value):
        # What a task's environment fills in, the shell that the line is typed into does as well.
        plain = VARIABLE.sub("", value)
        if not (is_secret_name(name) and plain):
            return f'"{_in_double_quotes(value)}"'
    if is_secret_name(name) and value:
        return shell_word(REDACTED)
    return shell_word(hide_credentials(value))


def _in_double_quotes(text: str) -> str:
    """A text for double quotes, in which only `$NAME` is replaced."""
    parts, end = [], 0
    for match in VARIABLE.finditer(text):
        parts += [re.sub(r'([\\"`$])', r"\\\1", text[end : match.start()]), match[0]]
        end = match.end()
    return "".join([*parts, re.sub(r'([\\"`$])', r"\\\1", text[end:])])


def _hidden(words: Sequence[str]) -> list[str]:
    """Words without secrets: `--api_key abc`, `--api_key=abc`, `api_key=abc`."""
    found: list[str] = searched(list(words), _NO_VALUES)
    return [_assigned(word) for word in found]


def _assigned(word: str) -> str:
    name, equals, value = word.partition("=")
    return f"{name}={REDACTED}" if equals and value and name.isidentifier() and is_secret_name(name) else word
