"""What an alert says, and what caused it."""

from __future__ import annotations

from dataclasses import dataclass, field

INFO, WARNING, ERROR = "info", "warning", "error"


@dataclass(frozen=True)
class Alert:
    """A message about a run or a machine.

    Alerts with the same `cause` about the same run are sent once, until one that is not `is_active` tells
    that the cause is gone. `run` is the path of the run folder, or empty.
    """

    cause: str
    title: str
    text: str = ""
    level: str = WARNING
    run: str = ""
    is_active: bool = True
    # Further facts for programs that receive the alert.
    facts: dict[str, object] = field(default_factory=dict)

    @property
    def whole_text(self) -> str:
        """Title, text and run on lines of their own."""
        return "\n".join(part for part in (self.title, self.text, self.run) if part)
