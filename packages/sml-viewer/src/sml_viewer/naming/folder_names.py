"""Guess method, environment and seed from folder names, for runs without recorded parameters.

`ppo_CartPole-v1_3`, `HalfCheetah-v2/sac/seed_2` and `Exp1-s10` are understood; ambiguous parts stay in the
rest of the name and keep runs separate.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sml_viewer.columns.words import word_set

from .value_masks import without_moments

# Common names of algorithms in folder names, digits included.
METHODS = frozenset(
    [
        "a2c",
        "a3c",
        "acer",
        "acktr",
        "ppo",
        "ppo1",
        "ppo2",
        "ppg",
        "trpo",
        "vpg",
        "sac",
        "td3",
        "ddpg",
        "d4pg",
        "tqc",
        "redq",
        "droq",
        "crossq",
        "reinforce",
        "npg",
        "tnpg",
        "dqn",
        "ddqn",
        "c51",
        "qrdqn",
        "iqn",
        "rainbow",
        "drqn",
        "r2d2",
        "impala",
        "apex",
        "ars",
        "es",
        "cem",
        "cma",
        "cql",
        "iql",
        "bcq",
        "bear",
        "awac",
        "awr",
        "bc",
        "gail",
        "airl",
        "dagger",
        "dreamer",
        "dreamerv2",
        "dreamerv3",
        "muzero",
        "mbpo",
        "pets",
        "tdmpc",
        "her",
        "rnd",
        "icm",
        "maml",
        "reptile",
        "qmix",
        "vdn",
        "mappo",
        "ippo",
        "maddpg",
        "coma",
        "baseline",
        "baselines",
        "ours",
        "ablation",
        "adam",
        "adamw",
        "sgd",
        "rmsprop",
        "lion",
    ]
)
_ENVIRONMENTS = frozenset(
    [
        "halfcheetah",
        "hopper",
        "walker",
        "walker2d",
        "ant",
        "humanoid",
        "swimmer",
        "reacher",
        "pusher",
        "cheetah",
        "cartpole",
        "pendulum",
        "acrobot",
        "mountaincar",
        "lunarlander",
        "bipedalwalker",
        "pong",
        "breakout",
        "qbert",
        "seaquest",
        "spaceinvaders",
        "beamrider",
        "enduro",
    ]
)
# Words with versions that are not environments: `exp-v1`, `model-v2`.
_VERSIONED = word_set("""
    exp experiment run test trial model net network policy agent method algo code data dataset config
    setup try attempt version train training results log logs final new paper
""")
_CAPITAL_ID = re.compile(r"(?<![A-Za-z0-9])[A-Z][A-Za-z0-9]*(?:-[A-Za-z0-9]+)*?-v\d+(?![A-Za-z0-9])")
_PLAIN_ID = re.compile(r"(?<![A-Za-z0-9-])[a-z][a-z0-9]*(?:-[a-z0-9]+)*-v\d+(?![A-Za-z0-9])", re.IGNORECASE)
_NAMED_SEED = re.compile(
    r"(?<![A-Za-z0-9])(?:(?:seed|种子)[_=: -]?|sd[_=-]?|s[_=-]?)(\d+)(?![A-Za-z0-9])", re.IGNORECASE
)
# Suffixes of copied or continued runs.
_AGAIN = re.compile(
    r"[_\-. ]+(?:copy|resumed?|cont|continued?|restart(?:ed)?|backup|bak)(?![A-Za-z0-9])| ?\(\d+\)",
    re.IGNORECASE,
)
_LAST_NUMBER = re.compile(r"(?:^|[_/-])(\d{1,10})/?$")
_EDGES = "_-./ *"


class Guess(NamedTuple):
    """A guess from a folder's name; `seed` is a number as text, `rest` the remaining name."""

    rest: str
    environment: str | None = None
    seed: str | None = None

    @property
    def method(self) -> str | None:
        """The words of the rest that name a method; None without one."""
        return " ".join(sorted(words_of(self.rest) & METHODS)) or None


def guess_from_folders(names: Sequence[str]) -> list[Guess]:
    """Guesses for the names (relative paths) of some runs.

    A number at the end is a seed only after the name of a method or an environment, and if it looks random
    (five digits or more, not round) or the numbers of all such runs are consecutive. Runs whose guesses are
    equal and without a seed keep their whole names.
    """
    guesses = _without_common_folders([_guess(name) for name in names])
    numbers = [_last_number(guess) for guess in guesses]
    counted = _count(number for number in numbers if number is not None and not _is_drawn(number))
    if counted or any(number is not None and _is_drawn(number) for number in numbers):
        guesses = [
            guess if number is None or not (counted or _is_drawn(number)) else _with_number(guess, number)
            for guess, number in zip(guesses, numbers, strict=True)
        ]
    called: dict[Guess, int] = {}
    for guess in guesses:
        called[guess] = called.get(guess, 0) + 1
    return [
        Guess(name, guess.environment) if called[guess] > 1 and guess.seed is None else guess
        for name, guess in zip(names, guesses, strict=True)
    ]


def may_name_method(name: str) -> bool:
    """Whether the guess for a name may have a method, whatever it is guessed with."""
    return not METHODS.isdisjoint(words_of(name) | words_of(_guess(name).rest))


def _without_common_folders(guesses: list[Guess]) -> list[Guess]:
    """The guesses without the leading folders that all names share."""
    parts = [guess.rest.split("/") for guess in guesses]
    common = 0
    while parts and all(
        len(part) > common + 1
        and part[common] == parts[0][common]
        and any(letter.isalpha() for letter in "".join(part[common + 1 :]))
        for part in parts
    ):
        common += 1
    return [guess._replace(rest="/".join(part[common:])) for guess, part in zip(guesses, parts, strict=True)]


def _guess(name: str) -> Guess:
    text, seed = _taken(_NAMED_SEED, _AGAIN.sub("*", name), 1)
    text = without_moments(text)
    text, environment = _environment(text)
    return Guess(_tidy(text), environment, seed)


def _environment(text: str) -> tuple[str, str | None]:
    """Split off an environment: `Hopper-v4`, `hopper-medium-v0`, or a known name without version."""
    for pattern in (_CAPITAL_ID, _PLAIN_ID):
        rest, name = _taken(pattern, text, 0)
        if name is not None:
            first, _, others = name.partition("-")
            if "-" not in others and first.lower() in _VERSIONED | METHODS:
                continue  # exp-v2, ppo-v1: a version of the user's own code
            # sac-hopper-v2: the method comes first.
            return (text.replace(others, "*"), others) if first.lower() in METHODS else (rest, name)
    words = [word for word in re.split(r"[_/.\- ]+", text) if word.lower() in _ENVIRONMENTS]
    if len(words) == 1:
        return text.replace(words[0], "*", 1), words[0]
    return text, None


def _taken(pattern: re.Pattern[str], text: str, group: int) -> tuple[str, str | None]:
    """Split off the match of a pattern; nothing if there are several different matches."""
    matches = list(pattern.finditer(text))
    if len({match[group] for match in matches}) != 1:
        return text, None
    return pattern.sub("*", text), matches[0][group]


def _last_number(guess: Guess) -> int | None:
    match = _LAST_NUMBER.search(guess.rest)
    if guess.seed is not None or match is None:
        return None
    known = guess.environment is not None or not METHODS.isdisjoint(words_of(guess.rest[: match.start()]))
    return int(match[1]) if known else None


def _with_number(guess: Guess, number: int) -> Guess:
    match = _LAST_NUMBER.search(guess.rest)
    rest = guess.rest if match is None else _tidy(guess.rest[: match.start()])
    return guess._replace(rest=rest, seed=str(number))


def _is_drawn(number: int) -> bool:
    """Whether a number looks like a random seed: such as 674778063."""
    return number >= 10_000 and number % 100 > 0


def _count(numbers: Iterable[int]) -> bool:
    """Whether numbers are consecutive, or start at 0 or 1 with few gaps; 64, 128 and 256 are not."""
    distinct = set(numbers)
    if not distinct:
        return False
    without_gaps = max(distinct) - min(distinct) + 1 == len(distinct)
    return without_gaps or (min(distinct) <= 1 and max(distinct) <= 2 * len(distinct))


def stem_of(name: str) -> str:
    """A run's name without the suffix of a copy or of a continued run."""
    return _AGAIN.sub("", name)


def words_of(text: str) -> frozenset[str]:
    """The lower-case words of a text, with their digits."""
    return frozenset(re.split(r"[^a-z0-9]+", text.lower())) - {""}


def _tidy(text: str) -> str:
    """The text without stars and doubled separators."""
    parts = (re.sub(r"[_\-. ]*\*[_\-. *]*", "_", part).strip(_EDGES) for part in text.split("/"))
    return "/".join(part for part in parts if part)
