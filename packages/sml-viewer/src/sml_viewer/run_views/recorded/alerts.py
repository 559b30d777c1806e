"""The alerts that were sent about a run, from `config/alerts.jsonl`."""

from __future__ import annotations

from typing import Any, BinaryIO, Literal

from sml_config.alerts.watch import SENT_ALERTS
from sml_config.run_folder import CONFIG
from sml_viewer.model.run_state import moment
from sml_viewer.security.find_secrets import Mask

from .json_lines import json_lines
from .schemas import AlertsAnswer, AlertShown

ALERTS = f"{CONFIG}/{SENT_ALERTS}"
_LEVELS: dict[object, Literal["info", "warning", "error"]] = {
    "info": "info",
    "warning": "warning",
    "error": "error",
}
_MOST = 1_000
_LONGEST_TITLE = 500


def alerts(file: BinaryIO, mask: Mask) -> AlertsAnswer:
    """The alerts, the latest first, at most 1,000; that a cause is gone is told with the alert about it."""
    shown_alerts: list[AlertShown] = []
    active: dict[str, AlertShown] = {}
    for _, line in json_lines(file):
        cause = line.get("cause")
        if not isinstance(cause, str):
            continue
        if line.get("active") is True:
            active[cause] = _alert(cause, line, mask)
            shown_alerts.append(active[cause])
        elif cause in active:
            active.pop(cause)["recovered"] = moment(line.get("time"))
    return {"alerts": shown_alerts[-_MOST:][::-1]}


def _alert(cause: str, line: dict[str, Any], mask: Mask) -> AlertShown:
    return {
        "time": moment(line.get("time")),
        # Alerts of earlier releases have no level.
        "level": _LEVELS.get(line.get("level"), "warning"),
        "title": mask.text(str(line.get("title", "")))[:_LONGEST_TITLE],
        "text": mask.text(str(line.get("text", ""))),
        "cause": mask.text(cause),
        "recovered": None,
    }
