"""Infer parameters that runs did not record from folder names and facts in their files."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace

from sml_viewer.model.run import Run
from sml_viewer.model.sources import ENVIRONMENT_FACT, NO_ENVIRONMENTS
from sml_viewer.naming.environments import with_one_name
from sml_viewer.naming.folder_names import (
    Guess,
    guess_from_folders,
    is_random_name,
    labels_of,
    may_name_method,
)
from sml_viewer.naming.parameter_names import (
    FOLDER,
    FOLDER_ENVIRONMENT,
    FOLDER_SEED,
    environment_rank,
    is_method,
    is_seed,
)

from .equal_data import may_be_duplicates, with_other_tables

_MOST_RECENT = 4
# Readers of tools that draw a name for a run without one.
_NAMED_AT_RANDOM = frozenset(["wandb", "mlflow", "mlflow_sqlite", "trackio"])
_recent: deque[tuple[list[Run], list[Run]]] = deque(maxlen=_MOST_RECENT)


def with_inferred(runs: Sequence[Run]) -> list[Run]:
    """The runs, completed by parameters that can be inferred.

    These are the environment of a monitor file; for runs without parameters all that the folder name tells;
    for runs with equal parameters the environment, seed and method in it. The result for the same runs is
    cached and the same list.
    """
    listed = list(runs)
    for before, after in list(_recent):
        if before == listed:
            return after
    inferred = with_one_name(_with_folders([_with_facts(run) for run in listed]))
    _recent.append((listed, inferred))
    return inferred


def _with_facts(run: Run) -> Run:
    environment = run.facts.get(ENVIRONMENT_FACT)
    if (
        not isinstance(environment, str)
        or environment in NO_ENVIRONMENTS
        or any(environment_rank(name) for name in run.flat)
    ):
        return run
    return replace(run, flat={**run.flat, ENVIRONMENT_FACT: environment})


def _with_folders(runs: list[Run]) -> list[Run]:
    """The runs, completed by parameters from their folder names.

    Runs with equal parameters are repeats, whatever their folders are called, unless the folders name
    different methods or environments: these then become parameters of all runs that record none. Runs of
    one seed are not repeats either if each of several folders has its own run of it: the folder then becomes
    a parameter. If no run records a method and every folder names one, as those of RLlib do, that is its
    method.
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
        any(len(named) > 1 for named in by_identity.values()) for by_identity in (methods, environments)
    )
    by_method = by_method or (unnamed and _name_methods(runs, guesses))
    completed = []
    designed = _designed_folders(runs, guesses) or _labelled(runs, guesses)
    for run, guess in zip(runs, guesses, strict=True):
        inferred: dict[str, str | int | None] = {}
        lacks_identity = run.identity is None
        if (lacks_identity or by_environment) and not any(map(environment_rank, run.flat)):
            inferred[FOLDER_ENVIRONMENT] = guess.environment
        if lacks_identity or (by_method and not any(map(is_method, run.flat))):
            inferred[FOLDER] = guess.rest if lacks_identity else guess.method
        elif run.key in designed:
            inferred[FOLDER] = designed[run.key]
        if (
            (run.identity is None or equal[run.identity] > 1)
            and guess.seed is not None
            and not any(map(is_seed, run.flat))
        ):
            inferred[FOLDER_SEED] = int(guess.seed)
        extra = {name: value for name, value in inferred.items() if value is not None and value != ""}
        completed.append(replace(run, flat={**run.flat, **extra}) if extra else run)
    return completed


def _record_no_method(runs: Sequence[Run]) -> bool:
    """Whether all runs have parameters, none of which is a method, and the first folder may name one."""
    if any(run.identity is None for run in runs):
        return False
    if any(is_method(name) for names in {tuple(run.flat) for run in runs} for name in names):
        return False
    # Of all runs a method is only used if each has one, and most folders have none.
    first = next((run.name for run in runs if run.rows != 0), None)
    return first is not None and may_name_method(first)


def _name_methods(runs: Sequence[Run], guesses: Sequence[Guess]) -> bool:
    """Whether the folder of each run that has rows names a method, and not all the same."""
    methods = {guess.method for run, guess in zip(runs, guesses, strict=True) if run.rows != 0}
    return None not in methods and len(methods) > 1


def _designed_folders(runs: Sequence[Run], guesses: Sequence[Guess]) -> dict[tuple[int, int], str]:
    """The folder of each run, by its key, if several have runs of the same task, parameters and seeds.

    `v1/s0, v1/s1, v2/s0, v2/s1` is such a design, unless a run is a copy or a segment of another. Otherwise
    empty.
    """
    recorded = [
        run.identity is not None and _has_seed(run, guess) for run, guess in zip(runs, guesses, strict=True)
    ]
    seeds: list[Hashable] = [
        (run.identity, guess.seed, guess.environment) for run, guess in zip(runs, guesses, strict=True)
    ]
    of_seed: dict[Hashable, list[int]] = {}
    for index, seed in enumerate(seeds):
        if recorded[index]:
            of_seed.setdefault(seed, []).append(index)
    several = [indices for indices in of_seed.values() if len(indices) > 1]
    if len(several) < 2:
        return {}
    labels = labels_of(guesses)
    names: tuple[Callable[[int], str], ...] = (
        lambda index: guesses[index].rest,
        lambda index: runs[index].name.rpartition("/")[0],
        labels.__getitem__,
    )
    for name in names:
        folders = {index: name(index) for indices in of_seed.values() for index in indices}
        sizes = Counter(folders.values())
        apart = all(len({folders[index] for index in indices}) == len(indices) for indices in several)
        if apart and all(sizes[folders[index]] > 1 for indices in several for index in indices):
            if any(may_be_duplicates([runs[index] for index in indices]) for indices in several):
                return {}
            return {runs[index].key: folder for index, folder in folders.items() if sizes[folder] > 1}
    return {}


def _labelled(runs: Sequence[Run], guesses: Sequence[Guess]) -> dict[tuple[int, int], str]:
    """What the name of a folder tells, by the key of each run, if runs of one seed differ in it.

    `lr_0.1` and `lr_0.01`, `with_bn` and `no_bn` may be different methods, whatever was recorded. Copies of a
    run in another folder are none.
    """
    labels: dict[tuple[int, int], str] = {}
    equal: dict[Hashable, list[Run]] = {}
    for run, guess, label in zip(runs, guesses, labels_of(guesses), strict=True):
        is_drawn = run.reader in _NAMED_AT_RANDOM and is_random_name(guess)
        if run.identity is not None and label and not is_drawn:
            labels[run.key] = label
            equal.setdefault((run.identity, guess.seed, guess.environment), []).append(run)
    differing = (of_one for of_one in equal.values() if len({labels[run.key] for run in of_one}) > 1)
    if any(len({labels[run.key] for run in with_other_tables(of_one)}) > 1 for of_one in differing):
        return labels
    return {}


def _has_seed(run: Run, guess: Guess) -> bool:
    return guess.seed is not None or any(map(is_seed, run.flat))
