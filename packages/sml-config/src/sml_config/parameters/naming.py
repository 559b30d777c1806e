"""Build the name of a run from its important parameters."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from typing import Any

from sml_config.project_settings.secrets import active_redactor
from sml_config.run_folder import safe_name
from sml_config.values import enum_text, scalar


def joined_name(values: Iterable[tuple[str, Any]], suffix: str, *, debug: bool = False) -> str:
    """`Hopper-v2_policy_lr_0.01_seed_2-DEMO_FILE`: parts joined by `_`, then the suffix; a folder name."""
    parts = [part for name, value in values if (part := name_part(name, value))]
    tail = [*([suffix] if suffix else []), *(["debug"] if debug else [])]
    return safe_name(active_redactor().text("-".join(["_".join(parts), *tail])))


def name_part(name: str, value: Any) -> str:
    """Text gives only the value, True only the name, a list its items joined, anything else name_value."""
    if isinstance(value, enum.Enum):
        text = enum_text(value)
        return text if isinstance(value.value, str) else f"{name}_{text}"
    value = scalar(value)
    if isinstance(value, str):
        return value
    if value is True:
        return name
    if isinstance(value, (list, tuple)):
        # Not just str(), which differs for enums between Python 3.10 and 3.11.
        return "_".join(
            enum_text(item) if isinstance(item, enum.Enum) else str(scalar(item)) for item in value
        )
    return f"{name}_{value}"
