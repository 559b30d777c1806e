"""What is secret in the settings, and how it is hidden in everything that is written."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Any

from .settings import Settings

REDACTED = "<redacted>"

# As whole words: `token` and `hf_token` are secret, `tokenizer` is not.
_SECRET_NAME = re.compile(r"(?:^|[^a-z])(?:password|passwd|secret|token|api_key)(?:[^a-z]|$)")


def is_secret_name(name: str) -> bool:
    """Whether a setting of this name holds a secret."""
    return bool(_SECRET_NAME.search(name.lower()))


def redacted_settings(settings: Settings) -> dict[str, Any]:
    """All settings as one mapping fit for a file: secrets replaced, the base path filled in."""
    values = {**asdict(settings.common), **asdict(settings.experiment), "BASE_PATH": str(settings.base_path)}
    return {name: _redacted(name, value) for name, value in values.items()}


def _redacted(name: str, value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _redacted(str(key), item) for key, item in value.items()}
    if isinstance(value, str) and value and is_secret_name(name):
        return REDACTED
    return value
