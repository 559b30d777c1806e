"""The command line of a task for a shell: folder, environment, GPU, set-up, command; secrets redacted."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sml_config import Task
from sml_config.redaction import REDACTED, Redactor, hide_credentials, holds_secret, is_secret_name, searched

from .shell_words import VARIABLE, joined, shell_word
from .state.launch_file import Launch

_NO_VALUES = Redactor(frozenset())
# A set-up line that can be joined to others with `&&`.
_SIMPLE = re.compile(r"[^#\n]*[^#\n&|;\\\s]\s*")


def command_line(launch: Launch, task: Task, gpu: str | None = None) -> str:
    """One shell line that does what a worker does for the task, in whatever folder it is typed.

    `gpu`: value of CUDA_VISIBLE_DEVICES. A secret is shown as `<redacted>`, or as the variable that holds it.
    """
    variables = _variables(launch, gpu)
    folder = f"cd {shell_word(launch.directory)}"
    changed = launch.commands.get(task.id)
    if changed is None and not launch.setup:
        return f"{folder} && {' '.join([*variables, launch.command_text(task, hide=_hidden)])}"
    exported = [f"export {' '.join(variables)}"] if variables else []
    if changed is not None:
        command = hide_credentials(launch.command_text(task))
    else:
        command = launch.command_text(task, hide=_hidden)
    if not all(map(_SIMPLE.fullmatch, launch.setup)):
        return " && ".join([folder, *exported, joined(_hidden(launch.command(task)))])
    return " && ".join([folder, *exported, *(line.strip() for line in launch.setup), command])


def gpu_of(launch: Launch, position: int) -> str | None:
    """The GPU of the task at an index of the launch, whose panes take tasks in turn; None without GPUs."""
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
        # The shell that the line is typed into expands variables as the task's environment does.
        plain = VARIABLE.sub("", value)
        if not (is_secret_name(name) and plain):
            return f'"{_in_double_quotes(value)}"'
    if is_secret_name(name) and value:
        return shell_word(REDACTED)
    return shell_word(hide_credentials(value))


def _in_double_quotes(text: str) -> str:
    """Escaped for double quotes, in which only `$NAME` is expanded."""
    parts, end = [], 0
    for match in VARIABLE.finditer(text):
        parts += [re.sub(r'([\\"`$])', r"\\\1", text[end : match.start()]), match[0]]
        end = match.end()
    return "".join([*parts, re.sub(r'([\\"`$])', r"\\\1", text[end:])])


def _hidden(words: Sequence[str]) -> list[str]:
    """The words with secrets redacted: `--api_key abc`, `--api_key=abc`, `api_key=abc`."""
    redacted: list[str] = searched(list(words), _NO_VALUES)
    return [_assigned(word) for word in redacted]


def _assigned(word: str) -> str:
    name, equals, value = word.partition("=")
    return f"{name}={REDACTED}" if equals and name.isidentifier() and holds_secret(name, value) else word
