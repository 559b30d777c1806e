"""How long a query and a rule may be: each costs time for every run, and whoever asks may be anybody."""

from __future__ import annotations

import json
from typing import Any

from .i18n import Message

LONGEST_QUERY = 4000  # characters


def check_length(rule: Any, number: int) -> None:
    """Raise ValueError if a rule, the one of that number, is longer than a query may be."""
    length = len(json.dumps(rule, ensure_ascii=False, default=str))
    if length > LONGEST_QUERY:
        raise ValueError(
            Message(
                "rule {number} has {n} characters; expected at most {most}: "
                "split it into several rules, or use a wildcard",
                number=number,
                n=length,
                most=LONGEST_QUERY,
            )
        )
