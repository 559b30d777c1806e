"""Choose the parameters that make the sub-figures; unify the names of the environment parameter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from sml_viewer.model.parameter_table import ParameterTable
from sml_viewer.model.run import Run

from .parameter_names import environments_among, is_kind_of_task, names_environment


def choose_separators(values: ParameterTable) -> list[str]:
    """The fewest parameters that distinguish the environments of all runs; empty if no parameter names one.

    If all runs share one environment, the plainest name of it, for the title.
    """
    candidates = [name for name in environments_among(values.names) if _may_separate(values.present(name))]
    # Of several names the one that most runs have comes first, then the plainest.
    candidates.sort(key=lambda name: -_count(values, name) if names_environment(name) else 1)
    chosen = candidates[:1]
    for name in candidates[1:]:
        # Runs without it are not divided by it: they name their environment otherwise.
        if values.divides(name, chosen):
            chosen.append(name)
    varying = [name for name in chosen if len(values.present(name)) > 1]
    return varying or chosen[:1]


def _count(values: ParameterTable, name: str) -> int:
    """The number of runs that have a parameter."""
    column = values[name]
    counts = zip(column.values, column.counts.tolist(), strict=False)
    return sum(count for value, count in counts if value is not None)


def with_one_name(runs: Sequence[Run]) -> list[Run]:
    """The runs with their environment under the most common parameter name.

    `env_id` of one run and `env_name` of another become one parameter; existing entries stay unchanged.
    """
    counts: Counter[str] = Counter()
    of_names: dict[tuple[str, ...], list[str]] = {}
    for run in runs:
        names = tuple(run.flat)
        if names not in of_names:
            of_names[names] = environments_among(names)
        counts.update(name for name in of_names[names] if run.flat[name] is not None)
    ranked = environments_among(name for name in counts if names_environment(name))
    if not ranked:
        return list(runs)
    main = max(ranked, key=lambda name: counts[name])  # ties: the plainest
    named = []
    for run in runs:
        own = of_names[tuple(run.flat)]
        others = [name for name in own if name != main and _is_plain([run.flat[name]])]
        if run.parameter(main) is None and others:
            run = replace(run, flat={**run.flat, main: _value(run, others)})
        named.append(run)
    return named


def _value(run: Run, names: Sequence[str]) -> object:
    """The environment of a run under another name, else joined from its parts."""
    if names_environment(names[0]) or len(names) == 1:
        return run.flat[names[0]]
    return "-".join(str(run.flat[name]) for name in names)


def _may_separate(values: Sequence[object]) -> bool:
    """Whether a parameter may make sub-figures or be their title: not if it only says what is learned."""
    return _is_plain(values) and not (len(values) == 1 and is_kind_of_task(values[0]))


def _is_plain(values: Sequence[object]) -> bool:
    """Whether values may be names of environments: texts and whole numbers."""
    given = [value for value in values if value is not None]
    return bool(given) and all(
        isinstance(value, (str, int)) and not isinstance(value, bool) for value in given
    )
