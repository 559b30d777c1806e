"""Hook into argparse: add `--config FILE` to any parser and record its defaults.

A user's `parse` method creates its own parser and calls `parse_args` itself, so the call is the only point
where the parser can be reached.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from sml_config.errors import Fault, SettingsError, nearest
from sml_config.project_settings.secrets import active_redactor
from sml_config.project_settings.yaml_with_lines import Entry, read_mapping, warn_of_words

from .parameter_fields import DeclaredParameter, bool_word, flattened, group_members, require

_CONFIG = "sml_config_file"
# As in Python 3.14; earlier versions parse -1e-3 as an option.
_NEGATIVE_NUMBER = re.compile(r"-(?:\.?\d|inf(?:inity)?$|nan$)", re.IGNORECASE)

_active_hook: ContextVar[ParseHook | None] = ContextVar("_active_hook", default=None)
_lock = threading.RLock()


@dataclass
class ParseHook:
    """Prepares parsers and records their defaults while a `parse` method runs."""

    declared: Mapping[str, DeclaredParameter]
    # Parsed instead of the command line; None for the command line.
    words: Sequence[str] | None = None
    defaults: dict[str, Any] = field(default_factory=dict)
    config_file: Path | None = None
    required: frozenset[str] = frozenset()
    # Unrecognised words of the last parser.
    rest: Sequence[str] = ()
    _entries: dict[str, Entry] = field(default_factory=dict)
    _faults: list[Fault] = field(default_factory=list)
    _parser: argparse.ArgumentParser | None = None

    def prepare(self, parser: argparse.ArgumentParser, words: Sequence[str]) -> Sequence[str]:
        """Add `--config`, record the defaults, apply the file; returns the words to parse."""
        has_config = self._add_config(parser)
        actions = _named_actions(parser)
        self.defaults.update({name: _default(parser, action) for name, action in actions.items()})
        self.required |= {name for name, action in actions.items() if action.required}
        self._parser = parser
        parser._negative_number_matcher = _NEGATIVE_NUMBER
        for action in actions.values():
            if action.type is bool:
                action.type = _truth
        if self.words is not None:
            # Only the defaults are needed, so nothing is required.
            for action in actions.values():
                action.required = False
            for group in parser._mutually_exclusive_groups:
                group.required = False
            return self.words
        if has_config:
            self._read(_value_of_config(words))
        for name, entry in self._entries.items():
            if name in actions:
                self._apply(parser, actions[name], name, entry)
        return words

    def check(self) -> None:
        """Exit with a usage error if the `--config` file has faults."""
        for name, entry in self._entries.items():
            if name not in self.defaults:
                self._faults.append(self._unknown(name, entry))
        if self._faults and self._parser:
            ordered = sorted(self._faults, key=lambda fault: fault.line or 0)
            text = "\n  ".join(["--config:", *map(str, ordered)])
            self._parser.error(text)

    def improved_message(self, parser: argparse.ArgumentParser, message: str) -> str:
        """Add the nearest valid options to the parser's error message, and redact secrets."""
        if self.rest and " ".join(self.rest) in message:
            known = [option for option in parser._option_string_actions if option.startswith("--")]
            wrong = [word.partition("=")[0] for word in self.rest if word.startswith("--")]
            near = [option for word in wrong if (option := nearest(word, known))]
            if near:
                message += f"; did you mean {', '.join(near)}?"
            elif not wrong and any(word.lower() in ("true", "false") for word in self.rest):
                message += "; pass a flag without a value: --name or --no-name"
        return active_redactor().text(message)

    def _unknown(self, name: str, entry: Entry) -> Fault:
        file, inner = str(self.config_file), group_members(name, self.defaults)
        if inner:
            return Fault(
                file, entry.line, f"invalid value {entry.value!r}", name, f"a mapping for {', '.join(inner)}"
            )
        near = nearest(name, self.defaults)
        expected = None if near else f"one of {', '.join(self.defaults)}"
        return Fault(file, entry.line, "unknown parameter", name, expected, near)

    def _add_config(self, parser: argparse.ArgumentParser) -> bool:
        """Add `--config` and return True, unless the script has its own option of that name."""
        ours = any(action.dest == _CONFIG for action in parser._actions)
        if not ours:
            text = "read parameters from a YAML or JSON file; the command line takes precedence"
            try:
                parser.add_argument("--config", dest=_CONFIG, metavar="FILE", default=None, help=text)
            except argparse.ArgumentError:
                return False
        return True

    def _read(self, file: str | None) -> None:
        if file is None or self.config_file is not None:
            return
        self.config_file = Path(file)
        try:
            entries = read_mapping(self.config_file)
        except SettingsError as error:
            self._faults += error.faults
            return
        # For boolean parameters such words are unambiguous.
        warn_of_words(
            self.config_file,
            (entry for name, entry in entries.items() if not isinstance(self.defaults.get(name), bool)),
        )
        file, names = str(self.config_file), set(self.defaults) | set(self.declared)
        for name, entry in entries.items():
            for full, value in flattened({name: entry.value}, names).items():
                line = entry.inner_lines.get(full.removeprefix(f"{name}."), entry.line)
                if full in self._entries:
                    message = f"given twice, first in line {self._entries[full].line}"
                    self._faults.append(Fault(file, line, message, full))
                self._entries[full] = Entry(value, line)

    def _apply(
        self, parser: argparse.ArgumentParser, action: argparse.Action, name: str, entry: Entry
    ) -> None:
        try:
            if name in self.declared:
                value = self.declared[name].validated(entry.value)
            else:
                value = _as_argument(action, entry.value)
        except (ValueError, TypeError, argparse.ArgumentTypeError) as error:
            expected = str(error) if name in self.declared else _expected(action)
            fault = Fault(str(self.config_file), entry.line, f"invalid value {entry.value!r}", name, expected)
            self._faults.append(fault)
            return
        action.required = False
        parser.set_defaults(**{name: value})


@contextmanager
def hook_parser(hook: ParseHook) -> Iterator[ParseHook]:
    """Within the block, every parser is prepared by `hook` before it parses."""
    with _lock:
        yield from _hook_parser(hook)


def _hook_parser(hook: ParseHook) -> Iterator[ParseHook]:
    original, original_error = argparse.ArgumentParser.parse_known_args, argparse.ArgumentParser.error

    def parse_known_args(self: argparse.ArgumentParser, args: Any = None, namespace: Any = None) -> Any:
        current = _active_hook.get()
        if current is None:  # another thread, or the parser of a subcommand
            return original(self, args, namespace)
        words = current.prepare(self, sys.argv[1:] if args is None else list(args))
        token = _active_hook.set(None)
        try:
            parsed, rest = original(self, words, namespace)
        finally:
            _active_hook.reset(token)
        if getattr(parsed, _CONFIG, None) is not None and current.config_file is None:
            self.error("--config cannot be abbreviated; write it in full")
        if hasattr(parsed, _CONFIG):
            delattr(parsed, _CONFIG)
        current.rest = rest
        return parsed, rest

    def error(self: argparse.ArgumentParser, message: str) -> NoReturn:
        original_error(self, hook.improved_message(self, message))

    token = _active_hook.set(hook)
    # argparse has no hook for this; subclasses and parse_args look up these attributes.
    argparse.ArgumentParser.parse_known_args = parse_known_args  # type: ignore[method-assign]
    argparse.ArgumentParser.error = error  # type: ignore[method-assign]
    try:
        yield hook
        hook.check()
    finally:
        argparse.ArgumentParser.error = original_error  # type: ignore[method-assign]
        argparse.ArgumentParser.parse_known_args = original  # type: ignore[method-assign]
        _active_hook.reset(token)


def _named_actions(parser: argparse.ArgumentParser) -> dict[str, argparse.Action]:
    """The arguments that become parameters, by name; argparse has no public access to them."""
    return {
        action.dest: action
        for action in parser._actions
        if action.dest not in (argparse.SUPPRESS, _CONFIG, "help") and action.default != argparse.SUPPRESS
    }


def _default(parser: argparse.ArgumentParser, action: argparse.Action) -> Any:
    """A default as the parser returns it: text is converted by the argument's type."""
    if not isinstance(action.default, str) or action.nargs == 0:
        return action.default
    try:
        return parser._get_value(action, action.default)
    except argparse.ArgumentError:
        return action.default


def _value_of_config(words: Sequence[str]) -> str | None:
    """The last `--config FILE` or `--config=FILE` before a bare `--`."""
    file = None
    for index, word in enumerate(words):
        if word == "--":
            break
        if word == "--config" and index + 1 < len(words):
            file = words[index + 1]
        elif word.startswith("--config="):
            file = word.removeprefix("--config=")
    return file


def _as_argument(action: argparse.Action, value: Any) -> Any:
    """Convert a value from a file as the argument converts the command line. Raises ValueError."""
    if value is None and action.default is None:
        return None
    if action.nargs == 0 or isinstance(action, argparse.BooleanOptionalAction):
        if isinstance(action.const, bool) or isinstance(action, argparse.BooleanOptionalAction):
            return require(value, isinstance(value, bool))
        return value
    if _takes_many(action):
        fits = isinstance(value, list) and (not isinstance(action.nargs, int) or len(value) == action.nargs)
        return [_item(action, item) for item in require(value, fits)]
    return _item(action, value)


def _item(action: argparse.Action, value: Any) -> Any:
    kind: Callable[[Any], Any] = action.type if callable(action.type) else str
    if isinstance(value, (dict, list)):
        return kind(json.dumps(require(value, kind not in (int, float, str))))
    require(value, not (isinstance(value, bool) and kind in (int, float, str)))
    require(value, not (isinstance(value, float) and kind is int))
    if kind is float and isinstance(value, (int, float)):
        result: Any = float(value)
    else:
        result = kind(str(value))
    return require(result, action.choices is None or result in action.choices)


def _truth(word: str) -> bool:
    """Replaces `type=bool`, which converts every word to True, even "False"."""
    try:
        return word != "" and bool_word(word)
    except KeyError:
        raise argparse.ArgumentTypeError(f"invalid value {word!r}; expected true or false") from None


def _takes_many(action: argparse.Action) -> bool:
    """Whether the value is a list; also for `append` and `extend`, which collect repeated options."""
    several = isinstance(action, argparse._AppendAction)
    return several or action.nargs in ("*", "+") or (isinstance(action.nargs, int) and action.nargs > 0)


def _expected(action: argparse.Action) -> str:
    if action.choices is not None:
        return f"one of {', '.join(map(str, action.choices))}"
    many = _takes_many(action)
    if action.nargs == 0 or isinstance(action, argparse.BooleanOptionalAction):
        return "true or false"
    name = getattr(action.type, "__name__", "str") if action.type else "str"
    single = {"int": "an integer", "float": "a number", "str": "text", "_truth": "true or false"}.get(
        name, name
    )
    if many and isinstance(action.nargs, int) and action.nargs > 0:
        return f"a list of {action.nargs}, each {single}"
    return f"a list, each {single}" if many else single
