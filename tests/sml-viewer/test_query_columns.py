"""Queries over columns: the same answer as for one run after the other."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sml_viewer.annotations import EMPTY_ANNOTATION, Annotation
from sml_viewer.model.parameter_table import ParameterTable
from sml_viewer.model.run import Run, Summary
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
        path=Path(f"/logs/run_{number}"),
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
        Run(f"{n}", Path(f"/{n}"), f"run{n}", {}, {"x": value}, None, {}, 1, None, 0.0, key=(0, n))
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
