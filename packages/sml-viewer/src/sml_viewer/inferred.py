"""Parameters that runs did not record, from what lies around them: folder names and facts in their files."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import replace

from .environments import with_one_name
from .folder_names import Guess, guess_from_folders
from .parameter_names import environment_rank, is_seed
from .run import Run

# Guesses are parameters too, under names that say where they come from.
FOLDER = "folder"
FOLDER_ENVIRONMENT = f"{FOLDER}.env"
FOLDER_SEED = f"{FOLDER}.seed"
GUESSED = frozenset((FOLDER, FOLDER_ENVIRONMENT, FOLDER_SEED))
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
    found = list(runs)
    for place, guess in zip(places, guesses, strict=True):
        run = runs[place]
        more = {name: value for name, value in _told(run, guess).items() if value is not None}
        if more:
            found[place] = replace(run, flat={**run.flat, **more})
    return found


def _told(run: Run, guess: Guess) -> dict[str, str | int | None]:
    environment = None if any(map(environment_rank, run.flat)) else guess.environment
    seed = None if guess.seed is None or any(map(is_seed, run.flat)) else int(guess.seed)
    rest = guess.method if run.identity is not None else guess.rest or None
    return {FOLDER_ENVIRONMENT: environment, FOLDER: rest, FOLDER_SEED: seed}
