"""What a run is called in a figure: its sub-figure, its algorithm, and which columns are drawn."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pandas as pd

from .errors import ColumnError, NoRunsError
from .read import Run

_SEPARATORS = ("env_name", "env_id", "env", "task")
_SEEDS = ("seed", "random_seed")
_STEPS = ("timestep", "step", "frame", "iteration", "epoch", "episode")
_SCORES = ("return", "reward", "score")


def separator(runs: Sequence[Run]) -> str | None:
    """The parameter whose values make the sub-figures, or None."""
    return next((name for name in _SEPARATORS if any(name in run.parameters for run in runs)), None)


def merge_keys(runs: Sequence[Run]) -> list[str]:
    """The parameters that name the algorithm: those that differ and are no seed, separator or run name."""
    names = dict.fromkeys(name for run in runs for name in run.parameters)
    keys = []
    for name in names:
        values = {_text(run.parameters.get(name)) for run in runs}
        unique_to_each = len(values) == len(runs) > 1 and len(values) > 2
        if name not in (*_SEEDS, separator(runs)) and len(values) > 1 and not unique_to_each:
            keys.append(name)
    return keys


def algorithm(run: Run, keys: Sequence[str]) -> str:
    """The run's algorithm, as `name=value` of each key."""
    return ", ".join(f"{key}={_text(run.parameters.get(key))}" for key in keys) or "all runs"


def title(run: Run, separator_name: str | None) -> str:
    """The sub-figure that the run belongs to."""
    return _text(run.parameters.get(separator_name)) if separator_name else ""


def columns(runs: Sequence[Run]) -> list[str]:
    """Every column that some run has values in."""
    return list(
        dict.fromkeys(str(name) for run in runs for name in run.table if run.table[name].notna().any())
    )


def choose_x(runs: Sequence[Run], wanted: str | None = None) -> str:
    """The column along x: the one asked for, else a rising one that counts steps, else the first rising one.

    Raises NoRunsError if no run has a row, ColumnError if no run has the column.
    """
    known = columns(runs)
    if not known:
        raise NoRunsError("no run has a row yet; wait for the first, or look at the runs' notes with: list")
    if wanted is not None:
        return _existing(wanted, known)
    rising = [name for name in known if all(_rises(run.table[name]) for run in runs if name in run.table)]
    named = [name for word in _STEPS for name in rising if word in name.lower()]
    return next(iter([*named, *rising, *known]))


def choose_y(runs: Sequence[Run], wanted: str | None = None) -> str:
    """The column along y: the one asked for, else a return, reward or score, else the last column.

    Raises NoRunsError if no run has a row, ColumnError if no run has the column.
    """
    x = choose_x(runs)
    known = columns(runs)
    if wanted is not None:
        return _existing(wanted, known)
    named = [name for word in _SCORES for name in known if word in name.lower() and name != x]
    return next(iter([*named, *reversed(known)]))


def _existing(name: str, known: Sequence[str]) -> str:
    if name not in known:
        raise ColumnError(f"no run has a column {name!r}; there are: {', '.join(known)}")
    return name


def _rises(values: pd.Series) -> bool:
    present = values.dropna()
    return len(present) > 1 and bool(present.is_monotonic_increasing) and present.iloc[-1] > present.iloc[0]


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False)
