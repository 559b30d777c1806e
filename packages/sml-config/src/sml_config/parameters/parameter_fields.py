"""Parameters declared as annotated class attributes."""

from __future__ import annotations

import argparse
import copy
import enum
import inspect
import types
import typing
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeVar, overload

from sml_config.conversions import flag_of
from sml_config.errors import ParameterError, nearest
from sml_config.values import enum_member, enum_text, scalar

T = TypeVar("T")

_MISSING: Any = object()
_NONE_WORDS = ("None", "none", "null")


class ParameterGroup:
    """Base class of a nested group of parameters.

    `optimizer: Optimizer` gives `--optimizer.lr` and `parameter.optimizer.lr`.
    """

    def __repr__(self) -> str:
        inner = ", ".join(f"{name}={value!r}" for name, value in vars(self).items())
        return f"{type(self).__name__}({inner})"


@overload
def param(default: T, *, help: str = "", choices: Sequence[T] | None = None) -> T: ...
@overload
def param(*, help: str = "", choices: Sequence[Any] | None = None) -> Any: ...
def param(default: Any = _MISSING, *, help: str = "", choices: Sequence[Any] | None = None) -> Any:  # noqa: A002
    """Declare a parameter with help or choices; without a default it is required on the command line.

    lr: float = param(3e-4, help="learning rate")
    """
    if isinstance(choices, str):
        choices = (choices,)  # a single choice, not its letters
    return _Param(default, help, tuple(choices) if choices is not None else None)


@dataclass(frozen=True)
class _Param:
    default: Any
    help: str
    choices: tuple[Any, ...] | None


@dataclass(frozen=True)
class DeclaredParameter:
    """A declared parameter: how words of the command line and saved values are converted."""

    name: str
    default: Any
    help: str
    choices: tuple[Any, ...] | None
    optional: bool
    kind: Literal["one", "many", "flag"]
    container: Callable[[list[Any]], Any] | None
    count: int | None
    convert: Callable[[str], Any]
    # Converts a default or a saved value to the annotated type; JSON may have changed its type.
    accept: Callable[[Any], Any]
    words: tuple[str, ...] | None
    expected: str
    # Expected for each word of a list.
    expected_word: str

    def add_to(self, parser: argparse.ArgumentParser) -> None:
        """Add it to a parser, unless the parser has it already."""
        if f"--{self.name}" in parser._option_string_actions:
            return
        options: dict[str, Any] = {"dest": self.name}
        if self.default is _MISSING:
            options["required"] = True
        else:
            options["default"] = self.default
        if self.kind == "flag":
            options["action"] = argparse.BooleanOptionalAction
        else:
            options["type"] = self.word
            options["metavar"] = "{" + ",".join(self.words) + "}" if self.words else self.name.upper()
            if self.kind == "many":
                options["nargs"] = self.count or "*"
        # Set afterwards: some Python versions add the default to the help of a flag, others do not.
        parser.add_argument(f"--{self.name}", **options).help = self._help()

    def word(self, text: str) -> Any:
        """Convert one word of the command line. Raises ArgumentTypeError."""
        if self.optional and text in _NONE_WORDS:
            return None
        try:
            value = self.convert(text)
        except (ValueError, KeyError):
            raise self._invalid(text) from None
        if self.choices is not None and value not in self.choices:
            raise self._invalid(text)
        return value

    def collected(self, value: Any) -> Any:
        """Convert the parser's result to the annotated container."""
        if self.kind != "many" or value is None:
            return value
        if self.optional and list(value) == [None]:
            return None
        return self.container(list(value)) if self.container else value

    def validated(self, value: Any) -> Any:
        """Convert a default or saved value to the annotated type. Raises ValueError with the expectation."""
        if value is None and self.optional:
            return None
        many = self.kind == "many"
        value = scalar(value)
        try:
            items = [self.accept(item) for item in (_list(value, self.count) if many else [value])]
            for item in items:
                require(item, self.choices is None or item in self.choices)
        except (ValueError, TypeError, KeyError, OverflowError):
            raise ValueError(self.expected) from None
        return items[0] if not many else self.container(items) if self.container else items

    def _invalid(self, text: str) -> argparse.ArgumentTypeError:
        near = nearest(text, self.words) if self.words else None
        hint = f"; did you mean {near}?" if near else ""
        return argparse.ArgumentTypeError(f"invalid value {text!r}; expected {self.expected_word}{hint}")

    def _help(self) -> str:
        text = self.help.replace("%", "%%")
        if self.default is _MISSING:
            return text
        shown = str(_written(self.default)).replace("%", "%%")
        return f"{text} (default: {shown})".strip()


_declared_by_class: weakref.WeakKeyDictionary[type, Mapping[str, DeclaredParameter]] = (
    weakref.WeakKeyDictionary()
)


def declared_in(owner: type, *, lenient: bool = False) -> Mapping[str, DeclaredParameter]:
    """All parameters declared by a class and its bases, by dotted name, in order of declaration.

    With `lenient`, annotations that cannot be parameters are skipped: a class with its own parser may
    annotate anything.
    """
    if owner not in _declared_by_class:
        _declared_by_class[owner] = {item.name: item for item in _walk(owner, "", lenient)}
    return _declared_by_class[owner]


def new_groups(owner: object, kind: type) -> None:
    """Create the group objects for an instance's nested parameters."""
    for name, (hint, _) in _annotated(kind).items():
        if _is_group(hint):
            group = hint()
            new_groups(group, hint)
            setattr(owner, name, group)


def flattened(values: Mapping[str, Any], names: set[str], prefix: str = "") -> dict[str, Any]:
    """Flatten `{"optimizer": {"lr": 1}}` to `{"optimizer.lr": 1}` if `optimizer.…` are parameters."""
    flat: dict[str, Any] = {}
    for name, value in values.items():
        full = f"{prefix}{name}"
        if isinstance(value, Mapping) and full not in names and group_members(full, names):
            flat.update(flattened(value, names, f"{full}."))
        else:
            flat[full] = value
    return flat


def group_members(group: str, names: Iterable[str]) -> list[str]:
    """The parameters of a nested group; empty if there is no such group."""
    return [name for name in names if name.startswith(f"{group}.")]


def _walk(owner: type, prefix: str, lenient: bool) -> Iterator[DeclaredParameter]:
    for name, (hint, default) in _annotated(owner).items():
        if _is_group(hint):
            yield from _walk(hint, f"{prefix}{name}.", lenient)
            continue
        try:
            yield _declare(f"{prefix}{name}", hint, default)
        except ParameterError:
            if not lenient:
                raise


def _annotated(owner: type) -> dict[str, tuple[Any, Any]]:
    """Types and defaults of public annotated attributes of a class and its bases, bases first."""
    attributes: dict[str, tuple[Any, Any]] = {}
    for base in reversed(owner.__mro__):
        if base.__module__.startswith("sml_config."):
            continue
        try:
            names = inspect.get_annotations(base)
            hints = typing.get_type_hints(base) if names else {}
        except NameError as error:
            message = f"{base.__name__}: an annotation cannot be evaluated: {error}"
            raise ParameterError(f"{message}; define the type at module level") from None
        for name in [name for name, value in vars(base).items() if isinstance(value, _Param)]:
            if name not in names:
                raise ParameterError(f"parameter {name}: missing type; write `{name}: float = param(…)`")
        for name in names:
            if not name.startswith("_") and typing.get_origin(hints[name]) is not typing.ClassVar:
                attributes[name] = (hints[name], vars(base).get(name, _MISSING))
    return attributes


def _is_group(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, ParameterGroup)


def _declare(name: str, hint: Any, default: Any) -> DeclaredParameter:
    if name == "help":
        raise ParameterError("parameter help: the name is reserved for --help; choose another")
    setting = default if isinstance(default, _Param) else _Param(default, "", None)
    options = (
        [item for item in typing.get_args(hint) if item is not type(None)] if _is_union(hint) else [hint]
    )
    if len(options) != 1:
        raise ParameterError(
            f"parameter {name}: unsupported type {hint}; expected one type, optionally `| None`"
        )
    optional = _is_union(hint)
    inner, container, count = _container(name, options[0])
    convert, accept, words, expected = _converters(name, inner)
    if setting.choices is not None:
        words = tuple(str(_written(item)) for item in setting.choices)
        expected = f"one of {', '.join(words)}"
    expected_word = expected
    if container is not None:
        expected = f"a list of {count or 'any number of'} values, each {expected}"
    declared = DeclaredParameter(
        name=name,
        default=setting.default,
        help=setting.help,
        choices=setting.choices,
        optional=optional or setting.default is None,
        kind="many" if container else "flag" if inner is bool and not optional else "one",
        container=container,
        count=count,
        convert=convert,
        accept=accept,
        words=words,
        expected=f"{expected} or None" if optional else expected,
        expected_word=f"{expected_word} or None" if optional else expected_word,
    )
    if setting.default is _MISSING:
        return declared
    try:
        checked = declared.validated(copy.deepcopy(setting.default))
    except ValueError as error:
        message = f"parameter {name}: invalid default {setting.default!r}; expected {error}"
        raise ParameterError(message) from None
    return replace(declared, default=checked)


def _is_union(hint: Any) -> bool:
    return typing.get_origin(hint) in (typing.Union, types.UnionType)


def _container(name: str, hint: Any) -> tuple[Any, Callable[[list[Any]], Any] | None, int | None]:
    """The type of an element, the container, and the required number of elements."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint in (list, tuple):
        raise ParameterError(f"parameter {name}: missing element type; write e.g. list[int]")
    if origin in (list, Sequence):
        return arguments[0], list, None
    if origin is tuple:
        if len(arguments) == 2 and arguments[1] is Ellipsis:
            return arguments[0], tuple, None
        if len(set(arguments)) != 1:
            raise ParameterError(f"parameter {name}: the elements of {hint} must have the same type")
        return arguments[0], tuple, len(arguments)
    return hint, None, None


Converters = tuple[Callable[[str], Any], Callable[[Any], Any], tuple[str, ...] | None, str]


def _converters(name: str, hint: Any) -> Converters:
    """Converters of words and of saved values to this type, the valid words, and the expectation as text."""
    if typing.get_origin(hint) is Literal:
        by_word = {str(item): item for item in typing.get_args(hint)}
        expected = f"one of {', '.join(by_word)}"

        def literal(value: Any) -> Any:
            same = [item for item in by_word.values() if item == value and type(item) is type(value)]
            return same[0] if same else by_word[value]

        return by_word.__getitem__, literal, tuple(by_word), expected
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        texts = tuple(enum_text(item) for item in hint)

        def member(value: Any) -> Any:
            candidate = value if isinstance(value, hint) else enum_member(hint, value)
            return require(candidate, isinstance(candidate, hint))

        return member, member, texts, f"one of {', '.join(texts)}"
    simple: dict[Any, Converters] = {
        str: (str, _text, None, "text"),
        int: (int, _int, None, "an integer"),
        float: (float, _float, None, "a number"),
        bool: (bool_word, _bool, None, "true or false"),
        Path: (Path, _path, None, "a path"),
    }
    if hint not in simple:
        known = (
            "str, int, float, bool, Path, Literal, an Enum, a list or tuple of these, or a ParameterGroup; "
        )
        known += "for an attribute that is not a parameter, use a name with _ or ClassVar"
        raise ParameterError(f"parameter {name}: unsupported type {hint}; expected {known}")
    return simple[hint]


def require(value: Any, fits: bool) -> Any:
    """Return the value. Raises ValueError if `fits` is false."""
    if not fits:
        raise ValueError(value)
    return value


def _list(value: Any, count: int | None) -> list[Any]:
    fits = isinstance(value, (list, tuple)) and (count is None or len(value) == count)
    return list(require(value, fits))


def _text(value: Any) -> str:
    return str(require(value, isinstance(value, str)))


def _int(value: Any) -> int:
    return int(require(value, not isinstance(value, bool) and hasattr(value, "__index__")))


def _float(value: Any) -> float:
    return float(require(value, not isinstance(value, (bool, str))))


def _bool(value: Any) -> bool:
    return bool(require(value, flag_of(value) is not None))


def bool_word(word: str) -> bool:
    """Parse a boolean from the command line. Raises KeyError."""
    return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}[word.lower()]


def _path(value: Any) -> Path:
    return Path(value)


def _written(value: Any) -> Any:
    return enum_text(value) if isinstance(value, enum.Enum) else value
