"""Read YAML and JSON mappings with line numbers, and explain syntax errors."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from sml_config.errors import Fault, SettingsError, SettingsWarning

# Limit of nodes: nested aliases can multiply a few lines to millions of nodes.
_MOST_NODES = 100_000
# The loader that explains faults reads the worst text at some 80 KB/s.
_MOST_BYTES = 200_000
# Raised by PyYAML's constructors for a value that does not fit its tag.
_UNFIT = (LookupError, AttributeError, TypeError, ArithmeticError)


@dataclass(frozen=True)
class Entry:
    """The value of a top-level key, with its line."""

    value: Any
    line: int
    # Lines of nested keys by dotted name; YAML only.
    inner_lines: Mapping[str, int] = field(default_factory=dict)
    # Words in it, with their lines, that are booleans in YAML 1.1 and text in YAML 1.2: `NO`, `on`.
    words: tuple[tuple[int, str], ...] = ()


def read_mapping(path: Path, if_missing: str = "correct the path") -> dict[str, Entry]:
    """The entries of a YAML or JSON file (`.json`).

    `if_missing` is the remedy to suggest if the file does not exist. Raises SettingsError if the file is
    missing, not text, not YAML or JSON, not a mapping, or has duplicate keys.
    """
    text = _text(path, if_missing)
    try:
        return _from_json(path, text) if path.suffix.lower() == ".json" else _from_yaml(path, text)
    except RecursionError:
        raise SettingsError([Fault(str(path), None, "nested too deeply")]) from None


# Remedies by a part of PyYAML's message.
_REMEDIES = {
    "character '\\t'": "write spaces instead of the tab",
    "mapping values are not allowed": "put text that contains `: ` in quotes, or correct the indentation",
    "scanning a quoted scalar": "close the quote",
    "parsing a flow": "close the bracket, or add the comma",
    "could not find expected ':'": "write `KEY: value`, with an ASCII colon and a space",
    "another document": "remove the line `---`",
    "cannot start any token": "put the text in quotes",
    "constructor for the tag": "write plain values, without a tag",
}

# Numbers as in YAML 1.2, with `_` between digits: PyYAML itself reads 012 as 10, and 1:30 as 90.
_INT = re.compile(r"[-+]?(?:0b[01_]+|0o[0-7_]+|0x[0-9a-fA-F_]+|[0-9][0-9_]*)$")
_FLOAT = re.compile(
    r"(?:[-+]?(?:[0-9][0-9_]*(?:\.[0-9_]*)?|\.[0-9][0-9_]*)(?:[eE][-+]?[0-9]+)?"
    r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$"
)
_BOOL = "tag:yaml.org,2002:bool"


def scalar(text: str) -> Any:
    """Parse a text as a YAML value; the text itself if it is not valid YAML."""
    try:
        return yaml.load(text, _FastLoader)  # noqa: S506  a safe one
    except (yaml.YAMLError, ValueError):
        return text


def ambiguous_words(path: Path, entries: Iterable[Entry]) -> list[Fault]:
    """A fault for each word that YAML 1.1 and 1.2 read differently, in the order of lines."""
    return [
        Fault(
            str(path),
            line,
            f"{word} is {_BOOLEANS[word.lower()]} in YAML 1.1 and text in YAML 1.2"
            f"; write {_BOOLEANS[word.lower()]}, or '{word}' in quotes for the text",
        )
        for line, word in sorted({pair for entry in entries for pair in entry.words})
    ]


def warn_of_words(path: Path, entries: Iterable[Entry]) -> None:
    """Warn, once per file, about words read as booleans that may have been meant as text."""
    faults = ambiguous_words(path, entries)
    if faults:
        lines = sorted({fault.line or 0 for fault in faults[1:]})
        more = f" (so are words in line {', '.join(map(str, lines))})" if lines else ""
        warnings.warn(f"{faults[0]}; it is read as a boolean{more}", SettingsWarning, stacklevel=2)


def to_yaml(values: dict[str, Any]) -> str:
    """Format a mapping as YAML that `read_mapping` reads back."""
    return yaml.dump(values, Dumper=_Dumper, allow_unicode=True, sort_keys=False)


class _Loader(yaml.SafeLoader):
    """PyYAML's loader, but with numbers of YAML 1.2 (`1e-4`, not `1:30`), and dates as text."""


class _FastLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # absent without libyaml
    """The same in C: faster, with less detailed messages."""


class _Dumper(yaml.SafeDumper):
    """Quotes text that the loaders would read as another type."""


for _kind in (_Loader, _FastLoader, _Dumper):
    # The dumper also quotes text that only readers of YAML 1.1 would read as a number.
    _replaced = ("timestamp",) if _kind is _Dumper else ("timestamp", "int", "float")
    _kind.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag.rpartition(":")[2] not in _replaced]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    _kind.add_implicit_resolver("tag:yaml.org,2002:int", _INT, list("-+0123456789"))
    _kind.add_implicit_resolver("tag:yaml.org,2002:float", _FLOAT, list("-+.0123456789"))


def _whole_number(_loader: yaml.SafeLoader, node: yaml.ScalarNode) -> int:
    digits = node.value.replace("_", "")
    return int(digits, 0 if re.match(r"[-+]?0[box]", digits) else 10)


for _reader in (_Loader, _FastLoader):
    _reader.add_constructor("tag:yaml.org,2002:int", _whole_number)


def _text(path: Path, if_missing: str) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
        if len(content) > _MOST_BYTES:
            raise ValueError(f"larger than {_MOST_BYTES // 1000} KB; expected a settings file")
        return content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except (FileNotFoundError, NotADirectoryError):
        raise SettingsError([Fault(str(path), None, f"no such file; {if_missing}")]) from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise SettingsError([Fault(str(path), line, "not UTF-8 text; save the file as UTF-8")]) from None
    except OSError as error:
        raise SettingsError([Fault(str(path), None, f"cannot be read: {error.strerror}")]) from None
    except ValueError as error:
        raise SettingsError([Fault(str(path), None, str(error))]) from None


def _from_yaml(path: Path, text: str) -> dict[str, Entry]:
    try:
        return _entries(path, text, _FastLoader)
    except (yaml.YAMLError, ValueError) as error:
        if "nesting" in str(error):  # libyaml's limit; the other loader is slow to reach it
            raise RecursionError from None
        return _explained(path, text)


def _explained(path: Path, text: str) -> dict[str, Entry]:
    """Load with the loader that explains faults. Raises SettingsError with a one-line explanation."""
    try:
        return _entries(path, text, _Loader)
    except yaml.reader.ReaderError as error:
        line = text[: error.position].count("\n") + 1
        message = f"not valid YAML: the character {text[error.position]!r} is not allowed"
        raise SettingsError([Fault(str(path), line, message)]) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        message = f"not valid YAML: {_explanation(error)}"
        raise SettingsError([Fault(str(path), mark.line + 1 if mark else None, message)]) from None
    except ValueError as error:  # an integer of thousands of digits
        raise SettingsError([Fault(str(path), None, f"not valid YAML: {error}")]) from None


def _explanation(error: yaml.MarkedYAMLError) -> str:
    """PyYAML's message, the line where the unfinished construct begins, and a remedy."""
    text = str(error.problem)
    if error.context_mark and error.problem_mark and error.context_mark.line < error.problem_mark.line:
        text += f", {error.context} that begins in line {error.context_mark.line + 1}"
    whole = f"{text}, {error.context}"
    remedy = next((remedy for problem, remedy in _REMEDIES.items() if problem in whole), None)
    return f"{text}; {remedy}" if remedy else text


def _entries(path: Path, text: str, kind: type[yaml.SafeLoader]) -> dict[str, Entry]:
    loader = kind(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return {}
        if not isinstance(node, yaml.MappingNode):
            raise SettingsError([Fault(str(path), node.start_mark.line + 1, "expected `KEY: value` lines")])
        faults = _node_faults(str(path), node)
        if faults:
            raise SettingsError(faults)
        lines = {key.value: key.start_mark.line + 1 for key, _ in node.value}
        loader.flatten_mapping(node)
        entries = {}
        for key, value in node.value:
            inner, words = _inner_lines(value), tuple(_words(value))  # construction puts merged keys in
            line = lines.get(key.value, key.start_mark.line + 1)
            try:
                constructed = loader.construct_object(value, deep=True)
            except _UNFIT:
                message = "the value does not fit its tag; write a plain value without a tag"
                raise SettingsError([Fault(str(path), line, message, key.value)]) from None
            entries[key.value] = Entry(constructed, line, inner, words)
        return entries
    finally:
        loader.dispose()


def _inner_lines(node: yaml.Node, prefix: str = "") -> dict[str, int]:
    lines: dict[str, int] = {}
    for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
        lines[f"{prefix}{key.value}"] = key.start_mark.line + 1
        lines.update(_inner_lines(value, f"{prefix}{key.value}."))
    return lines


# Words that are booleans in YAML 1.1 only.
_BOOLEANS = {"yes": "true", "on": "true", "no": "false", "off": "false"}


def _words(node: yaml.Node) -> Iterator[tuple[int, str]]:
    """Plain words below a node, including keys, that are booleans in YAML 1.1 only, with their lines."""
    if isinstance(node, yaml.ScalarNode):
        if node.tag == _BOOL and node.value.lower() in _BOOLEANS:
            yield node.start_mark.line + 1, node.value
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _words(item)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _words(key)
            yield from _words(value)


def _node_faults(file: str, root: yaml.MappingNode) -> list[Fault]:
    """Duplicate keys, keys that are not text, nodes that contain themselves."""
    faults: list[Fault] = []
    pending: list[tuple[yaml.Node, tuple[int, ...]]] = [(root, ())]
    visited = 0
    while pending:
        node, above = pending.pop()
        visited += 1
        if id(node) in above or visited > _MOST_NODES:
            message = "refers to itself" if id(node) in above else "too large, or nested aliases"
            return [*faults, Fault(file, node.start_mark.line + 1, message)]
        path = (*above, id(node))
        if isinstance(node, yaml.MappingNode):
            seen: dict[str, int] = {}
            for key, value in node.value:
                line = key.start_mark.line + 1
                if not isinstance(key, yaml.ScalarNode):
                    faults.append(Fault(file, line, "a key must be text"))
                    continue
                if key.value in seen and key.value != "<<":
                    faults.append(
                        Fault(file, line, f"given twice, first in line {seen[key.value]}", key.value)
                    )
                seen.setdefault(key.value, line)
                pending.append((value, path))
        elif isinstance(node, yaml.SequenceNode):
            pending += [(item, path) for item in node.value]
    return sorted(faults, key=lambda fault: fault.line or 0)


def _from_json(path: Path, text: str) -> dict[str, Entry]:
    """Read JSON; the json module gives no positions, so the top level is scanned here."""
    decoder = json.JSONDecoder(object_pairs_hook=_reject_duplicate_keys)
    try:
        whole = decoder.decode(text) if text.strip() else {}
        if not isinstance(whole, dict):
            raise SettingsError([Fault(str(path), 1, "expected an object, {…}")])
        entries: dict[str, Entry] = {}
        position = _skip(text, 0) + 1
        for _ in whole:
            position = _skip(text, position)
            line = text.count("\n", 0, position) + 1
            key, position = decoder.raw_decode(text, position)
            value, position = decoder.raw_decode(text, _skip(text, position))
            entries[key] = Entry(value, line)
    except json.JSONDecodeError as error:
        raise SettingsError([Fault(str(path), error.lineno, f"not valid JSON: {error.msg}")]) from None
    except _DuplicateKeyError as error:
        line = text.count("\n", 0, text.rfind(json.dumps(error.key, ensure_ascii=False))) + 1
        raise SettingsError([Fault(str(path), line, "given twice", error.key)]) from None
    except ValueError as error:
        raise SettingsError([Fault(str(path), None, f"not valid JSON: {error}")]) from None
    return entries


class _DuplicateKeyError(ValueError):
    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(key)


def _reject_duplicate_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    seen: dict[str, Any] = {}
    for key, value in pairs:
        if key in seen:
            raise _DuplicateKeyError(key)
        seen[key] = value
    return seen


def _skip(text: str, position: int) -> int:
    """Skip white space and separators of an object's members."""
    while position < len(text) and text[position] in " \t\r\n,:":
        position += 1
    return position
