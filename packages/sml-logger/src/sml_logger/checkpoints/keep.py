"""Which checkpoints to keep: `last:2,best:1:eval_return`."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from sml_logger.errors import SmlLoggerError

from .records import Checkpoint

_EXPECTED = "expected last:N and best:N:METRIC[:max|min], separated by commas, e.g. last:2,best:1:eval_return"
# For metrics of such names, "best" without a direction is more likely a mistake than the highest value.
_LOWER_IS_BETTER = re.compile(
    r"loss|error|cost|perplexity|ppl|distance|regret|(?:^|[^a-z])(?:mse|mae|rmse|fid)", re.I
)


@dataclass(frozen=True)
class KeepRule:
    """Keep the last `count` checkpoints, or those with the best values of `metric`."""

    count: int
    metric: str | None = None
    lowest: bool = False

    @property
    def text(self) -> str:
        """The rule as it is written."""
        if self.metric is None:
            return f"last:{self.count}"
        return f"best:{self.count}:{self.metric}" + (":min" if self.lowest else "")

    def selected(self, checkpoints: Sequence[Checkpoint]) -> list[Checkpoint]:
        """The checkpoints that this rule keeps; of equal values, the later ones."""
        if self.metric is None:
            return sorted(checkpoints, key=_age)[-self.count :]
        sign = -1 if self.lowest else 1
        valued = [
            (sign * checkpoint.metrics[self.metric], _age(checkpoint), checkpoint)
            for checkpoint in checkpoints
            if not math.isnan(checkpoint.metrics.get(self.metric, math.nan))
        ]
        return [item[-1] for item in sorted(valued, key=lambda item: item[:2])[-self.count :]]


def parse_keep(text: str) -> tuple[KeepRule, ...]:
    """The rules of `--keep`. Raises SmlLoggerError."""
    return tuple(_rule(part.strip()) for part in text.split(","))


def _rule(part: str) -> KeepRule:
    match = re.fullmatch(r"(last|best):([1-9]\d{0,8})(?::(.+?))?(?::(max|min))?", part)
    if match is None or (match[1] == "best") != bool(match[3]) or (match[1] == "last" and match[4]):
        raise SmlLoggerError(f"invalid --keep {part!r}; {_EXPECTED}")
    metric, direction = match[3], match[4]
    if metric and not direction and _LOWER_IS_BETTER.search(metric):
        raise SmlLoggerError(
            f"invalid --keep {part!r}: the best {metric} may be the lowest; write {part}:min or {part}:max"
        )
    return KeepRule(int(match[2]), metric, direction == "min")


def _age(checkpoint: Checkpoint) -> tuple[float, float]:
    """Sorts checkpoints by step, those without one by their time."""
    return (math.inf if checkpoint.step is None else checkpoint.step, checkpoint.time)
