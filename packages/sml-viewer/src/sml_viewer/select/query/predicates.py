"""Tests of single values in queries: a text contains a word, a value equals, matches or is ordered."""

from __future__ import annotations

import json
import math
import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import translate
from typing import Any

from sml_viewer.arrays import Floats
from sml_viewer.model.distinct_values import Mask
from sml_viewer.model.run import Run
from sml_viewer.model.text import text_of

# Fields of Summary that a name such as `last.return` refers to; the best of a loss is the lowest.
VALUES: dict[str, tuple[str, ...]] = {
    "last": ("last",),
    "best": ("high",),
    "least": ("low",),
    "any": ("low", "high"),
}
ORDER: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
# Whole numbers from this on have no float64 of their own.
_EXACT = 2**53
_WHOLE = re.compile(r"[-+]?\d+", re.ASCII)
# Spelling of Python, and that of JSON.
_AS_JSON = {"True": "true", "False": "false", "None": "null"}


@dataclass(frozen=True)
class ValueTest:
    """A test of one value.

    `of_numbers` tests an array of floats, where NaN is a missing value; `remembered` is `test` with a cache.
    """

    test: Callable[[Any], bool]
    of_numbers: Callable[[Floats], Mask] | None = None
    remembered: Callable[[Any], bool] | None = None

    def __call__(self, item: Any) -> bool:
        """Whether the value passes."""
        return (self.remembered or self.test)(item)


def memoized(test: Callable[[Any], bool], of_numbers: Callable[[Floats], Mask] | None = None) -> ValueTest:
    """A test that is cached by value: many runs share few values."""
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

    return ValueTest(test, of_numbers, remembered)


def parameter(run: Run, name: str) -> Sequence[Any]:
    """The value of a parameter, its recorded default or the setting of that name; empty without any."""
    if name in run.flat:
        return (run.flat[name],)
    return (run.parameter(name),) if run.has_parameter(name) else ()


def word_test(word: str) -> Callable[[str], bool]:
    """Test: one of several case-folded texts, joined by NUL, contains a word, with * and ? as wildcards."""
    folded = word.casefold()
    if not any(mark in folded for mark in "*?"):
        return lambda text: folded in text
    if not any(mark in (inner := folded.strip("*")) for mark in "*?") and folded == f"*{inner}*":
        return word_test(inner)
    # Its first character is one that is quick to find.
    end = "" if folded.endswith("*") else r"(?=\0|\Z)"
    pattern = re.compile(rf"\0{_wildcard(folded)}{end}")
    parts = [part for part in re.split(r"[*?]+", folded) if part]

    def matches_wildcard(text: str) -> bool:
        for part in parts:
            if part not in text:
                return False
        return pattern.search(f"\0{text}") is not None

    return matches_wildcard


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


def equality(expected: str, *, quoted: bool) -> ValueTest:
    """Test: a value equals `expected` as a number or text, or matches its wildcards unless `quoted`."""
    number = number_of(expected)
    if not quoted and any(mark in expected for mark in "*?"):
        fits = re.compile(translate(expected)).match
        return memoized(lambda item: fits(text_of(item)) is not None)
    texts = {expected, _AS_JSON.get(expected, expected), _spaced(expected)}
    if number is None:
        return memoized(lambda item: text_of(item) in texts)
    whole = _WHOLE.fullmatch(expected) is not None

    def equals(item: Any) -> bool:
        if text_of(item) in texts:
            return True
        if whole and type(item) is int and abs(item) >= _EXACT:
            return False  # 2^53 and 2^53 + 1 are one float64
        return number_of(item) == number

    # The text of a float is the expected one only if they are equal.
    return memoized(equals, lambda numbers: numbers == number)


def ordering(sign: str, number: float) -> ValueTest:
    """Test: a value is a number that is <, <=, > or >= `number`."""
    compare = ORDER[sign]
    return memoized(
        lambda item: (own := number_of(item)) is not None and compare(own, number),
        lambda numbers: compare(numbers, number),
    )


def instant_ordering(sign: str, instant: float, now: float | None = None) -> ValueTest:
    """Test: a time is before or after another one; with `now`, its age is compared with that of the other."""
    compare = ORDER[sign]
    if now is None:
        return ValueTest(
            lambda item: item is not None and compare(float(item), instant),
            lambda numbers: compare(numbers, instant),
        )
    return ValueTest(
        lambda item: item is not None and compare(now - float(item), now - instant),
        lambda numbers: compare(now - numbers, now - instant),
    )


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
