"""Tables of measurements in the columns of a code base, row by row as text."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

# What the values of a column are like.
STEP, STEPS, EPISODES, CLOCK = "iteration", "steps", "episodes", "clock"
RETURN, TRAINED, BEST, SPREAD, TOP, LOW = (
    "return",
    "return of training",
    "best so far",
    "spread",
    "largest",
    "least",
)
SPARSE, LENGTH, LOSS, SIGNED, RATE, RISING = (
    "return now and then",
    "length",
    "loss",
    "signed",
    "rate",
    "rising rate",
)
FALLING, FRACTION, FRACTION2 = "decay", "fraction", "fraction of training"
HELD, FITTED = "held-out loss", "loss of training"
SECONDS = "seconds of a step"


@dataclass(frozen=True)
class Style:
    """The columns of a table in their order, with what each is like: one of the above, or `=text`.

    `x` and `y` are those that a researcher would draw, any of them; `-name` is best when smallest.
    """

    columns: Sequence[tuple[str, str]]
    x: Sequence[str]
    y: Sequence[str]
    digits: int | None = None


@dataclass(frozen=True)
class Table:
    """Names and rows as they are written; an empty text is a blank."""

    names: list[str]
    rows: list[list[str]]

    def last(self) -> dict[str, float]:
        """The last number of each column."""
        found: dict[str, float] = {}
        for row in self.rows:
            for name, text in zip(self.names, row, strict=True):
                try:
                    found[name] = float(text)
                except ValueError:
                    continue
        return found

    def text(self, delimiter: str = ",") -> str:
        """As a file."""
        out = io.StringIO()
        writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
        writer.writerows([self.names, *self.rows])
        return out.getvalue()

    def json_lines(self) -> str:
        """As a file of JSON objects, a row a line; blanks are left out."""
        return "".join(
            json.dumps({name: _value(text) for name, text in zip(self.names, row, strict=True) if text})
            + "\n"
            for row in self.rows
        )


def _value(text: str) -> object:
    try:
        number = float(text)
    except ValueError:
        return {"True": True, "False": False}.get(text, text)
    return int(number) if text.lstrip("-").isdigit() else number


@dataclass(frozen=True)
class Level:
    """How good a run is: returns rise from `low` to `high`; `stride` is the steps of a row."""

    low: float
    high: float
    stride: int
    noise: float


def level(random: Random, group: str, environment: str, salt: int) -> Level:
    """Of one run: its group and environment decide, its seed varies."""
    of_environment = Random(f"{environment} {salt}")
    scale = of_environment.choice([1.0, 20.0, 400.0, 3000.0])
    low = of_environment.uniform(-0.5, 0.1) * scale
    quality = Random(f"{group} {salt}").uniform(0.4, 1.0)
    stride = of_environment.choice([1000, 2048, 4000, 5000, 10000])
    return Level(low, low + scale * quality * random.uniform(0.9, 1.1), stride, 0.03 * scale)


def make_table(random: Random, style: Style, level_: Level, rows: int, stamp: float = 1.6e9) -> Table:
    """`rows` rows of a run."""
    digits = style.digits
    made: list[list[str]] = []
    clock, best = stamp % 10, -math.inf
    for row in range(rows):
        progress = 1 - math.exp(-3 * (row + 1) / rows)
        value = level_.low + (level_.high - level_.low) * progress + random.gauss(0, level_.noise)
        best = max(best, value)
        clock += random.uniform(3, 9)
        cells = [
            _cell(random, kind, row, rows, value, best, clock, level_, stamp) for _, kind in style.columns
        ]
        made.append([_text(cell, digits) for cell in cells])
    return Table([name for name, _ in style.columns], made)


def _cell(
    random: Random,
    kind: str,
    row: int,
    rows: int,
    value: float,
    best: float,
    clock: float,
    of: Level,
    stamp: float,
) -> float | int | str:
    span = abs(of.high - of.low) or 1.0
    progress = (value - of.low) / span
    numbers: dict[str, float | int] = {
        STEP: row,
        STEPS: (row + 1) * of.stride,
        EPISODES: (row + 1) * max(1, of.stride // 200),
        CLOCK: clock,
        "epoch seconds": stamp + clock,
        RETURN: value,
        TRAINED: value - random.uniform(0.05, 0.2) * span,
        BEST: best,
        SPREAD: abs(random.gauss(0.1, 0.03)) * span,
        TOP: value + random.uniform(0.1, 0.3) * span,
        LOW: value - random.uniform(0.1, 0.3) * span,
        LENGTH: random.randint(100, 1000),
        LOSS: abs(random.gauss(1, 0.2)) * math.exp(-2 * row / rows),
        SIGNED: random.gauss(0, 1),
        RATE: random.uniform(200, 900),
        RISING: 200 + 20 * row + random.random(),
        SECONDS: random.uniform(0.01, 0.03),
        FALLING: 3e-4 * (1 - row / rows),
        FRACTION: min(0.999, max(0.0, 0.3 + 0.6 * progress * _quality(of))),
        FRACTION2: min(0.9999, max(0.0, 0.35 + 0.63 * (row + 1) / rows + random.gauss(0, 0.004))),
        HELD: max(0.02, 3.2 - 2.2 * progress * _quality(of)),
        FITTED: max(0.001, 2.9 * math.exp(-3 * (row + 1) / rows) + abs(random.gauss(0, 0.01))),
    }
    if kind == SPARSE:
        return value if row % 5 == 4 or row == rows - 1 else ""
    return numbers[kind] if kind in numbers else kind.removeprefix("=")


def _quality(of: Level) -> float:
    return 0.5 + 0.5 * ((of.high * 7.3) % 1)


def _text(cell: float | int | str, digits: int | None) -> str:
    if isinstance(cell, float):
        return repr(cell) if digits is None else f"{cell:.{digits}g}"
    return str(cell)
