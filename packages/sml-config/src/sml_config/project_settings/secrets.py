"""Secrets in the settings, and their redaction in everything that is written."""

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
    """Secret values: fields with secret names, at any depth, and values of environment variables (${NAME}).

    Values of public variables (HOME, USER …) are not secret.
    """
    return frozenset(instance("settings", settings, Settings, "Settings").secrets)


def active_redactor() -> Redactor:
    """The redactor for the current settings."""
    return Redactor(settings().secrets)


def redacted_settings(settings: Settings) -> dict[str, Any]:
    """All settings as one mapping, with secrets redacted and the base path filled in."""
    return settings.redacted()
