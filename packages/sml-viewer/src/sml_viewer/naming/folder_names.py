"""What the names of folders tell of runs that recorded nothing: method, environment and seed, as guesses.

`ppo_CartPole-v1_3`, `HalfCheetah-v2/sac/seed_2` and `Exp1-s10` are read; what is ambiguous stays in the rest
of the name, and so keeps runs apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sml_viewer.columns.words import word_set

from .value_masks import without_moments

# Names of algorithms in the field, as they stand in folders; numbers belong to them.
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
# What people have versions of, in `exp-v1` and `model-v2`, which are no environments.
_VERSIONED = word_set("""
    exp experiment run test trial model net network policy agent method algo code data dataset config
    setup try attempt version train training results log logs final new paper
""")
_CAPITAL_ID = re.compile(r"(?<![A-Za-z0-9])[A-Z][A-Za-z0-9]*(?:-[A-Za-z0-9]+)*?-v\d+(?![A-Za-z0-9])")
_PLAIN_ID = re.compile(r"(?<![A-Za-z0-9-])[a-z][a-z0-9]*(?:-[a-z0-9]+)*-v\d+(?![A-Za-z0-9])", re.IGNORECASE)
_NAMED_SEED = re.compile(
    r"(?<![A-Za-z0-9])(?:(?:seed|种子)[_=: -]?|sd[_=-]?|s[_=-]?)(\d+)(?![A-Za-z0-9])", re.IGNORECASE
)
# What is added to the name of a run that was copied or gone on with.
_AGAIN = re.compile(
    r"[_\-. ]+(?:copy|resumed?|cont|continued?|restart(?:ed)?|backup|bak)(?![A-Za-z0-9])| ?\(\d+\)",
    re.IGNORECASE,
)
_LAST_NUMBER = re.compile(r"(?:^|[_/-])(\d{1,10})/?$")
_EDGES = "_-./ *"


@dataclass(frozen=True)
class Guess:
    """What a folder's name says; `rest` is what remains, `seed` a number as text. None if it says nothing."""

    rest: str
    environment: str | None = None
    seed: str | None = None

    @property
    def method(self) -> str | None:
        """The words of the rest that name a method, if one does."""
        return " ".join(sorted(words_of(self.rest) & METHODS)) or None


def guess_from_folders(names: Sequence[str]) -> list[Guess]:
    """What each of some runs' names, relative paths, says of it.

    A bare number at the end is a seed only behind the name of a method or an environment, and if it looks
    drawn (five digits and more, not round) or the numbers of all such runs count. Runs that would be called
    the same without any seed keep their whole names.
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


def _without_common_folders(guesses: list[Guess]) -> list[Guess]:
    """Without the folders that all names begin with."""
    parts = [guess.rest.split("/") for guess in guesses]
    common = 0
    while parts and all(
        len(part) > common + 1
        and part[common] == parts[0][common]
        and any(letter.isalpha() for letter in "".join(part[common + 1 :]))
        for part in parts
    ):
        common += 1
    return [replace(guess, rest="/".join(part[common:])) for guess, part in zip(guesses, parts, strict=True)]


def _guess(name: str) -> Guess:
    text, seed = _taken(_NAMED_SEED, _AGAIN.sub("*", name), 1)
    text = without_moments(text)
    text, environment = _environment(text)
    return Guess(_tidy(text), environment, seed)


def _environment(text: str) -> tuple[str, str | None]:
    """The text without an environment: `Hopper-v4`, `hopper-medium-v0`, or a known one's bare name."""
    for pattern in (_CAPITAL_ID, _PLAIN_ID):
        rest, name = _taken(pattern, text, 0)
        if name is not None:
            first, _, others = name.partition("-")
            if "-" not in others and first.lower() in _VERSIONED | METHODS:
                continue  # exp-v2, ppo-v1: a version of one's own
            # sac-hopper-v2: the method stands in front.
            return (text.replace(others, "*"), others) if first.lower() in METHODS else (rest, name)
    found = [word for word in re.split(r"[_/.\- ]+", text) if word.lower() in _ENVIRONMENTS]
    if len(found) == 1:
        return text.replace(found[0], "*", 1), found[0]
    return text, None


def _taken(pattern: re.Pattern[str], text: str, group: int) -> tuple[str, str | None]:
    """The text without the only match of a pattern, and that; nothing is taken of several."""
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
    return replace(guess, rest=rest, seed=str(number))


def _is_drawn(number: int) -> bool:
    """Whether a number looks like a seed that was drawn: nobody tries 674778063 of anything."""
    return number >= 10_000 and number % 100 > 0


def _count(numbers: Iterable[int]) -> bool:
    """Whether numbers count without gaps, or from 0 or 1 with few of them: 64, 128 and 256 do not."""
    found = set(numbers)
    if not found:
        return False
    without_gaps = max(found) - min(found) + 1 == len(found)
    return without_gaps or (min(found) <= 1 and max(found) <= 2 * len(found))


def stem_of(name: str) -> str:
    """A run's name without what is added to that of a copy, or of a run that was gone on with."""
    return _AGAIN.sub("", name)


def words_of(text: str) -> frozenset[str]:
    """The words of a text, in small letters, with the digits that belong to them."""
    return frozenset(re.split(r"[^a-z0-9]+", text.lower())) - {""}


def _tidy(text: str) -> str:
    """The text without stars and what they leave behind."""
    parts = (re.sub(r"[_\-. ]*\*[_\-. *]*", "_", part).strip(_EDGES) for part in text.split("/"))
    return "/".join(part for part in parts if part)
