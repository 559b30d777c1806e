"""Detect from a script's sources how its command line parses True, False and None; nothing is executed.

A wrong guess would train with another value than the grid has: `--big` without a value is an error for
`type=bool`, and omitting False leaves the default True of a `BooleanOptionalAction`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from sml_config import Task

from .argument_declarations import ANY, UNKNOWN, Argument, declared_arguments

# Command line words by parameter name and by value: "True", "False", "None".
Spelling = Mapping[str, Mapping[str, Sequence[str]]]

# The words of libraries that take a value where others take a flag.
_WORDS: Mapping[str, Mapping[str, str]] = {
    "text": {"True": "True", "False": "False", "None": "None"},
    "switch": {"True": "True", "False": "False"},
    "yaml": {"True": "true", "False": "false", "None": "null"},
}
_DIRECT = {"int", "float", "complex", "str", "Path"}


def argument_spelling(
    header: Sequence[str], directory: Path, tasks: Iterable[Task]
) -> tuple[dict[str, dict[str, list[str]]], list[str], list[str]]:
    """How the script parses the True, False and None of these tasks.

    Returns:
        The words that differ from the default ones, error messages for values that cannot be passed, and
        names of varying parameters whose declaration was not found.
    """
    needed: dict[str, set[str]] = {}
    others: set[str] = set()
    lists: dict[str, list[object]] = {}
    for task in tasks:
        for name, value in task.parameters.items():
            if value is None or value is True or value is False:
                needed.setdefault(name, set()).add(repr(value))
            elif name in needed:
                others.add(name)
            elif isinstance(value, list) and False in value:
                lists.setdefault(name, value)
    if not needed and not lists:
        return {}, [], []
    declared = declared_arguments(header, directory)
    spelling: dict[str, dict[str, list[str]]] = {}
    faults = [
        f"{name}={value} cannot be passed to the script: type=bool parses the word False as True"
        for name, value in lists.items()
        if any(item is False for item in value) and any(a.type == "bool" for a in declared.get(name, ()))
    ]
    unknown = []
    for name, values in needed.items():
        arguments = declared.get(name) or [
            replace(argument, option=f"--{name}") for argument in declared.get(ANY, ())
        ]
        for text in sorted(values):
            words = _words(arguments, text)
            if words is None and name not in declared:
                if (name in others or len(values) > 1) and name not in unknown:
                    unknown.append(name)
            elif words is None:
                faults.append(_fault(arguments, name, text))
            elif words != ([f"--{name}"] if text == "True" else []):
                spelling.setdefault(name, {})[text] = words
    return spelling, faults, unknown


def spelled(task: Task, spelling: Spelling) -> tuple[str, ...]:
    """The arguments of a task, with True, False and None as the script parses them."""
    words: list[str] = []
    for name, value in task.parameters.items():
        switch = value is None or value is True or value is False
        special = spelling.get(name, {}).get(repr(value)) if switch else None
        words += Task((), {name: value}).command if special is None else special
    return tuple(words)


def _words(arguments: Sequence[Argument], text: str) -> list[str] | None:
    """The words that pass this value, empty for the default; None if it cannot be passed."""
    for argument in arguments:
        words = _words_of(argument, text)
        if words is not None:
            return words
    defaults = [argument.default for argument in arguments]
    return [] if any(default is not UNKNOWN and repr(default) == text for default in defaults) else None


def _words_of(argument: Argument, text: str) -> list[str] | None:
    style, option = argument.style, argument.option
    if style in _WORDS:
        word = _WORDS[style].get(text)
        return None if word is None else [option, word]
    if style == "flag":
        return [option] if text == "True" else None
    if style == "no_flag":
        return [option] if text == "False" else None
    if style == "declared":
        return [option, text] if text != "None" or argument.takes_none else None
    if style == "value":
        return _value_words(argument, text)
    if text == "None":  # of two flags
        return [option, text] if style == "pair" else None
    return [option if text == "True" else argument.off or _negated(option)]


def _negated(option: str) -> str:
    """`--no-big`, or `--net.no-big` for a nested name."""
    outer, _, name = option[2:].rpartition(".")
    return f"--{outer}.no-{name}" if outer else f"--no-{name}"


def _value_words(argument: Argument, text: str) -> list[str] | None:
    option = argument.option
    if text == "None":
        # A custom function may parse the word; int and str do not.
        own = argument.type is not None and argument.type not in _DIRECT | {"bool"}
        return [option, text] if own and argument.default is not None else None
    if argument.type == "bool":
        # bool("False") is True: only the empty word is False.
        return [option, "True" if text == "True" else ""]
    return None if argument.type in ("int", "float", "complex") else [option, text]


def _fault(arguments: Sequence[Argument], name: str, text: str) -> str:
    shown = next((item.default for item in arguments if item.default is not UNKNOWN), UNKNOWN)
    default = "" if shown is UNKNOWN else f" (its default is {shown!r})"
    if text == "None":
        remedy = "remove it from the grid, make None its default, or use a type that parses the word None"
    elif text == "False":
        remedy = "declare it with argparse.BooleanOptionalAction, or make False its default"
    else:
        remedy = "declare it with argparse.BooleanOptionalAction, or use a value of its type"
    return f"{name}={text} cannot be passed to the script on its command line{default}; {remedy}"
