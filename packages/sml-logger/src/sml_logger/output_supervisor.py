"""Pass rows and text to the outputs, so that a failing output stops neither the others nor training.

A failure is reported once; every further row is tried; when writing works again the gap is reported.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from .outputs import CsvOutput, Output, PartlyWrittenError, TextOutput
from .row import Row
from .run_folder.resume import Gap


class _OutputState:
    """An output and its missing rows."""

    __slots__ = ("fill", "gaps", "gaps_known_to", "name", "next_step", "output", "partial", "write_row")

    def __init__(self, output: Output, gaps: list[Gap]) -> None:
        self.output = output
        self.name = output.name
        self.write_row = output.write_row
        # How an output of unfinished rows takes what a row has so far.
        self.fill = output.fill if isinstance(output, CsvOutput) else None
        # Missing rows before this step are already among the gaps.
        self.gaps_known_to = self.next_step = output.next_step
        self.gaps = gaps
        self.partial: list[Gap] = []


class OutputSupervisor:
    """Writes to all outputs and tracks missing rows; `notify` prints and logs a line."""

    def __init__(
        self,
        outputs: list[Output],
        text: TextOutput | None,
        *,
        step: int,
        gaps: Mapping[str, list[Gap]],
        notify: Callable[[str], None],
    ) -> None:
        self._text = text
        both: list[Output] = [*outputs, text] if text is not None else outputs
        self._states = [_OutputState(output, list(gaps.get(output.name, ()))) for output in both]
        self._notify = notify
        # Names of the outputs that fail, and whether that has been reported.
        self._failing: set[str] = set()
        self._warned = False
        self._lost_texts = 0
        self._stated_from = step

    @property
    def gaps(self) -> dict[str, list[Gap]]:
        """The missing rows of each output, as (first step, last step)."""
        return {state.name: state.gaps for state in self._states if state.gaps}

    def write_row(self, row: Row) -> bool:
        """Write a row to every output; True if gaps have just been reported and should be recorded."""
        step = row.step
        for state in self._states:
            if state.next_step != step and state.output.next_step != step:
                _missed(state, step)
            try:
                state.write_row(row)
            except OSError as error:
                self._failed(state, step, error)
            else:
                state.next_step = step + 1
                if self._failing:
                    self._failing.discard(state.name)
        return self._warned and not self._failing and self._state_gaps()

    @property
    def is_failing(self) -> bool:
        """Whether the last row was not written to every output."""
        return bool(self._failing)

    def fill_row(self, row: Row, changed: int) -> bool:
        """Write what an unfinished row has so far to the table, from cell `changed` on; as `write_row`."""
        for state in self._states:
            fill = state.fill
            if fill is not None:
                self._pass(state, row, lambda row, fill=fill: fill(row, changed))  # type: ignore[misc]
        return self._warned and not self._failing and self._state_gaps()

    def finish_row(self, row: Row) -> bool:
        """Write a row that is in the table to every other output; as `write_row`."""
        for state in self._states:
            if state.fill is None:
                self._pass(state, row, state.write_row)
        return self._warned and not self._failing and self._state_gaps()

    def _pass(self, state: _OutputState, row: Row, write: Callable[[Row], None]) -> None:
        step = row.step
        if state.output.next_step != step:
            _missed(state, step)
        try:
            write(row)
        except OSError as error:
            self._failed(state, step, error)
        else:
            if self._failing:
                self._failing.discard(state.name)

    def _failed(self, state: _OutputState, step: int, error: OSError) -> None:
        if isinstance(error, PartlyWrittenError):
            if not state.partial or state.partial[-1][1] != step:
                _extend(state.partial, (step, step))
            self.warn(state.name, f"row {step} is incomplete in {state.name}", error)
        else:
            self.warn(state.name, f"row {step} could not be written to {state.name}", error)

    def write_text(self, text: str) -> None:
        """Write a text to the log."""
        if self._text is None:
            return
        try:
            self._text.write(text)
        except OSError as error:
            self._lost_texts += 1
            self.warn(self._text.name, f"{self._text.name} could not be written", error)

    def close(self, step: int) -> None:
        """Close every output and report the remaining gaps."""
        for state in self._states:
            _missed(state, step)
        if self._warned:
            self._state_gaps()
        for state in self._states:
            try:
                state.output.close()
            except OSError as error:
                self.warn(state.name, f"{state.name} could not be closed", error)

    def warn(self, name: str, message: str, error: OSError) -> None:
        """Report the first failure of a series."""
        self._failing.add(name)
        if not self._warned:
            self._warned = True
            self._notify(
                f"WARNING: {message} ({error.strerror or error}); training continues, each further row is"
                " tried, and missing rows will be listed"
            )

    def _state_gaps(self) -> bool:
        outcome = "writing failed until the end" if self._failing else "writing works again"
        parts = []
        highest = self._stated_from - 1
        for state in self._states:
            for words, gaps in (("missing", state.gaps), ("incomplete", state.partial)):
                new = [gap for gap in gaps if gap[1] >= self._stated_from]
                if new:
                    parts.append(f"{state.name}: rows {', '.join(map(_span, new))} {words}")
                    highest = max(highest, new[-1][1])
        if self._lost_texts:
            parts.append(f"{self._lost_texts} texts lost")
        self._warned = False
        self._stated_from, self._lost_texts = highest + 1, 0
        self._notify(f"WARNING: {outcome}; {'; '.join(parts) or 'nothing is missing'}")
        return True


def _missed(state: _OutputState, step: int) -> None:
    """Note the rows before `step` that are missing: failed, or interrupted while being written."""
    first = max(state.output.next_step, state.gaps_known_to)
    if first < step:
        _extend(state.gaps, (first, step - 1))
        state.gaps_known_to = step


def _extend(gaps: list[Gap], new: Gap) -> None:
    if gaps and gaps[-1][1] == new[0] - 1:
        gaps[-1] = (gaps[-1][0], new[1])
    else:
        gaps.append(new)


def _span(gap: Gap) -> str:
    first, last = gap
    return str(first) if first == last else f"{first}-{last}"
