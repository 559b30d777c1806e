"""Parameters that runs did not record, from what lies around them: folder names and facts in their files."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import replace

from .environments import with_one_name
from .folder_names import Guess, guess_from_folders
from .parameter_names import FOLDER, FOLDER_ENVIRONMENT, FOLDER_SEED, environment_rank, is_seed
from .run import Run

ENVIRONMENT_FACT = "env_id"
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
    equal = Counter(run.identity for run in runs if run.identity is not None)
    places = [place for place, run in enumerate(runs) if run.identity is None or equal[run.identity] > 1]
    if not places:
        return runs
    guesses = guess_from_folders([runs[place].name for place in places])
    methods: dict[str | None, set[str | None]] = {}
    for place, guess in zip(places, guesses, strict=True):
        methods.setdefault(runs[place].identity, set()).add(guess.method)
    found = list(runs)
    for place, guess in zip(places, guesses, strict=True):
        run = runs[place]
        told = _told(run, guess, several_methods=len(methods[run.identity]) > 1)
        if told:
            found[place] = replace(run, flat={**run.flat, **told})
    return found


def _told(run: Run, guess: Guess, *, several_methods: bool) -> dict[str, str | int]:
    """What a folder says that the run does not say itself.

    Runs with equal parameters are repeats, whatever their folders are called, unless these name methods.
    """
    found: dict[str, str | int] = {}
    if guess.environment is not None and not any(map(environment_rank, run.flat)):
        found[FOLDER_ENVIRONMENT] = guess.environment
    rest = guess.rest if run.identity is None else (guess.method if several_methods else None)
    if rest:
        found[FOLDER] = rest
    if guess.seed is not None and not any(map(is_seed, run.flat)):
        found[FOLDER_SEED] = int(guess.seed)
    return found
