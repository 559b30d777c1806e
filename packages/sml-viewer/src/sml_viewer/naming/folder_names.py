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
METHODS = word_set("""
    a2c a3c acer acktr ppo ppo1 ppo2 ppg trpo vpg sac td3 ddpg d4pg tqc redq droq crossq reinforce npg
    tnpg dqn ddqn c51 qrdqn iqn rainbow drqn r2d2 impala apex ars es cem cma cql iql bcq bear awac awr
    bc gail airl dagger dreamer dreamerv2 dreamerv3 muzero mbpo pets tdmpc her rnd icm maml reptile qmix
    vdn mappo ippo maddpg coma baseline baselines ours ablation adam adamw sgd rmsprop lion rmappo happo
    hatrpo hasac haddpg matd3 masac maa2c ia2c qtran qplex facmac rebrac edac td3bc xql
""")
# Environments and data sets by their names alone.
_ENVIRONMENTS = word_set("""
    halfcheetah hopper walker walker2d ant humanoid swimmer reacher pusher cheetah cartpole pendulum
    acrobot mountaincar lunarlander bipedalwalker pong breakout qbert seaquest spaceinvaders beamrider
    enduro antmaze asterix freeway mspacman frostbite amidar krull kangaroo montezumarevenge privateeye
    coinrun starpilot caveflyer fruitbot bigfish bossfight cifar10 cifar100 mnist fashionmnist emnist
    kmnist svhn stl10 imagenet imagenet1k tinyimagenet celeba coco cityscapes ade20k cola sst2 mrpc stsb
    qqp mnli qnli rte wnli squad imdb agnews wikitext2 wikitext103 enwik8 gsm8k mmlu librispeech
""")
# `env=Ant`, as Hydra and others name folders; the value ends where the next name begins.
_NAMED_ENVIRONMENT = re.compile(
    r"(?<![A-Za-z0-9])(?:env|environment|task|game|map|domain|scenario|dataset|benchmark)(?:_name|_id)?="
    r"(?P<value>[^/,;&*]+?)(?=[/,;&*]|[_\-. ]+(?:\*|[A-Za-z_]+=)|$)",
    re.IGNORECASE,
)
# Tasks of the DeepMind Control Suite, named by domain and task: `walker-run`, `dmc_cup_catch`.
_CONTROL_SUITE = re.compile(
    r"(?<![A-Za-z0-9])(?:dmc[_-])?(?:acrobot|ball_in_cup|cup|cartpole|cheetah|dog|finger|fish|hopper|humanoid"
    r"|manipulator|pendulum|point_?mass|quadruped|reacher|stacker|swimmer|walker)[_-](?:balance|bring_ball"
    r"|catch|easy|escape|fetch|flip|hard|hop|jump|run|spin|stand|swim|swingup|trot|turn[_-](?:easy|hard)"
    r"|upright|walk)(?:[_-](?:backwards|sparse))?(?![A-Za-z0-9])",
    re.IGNORECASE,
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
_LAST_NUMBER = re.compile(r"(?:(?:^|[_/-])|(?<![A-Za-z0-9])(?:run|rep|repeat|replicate))(\d{1,10})/?$")
# What stands before a number of repeats, besides a method or an environment.
_REPEATS = word_set("run runs rep repeat repeats repetition trial try no nr")
# What a number is the value of: settings, and parts of tasks, data and models.
_VALUES = word_set("""
    level lvl task fold split subject patient session day part shard stage phase round agent player rank
    worker version v layer layers block blocks head heads depth width dim dims size hidden h units
    neurons filters n k m lr wd bs batch batches epochs steps nstep nsteps horizon frames frameskip skip
    stack repeat action delay lag utd ratio rr ensemble critics qs models envs actors gamma discount lam
    lambda alpha beta tau eps epsilon clip ent entropy kl coef temp temperature noise sigma std dropout
    scale weight rate freq interval warmup buffer capacity reward mode case variant option config cfg
    setting settings scenario map model net ablation levels tasks folds subjects
""")
# What frameworks call the folder of a run's log.
_LAST_FOLDERS = word_set(
    "log logs run tb tensorboard summary summaries csv default vis_data output train events"
)
# Numbers of folders that tools count up, of their copies, and of machines.
_COUNTED = _REPEATS | word_set("""
    version v exp experiment job task_id session attempt output results train r
    node host server machine pc gpu cuda device
""")
_WORD_AND_NUMBER = re.compile(r"([^\W\d_]+)(?:\d+(?:\.\d+)?(?:em?\d+)?[a-z]?)")
_SEPARATORS = re.compile(r"[^A-Za-z0-9.\u0080-\uffff]+")
_NUMBER = re.compile(r"\d+(?:\.\d+)?(?:em?\d+)?")
_EXPONENT = re.compile(r"(\d)([eE])-(\d)")
# Ray's ids of trials, commits and the like.
_ID = re.compile(r"(?=.*\d)[0-9a-f]{5,}")
_RANDOM_NAME = re.compile(r"[a-z]+-[a-z]+-\d+")
_SCIENTIFIC = re.compile(r"\d(?:\.\d+)?e", re.IGNORECASE)
_EDGES = "_-./, *"


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

    A number at the end is a seed only in a name with a method or an environment, if it is not the value of a
    word (`ppo_layers_2`), and if it looks random (five digits or more, not round) or the numbers of all such
    runs are consecutive. Runs whose guesses are equal and without a seed keep their whole names.
    """
    parsed = [_guess(name) for name in names]
    guesses = _without_common_folders([guess for guess, _ in parsed])
    numbers = _repeat_numbers(guesses, [text for _, text in parsed])
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
    return not METHODS.isdisjoint(words_of(name) | words_of(_guess(name)[0].rest))


def _without_common_folders(guesses: list[Guess]) -> list[Guess]:
    """The guesses without the leading and the last folders that all names share: `ppo/1/logs` is `ppo/1`."""
    parts = _without_last([guess.rest.split("/") for guess in guesses])
    common = 0
    while parts and all(
        len(part) > common + 1
        and part[common] == parts[0][common]
        and any(letter.isalpha() for letter in "".join(part[common + 1 :]))
        for part in parts
    ):
        common += 1
    return [guess._replace(rest="/".join(part[common:])) for guess, part in zip(guesses, parts, strict=True)]


def _without_last(parts: list[list[str]]) -> list[list[str]]:
    """The folders without the last ones that all share and that tell nothing.

    Names that differ in nothing else keep a last folder of an unknown name.
    """
    while (
        parts
        and len({part[-1] for part in parts}) == 1
        and all(len(part) > 1 for part in parts)
        and METHODS.isdisjoint(words_of(parts[0][-1]))
        and not any(map(str.isdigit, parts[0][-1]))
        and (parts[0][-1].lower() in _LAST_FOLDERS or len({tuple(part) for part in parts}) > 1)
    ):
        parts = [part[:-1] for part in parts]
    return parts


def _guess(name: str) -> tuple[Guess, str]:
    """The guess from one name, and the name with a star for each part that is known."""
    text, seed = _taken(_NAMED_SEED, _AGAIN.sub("*", name), 1)
    text = without_moments(text)
    text, environment = _environment(text)
    return Guess(_tidy(text), environment, seed), text


def _environment(text: str) -> tuple[str, str | None]:
    """Split off an environment: `Hopper-v4`, `hopper-medium-v0`, or a known name without version."""
    named = {match["value"] for match in _NAMED_ENVIRONMENT.finditer(text)}
    if len(named) == 1:
        return _NAMED_ENVIRONMENT.sub("*", text), named.pop()
    for pattern in (_CAPITAL_ID, _PLAIN_ID):
        rest, name = _taken(pattern, text, 0)
        if name is not None:
            first, _, others = name.partition("-")
            if "-" not in others and first.lower() in _VERSIONED | METHODS:
                continue  # exp-v2, ppo-v1: a version of the user's own code
            # sac-hopper-v2: the method comes first.
            return (text.replace(others, "*"), others) if first.lower() in METHODS else (rest, name)
    rest, name = _taken(_CONTROL_SUITE, text, 0)
    if name is not None:
        return rest, name
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


class _Number(NamedTuple):
    """The last number of a name, the rest of the name before it, and the word there."""

    number: int
    stem: str
    word: str
    known: bool  # a method or an environment is in the name

    @property
    def clear(self) -> bool:
        """Whether it counts repeats: after a method, an environment, or a word that has its own number."""
        return self.known and (
            self.word == "*"
            or self.word in METHODS
            or self.word in _REPEATS
            or any(map(str.isdigit, self.word))
        )


def _repeat_numbers(guesses: Sequence[Guess], texts: Sequence[str]) -> list[int | None]:
    """The last numbers of names that count repeats; None for all others.

    A number after any other word counts if the same numbers count after another word: `mine_1` and `mine_2`
    beside `ppo_1` and `ppo_2`.
    """
    numbers = [_last_number(guess, text) for guess, text in zip(guesses, texts, strict=True)]
    stems: dict[str, list[_Number]] = {}
    for number in numbers:
        if number is not None:
            stems.setdefault(number.stem, []).append(number)
    alike: dict[frozenset[int], list[_Number]] = {}
    for members in stems.values():
        alike.setdefault(frozenset(member.number for member in members), []).append(members[0])

    def counts(number: _Number) -> bool:
        others = alike[frozenset(member.number for member in stems[number.stem])]
        return number.clear or (
            len(stems[number.stem]) > 1
            and any(
                other.word != number.word and (other.clear or (other.known and number.known))
                for other in others
            )
        )

    counted = {stem for stem, members in stems.items() if any(map(counts, members))}
    return [None if number is None or number.stem not in counted else number.number for number in numbers]


def _last_number(guess: Guess, text: str) -> _Number | None:
    match = _LAST_NUMBER.search(guess.rest)
    if match is None or guess.seed is not None:
        return None
    stem = guess.rest[: match.start()]
    word = _word_before(text, match[1])
    if word in _VALUES or word.isdigit() or _SCIENTIFIC.fullmatch(word) is not None:
        return None
    known = guess.environment is not None or not METHODS.isdisjoint(words_of(stem))
    return _Number(int(match[1]), stem, word, known)


def _word_before(text: str, digits: str) -> str:
    """The word before the last occurrence of a number; `*` for a known part and at the beginning."""
    before = re.split(rf"(?<!\d){digits}(?!\d)", text)
    words = re.findall(r"\*|[^\W_]+(?:\.\d+[^\W_]*)*", digits.join(before[:-1]))
    return words[-1].lower() if words else "*"


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


def labels_of(guesses: Sequence[Guess]) -> list[str]:
    """What the names of folders tell besides numbers that count runs, ids and times: `lr 0.1`, `with bn`."""
    return [_label(guess) for guess in _without_common_folders(list(guesses))]


def _label(guess: Guess) -> str:
    labels: list[str] = []
    text = _EXPONENT.sub(r"\1\2m\3", without_moments(_AGAIN.sub("/", guess.rest)))
    for part in _SEPARATORS.split(text):
        word = part.strip(".").lower()
        if _ID.fullmatch(word):
            continue
        if number := _WORD_AND_NUMBER.fullmatch(word):
            is_count = number[1] in _COUNTED or (len(number[1]) == 1 and number[1] not in _VALUES)
            labels.append(number[1] if is_count else word)  # run3, not bs32 and resnet18
        elif _NUMBER.fullmatch(word):
            if labels and labels[-1] in _VALUES - _COUNTED:
                labels.append(word)
        elif _is_telling(word, labels):
            labels.append(word)
    return re.sub(r"(?<=\de)m(?=\d)", "-", " ".join(labels))


def _is_telling(word: str, before: Sequence[str]) -> bool:
    """Whether a word is neither an id, such as 5f3a2, nor a letter that counts, as in a, b and c."""
    if len(word) < 2:
        return bool(word and before) and before[-1] in _VALUES
    return len(word) < 5 or not any(map(str.isdigit, word))


def is_random_name(guess: Guess) -> bool:
    """Whether a name looks like those that W&B and MLflow draw: `glad-sun-12`."""
    return _RANDOM_NAME.fullmatch(guess.rest.rpartition("/")[2]) is not None


def stem_of(name: str) -> str:
    """A run's name without the suffix of a copy or of a continued run."""
    return _AGAIN.sub("", name)


def words_of(text: str) -> frozenset[str]:
    """The lower-case words of a text, with their digits."""
    return frozenset(re.split(r"[^a-z0-9]+", text.lower())) - {""}


def _tidy(text: str) -> str:
    """The text without stars and doubled separators."""
    parts = (re.sub(r"[_\-., ]*\*[_\-., *]*", "_", part).strip(_EDGES) for part in text.split("/"))
    return "/".join(part for part in parts if part)
