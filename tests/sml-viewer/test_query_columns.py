"""Queries over columns: the same answer as for one run after the other."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sml_viewer.annotations import EMPTY_ANNOTATION, Annotation
from sml_viewer.model.distinct_values import ABSENT, distinct_values, recorded_values
from sml_viewer.model.parameter_table import ParameterTable
from sml_viewer.model.run import Run, Summaries, Summary, summary_numbers
from sml_viewer.run_views.table import display_number, display_numbers
from sml_viewer.select.query import RunColumns, parse_query

PLAIN = [1, 1.0, True, 0.0, -0.0, 0, False, None, math.nan, math.inf, 0.5, 1e-3]
TEXTS = [
    "1",
    "null",
    "None",
    "true",
    "nan",
    "A",
    "a\0b",
    "hopper",
    "Hopper-v4",
    "straße",
    "é",
    "0.5",
    "x" * 300,
]
VALUES = st.sampled_from([*PLAIN, *TEXTS, [1, 2], [1.0, 2], [1, [2]], {"a": 1}])
NUMBERS = st.sampled_from([0.0, -0.0, 1.0, 1.5, -2.0, math.inf, math.nan, 1e22])
NAMES = ("lr", "seed", "tag", "status", "rows", "host", "env")
PARAMETERS = st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=4)
TIMES = st.sampled_from([None, 0, 1.7e9, "2026-11-22T14:44:56+00:00", "never", time.time() - 60])


@st.composite
def runs(draw: st.DrawFn) -> list[Run]:
    """Some runs that disagree in what they recorded."""
    return [_run(draw, number) for number in range(draw(st.integers(0, 8)))]


def _run(draw: st.DrawFn, number: int) -> Run:
    flat = draw(PARAMETERS)
    summary = draw(st.dictionaries(st.sampled_from(["return", "loss"]), st.tuples(NUMBERS, NUMBERS, NUMBERS)))
    return Run(
        id=f"id{number}",
        folder=f"/logs/run_{number}",
        name=draw(st.sampled_from(["a/b", "Hopper_1", "ant_0.5", "x", "straße"])),
        parameters=flat,
        flat=flat,
        identity=None,
        summary={name: Summary(*numbers) for name, numbers in summary.items()},
        rows=draw(st.sampled_from([None, 0, 1, 5])),
        state=draw(st.sampled_from([None, "finished", "failed", "running"])),
        modified=draw(st.sampled_from([0.0, 1.7e9, time.time() - 60])),
        key=(0, number),
        defaults=draw(st.one_of(st.just({}), PARAMETERS)),
        settings=draw(st.one_of(st.just({}), PARAMETERS)),
        provenance={"host": draw(st.sampled_from([None, "lab", 1])), "start_time": draw(TIMES)},
        status={"heartbeat": draw(TIMES)},
    )


WORDS = ["hopper", "1", "*op*", "a*", "?", "**", "*0.5", "null", "finished", "lab", '"a\0b"', "paper"]
COMPARED = [*NAMES, "name", "id", "state", "path", "note", "hidden", "last.return", "best.loss"]
EQUALLED = ["1", "true", "null", "NaN", "0", "-0", "[1,2]", "Hopper*", "*", '"1"']
PATTERNS = ["1", "^h", '"(a|b)+$"', '"n.*"', "e", '"^[0-9.]+$"']
ORDERED = [*NAMES, "any.return", "least.loss", "best.return", "last.loss", "name"]
ORDER = ["<", "<=", ">", ">="]


def comparison(names: list[str], operators: list[str], values: list[str]) -> st.SearchStrategy[str]:
    """Queries of a name, an operator and a value."""
    return st.builds("{} {} {}".format, *map(st.sampled_from, (names, operators, values)))


ATOMS = st.one_of(
    st.sampled_from(WORDS),
    comparison(COMPARED, ["=", "!="], EQUALLED),
    comparison(COMPARED, ["~", "!~"], PATTERNS),
    comparison(ORDERED, ORDER, ["0", "1", "0.5", "inf", "1e22"]),
    comparison(["modified", "started", "heartbeat"], ORDER, ["2h", "1w", "2026-01-31"]),
)
QUERIES = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.builds("({}) and ({})".format, inner, inner),
        st.builds("({}) or ({})".format, inner, inner),
        st.builds("not ({})".format, inner),
    ),
    max_leaves=4,
)


@settings(max_examples=300, deadline=None)
@given(runs(), QUERIES, st.sets(st.integers(0, 7)))
def test_columns_give_the_same_answer_as_runs(some: list[Run], text: str, annotated: set[int]) -> None:
    marked = {number: Annotation(("paper", "1"), "see hopper", hidden=True) for number in annotated}

    def annotation_of(run: Run) -> Annotation:
        return marked.get(run.key[1], EMPTY_ANNOTATION)

    query = parse_query(text, annotation_of=annotation_of)
    columns = RunColumns(some, ParameterTable(some))
    indices = [number for number in annotated if number < len(some)]
    for _ in range(2):  # computed, and from the cache
        mask = query.mask(columns, indices)
        assert [run for run, holds in zip(some, mask.tolist(), strict=True) if holds] == query.select(some)


def many(values: list[Any]) -> list[Run]:
    """Runs with one value each of the parameter `x`."""
    return [
        Run(f"{n}", f"/{n}", f"run{n}", {}, {"x": value}, None, {}, 1, None, 0.0, key=(0, n))
        for n, value in enumerate(values)
    ]


def test_a_live_state_is_looked_up_at_each_query() -> None:
    run = replace(many([1])[0], state="running", modified=time.time())
    columns = RunColumns([run], ParameterTable([run]))
    assert parse_query("status = running").mask(columns, []).tolist() == [True]
    gone = replace(run, modified=1.0)
    columns.runs = [gone]
    assert parse_query("status = silent").mask(columns, []).tolist() == [True]


def test_distinct_values_of_many_runs_are_tested_once() -> None:
    some = many([number % 3 for number in range(1000)])
    distinct = ParameterTable(some).distinct("x")
    asked: list[int] = []
    everything = parse_query("").mask(RunColumns(some, ParameterTable(some)), [])
    passing = distinct.passing(lambda value: asked.append(value) is None and value > 0, everything)
    assert (asked, int(passing.sum())) == ([0, 1, 2], 666)


@given(runs(), st.booleans())
def test_recorded_values_are_those_of_each_run_in_whatever_order_it_has_them(
    listed: list[Run], alike: bool
) -> None:
    if alike:  # the same names in the same order
        listed = [replace(run, flat={name: run.flat.get(name) for name in NAMES}) for run in listed]
    for name, values in zip((*NAMES, "zzz"), recorded_values(listed, (*NAMES, "zzz")), strict=True):
        cells = [run.flat.get(name, ABSENT) for run in listed]
        assert [repr(values.values[code]) for code in values.codes] == list(map(repr, cells))


@given(st.lists(st.lists(st.sampled_from([1, True, 1.0, "1", 0.0, -0.0, None, [1]]), max_size=2), min_size=1))
def test_lists_are_told_apart_by_the_types_of_their_items(cells: list[list[Any]]) -> None:
    distinct = distinct_values(cells)
    assert [repr(distinct.values[code]) for code in distinct.codes] == list(map(repr, cells))
    assert len({*map(repr, cells)}) == len(distinct.values)


@given(
    st.lists(
        st.one_of(
            st.none(),
            st.floats(),
            st.decimals(-(10**8), 10**8, allow_nan=False, places=6).map(float),
            # Halfway between two numbers of seven digits.
            st.builds(
                lambda digits, places: (digits + 0.5) / 10**places, st.integers(1, 10**7), st.integers(0, 22)
            ),
        )
    )
)
@settings(max_examples=500)
def test_many_numbers_are_shown_as_each_is(values: list[float | None]) -> None:
    each = [None if value is None else display_number(value) for value in values]
    assert list(map(repr, display_numbers(values))) == list(map(repr, each))


def test_numbers_of_many_summaries_are_those_of_each() -> None:
    both, one = {"loss": 0, "return": 1}, {"return": 0}
    numbers = np.arange(8.0)
    summaries = [
        Summaries(both, numbers.tobytes()),
        Summaries(both, numbers[:2].tobytes()),  # only the last values are known
        Summaries(one, numbers[:4].tobytes()),
        Summaries({}, b""),
        {"return": Summary(7.0, 6.0)},
        {},
    ]
    assert summary_numbers(summaries, "return", 0) == [1.0, 1.0, 0.0, None, 7.0, None]
    assert summary_numbers(summaries, "return", 1) == [3.0, None, 1.0, None, 6.0, None]
    assert summary_numbers(summaries, "loss", 0) == [0.0, 0.0, None, None, None, None]
