"""Plot configuration: option values, with overrides by pair of columns, title and sub-figure."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sml_viewer.errors import OptionError

from .schema import OPTIONS, OVERRIDES, check

# The parts of the overrides: by "x-y", by title, by both.
_PARTS = ("pair_image", "same_title", "sole_image")


@dataclass(frozen=True)
class Configuration:
    """Option values and overrides.

    `pairs` are by "x-y", `titles` by title, `subfigures` by "x-y" and title; the most specific wins. `notes`
    describe entries of an older configuration that were not understood.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    pairs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    titles: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    subfigures: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def get(self, name: str, pair: tuple[str, str] | None = None, title: str | None = None) -> Any:
        """The value of an option for a whole figure, a pair of columns, a title, or one title of one pair."""
        layers = self._layers(pair, title)
        return next((layer[name] for layer in layers if name in layer), OPTIONS[name].unset)

    def is_set(self, name: str, pair: tuple[str, str] | None = None, title: str | None = None) -> bool:
        """Whether the option is set for this scope."""
        return any(name in layer for layer in self._layers(pair, title))

    def distance(self, name: str, pair: tuple[str, str] | None = None, title: str | None = None) -> int:
        """The level at which an option is set for this scope.

        From 0 for one sub-figure to 3 for the whole configuration; 4 if it is not set.
        """
        layers = self._layers(pair, title)
        return next((depth for depth, layer in enumerate(layers) if name in layer), len(layers))

    def _layers(self, pair: tuple[str, str] | None, title: str | None) -> list[Mapping[str, Any]]:
        """The option layers of this scope, the most specific first."""
        key = "-".join(pair) if pair else ""
        subfigure = self.subfigures.get(key, {}).get(title, {}) if title is not None else {}
        all_of_title = self.titles.get(title, {}) if title is not None else {}
        return [subfigure, all_of_title, self.pairs.get(key, {}), self.values]

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
        raise OptionError("invalid configuration; expected a JSON object of option names and values")
    faults: list[str] = []
    overrides = dict(_entries(content.get(OVERRIDES) or None, OVERRIDES, faults))
    for name in overrides.keys() - _PARTS:
        near = difflib.get_close_matches(str(name), _PARTS, 1)
        guess = f"; did you mean {near[0]}?" if near else f"; expected one of {', '.join(_PARTS)}"
        faults.append(f"{OVERRIDES}: invalid part {name}{guess}")
    pairs, titles, subfigures = (overrides.get(name) for name in _PARTS)
    configuration = Configuration(
        _checked({name: value for name, value in content.items() if name != OVERRIDES}, "F", "", faults),
        _layers(pairs, "P", "pair_image", faults),
        _layers(titles, "T", "same_title", faults),
        {
            str(pair): _layers(inner, "S", f"sole_image: {pair}", faults)
            for pair, inner in _entries(subfigures, "sole_image", faults)
        },
        tuple(faults) if lenient else (),
    )
    fatal = _rules_lost(content, configuration, faults) if lenient else faults
    if fatal:
        raise OptionError("; ".join(fatal))
    return configuration


def _rules_lost(content: Mapping[str, Any], configuration: Configuration, faults: list[str]) -> list[str]:
    """The faults in rules that select runs: without these rules other runs would be drawn."""
    lost = [
        name
        for name, value in content.items()
        if value and name in ("DATA_IGNORE", "DATA_SELECT") and name not in configuration.values
    ]
    return [fault for fault in faults if fault.startswith(tuple(f"{name}: " for name in lost))]


def _layers(content: Any, scope: str, where: str, faults: list[str]) -> dict[str, dict[str, Any]]:
    return {
        str(key): _checked(dict(_entries(values, f"{where}: {key}", faults)), scope, f"{key}: ", faults)
        for key, values in _entries(content, where, faults)
    }


def _entries(content: Any, where: str, faults: list[str]) -> list[tuple[Any, Any]]:
    if content is None:
        return []
    if not isinstance(content, Mapping):
        faults.append(f"{where}: invalid value {content!r}; expected an object, see docs/plot-options.md")
        return []
    return list(content.items())


def _checked(values: Mapping[str, Any], scope: str, where: str, faults: list[str]) -> dict[str, Any]:
    good: dict[str, Any] = {}
    for name, value in values.items():
        try:
            good |= check({name: value}, scope)
        except OptionError as error:
            faults.append(f"{where}{error}")
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


class OptionScope:
    """The options of one sub-figure."""

    def __init__(self, configuration: Configuration, pair: tuple[str, str], title: str) -> None:
        self._scope = (configuration, pair, title)

    def __getitem__(self, name: str) -> object:
        configuration, pair, title = self._scope
        return configuration.get(name, pair, title)

    def is_set(self, name: str) -> bool:
        """Whether the option is set for this scope."""
        configuration, pair, title = self._scope
        return configuration.is_set(name, pair, title)

    def is_closer(self, name: str, other: str) -> bool:
        """Whether an option is set for a narrower scope than another."""
        configuration, pair, title = self._scope
        return configuration.distance(name, pair, title) < configuration.distance(other, pair, title)
