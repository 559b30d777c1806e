"""What an argparse parser is given besides the command line: a `--config` file, and a look at its defaults.

The tutorial's `parse` makes its own parser and calls `parse_args` itself, so the only place to reach
that parser is the call.
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

from .parameter_fields import Declared, bool_word, flattened, members, require

_CONFIG = "sml_config_file"
# As in Python 3.14; before, argparse takes -1e-3 for an option.
_NEGATIVE_NUMBER = re.compile(r"-(?:\.?\d|inf(?:inity)?$|nan$)", re.IGNORECASE)

_watching: ContextVar[Watch | None] = ContextVar("_watching", default=None)
_one_at_a_time = threading.RLock()


@dataclass
class Watch:
    """What happened while a `parse` ran."""

    declared: Mapping[str, Declared]
    # Instead of the command line: None means that the command line counts.
    words: Sequence[str] | None = None
    defaults: dict[str, Any] = field(default_factory=dict)
    config_file: Path | None = None
    required: frozenset[str] = frozenset()
    # What the parser last left over.
    rest: Sequence[str] = ()
    _entries: dict[str, Entry] = field(default_factory=dict)
    _faults: list[Fault] = field(default_factory=list)
    _parser: argparse.ArgumentParser | None = None

    def prepare(self, parser: argparse.ArgumentParser, words: Sequence[str]) -> Sequence[str]:
        """Add `--config`, note the defaults, apply the file; returns the words to parse."""
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
            # Only the defaults are asked for: nothing is required then.
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
        """End the program, as for any mistake on the command line, if the `--config` file has faults."""
        for name, entry in self._entries.items():
            if name not in self.defaults:
                self._faults.append(self._unknown(name, entry))
        if self._faults and self._parser:
            ordered = sorted(self._faults, key=lambda fault: fault.line or 0)
            text = "\n  ".join(["--config:", *map(str, ordered)])
            self._parser.error(text)

    def explained(self, parser: argparse.ArgumentParser, message: str) -> str:
        """A message of the parser with what is nearest to an unknown option, and without secrets."""
        if self.rest and " ".join(self.rest) in message:
            known = [option for option in parser._option_string_actions if option.startswith("--")]
            wrong = [word.partition("=")[0] for word in self.rest if word.startswith("--")]
            near = [found for word in wrong if (found := nearest(word, known))]
            if near:
                message += f"; did you mean {', '.join(near)}?"
            elif not wrong and any(word.lower() in ("true", "false") for word in self.rest):
                message += "; a flag is given without a value: --name or --no-name"
        return active_redactor().text(message)

    def _unknown(self, name: str, entry: Entry) -> Fault:
        file, inner = str(self.config_file), members(name, self.defaults)
        if inner:
            return Fault(file, entry.line, f"is {entry.value!r}", name, f"a mapping for {', '.join(inner)}")
        near = nearest(name, self.defaults)
        expected = None if near else f"one of {', '.join(self.defaults)}"
        return Fault(file, entry.line, "unknown parameter", name, expected, near)

    def _add_config(self, parser: argparse.ArgumentParser) -> bool:
        """Whether `--config` is ours; a script that has one of its own keeps it."""
        ours = any(action.dest == _CONFIG for action in parser._actions)
        if not ours:
            text = "parameters from a YAML or JSON file; what is given on the command line wins"
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
        # Of a parameter that is true or false the words can mean nothing else.
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
                value = self.declared[name].accepted(entry.value)
            else:
                value = _as_argument(action, entry.value)
        except (ValueError, TypeError, argparse.ArgumentTypeError) as error:
            expected = str(error) if name in self.declared else _expected(action)
            fault = Fault(str(self.config_file), entry.line, f"is {entry.value!r}", name, expected)
            self._faults.append(fault)
            return
        action.required = False
        parser.set_defaults(**{name: value})


@contextmanager
def watched(watch: Watch) -> Iterator[Watch]:
    """Within the block, every parser that is asked to parse is prepared by `watch` first."""
    with _one_at_a_time:
        yield from _watched(watch)


def _watched(watch: Watch) -> Iterator[Watch]:
    original, original_error = argparse.ArgumentParser.parse_known_args, argparse.ArgumentParser.error

    def parse_known_args(self: argparse.ArgumentParser, args: Any = None, namespace: Any = None) -> Any:
        current = _watching.get()
        if current is None:  # another thread, or the parser of a subcommand
            return original(self, args, namespace)
        words = current.prepare(self, sys.argv[1:] if args is None else list(args))
        token = _watching.set(None)
        try:
            parsed, rest = original(self, words, namespace)
        finally:
            _watching.reset(token)
        if getattr(parsed, _CONFIG, None) is not None and current.config_file is None:
            self.error("write --config in full; no shorter form of it is understood")
        if hasattr(parsed, _CONFIG):
            delattr(parsed, _CONFIG)
        current.rest = rest
        return parsed, rest

    def error(self: argparse.ArgumentParser, message: str) -> NoReturn:
        original_error(self, watch.explained(self, message))

    token = _watching.set(watch)
    # Subclasses and parse_args reach the methods by these attributes; argparse has no hook for it.
    argparse.ArgumentParser.parse_known_args = parse_known_args  # type: ignore[method-assign]
    argparse.ArgumentParser.error = error  # type: ignore[method-assign]
    try:
        yield watch
        watch.check()
    finally:
        argparse.ArgumentParser.error = original_error  # type: ignore[method-assign]
        argparse.ArgumentParser.parse_known_args = original  # type: ignore[method-assign]
        _watching.reset(token)


def _named_actions(parser: argparse.ArgumentParser) -> dict[str, argparse.Action]:
    """The arguments that become parameters, by name; argparse has no public list of them."""
    return {
        action.dest: action
        for action in parser._actions
        if action.dest not in (argparse.SUPPRESS, _CONFIG, "help") and action.default != argparse.SUPPRESS
    }


def _default(parser: argparse.ArgumentParser, action: argparse.Action) -> Any:
    """A default as the parser would give it: text goes through the argument's type."""
    if not isinstance(action.default, str) or action.nargs == 0:
        return action.default
    try:
        return parser._get_value(action, action.default)
    except argparse.ArgumentError:
        return action.default


def _value_of_config(words: Sequence[str]) -> str | None:
    """The last `--config FILE` or `--config=FILE` before a bare `--`."""
    found = None
    for index, word in enumerate(words):
        if word == "--":
            break
        if word == "--config" and index + 1 < len(words):
            found = words[index + 1]
        elif word.startswith("--config="):
            found = word.removeprefix("--config=")
    return found


def _as_argument(action: argparse.Action, value: Any) -> Any:
    """A value of a file as the argument would have it from the command line. Raises ValueError."""
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
    """For `type=bool`, which by itself makes True of every word, "False" too."""
    try:
        return word != "" and bool_word(word)
    except KeyError:
        raise argparse.ArgumentTypeError(f"{word!r} is not true or false") from None


def _takes_many(action: argparse.Action) -> bool:
    """Whether the value is a list; `append` and `extend` make one of several options."""
    several = isinstance(action, argparse._AppendAction)
    return several or action.nargs in ("*", "+") or (isinstance(action.nargs, int) and action.nargs > 0)


def _expected(action: argparse.Action) -> str:
    if action.choices is not None:
        return f"one of {', '.join(map(str, action.choices))}"
    many = _takes_many(action)
    if action.nargs == 0 or isinstance(action, argparse.BooleanOptionalAction):
        return "true or false"
    name = getattr(action.type, "__name__", "str") if action.type else "str"
    single = {"int": "a whole number", "float": "a number", "str": "text", "_truth": "true or false"}.get(
        name, name
    )
    if many and isinstance(action.nargs, int) and action.nargs > 0:
        return f"a list of {action.nargs}, each {single}"
    return f"a list, each {single}" if many else single
