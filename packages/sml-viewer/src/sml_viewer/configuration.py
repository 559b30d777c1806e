"""A plot configuration: options, and overrides for parts of a figure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .errors import OptionError
from .options import OPTIONS, OVERRIDES, check


@dataclass(frozen=True)
class Configuration:
    """Options that were set, and overrides.

    `pairs` are by "x-y", `titles` by title, `subfigures` by "x-y" and title; the most specific wins. `notes`
    say what of an older configuration is not understood.
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
        """Whether somebody chose the option's value there."""
        return any(name in layer for layer in self._layers(pair, title))

    def _layers(self, pair: tuple[str, str] | None, title: str | None) -> list[Mapping[str, Any]]:
        """What holds there, the most specific first."""
        key = "-".join(pair) if pair else ""
        one = self.subfigures.get(key, {}).get(title, {}) if title is not None else {}
        all_of_title = self.titles.get(title, {}) if title is not None else {}
        return [one, all_of_title, self.pairs.get(key, {}), self.values]

    def with_values(self, **values: Any) -> Configuration:
        """The same with options set. Raises OptionError."""
        return Configuration(
            {**self.values, **check(values)}, self.pairs, self.titles, self.subfigures, self.notes
        )

    def with_overrides(self, overrides: Any) -> Configuration:
        """The same with other overrides, as ADDITIONAL_PLOT_CONFIGS has them. Raises OptionError."""
        found = from_json({OVERRIDES: overrides})
        return replace(self, pairs=found.pairs, titles=found.titles, subfigures=found.subfigures)

    def as_json(self) -> dict[str, Any]:
        """The configuration as it is kept: what was set, a default too, for unset may mean automatic."""
        kept = {name: value for name, value in self.values.items() if OPTIONS[name].kind != "ignored"}
        if self.pairs or self.titles or self.subfigures:
            kept[OVERRIDES] = {
                "pair_image": dict(self.pairs),
                "same_title": dict(self.titles),
                "sole_image": {pair: dict(titles) for pair, titles in self.subfigures.items()},
            }
        return kept


def from_json(content: Any, *, lenient: bool = False) -> Configuration:
    """A configuration from what JSON holds.

    `lenient` is for configurations of an older tool: what is not understood becomes a note. Otherwise raises
    OptionError with all faults.
    """
    if not isinstance(content, dict):
        raise OptionError("a configuration is a JSON object of option names and values")
    faults: list[str] = []
    overrides = content.get(OVERRIDES) or {}
    overrides = overrides if isinstance(overrides, dict) else {}
    configuration = Configuration(
        _checked({name: value for name, value in content.items() if name != OVERRIDES}, "F", "", faults),
        _layers(overrides.get("pair_image"), "P", faults),
        _layers(overrides.get("same_title"), "T", faults),
        {str(pair): _layers(titles, "S", faults) for pair, titles in _entries(overrides.get("sole_image"))},
        tuple(faults) if lenient else (),
    )
    if faults and not lenient:
        raise OptionError("; ".join(faults))
    return configuration


def _layers(content: Any, scope: str, faults: list[str]) -> dict[str, dict[str, Any]]:
    return {
        str(key): _checked(dict(_entries(values)), scope, f"{key}: ", faults)
        for key, values in _entries(content)
    }


def _entries(content: Any) -> list[tuple[Any, Any]]:
    return list(content.items()) if isinstance(content, dict) else []


def _checked(values: Mapping[str, Any], scope: str, where: str, faults: list[str]) -> dict[str, Any]:
    good: dict[str, Any] = {}
    for name, value in values.items():
        try:
            good |= check({name: value}, scope)
        except OptionError as error:
            faults.append(f"{where}{error}")
    return good


def parse_assignments(words: list[str]) -> dict[str, Any]:
    """`NAME=VALUE` words of a command line to values; lists and objects are JSON, overrides too.

    Raises OptionError with all faults.
    """
    values: dict[str, Any] = {}
    faults = []
    for word in words:
        name, equals, text = word.partition("=")
        if not equals:
            faults.append(f"{word}: wanted NAME=VALUE")
            continue
        try:
            value: Any = json.loads(text)
        except ValueError:
            value = text
        # 007 and 1e3 stay what they are for an option that takes text.
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
