"""Scalars in quick succession, held until the last one of their row comes; added without a lock.

Every step of it is atomic in itself, so that threads and signal handlers that log in between can at worst
bring scalars into another order: who takes them looks at their tags and steps.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

from sml_logger.rows.logged_row import LoggedMetrics, step_of

# Scalars that come within this time of each other are of one burst, in nanoseconds.
BURST_NS = 5_000

# A tag, its value and its step.
Scalar = tuple[str, float, int]


class Expected:
    """The tag of the scalar that may be held next, and what is expected after it."""

    __slots__ = ("next", "tag")

    def __init__(self, tag: object, following: Expected | None) -> None:
        self.tag = tag
        self.next: Expected = self if following is None else following


# Equal to no tag.
NOTHING = Expected(object(), None)


class HeldScalars:
    """The scalars of a row so far; its first and last one come through `RunLogger`."""

    __slots__ = ("_after_first", "_tags", "hold", "last_call", "next", "queue", "step")

    def __init__(self) -> None:
        self.queue: deque[Scalar] = deque()
        self.hold = self.queue.append
        # What may be held without a lock; NOTHING between rows.
        self.next = NOTHING
        # The step of the row.
        self.step: int | None = None
        # When the last scalar came, in nanoseconds.
        self.last_call = 0
        self._tags: tuple[str, ...] = ()
        self._after_first = NOTHING

    def begin(self, tags: tuple[str, ...], value: float, step: int) -> None:
        """Hold the first scalar of a row of these tags."""
        if tags is not self._tags:
            self._tags, self._after_first = tags, NOTHING
            for tag in reversed(tags[1:-1]):
                self._after_first = Expected(tag, self._after_first)
        self.step = step
        self.hold((tags[0], value, step))
        self.next = self._after_first

    def take(self) -> list[Scalar]:
        """Take all scalars that are held."""
        self.next, self.step = NOTHING, None
        pop = self.queue.popleft
        return [pop() for _ in range(len(self.queue))]


def rows_of(scalars: Iterable[Scalar]) -> Iterator[LoggedMetrics]:
    """Scalars as rows: those of one step, until one of their tags comes again."""
    row: dict[str, float] = {}
    row_step = None
    for tag, value, step in scalars:
        if row and (tag in row or step != row_step):
            yield LoggedMetrics(tuple(row), [*row.values()], row_step, None, True)
            row = {}
        row[tag], row_step = value, step_of(step)
    if row:
        yield LoggedMetrics(tuple(row), [*row.values()], row_step, None, True)
