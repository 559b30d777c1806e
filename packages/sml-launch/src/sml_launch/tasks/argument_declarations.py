"""The arguments that a script's sources declare: argparse, click, typer, tyro, absl, fire, parameter classes.

Only the syntax trees are examined; nothing is imported or executed.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

# Limits for projects with many files: a training script imports few of its own.
_MOST_FILES = 100
_LARGEST_FILE = 1_000_000
UNKNOWN = object()
# Stands for all names that nothing declares.
ANY = "*"
# Functions that make arguments of the fields and parameters of any class and function: how they parse values,
# and the libraries of which one has to be imported.
_STYLES_OF_CALLS = {
    "Fire": ("text", ("fire",)),
    "CLI": ("yaml", ("jsonargparse",)),
    "auto_cli": ("yaml", ("jsonargparse",)),
    "LightningCLI": ("yaml", ("lightning", "pytorch_lightning")),
    "cli": ("pair", ("tyro",)),
    "HfArgumentParser": ("switch", ("transformers", "trl")),
    "parse": ("switch", ("simple_parsing",)),
}
_STYLES_OF_PARSERS = {"jsonargparse": "yaml", "simple_parsing": "switch"}
_ABSL_TYPES = {"DEFINE_float": "float", "DEFINE_integer": "int", "DEFINE_string": "str"}


@dataclass(frozen=True)
class Argument:
    """One declared argument.

    `style` is how it takes True, False and None: flag, no_flag, optional_flag, value, declared_flag,
    declared, or that of a library: text, yaml, pair, switch.
    """

    option: str
    style: str
    default: Any = UNKNOWN
    type: str | None = None
    takes_none: bool = False
    off: str | None = None


def declared_arguments(header: Sequence[str], directory: Path) -> dict[str, list[Argument]]:
    """Arguments that the script and the project's modules declare, by parameter name; ANY for all others."""
    trees = list(_sources(header, directory))
    arguments: dict[str, list[Argument]] = {}
    for tree in trees:
        for name, argument in _arguments(tree):
            arguments.setdefault(name, []).append(argument)
    others = arguments.pop(ANY, [])
    styles = {style for tree in trees for style in _styles_of_libraries(tree)}
    others += [Argument("", style) for style in sorted(styles)]
    if "pair" in styles:
        for name, argument in _without_default(trees):
            arguments.setdefault(name, []).append(argument)
    if len(set(others)) == 1:
        arguments[ANY] = others[:1]
    for name, default in _set_defaults(trees):
        arguments[name] = [replace(argument, default=default) for argument in arguments.get(name, [])]
    return {name: declared for name, declared in arguments.items() if declared}


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


def _arguments(tree: ast.Module) -> Iterator[tuple[str, Argument]]:
    of_typer = any(name.startswith("typer") for name in _imported_names(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr == "add_argument":
                yield from _of_argparse(node)
            elif node.func.attr == "option":
                yield from _of_click(node)
            elif node.func.attr.startswith("DEFINE_"):
                yield from _of_absl(node, node.func.attr)
        elif isinstance(node, ast.ClassDef) and any(
            "ParameterTemplate" in ast.unparse(b) for b in node.bases
        ):
            yield from _of_class(node)
        elif of_typer and isinstance(node, ast.FunctionDef):
            yield from _of_typer(node)


def _of_argparse(call: ast.Call) -> Iterator[tuple[str, Argument]]:
    options = [_constant(word) for word in call.args]
    given = {item.arg: item.value for item in call.keywords if item.arg}
    if None in {item.arg for item in call.keywords}:
        return  # what `**settings` says is unknown
    long = [word for word in options if isinstance(word, str) and word.startswith("--")]
    if long:
        name = _constant(given["dest"]) if "dest" in given else long[0][2:].replace("-", "_")
    elif options and options[0] is UNKNOWN and _is_long_option(call.args[0]):
        name, long = ANY, [""]  # declared in a loop
    else:
        return
    action = _constant(given["action"]) if "action" in given else "store"
    default = _constant(given["default"]) if "default" in given else None
    kind = ast.unparse(given["type"]) if "type" in given else None
    styles = {"store_true": "flag", "store_false": "no_flag", "store": "value"}
    if action is UNKNOWN and ast.unparse(given["action"]).endswith("BooleanOptionalAction"):
        yield name, Argument(long[0], "optional_flag", default)
    elif action in styles and isinstance(name, str):
        if action != "store" and "default" not in given:
            default = action == "store_false"
        yield name, Argument(long[0], styles[action], default, kind)


def _is_long_option(node: ast.expr) -> bool:
    """Whether an expression makes an option, such as `"--" + name` or `f"--{name}"`."""
    return any(
        isinstance(part, ast.Constant) and isinstance(part.value, str) and part.value.startswith("--")
        for part in ast.walk(node)
    )


def _of_click(call: ast.Call) -> Iterator[tuple[str, Argument]]:
    given = {item.arg: item.value for item in call.keywords if item.arg}
    default = _constant(given["default"]) if "default" in given else UNKNOWN
    for word in map(_constant, call.args):
        on, _, off = word.partition("/") if isinstance(word, str) else ("", "", "")
        option = on.strip()
        if not option.startswith("--"):
            continue
        name = option[2:].replace("-", "_")
        if off.strip().startswith("--"):
            yield name, Argument(option, "optional_flag", default, off=off.strip())
        elif "is_flag" in given:
            yield name, Argument(option, "flag", False if default is UNKNOWN else default)
        elif isinstance(default, bool) or ("type" in given and _is_truth_type(given["type"])):
            yield name, Argument(option, "switch", default)


def _is_truth_type(node: ast.expr) -> bool:
    return ast.unparse(node) in ("bool", "click.BOOL", "BOOL")


def _of_absl(call: ast.Call, function: str) -> Iterator[tuple[str, Argument]]:
    values = [_constant(word) for word in call.args]
    if len(values) < 2 or not isinstance(values[0], str):
        return
    name, default = values[:2]
    if function in ("DEFINE_bool", "DEFINE_boolean"):
        yield name, Argument(f"--{name}", "optional_flag", default, off=f"--no{name}")
    elif function in _ABSL_TYPES:
        yield name, Argument(f"--{name}", "value", default, _ABSL_TYPES[function])


def _of_typer(function: ast.FunctionDef) -> Iterator[tuple[str, Argument]]:
    """The parameters of a function: typer writes hyphens for their underscores."""
    given = function.args
    parameters = [*given.args, *given.kwonlyargs]
    defaults: list[ast.expr | None] = [*given.defaults, *given.kw_defaults]
    padded = [*[None] * (len(given.args) - len(given.defaults)), *defaults]
    for parameter, default in zip(parameters, padded, strict=True):
        kind = "" if parameter.annotation is None else ast.unparse(parameter.annotation)
        if default is None or not kind:
            continue  # an argument by position
        option = f"--{parameter.arg.replace('_', '-')}"
        named = [text for text in _texts(default, parameter.annotation) if text.startswith("--")]
        value = _constant(default.args[0] if isinstance(default, ast.Call) and default.args else default)
        if "bool" not in kind:
            yield parameter.arg, Argument(named[0] if named else option, "value", value, "float")
        elif not named:
            yield parameter.arg, Argument(option, "optional_flag", value)
        else:
            on, _, off = named[0].partition("/")
            yield parameter.arg, Argument(on, "optional_flag" if off else "flag", value, off=off or None)


def _texts(*nodes: ast.expr | None) -> list[str]:
    parts = [part for node in nodes if node is not None for part in ast.walk(node)]
    return [part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)]


def _of_class(node: ast.ClassDef) -> Iterator[tuple[str, Argument]]:
    for name, hint, value in _fields(node):
        style = "declared_flag" if hint == "bool" else "declared"
        optional = "None" in hint or "Optional" in hint
        default = UNKNOWN if value is None else _constant(value)
        yield name, Argument(f"--{name}", style, default, hint, optional)


def _without_default(trees: Sequence[ast.Module]) -> Iterator[tuple[str, Argument]]:
    """Truth values without a default, which tyro parses as words."""
    for node in (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)):
        for name, hint, value in _fields(node):
            if hint == "bool" and value is None:
                yield name, Argument(f"--{name}", "switch")


def _fields(node: ast.ClassDef) -> Iterator[tuple[str, str, ast.expr | None]]:
    for item in node.body:
        if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name):
            yield item.target.id, ast.unparse(item.annotation).strip("'\""), item.value


def _styles_of_libraries(tree: ast.Module) -> Iterator[str]:
    libraries = {name.partition(".")[0] for name in _imported_names(tree)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func).rpartition(".")[2]
            style, of = _STYLES_OF_CALLS.get(called, ("", ()))
            if libraries.intersection(of):
                yield style
            elif called == "ArgumentParser":
                yield from (_STYLES_OF_PARSERS[name] for name in sorted(libraries & {*_STYLES_OF_PARSERS}))


def _imported_names(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def _set_defaults(trees: Sequence[ast.Module]) -> Iterator[tuple[str, Any]]:
    """What `parser.set_defaults(name=value)` says."""
    for node in (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)):
        if isinstance(node.func, ast.Attribute) and node.func.attr == "set_defaults":
            yield from ((item.arg, _constant(item.value)) for item in node.keywords if item.arg)


def _constant(node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except (ValueError, SyntaxError, TypeError, RecursionError):
        return UNKNOWN
