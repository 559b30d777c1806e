"""Hands rows and text to the outputs, so that no failing one stops the others or the training.

A failure is reported once; every row is tried again; when writing works again the gap is stated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from .outputs import Output, PartlyWrittenError, TextOutput
from .row import Row
from .run_folder.resume import Gap


class _Watched:
    """An output and the rows that it never got."""

    __slots__ = ("gaps", "name", "noted", "output", "partial", "write_row")

    def __init__(self, output: Output, gaps: list[Gap]) -> None:
        self.output = output
        self.name = output.name
        self.write_row = output.write_row
        # Rows before this step that never arrived are among the gaps.
        self.noted = output.next_step
        self.gaps = gaps
        self.partial: list[Gap] = []


class Health:
    """Knows which rows are missing where; `say` reaches the person."""

    def __init__(
        self,
        outputs: list[Output],
        text: TextOutput | None,
        *,
        step: int,
        gaps: Mapping[str, list[Gap]],
        say: Callable[[str], None],
    ) -> None:
        self._text = text
        both: list[Output] = [*outputs, text] if text is not None else outputs
        self._watched = [_Watched(output, list(gaps.get(output.name, ()))) for output in both]
        self._say = say
        # While anything fails, one warning has been given.
        self._failing: set[str] = set()
        self._warned = False
        self._lost_texts = 0
        self._stated_from = step

    @property
    def gaps(self) -> dict[str, list[Gap]]:
        """Per output the rows that it never got, as first and last step."""
        return {watched.name: watched.gaps for watched in self._watched if watched.gaps}

    def write_row(self, row: Row) -> bool:
        """Give a row to every output; True when gaps have just been stated and should be recorded."""
        step = row.step
        for watched in self._watched:
            if watched.output.next_step != step:
                _missed(watched, step)
            try:
                watched.write_row(row)
            except PartlyWrittenError as error:
                _extend(watched.partial, (step, step))
                self.warn(watched.name, f"row {step} is incomplete in {watched.name}", error)
            except OSError as error:
                self.warn(watched.name, f"row {step} could not be written to {watched.name}", error)
            else:
                if self._failing:
                    self._failing.discard(watched.name)
        return self._warned and not self._failing and self._state_gaps()

    def write_text(self, text: str) -> None:
        """Give a text to the log."""
        if self._text is None:
            return
        try:
            self._text.write(text)
        except OSError as error:
            self._lost_texts += 1
            self.warn(self._text.name, f"{self._text.name} could not be written", error)

    def close(self, step: int) -> None:
        """Close every output; state the gaps that are left."""
        for watched in self._watched:
            _missed(watched, step)
        if self._warned:
            self._state_gaps()
        for watched in self._watched:
            try:
                watched.output.close()
            except OSError as error:
                self.warn(watched.name, f"{watched.name} could not be closed", error)

    def warn(self, name: str, what: str, error: OSError) -> None:
        """Tell the first failure of a series."""
        self._failing.add(name)
        if not self._warned:
            self._warned = True
            self._say(
                f"WARNING: {what} ({error.strerror or error}); training goes on, each further row is tried,"
                " and the rows that are missing will be listed"
            )

    def _state_gaps(self) -> bool:
        state = "writing failed until the end" if self._failing else "writing works again"
        parts = []
        highest = self._stated_from - 1
        for watched in self._watched:
            for words, gaps in (("missing", watched.gaps), ("incomplete", watched.partial)):
                new = [gap for gap in gaps if gap[1] >= self._stated_from]
                if new:
                    parts.append(f"{watched.name}: rows {', '.join(map(_span, new))} {words}")
                    highest = max(highest, new[-1][1])
        if self._lost_texts:
            parts.append(f"{self._lost_texts} texts lost")
        self._warned = False
        self._stated_from, self._lost_texts = highest + 1, 0
        self._say(f"WARNING: {state}; {'; '.join(parts) or 'nothing is missing'}")
        return True


def _missed(watched: _Watched, step: int) -> None:
    """Note the rows before `step` that never arrived: refused, or interrupted on their way."""
    first = max(watched.output.next_step, watched.noted)
    if first < step:
        _extend(watched.gaps, (first, step - 1))
        watched.noted = step


def _extend(gaps: list[Gap], new: Gap) -> None:
    if gaps and gaps[-1][1] == new[0] - 1:
        gaps[-1] = (gaps[-1][0], new[1])
    else:
        gaps.append(new)


def _span(gap: Gap) -> str:
    first, last = gap
    return str(first) if first == last else f"{first}-{last}"
