"""Common names of metrics: which one to draw by default, and whether its largest value is best.

`FAMILIES` is the table in docs/columns.md. A name is split into words (`columns.words`), so that `gloss` is
not a loss; its last known word decides, as in English: a `return error` is an error, an `error return` a
return.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import NamedTuple

from .words import STATISTICS, UNITS, Words, word_set, words_of


class Family(NamedTuple):
    """Words for the same kind of metric, the preferred ones first.

    `group` orders families; metrics of one group compete by stage and scope before they do by word. A family
    of group None is never chosen.
    """

    name: str
    group: int | None
    largest: bool
    words: tuple[str, ...]


def _family(name: str, group: int | None, largest: bool, words: str) -> Family:
    return Family(name, group, largest, tuple(words.split()))


FAMILIES: tuple[Family, ...] = (
    _family(
        "returns, rewards and scores", 0, True,
        """
        return returns ret rets returned 回报 回報 reward rewards rew rews 奖励 獎勵 報酬 score scores points
        得分 fitness elo profit utility objective performance environment evaluation r
    """,
    ),
    _family(
        "success", 0, True,
        """
        success successes successful succeeded won win wins winrate winning solved solve completion
        completed resolved sr 成功率 胜率
    """,
    ),
    _family(
        "accuracy", 1, True,
        """
        map map50 map95 ap ap50 accuracy accuracies acc accur acc1 top1 准确率 準確率 正解率 精度 f1 fscore
        auc auroc auprc aucpr
        roc iou miou dice bleu sacrebleu rouge rougel rouge1 rouge2 meteor cider chrf comet
        ndcg mrr hits hit psnr ssim clipscore kappa mcc r2 correlation pearson spearman spearmanr
        pearsonr pass em match nmi ari elbo likelihood precision recall mar ar sensitivity
        specificity purity acc5 top5 margin margins
    """,
    ),
    _family(
        "quality, the smaller the better", 2, False,
        """
        fid fvd kid lpips wer cer ter eer der mpjpe ade fde epe chamfer hausdorff emd bpb bpc bpd
        bits regret cost costs violation violations collision collisions crash crashes failure
        failures miss misses fall falls death deaths timeout timeouts unsafe hallucination
        hallucinations toxicity forgetting makespan tardiness fpr fnr
        lose loses lost defeat defeats mistake mistakes incorrect rpe ate aepe hd95 asd assd
    """,
    ),
    _family(
        "losses and errors", 3, False,
        """
        loss losses 损失 perplexity ppl nll logloss crossentropy bce xent error errors err 误差 mae mape
        smape rmse mse msle deviance brier ece distance distances penalty divergence kl kld residual
        residuals nelbo ce hinge huber mmd levenshtein suboptimality gap energy jerk fuel
        損失 誤差 困惑度 ロス 손실 오차 perte pertes erreur erreurs verlust fehler perdida perdidas perdita
        потеря потери ошибка ошибки
    """,
    ),
    _family(
        "durations", None, False,
        """
        latency duration runtime walltime wallclock time elapsed seconds secs sec ms milliseconds
        minutes hours 秒 delay timing timestamp timestamps clock datetime date
    """,
    ),
    _family("rates", None, True, "fps sps throughput speed qps tps mfu alive survival survived"),
)  # fmt: skip

_FAMILY_OF = {word: (family, rank) for family in FAMILIES for rank, word in enumerate(family.words)}
# Words that name a metric only alone; beside others they name a part of the code.
_ALONE = frozenset({"r", "performance", "environment", "evaluation", "objective", "points", "utility"})
# d3rlpy's name for the return of an evaluation.
_EVALUATED = "environment"
# Several words with one meaning.
_PAIRS = {
    ("cross", "entropy"): "crossentropy",
    ("log", "loss"): "logloss",
    ("neg", "log", "likelihood"): "nll",
    ("negative", "log", "likelihood"): "nll",
    ("time", "step"): "timestep",
    ("time", "steps"): "timesteps",
    ("wall", "time"): "walltime",
    ("wall", "clock"): "wallclock",
    ("survival", "time"): "survival",
    ("alive", "time"): "alive",
    ("exact", "match"): "em",
    ("clip", "score"): "clipscore",
    ("false", "positive"): "errors",
    ("false", "negative"): "errors",
    ("false", "positives"): "errors",
    ("false", "negatives"): "errors",
    ("abs", "rel"): "errors",
    ("sq", "rel"): "errors",
    ("brier", "score"): "brier",
    ("off", "track"): "violations",
    ("queue", "length"): "costs",
    ("optimality", "gap"): "regret",
}
# The stage that a metric belongs to, the preferred one first.
STAGES: tuple[tuple[str, ...], ...] = (
    (
        "eval", "evals", "evaluation", "evaluator", "evaluate", "evaluated", "val", "va", "valid",
        "validation", "dev", "验证", "驗證",
    ),
    ("test", "testing", "heldout", "holdout", "测试", "測試"),
    (),
    ("train", "training", "trn", "tr", "训练", "訓練"),
    (
        "exploration", "explore", "expl", "collect", "collection", "collector", "behavior", "behaviour",
        "replay", "buffer", "warmup", "random", "expert", "demo", "baseline", "target", "oracle",
        "optimal", "pretrain", "pre", "before",
    ),
)  # fmt: skip
_UNMARKED = 2
_STAGE_OF = {word: stage for stage, words in enumerate(STAGES) for word in words}
_EPISODE = frozenset({"episode", "episodes", "episodic", "ep", "epoch", "total", "cumulative", "回合"})
_PART = frozenset(
    {"batch", "minibatch", "step", "instantaneous", "intrinsic", "shaped", "predicted", "imagined"}
)
_BEST = frozenset({"best", "highest", "record", "peak", "lowest"})
# The score of a model of the environment is not a return: `model_val_score`.
_MODELS = frozenset({"model", "dynamics"})
_EXTREMES = frozenset({"min", "max", "minimum", "maximum", "median"})
_SPREAD = frozenset({"std", "stddev", "stdev", "var", "variance", "stderr", "se", "ci"})
# Settings and diagnostics with names like metrics.
_NOT_MEASURED = word_set("""
    lr learning weight weights coef coeff coefficient scale scaler scaling threshold thresh num
    count counts n discount discounted gamma norm grad gradient temperature alpha epsilon entropy
    clip clipfrac clipped explained size length len capacity memory mem cpu gpu ram util bytes id
    seed lambda beta momentum decay schedule limit budget delta change improvement token tokens date
    pid port hash done version index idx flos flops params parameters
""")
# Units of counters, in names without a metric: `timesteps_this_iter`.
_COUNTED = word_set(
    "timesteps timestep steps step frames episodes epochs iterations iters iter updates samples batches"
)
# `return per second`, `steps to goal`: the metric comes before.
_OF = ("per", "to", "until", "till")
_SECONDS = word_set("s sec secs second seconds min minute h hour ms")
_STEPS_UNTIL = word_set("time timesteps steps step episodes epochs iterations len length distance dist")
# `collision_free_rate`, `error_reduction`: larger is better.
_WITHOUT = word_set("free reduction reduced improvement savings saved saving avoidance avoided")
# The distance covered, not the one remaining.
_COVERED = word_set("forward driven flown moved run")
_NEGATED = frozenset({"neg", "negative", "minus"})
_COSTS = frozenset({"cost", "costs"})
_BETWEEN = frozenset({"mean", "median", "squared", "root", "absolute", "abs", "log"})
_NO_MEASURE = word_set("scale weight coef coeff travelled traveled covered walked")

# Metrics that some write in percent and others as a fraction, besides those of two whole families.
_SHARES = frozenset({"wer", "cer", "ter", "eer", "der", "fpr", "fnr"})
_SHARE_FAMILIES = frozenset({"success", "accuracy"})
_NO_SHARE_FAMILIES = frozenset({"returns, rewards and scores", "durations", "rates"})
_IN_PERCENT = frozenset({"percent", "percentage", "pct"})
# Less memory in use is better; its size is a setting.
_MEMORY = frozenset({"memory", "mem", "vram"})
_MEMORY_SETTING = word_set("size capacity len length free available limit")


class MetricRank(NamedTuple):
    """The rank of a column among candidates for y; smaller is better.

    `tier` is 0 for a metric by its last section, 1 by an earlier one, 2 for an unknown name, 3 for a setting,
    a diagnostic or a spread.
    """

    tier: int
    group: int
    odd: int
    stage: int
    scope: int
    kind: int
    extra: int


@lru_cache(16_384)
def rank_of_metric(name: str) -> MetricRank | None:
    """The rank of a column by its name; None for clocks, durations and rates, which are never chosen."""
    words = words_of(name)
    leaf = _joined(words.leaf)
    head, tier = _head(leaf), 0
    if head is None:
        head, tier = _head(_joined(words.before), alone=False), 1
    if (head is not None and head[0].group is None) or _is_rate(leaf):
        return None
    if _is_odd(leaf) or (head is None and not _COUNTED.isdisjoint(leaf)):
        return _plain(leaf, 3, stage_of(words))
    if head is None:
        return _plain(leaf, 2, stage_of(words))
    family, rank = head
    everything = set(words.all)
    return MetricRank(
        tier,
        family.group or 0,
        int(bool(everything & _BEST))
        + int(bool(set(leaf) & (_EXTREMES - {"median"})))
        + int(family is FAMILIES[0] and bool(set(leaf) & _MODELS)),
        0 if family.words[rank] == _EVALUATED else stage_of(words),
        _scope(everything),
        _kind(family, rank, leaf),
        len([word for word in leaf if not _is_known(word)]),
    )


def smaller_is_better(name: str) -> bool:
    """Whether smaller values of a metric are better, by its name."""
    words = words_of(name)
    leaf = _joined(words.leaf)
    for word in ("to", "until", "till"):  # steps to goal
        if word in leaf[1:] and not _STEPS_UNTIL.isdisjoint(leaf[: leaf.index(word)]):
            # A longer time to a failure is better.
            until = _head(leaf[leaf.index(word) + 1 :])
            return until is None or until[0].largest or until[0].group is None
    if not _NO_MEASURE.isdisjoint(leaf):
        return False
    if not _MEMORY.isdisjoint(leaf):
        return _MEMORY_SETTING.isdisjoint(leaf)
    head = _head(leaf)
    if head is None and not _is_odd(leaf):
        head = _head(_joined(words.before), alone=False)
    if head is None:
        return False
    family, rank = head
    word = family.words[rank]
    behind = leaf[leaf.index(word) + 1 :] if word in leaf else ()
    if not _WITHOUT.isdisjoint(behind) or (word == "distance" and not _COVERED.isdisjoint(leaf)):
        return False
    if family is FAMILIES[0] and not _COSTS.isdisjoint(leaf):  # the return of a cost
        return True
    return family.largest is _is_negated(leaf, word)


def is_share(name: str) -> bool:
    """Whether a metric is a part of a whole whose unit, percent or fraction, its name does not tell."""
    words = words_of(name)
    leaf = _joined(words.leaf)
    head = _head(leaf) or _head(_joined(words.before), alone=False)
    if head is None or "%" in name or not _IN_PERCENT.isdisjoint(leaf) or _is_odd(leaf):
        return False
    family, rank = head
    if family.name in _SHARE_FAMILIES or family.words[rank] in _SHARES:
        return True
    return "rate" in leaf and family.name not in _NO_SHARE_FAMILIES


def stage_of(words: Words) -> int:
    """The index in STAGES of a name: exploration in any section, else the stage of the last section."""
    leaf, before = ([_STAGE_OF[word] for word in part if word in _STAGE_OF] for part in words)
    last = len(STAGES) - 1
    return last if last in (*leaf, *before) else (leaf or before or [_UNMARKED])[0]


def _is_negated(leaf: Sequence[str], word: str) -> bool:
    """Whether the metric is the negative of what the word names."""
    before = list(leaf[: leaf.index(word)]) if word in leaf else list(leaf)
    while before and before[-1] in _BETWEEN:
        del before[-1]
    return bool(before) and before[-1] in _NEGATED


def _is_rate(leaf: Sequence[str]) -> bool:
    """Whether the name is a rate per unit of time."""
    return "per" in leaf[1:] and not _SECONDS.isdisjoint(leaf[leaf.index("per", 1) :])


def _head(words: Sequence[str], *, alone: bool = True) -> tuple[Family, int] | None:
    """The family of the last word that has one, and the word's rank in it.

    `alone` also accepts words that name a metric only without other words.
    """
    for mark in _OF:
        if mark in words[1:]:
            words = words[: list(words).index(mark, 1)]
    plain = [word for word in words if word not in STATISTICS and word not in _STAGE_OF]
    if not plain and alone:
        plain = [word for word in words if word in _ALONE]
    for word in reversed(plain):
        family = _FAMILY_OF.get(word) or _FAMILY_OF.get(word.rstrip("0123456789"))
        if family is not None and (word not in _ALONE or (alone and len(plain) == 1)):
            return family
    return None


def _joined(words: Sequence[str]) -> tuple[str, ...]:
    """The words, with pairs of one meaning joined."""
    joined = list(words)
    for several, replacement in _PAIRS.items():
        for start in range(len(joined) - len(several), -1, -1):
            if tuple(joined[start : start + len(several)]) == several:
                joined[start : start + len(several)] = [replacement]
    return tuple(joined)


def _is_known(word: str) -> bool:
    return (
        word in STATISTICS
        or word in UNITS
        or word in _STAGE_OF
        or word in _EPISODE
        or word in _FAMILY_OF
        or word in ("total", "normalized", "normalised", "true", "average")
        or word.isdigit()
    )


def _is_odd(leaf: Sequence[str]) -> bool:
    """Whether the name is a setting, a diagnostic or a spread of any metric."""
    return bool(set(leaf) & (_NOT_MEASURED | _SPREAD))


def _plain(leaf: Sequence[str], tier: int, stage: int) -> MetricRank:
    return MetricRank(tier, 9, int(bool(set(leaf) & _BEST)), stage, 1, 0, 0)


def _scope(words: Collection[str]) -> int:
    if not _PART.isdisjoint(words) and _EPISODE.isdisjoint(words):
        return 2
    return 0 if not _EPISODE.isdisjoint(words) else 1


def _kind(family: Family, rank: int, leaf: Sequence[str]) -> int:
    """The rank of a word in its family; synonyms rank equally, mAP averaged over thresholds first."""
    if family is FAMILIES[0]:
        return -1 if "true" in leaf else 0 if rank < _FAMILY_OF["reward"][1] else 1
    if family is FAMILIES[1]:
        return 2
    if family.name == "accuracy":
        return rank - 3 * ("95" in leaf)
    return 0 if leaf[-1] in ("loss", "losses") else 1
