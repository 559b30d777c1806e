"""Parameters that runs did not record, from what lies around them: folder names and facts in their files."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import replace

from .environments import with_one_name
from .folder_names import Guess, guess_from_folders
from .parameter_names import (
    ENVIRONMENT_FACT,
    FOLDER,
    FOLDER_ENVIRONMENT,
    FOLDER_SEED,
    environment_rank,
    is_method,
    is_seed,
)
from .run import Run

_MOST_KEPT = 4
_kept: deque[tuple[list[Run], list[Run]]] = deque(maxlen=_MOST_KEPT)


def with_inferred(runs: Sequence[Run]) -> list[Run]:
    """The runs with what can be told of those that recorded too little.

    The environment of a monitor; for runs without parameters what their folder's name says; for runs with
    equal parameters the environment, seed and method that it says. The same list again for the same runs.
    """
    listed = list(runs)
    for before, after in list(_kept):
        if before == listed:
            return after
    made = with_one_name(_with_folders([_with_facts(run) for run in listed]))
    _kept.append((listed, made))
    return made


def _with_facts(run: Run) -> Run:
    environment = run.facts.get(ENVIRONMENT_FACT)
    if not isinstance(environment, str) or any(environment_rank(name) for name in run.flat):
        return run
    return replace(run, flat={**run.flat, ENVIRONMENT_FACT: environment})


def _with_folders(runs: list[Run]) -> list[Run]:
    """The runs with what their folders say and they do not.

    Runs with equal parameters are repeats, whatever their folders are called, unless these name different
    methods or environments: then all runs that record none are told apart by them. Where no run records a
    method and the folder of each names one, as RLlib's do, that is its method.
    """
    equal = Counter(run.identity for run in runs if run.identity is not None)
    unnamed = _record_no_method(runs)
    if not unnamed and all(run.identity is not None and equal[run.identity] == 1 for run in runs):
        return runs
    guesses = guess_from_folders([run.name for run in runs])
    methods: dict[str, set[str | None]] = {}
    environments: dict[str, set[str | None]] = {}
    for run, guess in zip(runs, guesses, strict=True):
        if run.identity is not None and not any(map(environment_rank, run.flat)):
            environments.setdefault(run.identity, set()).add(guess.environment)
        if run.identity is not None and not any(map(is_method, run.flat)):
            methods.setdefault(run.identity, set()).add(guess.method)
    by_method, by_environment = (
        any(len(found) > 1 for found in one.values()) for one in (methods, environments)
    )
    by_method = by_method or (unnamed and _name_methods(runs, guesses))
    found = []
    for run, guess in zip(runs, guesses, strict=True):
        told: dict[str, str | int | None] = {}
        bare = run.identity is None
        if (bare or by_environment) and not any(map(environment_rank, run.flat)):
            told[FOLDER_ENVIRONMENT] = guess.environment
        if bare or (by_method and not any(map(is_method, run.flat))):
            told[FOLDER] = guess.rest if bare else guess.method
        if (
            (run.identity is None or equal[run.identity] > 1)
            and guess.seed is not None
            and not any(map(is_seed, run.flat))
        ):
            told[FOLDER_SEED] = int(guess.seed)
        more = {name: value for name, value in told.items() if value is not None and value != ""}
        found.append(replace(run, flat={**run.flat, **more}) if more else run)
    return found


def _record_no_method(runs: Sequence[Run]) -> bool:
    """Whether all runs have parameters and none of these names a method."""
    if any(run.identity is None for run in runs):
        return False
    return not any(is_method(name) for names in {tuple(run.flat) for run in runs} for name in names)


def _name_methods(runs: Sequence[Run], guesses: Sequence[Guess]) -> bool:
    """Whether the folder of each run that has rows names a method, and not all the same."""
    found = {guess.method for run, guess in zip(runs, guesses, strict=True) if run.rows != 0}
    return None not in found and len(found) > 1
