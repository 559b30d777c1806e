"""Plot configuration: option values, with overrides by pair of columns, title and sub-figure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sml_viewer.errors import OptionError
from sml_viewer.i18n import Message, brief, joined, untranslated_message
from sml_viewer.model.results import Pair

from .plot_options import OPTIONS, OVERRIDES, check

# The parts of the overrides: by pair of columns, by title, by both.
_PARTS = ("pair_image", "same_title", "sole_image")


def pair_key(pair: Pair) -> str:
    """How overrides name a pair of columns: `x-y`, or a JSON list of two where that could be another pair.

    `static/lib/pairs.js` has the same rule.
    """
    is_plain = not any("-" in name for name in pair) and not pair[0].startswith("[")
    return "-".join(pair) if is_plain else json.dumps(pair, ensure_ascii=False, separators=(",", ":"))


def pair_of_key(key: str) -> Pair | None:
    """The pair that a JSON list of two names; None for `x-y`."""
    try:
        pair = json.loads(key) if key.startswith("[") else None
    except ValueError:
        return None
    if not isinstance(pair, list) or len(pair) != 2 or not all(isinstance(name, str) for name in pair):
        return None
    return pair[0], pair[1]


@dataclass(frozen=True)
class Configuration:
    """Option values and overrides.

    `pairs` are by `pair_key`, `titles` by title, `subfigures` by `pair_key` and title; the most specific
    wins. The older tool's `x-y` of names that contain a `-` belongs to the first of PLOTTING_XY that it fits.
    `notes` describe entries of an older configuration that were not understood.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    pairs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    titles: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    subfigures: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def get(self, name: str, pair: Pair | None = None, title: str | None = None) -> Any:
        """The value of an option for a whole figure, a pair of columns, a title, or one title of one pair."""
        layers = self._layers(pair, title)
        return next((layer[name] for layer in layers if name in layer), OPTIONS[name].unset)

    def set_values(self, pair: Pair | None = None, title: str | None = None) -> dict[str, Any]:
        """All options that are set for this scope, by name."""
        values: dict[str, Any] = {}
        for layer in self._layers(pair, title)[::-1]:
            values |= layer
        return values

    def is_set(self, name: str, pair: Pair | None = None, title: str | None = None) -> bool:
        """Whether the option is set for this scope."""
        return any(name in layer for layer in self._layers(pair, title))

    def distance(self, name: str, pair: Pair | None = None, title: str | None = None) -> int:
        """The level at which an option is set for this scope.

        From 0 for one sub-figure to 3 for the whole configuration; 4 if it is not set.
        """
        layers = self._layers(pair, title)
        return next((depth for depth, layer in enumerate(layers) if name in layer), len(layers))

    def _layers(self, pair: Pair | None, title: str | None) -> list[Mapping[str, Any]]:
        """The option layers of this scope, the most specific first."""
        subfigure = self._of_pair(self.subfigures, pair).get(title, {}) if title is not None else {}
        all_of_title = self.titles.get(title, {}) if title is not None else {}
        return [subfigure, all_of_title, self._of_pair(self.pairs, pair), self.values]

    def _of_pair(self, overrides: Mapping[str, Mapping[str, Any]], pair: Pair | None) -> Mapping[str, Any]:
        """The overrides of a pair, by its own key or the older one."""
        if not overrides or pair is None:
            return {}
        own = overrides.get(pair_key(pair))
        older = "-".join(pair)
        if own is not None or older not in overrides:
            return own or {}
        fitting = (tuple(other) for other in self.values.get("PLOTTING_XY") or () if "-".join(other) == older)
        return overrides[older] if next(fitting, pair) == pair else {}

    def with_values(self, **values: Any) -> Configuration:
        """A copy with options set. Raises OptionError."""
        return Configuration(
            {**self.values, **check(values)}, self.pairs, self.titles, self.subfigures, self.notes
        )

    def with_overrides(self, overrides: Any) -> Configuration:
        """A copy with other overrides, in the form of ADDITIONAL_PLOT_CONFIGS. Raises OptionError."""
        parsed = from_json({OVERRIDES: overrides})
        return replace(self, pairs=parsed.pairs, titles=parsed.titles, subfigures=parsed.subfigures)

    def as_json(self) -> dict[str, Any]:
        """The configuration as saved: all set options, also defaults, since unset may mean automatic."""
        content = {name: value for name, value in self.values.items() if OPTIONS[name].kind != "ignored"}
        if self.pairs or self.titles or self.subfigures:
            content[OVERRIDES] = {
                "pair_image": dict(self.pairs),
                "same_title": dict(self.titles),
                "sole_image": {pair: dict(titles) for pair, titles in self.subfigures.items()},
            }
        return content


def from_json(content: Any, *, lenient: bool = False) -> Configuration:
    """A configuration from parsed JSON.

    `lenient` is for configurations of the older tool: faults become notes, except in rules that select runs.
    Otherwise raises OptionError with all faults.
    """
    if not isinstance(content, Mapping):
        raise OptionError(Message("invalid configuration; expected a JSON object of option names and values"))
    faults: list[str] = []
    overrides = dict(_entries(content.get(OVERRIDES) or None, OVERRIDES, faults))
    for name in overrides.keys() - _PARTS:
        import difflib  # late: only mistakes need it

        near = difflib.get_close_matches(str(name), _PARTS, 1)
        guess = (
            Message("did you mean {name}?", name=near[0])
            if near
            else Message("expected one of {names}", names=", ".join(_PARTS))
        )
        faults.append(
            Message("{option}: invalid part {name}; {guess}", option=OVERRIDES, name=name, guess=guess)
        )
    pairs, titles, subfigures = (overrides.get(name) for name in _PARTS)
    configuration = Configuration(
        _checked({name: value for name, value in content.items() if name != OVERRIDES}, "F", "", faults),
        {_own_key(pair): layer for pair, layer in _layers(pairs, "P", "pair_image", faults).items()},
        _layers(titles, "T", "same_title", faults),
        {
            _own_key(str(pair)): _layers(inner, "S", f"sole_image: {pair}", faults)
            for pair, inner in _entries(subfigures, "sole_image", faults)
        },
        tuple(faults) if lenient else (),
    )
    fatal = _rules_lost(content, configuration, faults) if lenient else faults
    if fatal:
        raise OptionError(joined(fatal, "; "))
    return configuration


def _rules_lost(content: Mapping[str, Any], configuration: Configuration, faults: list[str]) -> list[str]:
    """The faults in rules that select runs: without these rules other runs would be drawn."""
    lost = [
        name
        for name, value in content.items()
        if value and name in ("DATA_IGNORE", "DATA_SELECT") and name not in configuration.values
    ]
    return [fault for fault in faults if fault.startswith(tuple(f"{name}: " for name in lost))]


def _own_key(key: str) -> str:
    """The same key; a list of two as `pair_key` writes it."""
    pair = pair_of_key(key)
    return key if pair is None else pair_key(pair)


def _layers(content: Any, scope: str, where: str, faults: list[str]) -> dict[str, dict[str, Any]]:
    return {
        str(key): _checked(dict(_entries(values, f"{where}: {key}", faults)), scope, f"{key}: ", faults)
        for key, values in _entries(content, where, faults)
    }


def _entries(content: Any, where: str, faults: list[str]) -> list[tuple[Any, Any]]:
    if content is None:
        return []
    if not isinstance(content, Mapping):
        faults.append(
            Message(
                "{where}: invalid value {value}; expected an object, see docs/plot-options.md",
                where=where,
                value=brief(content),
            )
        )
        return []
    return list(content.items())


def _checked(values: Mapping[str, Any], scope: str, where: str, faults: list[str]) -> dict[str, Any]:
    good: dict[str, Any] = {}
    for name, value in values.items():
        try:
            good |= check({name: value}, scope)
        except OptionError as error:
            faults.append(
                joined([where, untranslated_message(error)], "") if where else untranslated_message(error)
            )
    return good


def parse_assignments(words: list[str]) -> dict[str, Any]:
    """Parse `NAME=VALUE` arguments of a command line; lists, objects and overrides are JSON.

    Raises OptionError with all faults.
    """
    values: dict[str, Any] = {}
    faults = []
    for word in words:
        name, equals, text = word.partition("=")
        if not equals:
            faults.append(f"{word}: expected NAME=VALUE")
            continue
        try:
            value: Any = json.loads(text)
        except ValueError:
            value = text
        # 007 and 1e3 stay unchanged for an option of type text.
        option = OPTIONS.get(name)
        if option is not None and option.kind in ("text", "choice", "path"):
            value = text
        try:
            values |= {name: value} if name == OVERRIDES else check({name: value})
        except OptionError as error:
            faults.append(str(error))
    if faults:
        raise OptionError("; ".join(faults))
    return values
