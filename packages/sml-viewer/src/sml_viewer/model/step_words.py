"""Words that name a column of steps in the tables of other tools."""

from __future__ import annotations

import functools
import re

# Whatever else its name says: `train_step`, `global step`, `Epoch`.
_WORDS = frozenset(
    [
        "step", "steps", "timestep", "timesteps", "epoch", "epochs", "iter", "iters", "iteration",
        "iterations", "itr", "update", "updates", "episode", "episodes", "generation", "gen", "round",
        "rounds", "轮次", "轮数", "步数", "步", "回合", "エポック", "ステップ",
    ]
)  # fmt: skip
_BESIDE = frozenset(
    [
        "global", "train", "training", "total", "env", "environment", "n", "num", "number", "idx",
        "index", "trainer", "current", "gradient", "grad", "optimizer", "learner", "agent", "actor",
        "cumulative",
    ]
)  # fmt: skip


@functools.lru_cache(4096)
def is_step_word(column: str) -> bool:
    """Whether a column's name is a word for steps, such as `epoch`, `Step` or `train/global_step`."""
    leaf = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", column.strip()).lower().rpartition("/")[2]
    words = [word for word in re.split(r"[\W\d_]+", leaf) if word]
    return bool(words) and words[-1] in _WORDS and all(word in _BESIDE for word in words[:-1])
