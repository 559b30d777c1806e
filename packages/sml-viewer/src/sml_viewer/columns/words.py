"""Split column names into words: equal for `eval/EpRewMean`, `eval.ep_rew_mean` and `evaleprewmean`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple


def word_set(text: str) -> frozenset[str]:
    """The words of a multi-line text."""
    return frozenset(text.split())


# A path's separators; a point between digits is a decimal point (mAP@0.5).
_SECTIONS = re.compile(r"[/\\]|:(?!\d)|\.(?=[^\W\d])")
_WORDS = re.compile(r"[A-Z]+(?![a-z])\d*|[A-Z]?[a-z]+\d*|\d+|[^\W\d_a-zA-Z]+")
_ACCENTS = re.compile("[\u0300-\u036f]")
_MINUS = re.compile(r"^(?:1\s*)?-\s*(?=[^\W\d])")  # -loss is the negative of a loss, 1-acc falls as it does
_PER = re.compile(r"\s*/\s*(?=(?:s|sec|second|min|h|hour)$)", re.IGNORECASE)
# A duration per something: `s/it`; `time/step` is a path.
_DURATION_PER = re.compile(r"(?<![^\W_])(s|secs?|seconds?|ms)\s*/\s*(?=[a-z]+$)", re.IGNORECASE)
# Names that mix cases within one word.
_MIXED = {"mAP": "map", "IoU": "iou", "mIoU": "miou", "nDCG": "ndcg", "RoC": "roc"}
_MIXED_CASE = re.compile("|".join(sorted(_MIXED, key=len, reverse=True)))
# Words that occur joined without a separator: `eprewmean`, `valloss`, `nupdates`.
_GLUED = word_set("""
    ep episode episodes episodic len length rew rews reward rewards ret rets return returns
    score scores mean avg average std min max eval val valid test train loss losses acc accuracy
    error win rate success env agent num nb total global serial cum steps step timesteps timestep
    time wall clock elapsed frames frame iter iters iteration iterations itr update updates epoch
    epochs batch 平均 回报 奖励 得分 成功率 胜率 准确率 精度 损失 误差 验证 测试 训练
    步数 步 轮数 轮次 回合 总 回報 獎勵 報酬 準確率 正解率 損失 誤差 驗證 測試 訓練
""")
# Endings that describe a statistic, not the metric.
STATISTICS = word_set("""
    mean avg average averaged median iqm std stddev stdev var variance min max minimum maximum sum
    value values smoothed smooth ema raw rate ratio percent pct 平均
""")
UNITS = word_set("step steps iter iters epoch epochs time frame frames batch")


class Words(NamedTuple):
    """The words of a name in lower case.

    `leaf` are those of its last section, and of the one before if the last is only a statistic or a unit
    (`reward/mean`, `rewards/iter`, `acc/mean@8`). `before` are all others.
    """

    leaf: tuple[str, ...]
    before: tuple[str, ...]

    @property
    def all(self) -> tuple[str, ...]:
        """Every word, in order."""
        return self.before + self.leaf


@lru_cache(16_384)
def words_of(name: str) -> Words:
    """The words of a column's name."""
    plain = _DURATION_PER.sub(r"\1 per ", _PER.sub(" per ", _without_accents(name)))
    plain = _MINUS.sub("neg ", plain)
    sections = [words for part in _SECTIONS.split(plain) if (words := tuple(_words(part)))]
    if not sections:
        return Words((), ())
    first = len(sections) - 1
    while first and _adds_no_metric(_flat(sections[first:])):
        first -= 1
    return Words(tuple(_flat(sections[first:])), tuple(_flat(sections[:first])))


def _adds_no_metric(words: Sequence[str]) -> bool:
    """Whether words are a statistic or a unit alone, also with the number of samples: `mean@8`."""
    plain = [word for word in words if not word.isdigit()]
    return bool(plain) and all(word in STATISTICS or word in UNITS for word in plain)


def _without_accents(name: str) -> str:
    """Remove accents: `pérdida` becomes `perdida`."""
    if name.isascii():
        return name
    return unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFD", name)))


def _words(section: str) -> Iterable[str]:
    plain = _MIXED_CASE.sub(lambda match: f" {_MIXED[match[0]]}", section)
    for word in _WORDS.findall(plain):
        yield from _parts(word.lower())


def _flat(sections: Iterable[Iterable[str]]) -> list[str]:
    return [word for section in sections for word in section]


@lru_cache(16_384)
def _parts(word: str) -> tuple[str, ...]:
    """The parts of a joined word, if all of it consists of `_GLUED` words; else the word."""
    if word in _GLUED:
        return (word,)
    start = 1 if word.startswith("n") and word[1:] in _GLUED else 0  # nupdates, nsteps
    parts = _split(word[start:])
    return parts or (word,)


def _split(rest: str) -> tuple[str, ...]:
    for length in range(len(rest), 0, -1):
        if rest[:length] in _GLUED:
            if length == len(rest):
                return (rest,)
            if tail := _split(rest[length:]):
                return rest[:length], *tail
    return ()
