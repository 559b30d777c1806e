"""One plot option: its type, its bounds, and the conversion of values to it."""

from __future__ import annotations

import math
import numbers
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from sml_viewer.i18n import Message, brief
from sml_viewer.query_length import check_length

_PAGE_ONLY = frozenset(
    (
        "AUTO_PLOTTING",
        "AUTO_PLOTTING_INTERVAL",
        "MAX_AUTO_PLOTTING_NUM",
        "AUTO_PLOTTING_TURN_ON_TIME",
        "VIEW_NOTE",
        "VIEW_STATE",
        "PLOTTING_AUTO_REFRESH_PAGE",
        "FOCUS_IMAGE_CONFIG_GROUP",
        "FOCUS_IMAGE_CONFIG_SAME_CONTENT_GROUP",
        "FOCUS_IMAGE_CONFIG_SUB_IMAGE_TITLE",
    )
)


class Option(NamedTuple):
    """One option.

    `kind` is bool, int, float, text, choice, path, names, pairs, rules, properties, property_map, mapping,
    ranges or ignored; `optional` allows None; `scope` holds F (whole configuration), P (one pair of columns
    too), T (one title too), S (one sub-figure too). `low` and `high` bound numbers, both allowed. `default`
    is that of the older tool; `automatic`, if not None, replaces it here while the option is unset;
    an option that `adapts` then depends on the data.
    """

    name: str
    kind: str
    default: Any
    scope: str
    label: str
    label_zh: str
    optional: bool = False
    choices: tuple[str, ...] = ()
    low: float = -math.inf
    high: float = math.inf
    automatic: Any = None
    adapts: bool = False

    @property
    def unset(self) -> Any:
        """The value of the option while it is unset."""
        return self.default if self.automatic is None else self.automatic

    @property
    def meaning(self) -> str:
        """The label, with the unset value if that is not the default."""
        return self.label if self.automatic is None else f"{self.label} (unset: {self.automatic})"

    @property
    def meaning_zh(self) -> str:
        """`meaning` in Chinese."""
        return self.label_zh if self.automatic is None else f"{self.label_zh}（未设置时：{self.automatic}）"

    @property
    def no_effect_reason(self) -> str | None:
        """Why the option never affects a figure or table; None if it may."""
        if self.kind == "ignored":
            return self.label
        return "acts in the page only" if self.name in _PAGE_ONLY else None


def convert(option: Option, value: Any) -> Any:
    """Convert a value, also text from forms and command lines, to the option's type.

    Raises ValueError with the expected values.
    """
    is_choice = "none" in option.choices and value == "None"
    if value is None or (isinstance(value, str) and value.strip() in ("None", "") and not is_choice):
        if option.optional:
            return None
        if value is None or option.kind != "text":
            expected = accepted_values(option)
            raise ValueError(Message("cannot be empty; expected {expected}", expected=expected))
    if option.kind == "ignored":
        return value
    converted = _CONVERTERS[option.kind](value)
    folded = {choice.casefold(): choice for choice in option.choices}
    converted = folded.get(converted.strip().casefold(), converted) if folded else converted
    if converted is _INVALID or (option.choices and converted not in option.choices):
        raise ValueError(_invalid(option, value))
    if option.kind in ("int", "float") and not option.low <= converted <= option.high:
        raise ValueError(_invalid(option, value))
    return converted


def _invalid(option: Option, value: object) -> Message:
    expected = accepted_values(option)
    return Message("invalid value {value}; expected {expected}", value=brief(value), expected=expected)


def accepted_values(option: Option) -> str:
    """A description of the values that an option accepts."""
    if option.choices:
        return Message("one of {choices}", choices=", ".join(option.choices))
    kind = Message(_KIND_LABELS[option.kind])
    if math.isfinite(option.low) and math.isfinite(option.high):
        return Message("{kind} from {low:g} to {high:g}", kind=kind, low=option.low, high=option.high)
    return (
        Message("{kind} of at least {low:g}", kind=kind, low=option.low)
        if math.isfinite(option.low)
        else kind
    )


_INVALID = object()
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_KIND_LABELS = {
    "bool": "True or False",
    "int": "a whole number",
    "float": "a number",
    "text": "text",
    "choice": "text",
    "path": "a path",
    "names": "a list of names",
    "pairs": "a list of [x column, y column]",
    "rules": "a list of {{parameter: value}}",
    "properties": "a list of {{parameter: {{manual: true}}}}",
    "property_map": "{{name: {{manual: true}}}}",
    "mapping": "{{old name: new name}}",
    "colours": "{{name: #rrggbb}}",
    "ranges": "{{sub-figure: [score of 0, score of 1]}}",
}


def _bool(value: Any) -> Any:
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    if text in ("true", "1", "yes", "on"):
        return True
    return False if text in ("false", "0", "no", "off") else _INVALID


def _int(value: Any) -> Any:
    number = _float(value)
    return int(number) if number is not _INVALID and number == int(number) else _INVALID


def _float(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, (numbers.Real, str)):
        return _INVALID
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return _INVALID
    return number if math.isfinite(number) else _INVALID


def _text(value: Any) -> Any:
    return value if isinstance(value, str) else _INVALID


def _names(value: Any) -> Any:
    if isinstance(value, str):
        value = [name.strip() for name in value.split(",")]
    return (
        list(value)
        if isinstance(value, (list, tuple)) and all(isinstance(name, str) for name in value)
        else _INVALID
    )


def _pairs(value: Any) -> Any:
    if isinstance(value, (list, tuple)) and all(
        isinstance(pair, (list, tuple)) and len(pair) == 2 and all(isinstance(name, str) for name in pair)
        for pair in value
    ):
        return [list(pair) for pair in value]
    return _INVALID


def _rules(value: Any) -> Any:
    if isinstance(value, (list, tuple)) and all(isinstance(rule, dict) for rule in value):
        for number, rule in enumerate(value, 1):
            check_length(rule, number)
        return [dict(rule) for rule in value]
    return _INVALID


def _object(value: Any) -> Any:
    return dict(value) if isinstance(value, dict) else _INVALID


def _mapping(value: Any) -> Any:
    is_mapping = isinstance(value, dict) and all(
        isinstance(word, str) for pair in value.items() for word in pair
    )
    return dict(value) if is_mapping else _INVALID


def _colours(value: Any) -> Any:
    names = _mapping(value)
    if names is _INVALID or not all(_COLOUR.fullmatch(colour.strip()) for colour in names.values()):
        return _INVALID
    return {name: colour.strip().lower() for name, colour in names.items()}


def _ranges(value: Any) -> Any:
    if not isinstance(value, dict):
        return _INVALID
    ranges = {
        name: [_float(end) for end in ends] for name, ends in value.items() if isinstance(ends, (list, tuple))
    }
    good = len(ranges) == len(value) and all(
        len(ends) == 2 and _INVALID not in ends and ends[0] != ends[1] for ends in ranges.values()
    )
    return ranges if good else _INVALID


_CONVERTERS: Mapping[str, Callable[[Any], Any]] = {
    "bool": _bool,
    "int": _int,
    "float": _float,
    "text": _text,
    "choice": str,
    "path": _text,
    "names": _names,
    "pairs": _pairs,
    "rules": _rules,
    "properties": _rules,
    "property_map": _object,
    "mapping": _mapping,
    "colours": _colours,
    "ranges": _ranges,
}
