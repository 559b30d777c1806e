"""Common names of step counters, which are candidates for x. `UNITS_OF_X` is in docs/columns.md."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from .metric_names import STAGES, rank_of_metric
from .words import word_set, words_of


class Unit(NamedTuple):
    """Words that count the same kind of step."""

    name: str
    words: tuple[str, ...]


def _unit(name: str, words: str) -> Unit:
    return Unit(name, tuple(words.split()))


# The preferred unit first.
UNITS_OF_X: tuple[Unit, ...] = (
    _unit(
        "steps of the environment",
        """
        timestep timesteps frame frames interact interacts interactions transitions
    """,
    ),
    _unit("steps", "step steps 步数 步"),
    _unit(
        "updates and iterations",
        """
        update updates iteration iterations iter iters itr itrs it batch batches calls generation
        generations gen round rounds
    """,
    ),
    _unit("epochs", "epoch epochs 轮数 轮次"),
    _unit("episodes", "episode episodes ep games trajectories rollouts trial trials 回合"),
    _unit("samples and tokens", "samples sample tokens examples images kimg sequences"),
)
_UNIT_OF = {word: rank for rank, unit in enumerate(UNITS_OF_X) for word in unit.words}
_ENVIRONMENT, _STEPS, _UPDATES = 0, 1, 2
_OF_ENVIRONMENT = frozenset(
    {"env", "envs", "environment", "actor", "agent", "sampled", "collected", "game", "policy"}
)
_OF_UPDATES = word_set("""
    train training trained gradient grad learner learn optimizer opt optim optimization update
    updates
""")
# Words that do not change the meaning of a count.
_WHOLE = frozenset({"total", "global", "cum", "cumulative", "lifetime", "so", "far", "all", "sum", "总"})
_BESIDE = word_set("""
    n num nb number count counter idx index id no current elapsed done completed consumed seen
    processed t the of real communication comm
""")
# Partial counts: of one process, since the last restart, of the optimiser.
_PARTIAL = word_set("""
    serial local since restore learner rank worker process mean average avg this
""")
# Names with a unit that are not step counters: rates, durations, sizes, settings, lengths.
_NO_COUNTS = word_set("""
    per s sec secs second seconds ms us ns hz fps sps rate rates speed throughput duration latency
    walltime wallclock clock elapsed_time lr learning size sizes len length lengths max maximum min
    minimum std warmup limit budget ratio fraction interval every frequency freq horizon decay
    schedule weight remaining left eta memory cost this
""")
_EVALUATION = frozenset({*STAGES[0], *STAGES[1]})


class StepRank(NamedTuple):
    """The rank of a column among candidates for x; smaller is better.

    `strict` is 0 if every word of the name is known for counts, `whole` is 0 for totals, `extra` is the
    number of words.
    """

    evaluation: int
    strict: int
    unit: int
    partial: int
    whole: int
    extra: int


@lru_cache(16_384)
def rank_of_steps(name: str) -> StepRank | None:
    """The rank of a column by its name; None if it is not a step counter."""
    words = words_of(name)
    leaf = _joined(words.leaf)
    if leaf[-2:] == ("t", "env") or leaf == ("t", "env"):  # PyMARL
        leaf = ("env", "timesteps")
    units = [word for word in leaf if word in _UNIT_OF]
    if not units or not _NO_COUNTS.isdisjoint(leaf) or _is_duration(leaf):
        return None
    strict = all(
        word in _UNIT_OF
        or word in _WHOLE
        or word in _BESIDE
        or word in _PARTIAL
        or word in _OF_ENVIRONMENT
        or word in _OF_UPDATES
        or word in _EVALUATION
        for word in leaf
    )
    if not strict and (leaf[-1] not in _UNIT_OF or _is_metric(name)):
        return None
    return StepRank(
        int(not _EVALUATION.isdisjoint(words.all)),
        int(not strict),
        _unit_of(leaf, units),
        int(not _PARTIAL.isdisjoint(leaf)),
        int(_WHOLE.isdisjoint(leaf)),
        len(leaf) + len(words.before),
    )


def counts_whole(name: str) -> bool:
    """Whether these steps are whole numbers; epochs may be fractional."""
    rank = rank_of_steps(name)
    return rank is not None and rank.unit != 3


def _unit_of(leaf: Sequence[str], units: Sequence[str]) -> int:
    """The index in UNITS_OF_X of what is counted: `episode step` counts steps."""
    unit = min(_UNIT_OF[word] for word in units)
    if unit == _STEPS:
        if not _OF_ENVIRONMENT.isdisjoint(leaf):
            return _ENVIRONMENT
        if not _OF_UPDATES.isdisjoint(leaf):
            return _UPDATES
    return unit


def _is_duration(leaf: Sequence[str]) -> bool:
    """Whether the name is a duration, such as `step_time`; `time_step` is one word here, judged by values."""
    return "time" in leaf


def _is_metric(name: str) -> bool:
    rank = rank_of_metric(name)
    return rank is not None and rank.tier == 0


def _joined(words: Sequence[str]) -> tuple[str, ...]:
    """Join `time step` into one word; an episode's steps become its length, which is not a count."""
    text = " ".join(words).replace("time steps", "timesteps").replace("time step", "timestep")
    for length in ("episode steps", "ep steps", "episode step", "episode timesteps", "episode frames"):
        text = text.replace(length, "length")
    return tuple(text.split())
