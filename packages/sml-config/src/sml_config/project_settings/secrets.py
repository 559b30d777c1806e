"""What is secret in the settings, and how it is hidden in everything that is written."""

from __future__ import annotations

from typing import Any

from sml_config.redaction import REDACTED, Redactor, is_secret_name, redacted
from sml_config.validation import instance

from .current import settings
from .settings import Settings

__all__ = [
    "REDACTED",
    "Redactor",
    "active_redactor",
    "is_secret_name",
    "redacted",
    "redacted_settings",
    "secret_values",
]


def secret_values(settings: Settings) -> frozenset[str]:
    """What must never be written: secret fields, by name and at any depth, and what ${ENV} put into settings.

    Values of variables that are public by nature (HOME, USER …) are not among them.
    """
    return frozenset(instance("settings", settings, Settings, "Settings").secrets)


def active_redactor() -> Redactor:
    """The redactor for the settings in force."""
    return Redactor(settings().secrets)


def redacted_settings(settings: Settings) -> dict[str, Any]:
    """All settings as one mapping fit for a file: secrets replaced, the base path filled in."""
    return settings.redacted()
