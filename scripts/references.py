"""Write the references that are made from the code: commands, plot options, Python names, and a typed stub.

Usage: python scripts/references.py. A test compares what lies in docs/ with what this would write.
"""

from __future__ import annotations

import contextlib
import importlib
import inspect
import io
import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from sml_viewer.options import OPTIONS, OVERRIDES, Option

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ["sml_config", "sml_logger", "sml_sync", "sml_launch", "sml_viewer", "smart_logger"]

OPTIONS_HEAD = """# Plot options

Every option of `sml-viewer`, as forms, `--set NAME=VALUE`, `sml_viewer.plot(..., NAME=VALUE)` and named
configurations (`WORKSPACE/configurations/NAME.json`) take them; `sml-viewer options [WORD …]` prints those
that hold a word, with the values that they take. This file is written by `scripts/references.py` from the
table in `options.py`.

Scope: F holds for the whole configuration; P can also be set for one x-y pair, T for one title, S for one
sub-figure (one title of one pair), inside `ADDITIONAL_PLOT_CONFIGS`; the most specific setting wins:

```json
{"XMAX": 1000000,
 "ADDITIONAL_PLOT_CONFIGS": {
   "pair_image": {"timestep-episode_return": {"YMIN": 0}},
   "same_title": {"Ant-v4": {"XMAX": 3000000}},
   "sole_image": {"timestep-episode_return": {"Ant-v4": {"YMAX": 6000}}}}}
```

The defaults are the older tool's; what holds where nobody set an option is said where it is another value,
and old configurations (`WORKSPACE/WEB_ROM/configs`) keep the look that they had. Options of the page's own
behaviour (AUTO_PLOTTING…, FOCUS_IMAGE…) change no figure, and setting them on the command line says so. A
smoothing radius is at most a quarter of a curve's points, a fortieth where nobody set it.

| option | default | scope | meaning | 含义 |
|---|---|---|---|---|
"""
COMMANDS_HEAD = """# Commands

What `--help` says, word for word; written by `scripts/references.py`.
"""
NAMES_HEAD = """# Python

Every public name of the packages, its signature and its first line; written by `scripts/references.py`.
`help(name)` tells the rest.
"""
STUB_HEAD = '''"""Types of the plot options; written by scripts/references.py."""

from typing import Any

DATA_PATH: str
DESCRIPTION: dict[str, str]
FLEXIBLE_CONFIG: list[str]
LOG_DIR_BACKING_NAME: str

def global_plot_configs() -> dict[str, Any]: ...

'''
# What a kind of option is in Python.
_TYPES = {
    "bool": "bool",
    "int": "int",
    "float": "float",
    "text": "str",
    "choice": "str",
    "path": "str",
    "names": "list[str]",
    "pairs": "list[list[str]]",
    "rules": "list[dict[str, Any]]",
    "properties": "list[dict[str, Any]]",
    "property_map": "dict[str, Any]",
    "mapping": "dict[str, str]",
    "ranges": "dict[str, list[float]]",
}


def main() -> None:
    """Write them all."""
    for path, text in references().items():
        path.write_text(text, encoding="utf-8")


def references() -> dict[Path, str]:
    """Every generated file and its text."""
    stub = ROOT / "packages/smart-logger/src/smart_logger/common/plot_config.pyi"
    return {
        ROOT / "docs/commands.md": COMMANDS_HEAD + "".join(_commands()),
        ROOT / "docs/plot-options.md": OPTIONS_HEAD + "".join(map(_option_row, OPTIONS.values())),
        ROOT / "docs/python.md": NAMES_HEAD + "".join(_names()),
        stub: STUB_HEAD + "".join(map(_stub_line, OPTIONS.values())) + f"{OVERRIDES}: dict[str, Any]\n",
    }


def _option_row(option: Option) -> str:
    default = json.dumps(option.default, ensure_ascii=False)
    return f"| `{option.name}` | `{default}` | {option.scope} | {option.meaning} | {option.meaning_zh} |\n"


def _stub_line(option: Option) -> str:
    kind = _TYPES.get(option.kind, "Any")
    return f"{option.name}: {kind}{' | None' if option.optional and kind != 'Any' else ''}\n"


def _commands() -> Iterator[str]:
    for package in PACKAGES:
        main = importlib.import_module(f"{package}.cli").main
        program = package.replace("_", "-")
        text = _help(main, [])
        yield f"\n## {program}\n\n```text\n{text}```\n"
        if package == "smart_logger":  # its words are the commands above
            return
        for name in _subcommands(text):
            yield f"\n### {program} {name}\n\n```text\n{_help(main, [name])}```\n"


def _help(main: Callable[[list[str]], int], words: list[str]) -> str:
    """What a command says of itself, laid out for a terminal of 100 columns."""
    said = io.StringIO()
    before = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = "100"
    try:
        with contextlib.redirect_stdout(said), contextlib.suppress(SystemExit):
            main([*words, "--help"])
    finally:
        os.environ.pop("COLUMNS")
        os.environ.update({} if before is None else {"COLUMNS": before})
    return said.getvalue()


def _subcommands(text: str) -> list[str]:
    further = re.search(r"^further commands: ([\w, -]+)", text, re.MULTILINE)
    if further:
        return further[1].split(", ")
    return re.findall(r"^    ([a-z][a-z-]*)(?:  |$)", text.partition("options:")[0], re.MULTILINE)


def _names() -> Iterator[str]:
    for package in PACKAGES:
        module = importlib.import_module(package)
        yield f"\n## {package}\n\n{_first_line(module)}\n\n"
        for name in module.__all__:
            value = getattr(module, name)
            if inspect.ismodule(value) or not callable(value):
                continue
            home = getattr(value, "__module__", "")
            if package == "smart_logger" and not home.startswith("smart_logger"):
                yield f"- `{name}`: from `{home.split('.')[0]}`\n"
            else:
                yield f"- `{name}{_signature(value)}`: {_first_line(value)}\n"


def _signature(value: object) -> str:
    if inspect.isclass(value) and issubclass(value, BaseException):
        return ""
    try:
        text = str(inspect.signature(value)) if callable(value) else ""
    except ValueError:
        return ""
    # Annotations without the quotes, defaults that have no text of their own as dots.
    text = re.sub(r"ForwardRef\('(.*?)'\)", r"\1", text).replace("<factory>", "…").replace(" -> None", "")
    return re.sub(r"<object object at \w+>", "…", re.sub(r"(: |-> )'([^']*)'", r"\1\2", text))


def _first_line(value: object) -> str:
    return (inspect.getdoc(value) or "").split("\n", 1)[0]


if __name__ == "__main__":
    main()
