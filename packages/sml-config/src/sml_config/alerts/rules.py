"""Rules of alerts, as in `ALERT_RULES`: `nan`, `stalled 10x`, `last.eval_return < 10 after step 1e6`."""

from __future__ import annotations

import datetime
import operator
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

# Rules without a parameter.
NAN, DEAD, FAILED, FINISHED, SWEEP_DONE = "nan", "dead", "failed", "finished", "sweep done"
_PLAIN = (NAN, DEAD, FAILED, FINISHED, SWEEP_DONE)
DEFAULT = ("nan", "failed", "dead", "stalled 10x", "disk < 5%", "sweep done")

_EXPECTED = (
    "one of nan, failed, finished, dead, sweep done, stalled 10x, disk < 5% (or < 20GB),"
    " last.METRIC < NUMBER [after step NUMBER]"
)
_STALLED = re.compile(r"stalled\s+(\d+(?:\.\d+)?)\s*x")
_DISK = re.compile(r"disk\s*<\s*(\d+(?:\.\d+)?)\s*(%|[MGT]B)")
_THRESHOLD = re.compile(
    r"last\.(?P<metric>\S.*?)\s*(?P<relation><=|>=|<|>)\s*(?P<bound>[-+.\de]+)(?:\s+after\s+step\s+(?P<after>[-+.\de]+))?"
)
_QUIET = re.compile(r"(\d{1,2}):(\d\d)\s*-\s*(\d{1,2}):(\d\d)")
_UNITS = {"MB": 10**6, "GB": 10**9, "TB": 10**12}
_RELATIONS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class RuleError(ValueError):
    """An invalid rule or time; the message says what was expected."""


@dataclass(frozen=True)
class Threshold:
    """`last.METRIC < bound after step N`: holds for the last value of a metric from step N on."""

    text: str
    metric: str
    relation: str
    bound: float
    after: float

    def holds(self, value: float, step: float) -> bool:
        """Whether the rule holds for a value at a step; never for NaN."""
        return step >= self.after and _RELATIONS[self.relation](value, self.bound)


@dataclass(frozen=True)
class QuietHours:
    """Hours of the local day in which nothing is sent, also over midnight."""

    begin: datetime.time
    end: datetime.time

    def contains(self, moment: datetime.time) -> bool:
        """Whether a time of the day is in the quiet hours."""
        if self.begin <= self.end:
            return self.begin <= moment < self.end
        return moment >= self.begin or moment < self.end


@dataclass(frozen=True)
class Rules:
    """All rules of a project; `stalled` is a multiple of the usual gap between rows, None without that rule.

    `disk_share` (of 1) and `disk_bytes` are the least free space.
    """

    plain: frozenset[str] = frozenset()
    stalled: float | None = None
    disk_share: float | None = None
    disk_bytes: float | None = None
    thresholds: tuple[Threshold, ...] = ()


def parse_rules(texts: Iterable[str]) -> Rules:
    """The rules of `ALERT_RULES`; without any, the usual ones. Raises RuleError."""
    plain: set[str] = set()
    stalled = share = least = None
    thresholds = []
    for text in tuple(texts) or DEFAULT:
        rule = " ".join(text.split())
        if rule in _PLAIN:
            plain.add(rule)
        elif (match := _STALLED.fullmatch(rule)) and float(match[1]) > 1:
            stalled = float(match[1])
        elif match := _DISK.fullmatch(rule):
            if match[2] == "%":
                share = float(match[1]) / 100
            else:
                least = float(match[1]) * _UNITS[match[2]]
        elif match := _THRESHOLD.fullmatch(rule):
            after = _number(rule, match["after"] or "0")
            bound = _number(rule, match["bound"])
            thresholds.append(Threshold(rule, match["metric"], match["relation"], bound, after))
        else:
            raise RuleError(f"invalid rule {text!r}; expected {_EXPECTED}")
    return Rules(frozenset(plain), stalled, share, least, tuple(thresholds))


def parse_quiet(text: str | None) -> QuietHours | None:
    """The hours of `ALERT_QUIET`, such as 23:00-07:00; None for none. Raises RuleError."""
    if not text:
        return None
    match = _QUIET.fullmatch(text.strip())
    try:
        if match is not None:
            first, minute, last, until = map(int, match.groups())
            return QuietHours(datetime.time(first % 24, minute), datetime.time(last % 24, until))
    except ValueError:
        pass
    raise RuleError(f"invalid hours {text!r}; expected e.g. 23:00-07:00, in quotes")


def _number(rule: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise RuleError(
            f"invalid number {text!r} in the rule {rule!r}; expected e.g. 10, 0.5 or 1e6"
        ) from None
