"""`sml-logger alerts`: what the settings of alerts say, and a test of each address."""

from __future__ import annotations

from pathlib import Path

from sml_config import CommonConfig
from sml_config.alerts.addresses import Destination, parse_addresses
from sml_config.alerts.alert import INFO, Alert
from sml_config.alerts.rules import DEFAULT
from sml_config.alerts.send import SendError, send
from sml_config.process import host_name
from sml_config.project_settings.load import load_section


def alert_lines(file: Path, *, test: bool) -> tuple[list[str], int]:
    """The lines of the command, and how many addresses failed. Raises SettingsError for invalid settings."""
    common = load_section(file, CommonConfig)
    destinations = parse_addresses(common.ALERT_TO)
    if not destinations:
        return [f"{file}: no ALERT_TO, so nothing is sent; add a list of addresses"], int(test)
    lines = [f"rules: {', '.join(common.ALERT_RULES or DEFAULT)}", f"quiet: {common.ALERT_QUIET or 'never'}"]
    failures = 0
    for destination in destinations:
        outcome = _outcome(destination) if test else destination.label
        failures += outcome.startswith("FAILED")
        lines.append(outcome)
    if not test:
        lines.append("add --test to send an alert to each")
    return lines, failures


def _outcome(destination: Destination) -> str:
    text = "If you can read this, alerts about your runs will arrive here."
    try:
        send(destination, Alert("test", f"test from {host_name()}", text, INFO))
    except SendError as error:
        return f"FAILED {error}"
    return f"sent to {destination.label}"
