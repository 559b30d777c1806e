"""A plot configuration: options, overrides for parts of a figure, and its file in the workspace."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sml_config.run_folder import write_whole

from .errors import ConfigurationError, OptionError
from .options import OPTIONS, OVERRIDES, check, defaults

_FOLDER = "configurations"
_OLD_FOLDER = ("WEB_ROM", "configs")
_NEVER_KEPT = ("secret", "ignored")


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
        return next((layer[name] for layer in layers if name in layer), OPTIONS[name].default)

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

    def as_json(self) -> dict[str, Any]:
        """The configuration as it is kept: what differs from the defaults, no password."""
        standard = defaults()
        kept = {
            name: value
            for name, value in self.values.items()
            if OPTIONS[name].kind not in _NEVER_KEPT and value != standard[name]
        }
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


class Configurations:
    """The named configurations of a workspace, a JSON file each.

    Those of an older tool's workspace can be opened too.
    """

    def __init__(self, workspace: Path) -> None:
        self._folder = workspace / _FOLDER
        self._old = workspace.joinpath(*_OLD_FOLDER)

    def names(self) -> list[str]:
        """All names, sorted; an own one hides an older tool's of the same name."""
        return sorted({path.stem for folder in (self._folder, self._old) for path in folder.glob("*.json")})

    def load(self, name: str) -> Configuration:
        """A configuration by name. Raises ConfigurationError if there is none or it cannot be read."""
        for folder, lenient in ((self._folder, False), (self._old, True)):
            path = folder / f"{_safe(name)}.json"
            if not path.exists():
                continue
            try:
                return from_json(json.loads(path.read_text(encoding="utf-8-sig")), lenient=lenient)
            except (OSError, ValueError, OptionError) as error:
                raise ConfigurationError(f"{path}: {error}") from error
        there = ", ".join(self.names()) or "none yet"
        raise ConfigurationError(f"no configuration named {name!r}; there are: {there}")

    def save(self, name: str, configuration: Configuration) -> Path:
        """Keep a configuration, whole or not at all; returns its file.

        An older tool's file stays as it is.
        """
        path = self._folder / f"{_safe(name)}.json"
        self._folder.mkdir(parents=True, exist_ok=True)
        write_whole(path, json.dumps(configuration.as_json(), indent=2, ensure_ascii=False) + "\n")
        return path

    def rename(self, old: str, new: str) -> None:
        """Give a configuration another name. Raises ConfigurationError if that is taken."""
        if new in self.names():
            raise ConfigurationError(f"there is a configuration named {new!r} already; choose another name")
        self.save(new, self.load(old))
        self.delete(old)

    def delete(self, name: str) -> None:
        """Forget an own configuration. Raises ConfigurationError if there is none of that name."""
        path = self._folder / f"{_safe(name)}.json"
        if not path.exists():
            raise ConfigurationError(f"no configuration named {name!r} of this workspace's own")
        path.unlink()


def parse_assignments(words: list[str]) -> dict[str, Any]:
    """`NAME=VALUE` words of a command line to values; lists and objects are JSON.

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
            values |= check({name: value})
        except OptionError as error:
            faults.append(str(error))
    if faults:
        raise OptionError("; ".join(faults))
    return values


def _safe(name: str) -> str:
    if not name or name in (".", "..") or re.search(r"[/\\\0]", name) or len(name.encode()) > 200:
        raise ConfigurationError(
            f"{name!r} cannot be the name of a configuration: no slashes, at most 200 bytes"
        )
    return name
