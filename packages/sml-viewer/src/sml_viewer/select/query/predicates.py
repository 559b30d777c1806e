"""Predicates of queries: a run contains a word, a value equals or matches, any or all of several.

They run on ten thousand runs at each keystroke. Hence loops, as generators take twice as long, and each
distinct value is tested once.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Sequence
from fnmatch import translate
from typing import Any

from sml_viewer.annotations import EMPTY_ANNOTATION, Annotation
from sml_viewer.columns.metric_direction import is_loss
from sml_viewer.model.run import Run, Summaries, Summary
from sml_viewer.model.text import text_of

Test = Callable[[Run], bool]
AnnotationLookup = Callable[[Run], Annotation]

# Fields of Summary that a name such as `last.return` refers to; the best of a loss is the lowest.
VALUES: dict[str, tuple[str, ...]] = {
    "last": ("last",),
    "best": ("high",),
    "least": ("low",),
    "any": ("low", "high"),
}
# Whole numbers from this on have no float64 of their own.
_EXACT = 2**53
_WHOLE = re.compile(r"[-+]?\d+", re.ASCII)
# Spelling of Python, and that of JSON.
_AS_JSON = {"True": "true", "False": "false", "None": "null"}


def combine(tests: Sequence[Test], *, by: bool) -> Test:
    """Combine tests; the first that returns `by` decides: `by=True` is any, `by=False` is all."""

    def decide(run: Run) -> bool:
        for test in tests:
            if test(run) is by:
                return by
        return not by

    return decide


def some(test: Callable[[Any], bool], values_of: Callable[[Run], Sequence[Any]]) -> Test:
    """Predicate: any of the run's values passes the test."""

    def any_passes(run: Run) -> bool:
        for item in values_of(run):  # noqa: SIM110
            if test(item):
                return True
        return False

    return any_passes


def memoize(test: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """Cache a test by value: many runs share few values."""
    known: dict[Any, bool] = {}

    def remembered(item: Any) -> bool:
        if type(item) is float:  # hardly ever shared, and -0.0 equals 0.0
            return test(item)
        key = item if type(item) is str else (type(item), item)  # 1 and true are equal, and two values
        try:
            verdict = known.get(key)
        except TypeError:  # a list or an object
            return test(item)
        if verdict is None:
            verdict = known[key] = test(item)
        return verdict

    return remembered


def parameter(run: Run, name: str) -> Sequence[Any]:
    """The value of a parameter, its recorded default or the setting of that name; empty without any."""
    if name in run.flat:
        return (run.flat[name],)
    return (run.parameter(name),) if run.has_parameter(name) else ()


def column_values(kind: str, column: str) -> Callable[[Run], Sequence[float]]:
    """Getter of `last.NAME`, `best.NAME` …; it returns no values for a run without the column."""
    names = ("low",) if kind == "best" and is_loss(column) else VALUES[kind]
    rows = [Summary._fields.index(name) for name in names]

    def values(run: Run) -> Sequence[float]:
        summary = run.summary
        if isinstance(summary, Summaries):
            column_numbers = [summary.number(column, row) for row in rows]
        else:
            column_numbers = [getattr(summary.get(column), name, None) for name in names]
        return [value for value in column_numbers if value is not None]

    return values


def word_test(word: str, annotation_of: AnnotationLookup) -> Test:
    """Predicate: name, state, host, a value or the annotation contains a word, with * and ? as wildcards."""
    folded = word.casefold()
    if any(mark in folded for mark in "*?"):
        if not any(mark in (inner := folded.strip("*")) for mark in "*?") and folded == f"*{inner}*":
            return word_test(inner, annotation_of)
        # One text for the whole run; its first character is one that is quick to find.
        end = "" if folded.endswith("*") else r"(?=\0|\Z)"
        pattern = re.compile(rf"\0{_wildcard(folded)}{end}")
        parts = [part for part in re.split(r"[*?]+", folded) if part]

        def matches_wildcard(run: Run) -> bool:
            text = f"\0{run.haystack}{_annotation_text(annotation_of(run))}"
            return all(part in text for part in parts) and pattern.search(text) is not None

        return matches_wildcard
    return lambda run: folded in run.haystack or folded in _annotation_text(annotation_of(run))


def _annotation_text(annotation: Annotation) -> str:
    return (
        "\0".join(["", *annotation.tags, annotation.note]).casefold()
        if annotation is not EMPTY_ANNOTATION
        else ""
    )


def _wildcard(word: str) -> str:
    """A pattern without backtracking across stars, as in fnmatch: it stays fast with many stars."""
    first, *rest = ["".join(map(_letter, part)) for part in re.split(r"\*+", word)]
    if not rest:
        return first
    *middle, last = rest
    passed = "".join(rf"(?=(?P<g{n}>[^\0]*?{part}))(?P=g{n})" for n, part in enumerate(middle))
    return rf"{first}{passed}[^\0]*{last}"


def _letter(letter: str) -> str:
    return r"[^\0]" if letter == "?" else re.escape(letter)


def equality(expected: str, *, quoted: bool) -> Callable[[Any], bool]:
    """Predicate: a value equals `expected` as a number or text, or matches its wildcards unless `quoted`."""
    number = number_of(expected)
    if not quoted and any(mark in expected for mark in "*?"):
        fits = re.compile(translate(expected)).match
        return memoize(lambda item: fits(text_of(item)) is not None)
    texts = {expected, _AS_JSON.get(expected, expected), _spaced(expected)}
    whole = _WHOLE.fullmatch(expected) is not None

    def equals(item: Any) -> bool:
        if text_of(item) in texts:
            return True
        if number is None or (whole and type(item) is int and abs(item) >= _EXACT):
            return False  # 2^53 and 2^53 + 1 are one float64
        return number_of(item) == number

    return memoize(equals)


def _spaced(text: str) -> str:
    """Normalise the spaces of a list or an object as in the text of a parameter: [64,64] is [64, 64]."""
    if not text.startswith(("[", "{")):
        return text
    try:
        return text_of(json.loads(text))
    except (ValueError, RecursionError):
        return text


def number_of(value: Any) -> float | None:
    """The value as a number, possibly infinite; None if it is not a number or is NaN."""
    if isinstance(value, bool) or value is None:
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return None if math.isnan(number) else number
