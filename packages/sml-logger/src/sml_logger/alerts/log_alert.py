"""The method of `Logger` that sends an alert."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .run_alerts import RunAlerts


class LogAlert:
    """Mixed into `Logger`."""

    def alert(self, title: str, text: str = "", level: Any = "warning") -> None:
        """Log an alert and send it to the addresses of ALERT_TO, at once for the script, from a thread.

        `level` is info, warning or error. The same title is sent once a minute at most. Without addresses the
        alert is only logged. Raises SmlLoggerError for another level.
        """
        from .run_alerts import level_of  # late: not every script sends alerts

        level = level_of(level)
        self._write_text(f"[ ALERT ]: {level}: {title}" + (f": {text}" if text else "") + "\n")
        alerts = self._alerts()
        if alerts is not None:
            alerts.tell(str(title), str(text), level)

    def _alerts(self) -> RunAlerts | None:
        raise NotImplementedError

    if TYPE_CHECKING:

        def _write_text(self, text: str, color: str | None = None, bold: bool = True) -> None: ...
