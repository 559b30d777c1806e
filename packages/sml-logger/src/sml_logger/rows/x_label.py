"""TensorBoard's step of a row: its number, or the value of a key that the script chose."""

from __future__ import annotations

from sml_logger.messages.run_messages import Voice
from sml_logger.row import Cell, Shape


class XLabel:
    """Knows the key, and its last value for rows that have none."""

    def __init__(self, voice: Voice) -> None:
        self.key: str | None = None
        self._voice = voice
        self._last: int | None = None

    def step_of(self, shape: Shape, values: list[Cell], row: int) -> int | None:
        """The step of a row; None as long as the key never had a value."""
        key = self.key
        if key is None:
            return row
        value = values[shape.columns.index(key)] if key in shape.columns else None
        if isinstance(value, (int, float)) and abs(value) < 2**63:  # false for NaN
            self._last = int(value)
            if self._last != value:
                self._voice.once(f"WARNING: TensorBoard's steps are whole; {key} is cut to them")
        else:
            remedy = "stay out of it" if self._last is None else "get the step of the row before"
            what = f"no number for TensorBoard's x label {key!r}; such rows {remedy}"
            self._voice.once(f"WARNING: row {row} has {what}", about=what)
        return self._last
