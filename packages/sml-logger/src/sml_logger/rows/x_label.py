"""TensorBoard's step of a row: its number, or the value of the key chosen as x label."""

from __future__ import annotations

from sml_logger.messages.run_messages import RunMessages
from sml_logger.row import Cell, Shape


class XLabel:
    """The chosen key, and its last value for rows without one."""

    def __init__(self, messages: RunMessages) -> None:
        self.key: str | None = None
        self._messages = messages
        self._last: int | None = None

    def step_of(self, shape: Shape, values: list[Cell], row: int) -> int | None:
        """The step of a row; None until the key has had a value."""
        key = self.key
        if key is None:
            return row
        value = values[shape.columns.index(key)] if key in shape.columns else None
        if isinstance(value, (int, float)) and abs(value) < 2**63:  # false for NaN
            self._last = int(value)
            if self._last != value:
                self._messages.warn_once(f"WARNING: TensorBoard's steps are integers; {key} is truncated")
        else:
            remedy = "are not written to it" if self._last is None else "get the step of the row before"
            problem = f"no number for TensorBoard's x label {key!r}; such rows {remedy}"
            self._messages.warn_once(f"WARNING: row {row} has {problem}", about=problem)
        return self._last
