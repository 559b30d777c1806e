"""The query language of the search box and of `--where`.

- `hopper`: the run's name or a parameter's value contains the word
- `env_name = Hopper-v4`: equal; a * or ? on the right makes it a wildcard, unless quoted
- `policy_lr < 1e-3 and seed != 3`: numbers are compared as numbers
- `name ~ "seed_1[0-9]$"`: a regular expression matches somewhere in it; !~ negates
- `last.return > 200`: the last value of a column; best. is its largest, least. its smallest, any. either
- `status = failed or not (host = lab1)`; also lost, silent, unknown
- `tag:paper`, `note ~ broken`, `hidden = true`: annotations; `hidden = *` for hidden or not
- `modified > 2026-01-31`: also started, heartbeat; or an age such as `modified < 2h`, younger than that
"""

from __future__ import annotations

import re
import time
import unicodedata
import warnings
from collections.abc import Callable, Sequence, Set
from typing import Any

import numpy as np

from sml_viewer.annotations import EMPTY_ANNOTATION, Annotation
from sml_viewer.errors import QueryError
from sml_viewer.i18n import Message, brief
from sml_viewer.model.distinct_values import Mask
from sml_viewer.model.run import Run, kind_of_columns
from sml_viewer.model.run_state import heartbeat, moment, started
from sml_viewer.model.text import text_of

from .conditions import (
    AllOf,
    AnnotationLookup,
    AnnotationValue,
    AnyOf,
    ColumnValue,
    Condition,
    ContainsWord,
    Everything,
    FactValue,
    Instant,
    Not,
    ParameterValue,
    Scope,
    SomeValue,
    StateValue,
    Values,
)
from .lexer import Token, tokens
from .predicates import ORDER, VALUES, ValueTest, equality, instant_ordering, number_of, ordering
from .run_columns import RunColumns

# A parameter may have the name of a fact or of an annotation: then either may match.
_FACTS: dict[str, Callable[[Run], Any]] = {
    "name": lambda run: run.name,
    "id": lambda run: run.id,
    "path": lambda run: str(run.path),
    "host": lambda run: run.host or "",
    "rows": lambda run: run.rows,
    "commit": lambda run: run.provenance.get("commit_id") or "",
}
_STATES = ("status", "state")
_TIMES: dict[str, Callable[[Run], float | None]] = {
    "modified": lambda run: run.modified,
    "started": started,
    "heartbeat": heartbeat,
}
_ANNOTATIONS: dict[str, Callable[[Annotation], Sequence[Any]]] = {
    "tag": lambda annotation: annotation.tags,
    "note": lambda annotation: (annotation.note,) if annotation.note else (),
    "hidden": lambda annotation: (annotation.hidden,),
}
KNOWN_FACTS = (*_STATES, *_FACTS, *_TIMES, *_ANNOTATIONS)
# Time limit of a regular expression for all runs together, and limit of a query's nesting.
_PATTERN_SECONDS = 2.0
_MAX_DEPTH = 50
# A pattern without backtracking cannot be slow and needs no time limit, which has its cost.
_PLAIN_PATTERN = re.compile(r"[^*+?{|(\\]*")
# One with few repetitions, groups and alternatives takes a bounded time for a short text,
_MOST_REPETITIONS, _MOST_GROUPS, _MOST_ALTERNATIVES = 2, 3, 6
# unless it repeats a group or refers to one. Without groups `regex` bounds one repetition more.
_UNBOUNDED = re.compile(r"\{|\(\?|\)[*+?]|\\\d")
_SHORT_TEXT = 200
_TIMED = 16  # of so many such searches one is timed: the clock takes as long as the search
# Two brackets or signs of which `re` warns, as it may some day read them as sets in sets.
_NESTED_SET = re.compile(r"\[[^\]]*\[|--|&&|~~|\|\|")
_INVALID_PATTERN = "invalid regular expression: {fault}"
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}


class Query:
    """A parsed query; an empty one matches every run.

    `asks_hidden` tells whether it compares `hidden` itself, so that hidden runs are not left out beforehand.
    """

    def __init__(self, text: str, condition: Condition, *, asks_hidden: bool = False) -> None:
        self.text = text
        self.asks_hidden = asks_hidden
        self._condition = condition

    def select(self, runs: Sequence[Run]) -> list[Run]:
        """The runs that match the query, in their order."""
        return [run for run in runs if self._condition(run)]

    def mask(self, columns: RunColumns, annotated: Sequence[int]) -> Mask:
        """The runs that match the query as a mask of shape (runs,); much faster for very many runs.

        `annotated` are the indices of the runs that may have an annotation.
        """
        return self._condition.mask(Scope(columns, annotated), np.ones(len(columns.runs), np.bool_))


def no_annotations(_run: Run) -> Annotation:
    """The lookup for runs without annotations."""
    return EMPTY_ANNOTATION


def parse_query(
    text: str,
    runs: Sequence[Run] | None = None,
    known: Set[str] | None = None,
    annotation_of: AnnotationLookup = no_annotations,
) -> Query:
    """Parse a query. Raises QueryError, which points at the column of the error.

    With `runs`, or with `known` from `known_names`, a name that no run has is an error too and comes with
    the nearest name. `annotation_of` gives the annotation of a run.

    Example: `parse_query("algo = sac and seed < 3").select(runs)`.
    """
    text = unicodedata.normalize("NFC", text)
    if known is None and runs is not None:
        known = known_names(runs)
    parser = _Parser(text, known, annotation_of)
    condition = parser.parse()
    return Query(text, condition, asks_hidden=parser.asks_hidden)


class _Parser:
    """Recursive-descent parser with one method per rule.

    query = disjunction; disjunction = conjunction {or conjunction}; conjunction = term {[and] term}
    """

    def __init__(self, text: str, known: Set[str] | None, annotation_of: AnnotationLookup) -> None:
        self._text = text
        self._annotation_of = annotation_of
        self._tokens = tokens(text)
        self._position = 0
        self._depth = 0
        self._known = known
        self._now = time.time()
        self.asks_hidden = False

    def parse(self) -> Condition:
        """Parse the whole text to its predicate."""
        if self._next.kind == "end":
            return Everything()
        condition = self._disjunction()
        if self._next.kind != "end":
            raise self._error("unexpected {what}", self._next, what=brief(self._next.text))
        return condition

    @property
    def _next(self) -> Token:
        return self._tokens[self._position]

    def _take(self) -> Token:
        self._position += 1
        return self._tokens[self._position - 1]

    def _error(self, template: str, token: Token, **values: object) -> QueryError:
        return QueryError(Message(template, **values), self._text, token.column)

    def _disjunction(self) -> Condition:
        conditions = [self._conjunction()]
        while self._next == Token("keyword", "or", self._next.column):
            self._take()
            conditions.append(self._conjunction())
        return conditions[0] if len(conditions) == 1 else AnyOf(conditions)

    def _conjunction(self) -> Condition:
        conditions = [self._term()]
        while self._next.kind in ("word", "quoted") or self._next.text in ("and", "not", "("):
            if self._next.kind == "keyword" and self._next.text == "and":
                self._take()
            conditions.append(self._term())
        return conditions[0] if len(conditions) == 1 else AllOf(conditions)

    def _term(self) -> Condition:
        token = self._take()
        if token.kind == "keyword" and token.text == "not":
            return Not(self._nested(token, self._term))
        if token.kind == "bracket" and token.text == "(":
            inner = self._nested(token, self._disjunction)
            closing = self._take()
            if closing.text != ")":
                raise self._error("unclosed bracket", token if closing.kind == "end" else closing)
            return inner
        if token.kind not in ("word", "quoted"):
            if token.kind == "end":
                raise self._error("expected a name or a word, but the query ends", token)
            template = "expected a name or a word, got {what}"
            raise self._error(template, token, what=brief(token.text))
        if self._next.kind == "operator":
            return self._comparison(token)
        if token.kind == "word" and token.text.lower() == "in" and self._next.text[:1] in ("[", "("):
            raise self._error("'in' is not supported; list each value: seed = 1 or seed = 2", token)
        return ContainsWord(token.text, self._annotation_of)

    def _nested(self, token: Token, rule: Callable[[], Condition]) -> Condition:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise self._error("brackets and nots are nested more than {n} deep", token, n=_MAX_DEPTH)
        condition = rule()
        self._depth -= 1
        return condition

    def _comparison(self, name: Token) -> Condition:
        operator = self._take()
        value = self._take()
        if value.kind not in ("word", "quoted", "keyword"):
            raise self._error("expected a value after {what}", value, what=brief(operator.text))
        values = self._values(name)
        sign = {"==": "=", ":": "="}.get(operator.text, operator.text)
        if sign in ("~", "!~"):
            test = self._pattern(value)
        elif sign in ORDER:
            test = self._ordered(name, sign, value)
        elif name.text in _TIMES:
            template = "{name} is a time; compare it with <, <=, > or >="
            raise self._error(template, operator, name=name.text)
        else:
            test = equality(value.text, quoted=value.kind == "quoted")
        if name.text == "hidden" and sign not in ORDER:
            # A parameter may have that name too: hidden = 256 compares layers.
            self.asks_hidden |= test(True) or test(False)
        passes = SomeValue(values, test)
        return Not(passes) if sign in ("!~", "!=") else passes

    def _values(self, name: Token) -> Values:
        """The values of a name: a fact or time of the run, an annotation, a column, or a parameter."""
        text = name.text
        if text in _STATES:
            return StateValue(text)
        if text in _FACTS:
            return FactValue(text, _FACTS[text])
        if text in _TIMES:
            return Instant(text, _TIMES[text])
        if text in _ANNOTATIONS:
            return AnnotationValue(text, _ANNOTATIONS[text], self._annotation_of)
        kind, dot, column = text.partition(".")
        if dot and kind in VALUES:
            self._check_known(f"last.{column}", name)
            return ColumnValue(kind, column)
        self._check_known(text, name)
        return ParameterValue(text)

    def _check_known(self, text: str, name: Token) -> None:
        if self._known is not None and text not in self._known:
            folded = {known.casefold(): known for known in sorted(self._known)}
            import difflib  # late: only mistakes need it

            near = difflib.get_close_matches(text.casefold(), folded, 1)
            near = near or [each for each in folded if text.casefold() in re.split(r"[\W_]+", each)]
            if near:
                template = "no run has {name}; did you mean {near}?"
                raise self._error(
                    template, name, name=brief(name.text), near=", ".join(folded[each] for each in near[:3])
                )
            raise self._error("no run has {name}", name, name=brief(name.text))

    def _pattern(self, value: Token) -> ValueTest:
        import regex  # few queries have a pattern, and this takes as long as a tenth of the start

        try:
            pattern = regex.compile(value.text)
        except regex.error as error:
            message, position = _pattern_error(value.text, error)
            column = value.column + position + (value.kind == "quoted")
            raise QueryError(Message(_INVALID_PATTERN, fault=message), self._text, column) from error
        except (RecursionError, OverflowError) as error:
            raise self._error(_INVALID_PATTERN, value, fault=str(error)) from error
        search = (_faster(value.text) or pattern).search
        if _PLAIN_PATTERN.fullmatch(value.text):
            return ValueTest(lambda item: search(text_of(item)) is not None)
        is_simple = _is_simple(value.text)
        left, untimed = _PATTERN_SECONDS, 0

        def passes(item: Any) -> bool:
            # Some patterns take for ever and would block the page.
            nonlocal left, untimed
            if untimed and type(item) is str and len(item) <= _SHORT_TEXT and item.isascii():
                untimed -= 1
                return search(item) is not None
            text = text_of(item)
            is_short = is_simple and left > 0 and len(text) <= _SHORT_TEXT
            untimed = _TIMED - 1 if is_short else 0
            begun = time.monotonic()
            try:
                if is_short:
                    return search(text) is not None
                return pattern.search(text, timeout=max(left, 0.001)) is not None
            except TimeoutError as error:
                raise self._error("this regular expression takes too long; simplify it", value) from error
            finally:
                left -= (time.monotonic() - begun) * (_TIMED if is_short else 1)

        return ValueTest(passes)

    def _ordered(self, name: Token, sign: str, value: Token) -> ValueTest:
        if name.text in _TIMES:
            is_age = value.text[-1:] in _UNITS  # younger is later
            return instant_ordering(sign, self._instant(name, value), self._now if is_age else None)
        number = number_of(value.text)
        if number is None:
            template = "{sign} compares numbers; {value} is not a number"
            raise self._error(template, value, sign=sign, value=brief(value.text))
        return ordering(sign, number)

    def _instant(self, name: Token, value: Token) -> float:
        age = re.fullmatch(r"(\d+(?:\.\d+)?)([smhdw])", value.text)
        if age and self._next.kind == "word" and self._next.text.lower() == "ago":
            template = "'ago' is not supported: {name} < {age} is younger than that, {name} > {age} older"
            raise self._error(template, self._next, name=name.text, age=value.text)
        if age:
            return self._now - float(age[1]) * _UNITS[age[2]]
        instant = moment(value.text)
        if instant is None:
            template = "invalid time {value}; expected 2026-01-31, 2026-01-31T12:30 in quotes, or 2h"
            raise self._error(template, value, value=brief(value.text))
        return instant


def _is_simple(text: str) -> bool:
    """Whether a search with the pattern takes a bounded time for a short text."""
    text = text.removeprefix("(?i)").replace("(?:", "(")
    groups, alternatives = text.count("("), text.count("|")
    most = _MOST_REPETITIONS + (groups == alternatives == 0)
    return (
        not _UNBOUNDED.search(text)
        and sum(map(text.count, "*+?")) <= most
        and groups <= _MOST_GROUPS
        and alternatives <= _MOST_ALTERNATIVES
    )


def _faster(text: str) -> re.Pattern[str] | None:
    """The pattern of `re`, which takes half the time of that of `regex`, if it understands the text."""
    if _NESTED_SET.search(text) or sum(map(text.count, "*+?")) > _MOST_REPETITIONS + text.count("(?"):
        return None
    try:
        return re.compile(text)
    except (re.error, OverflowError, RecursionError):
        return None


def _pattern_error(pattern: str, refused: Exception) -> tuple[str, int]:
    """The error in a pattern and its position; as reported by `re`, which is clearer, if it finds one too."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        try:
            re.compile(pattern)
        except re.error as error:
            return error.msg, error.pos or 0
        except (RecursionError, OverflowError):
            pass
    return getattr(refused, "msg", str(refused)), getattr(refused, "pos", 0) or 0


def known_names(runs: Sequence[Run]) -> frozenset[str]:
    """The names that a query may use besides facts: parameters, settings, and columns as `last.NAME`."""
    layouts = {(*run.flat, *run.defaults, *run.settings) for run in runs}
    summaries = {kind_of_columns(run.summary): run.summary for run in runs}
    columns = {f"last.{column}" for summary in summaries.values() for column in summary}
    return frozenset(columns.union(*layouts))
