"""Detect from a script's sources how its command line parses True, False and None; nothing is executed.

A wrong guess would train with another value than the grid has: `--big` without a value is an error for
`type=bool`, and omitting False leaves the default True of a `BooleanOptionalAction`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sml_config import Task

# Command line words by parameter name and by value: "True", "False", "None".
Spelling = Mapping[str, Mapping[str, Sequence[str]]]

# Limits for projects with many files: a training script imports few of its own.
_MOST_FILES = 100
_LARGEST_FILE = 1_000_000
_DIRECT = {"int", "float", "complex", "str", "Path"}
_UNKNOWN = object()


@dataclass(frozen=True)
class _Argument:
    """One declared argument. `style` is flag, no_flag, optional_flag, value, declared_flag or declared."""

    option: str
    style: str
    default: Any = _UNKNOWN
    type: str | None = None
    takes_none: bool = False


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
    for task in tasks:
        for name, value in task.parameters.items():
            if value is None or value is True or value is False:
                needed.setdefault(name, set()).add(repr(value))
            elif name in needed:
                others.add(name)
    if not needed:
        return {}, [], []
    declared = _declared(header, directory)
    spelling: dict[str, dict[str, list[str]]] = {}
    faults, unknown = [], []
    for name, values in needed.items():
        if name not in declared:
            if name in others or len(values) > 1:
                unknown.append(name)
            continue
        for text in sorted(values):
            words = _words(declared[name], text)
            if words is None:
                faults.append(_fault(declared[name], name, text))
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


def _words(arguments: Sequence[_Argument], text: str) -> list[str] | None:
    """The words that pass this value, empty for the default; None if it cannot be passed."""
    for argument in arguments:
        words = _words_of(argument, text)
        if words is not None:
            return words
    defaults = [argument.default for argument in arguments]
    return [] if any(default is not _UNKNOWN and repr(default) == text for default in defaults) else None


def _words_of(argument: _Argument, text: str) -> list[str] | None:
    style, option = argument.style, argument.option
    if style in ("optional_flag", "declared_flag") and text != "None":
        return [option if text == "True" else f"--no-{option[2:]}"]
    if style == "flag" and text == "True":
        return [option]
    if style == "no_flag" and text == "False":
        return [option]
    if style == "declared" and (text != "None" or argument.takes_none):
        return [option, text]
    if style != "value":
        return None
    if text == "None":
        # A custom function may parse the word; int and str do not.
        own = argument.type is not None and argument.type not in _DIRECT | {"bool"}
        return [option, text] if own and argument.default is not None else None
    if argument.type == "bool":
        # bool("False") is True: only the empty word is False.
        return [option, "True" if text == "True" else ""]
    return None if argument.type in ("int", "float", "complex") else [option, text]


def _fault(arguments: Sequence[_Argument], name: str, text: str) -> str:
    shown = next((item.default for item in arguments if item.default is not _UNKNOWN), _UNKNOWN)
    default = "" if shown is _UNKNOWN else f" (its default is {shown!r})"
    if text == "None":
        remedy = "remove it from the grid, make None its default, or use a type that parses the word None"
    elif text == "False":
        remedy = "declare it with argparse.BooleanOptionalAction, or make False its default"
    else:
        remedy = "declare it with argparse.BooleanOptionalAction, or use a value of its type"
    return f"{name}={text} cannot be passed to the script on its command line{default}; {remedy}"


def _declared(header: Sequence[str], directory: Path) -> dict[str, list[_Argument]]:
    """Arguments that the script and the project's modules declare, by parameter name."""
    arguments: dict[str, list[_Argument]] = {}
    for tree in _sources(header, directory):
        for name, argument in _arguments(tree):
            arguments.setdefault(name, []).append(argument)
    return arguments


def _sources(header: Sequence[str], directory: Path) -> Iterator[ast.Module]:
    """The script's syntax tree, and those of the project's modules that it imports."""
    waiting = [path for path in _scripts(header, directory) if path.is_file()]
    seen: set[Path] = set()
    while waiting and len(seen) < _MOST_FILES:
        path = waiting.pop(0)
        if path in seen:
            continue
        seen.add(path)
        try:
            if path.stat().st_size > _LARGEST_FILE:
                continue
            tree = ast.parse(path.read_bytes())
        except (OSError, SyntaxError, ValueError, RecursionError):
            continue  # running it will show the error
        yield tree
        waiting += _imported(tree, path, directory)


def _scripts(header: Sequence[str], directory: Path) -> Iterator[Path]:
    for before, word in zip(("", *header), header, strict=False):
        if word.endswith(".py"):
            yield directory / word
        elif before == "-m":
            module = directory / word.replace(".", "/")
            yield from (module.with_name(f"{module.name}.py"), module / "__main__.py")


def _imported(tree: ast.Module, path: Path, directory: Path) -> Iterator[Path]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [(0, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            names = [(node.level, base), *((node.level, f"{base}.{alias.name}") for alias in node.names)]
        else:
            continue
        for level, name in names:
            roots = [path.parents[level - 1]] if level else [path.parent, directory]
            for root in roots:
                module = root.joinpath(*filter(None, name.split(".")))
                candidates = (module.parent / f"{module.name}.py", module / "__init__.py")
                yield from (item for item in candidates if item.is_file())


def _arguments(tree: ast.Module) -> Iterator[tuple[str, _Argument]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr == "add_argument":
                yield from _of_argparse(node)
            elif node.func.attr == "option":
                yield from _of_click(node)
        elif isinstance(node, ast.ClassDef) and any(
            "ParameterTemplate" in ast.unparse(b) for b in node.bases
        ):
            yield from _of_class(node)


def _of_argparse(call: ast.Call) -> Iterator[tuple[str, _Argument]]:
    options = [_constant(word) for word in call.args]
    long = [word for word in options if isinstance(word, str) and word.startswith("--")]
    if not long:
        return
    given = {item.arg: item.value for item in call.keywords if item.arg}
    if "nargs" in given or None in {item.arg for item in call.keywords}:
        return  # takes several words or an optional one: unknown
    name = _constant(given["dest"]) if "dest" in given else long[0][2:].replace("-", "_")
    action = _constant(given["action"]) if "action" in given else "store"
    default = _constant(given["default"]) if "default" in given else None
    kind = ast.unparse(given["type"]) if "type" in given else None
    styles = {"store_true": "flag", "store_false": "no_flag", "store": "value"}
    if action is _UNKNOWN and ast.unparse(given["action"]).endswith("BooleanOptionalAction"):
        yield name, _Argument(long[0], "optional_flag", default)
    elif action in styles and isinstance(name, str):
        if action != "store" and "default" not in given:
            default = action == "store_false"
        yield name, _Argument(long[0], styles[action], default, kind)


def _of_click(call: ast.Call) -> Iterator[tuple[str, _Argument]]:
    for word in map(_constant, call.args):
        on, _, off = word.partition("/") if isinstance(word, str) else ("", "", "")
        if on.startswith("--") and off.strip().startswith("--"):
            name = on.strip()[2:].replace("-", "_")
            yield name, _Argument(on.strip(), "flag")
            yield name, _Argument(off.strip(), "no_flag")


def _of_class(node: ast.ClassDef) -> Iterator[tuple[str, _Argument]]:
    for item in node.body:
        if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name):
            hint = ast.unparse(item.annotation).strip("'\"")
            default = _UNKNOWN if item.value is None else _constant(item.value)
            style = "declared_flag" if hint == "bool" else "declared"
            optional = "None" in hint or "Optional" in hint
            yield item.target.id, _Argument(f"--{item.target.id}", style, default, hint, optional)


def _constant(node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except (ValueError, SyntaxError, TypeError, RecursionError):
        return _UNKNOWN
