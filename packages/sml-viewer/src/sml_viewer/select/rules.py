"""Filter rules that drop or keep runs: a rule matches if all its keys do; one matching rule is enough."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

import numpy as np

from sml_viewer.config.legacy_names import in_older_order
from sml_viewer.config.plot_config import Configuration
from sml_viewer.config.typed_options import Rules, SelectionOptions
from sml_viewer.model.distinct_values import Mask
from sml_viewer.model.parameter_table import ParameterTable
from sml_viewer.model.text import text_of
from sml_viewer.naming.labels import Naming

from .query.predicates import equality

SHORT_NAME = "__SHORT_NAME__"


def rules_mask(values: ParameterTable, configuration: Configuration, naming: Naming) -> Mask:
    """Mask of the runs that no drop rule matches or, without USE_IGNORE_RULE, that a keep rule matches.

    Its shape is (runs,). `naming` gives the names that `__SHORT_NAME__` in a rule is compared with.
    """
    options = SelectionOptions.of(configuration)
    matches = rule_matches(values, options.rules(options.active_side), naming)
    if not len(matches):
        return np.ones(len(values.runs), np.bool_)
    matched = np.asarray(matches.any(axis=0))
    return ~matched if options.use_ignore_rule else matched


def rule_matches(values: ParameterTable, rules: Rules, naming: Naming) -> Mask:
    """Which runs each rule matches: shape (rules, runs). An empty rule matches no run."""
    marks = [*rules.properties, *({} for _ in rules.rules)]
    matched = [_rule_mask(*pair, values, naming) for pair in zip(rules.rules, marks, strict=False)]
    return np.array(matched, np.bool_).reshape(len(rules.rules), len(values.runs))


def _rule_mask(
    rule: Mapping[str, Any], marks: Mapping[str, Any], values: ParameterTable, naming: Naming
) -> Mask:
    agreeing = np.full(len(values.runs), bool(rule))
    for key, expected in rule.items():
        manual = isinstance(marks.get(key), dict) and bool(marks[key].get("manual"))
        if key == SHORT_NAME:
            codes, candidates = naming.algorithms(values)
            agree = _named(text_of(expected), candidates, manual, naming.by_older_name(values))
        else:
            codes, candidates = values[key].codes, values[key].values
            agree = list(map(_test(expected, manual), candidates))
        agreeing &= np.array(agree, np.bool_)[codes]
    return agreeing


def _named(expected: str, names: Sequence[str], manual: bool, older: Mapping[str, str]) -> list[bool]:
    """Which algorithms a rule matches, by their names or by their legacy names."""
    typed, test = _test(expected if manual else in_older_order(expected), manual), _test(expected, manual)
    meant = {ours for name, ours in older.items() if typed(name)}
    return [name in meant or test(name) for name in names]


def _test(expected: Any, manual: bool) -> Callable[[Any], bool]:
    """Predicate that compares values as a query does: forms send numbers as text, and 1e-3 equals 0.001."""
    text = text_of(expected)
    return (lambda value: fnmatchcase(text_of(value), text)) if manual else equality(text, quoted=True).test
