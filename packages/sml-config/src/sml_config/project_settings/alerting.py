"""Alerts by the settings of a project, for programs that watch its runs from outside."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from sml_config.errors import SettingsError
from sml_config.redaction import Redactor

from .scaffold import COMMON, FOLDER

if TYPE_CHECKING:
    from sml_config.alerts.from_settings import Alerting

_KEY = b"ALERT_TO"


def project_alerting(project: Path, report: Callable[[str], object]) -> Alerting | None:
    """Rules and outbox of `common_config/common_config.yaml` below a folder; None without addresses there.

    `report` gets a line if the file is invalid, and one for what could not be sent. Never raises.
    """
    file = project / FOLDER / COMMON
    try:
        if _KEY not in file.read_bytes():
            return None
        from .load import load_section  # late: most projects have no alerts
        from .settings import CommonConfig

        common = load_section(file, CommonConfig)
    except OSError:
        return None
    except SettingsError as error:
        report(f"no alerts are sent: {error.faults[0]}")
        return None
    from sml_config.alerts.from_settings import alerting

    hide = Redactor(common.secrets).text
    return alerting(common.ALERT_TO, common.ALERT_RULES, common.ALERT_QUIET, report, hide)
