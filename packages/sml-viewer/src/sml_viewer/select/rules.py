"""Rules that drop or keep runs: the keys of one rule all have to agree, one rule of several is enough."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from sml_viewer.configuration import Configuration
from sml_viewer.naming import text_of
from sml_viewer.run import Run

SHORT_NAME = "__SHORT_NAME__"


def kept_by_rules(
    runs: Sequence[Run], configuration: Configuration, algorithm: Callable[[Run], str]
) -> list[Run]:
    """The runs that the configuration's drop rules do not catch, or, if it says so.

    That its keep rules catch.

    `algorithm` gives the name that `__SHORT_NAME__` in a rule is compared with.
    """
    dropping = configuration.get("USE_IGNORE_RULE")
    side = "IGNORE" if dropping else "SELECT"
    rules = configuration.get(f"DATA_{side}")
    if not rules:
        return list(runs)
    properties = [*configuration.get(f"DATA_{side}_PROPERTY"), *({} for _ in rules)]
    pairs = list(zip(rules, properties, strict=False))
    return [run for run in runs if dropping != any(_catches(*pair, run, algorithm) for pair in pairs)]


def _catches(
    rule: Mapping[str, Any], properties: Mapping[str, Any], run: Run, algorithm: Callable[[Run], str]
) -> bool:
    """Whether every key of a rule agrees with the run; an empty rule catches nothing."""
    return bool(rule) and all(
        _agrees(wanted, algorithm(run) if key == SHORT_NAME else run.parameter(key), properties.get(key))
        for key, wanted in rule.items()
    )


def _agrees(wanted: Any, value: Any, marks: Any) -> bool:
    if isinstance(marks, dict) and marks.get("manual"):
        return fnmatchcase(text_of(value), text_of(wanted))
    # Forms give text where a file has a number.
    return bool(wanted == value) or text_of(wanted) == text_of(value)
