"""The names that the older tool gave to algorithms, as they stand in its users' scripts and configurations.

It joined the values of the merge keys by `+`, sorted; early releases took every value alone, later ones put
the key before what is no text: `0.1+sac`, `policy_lr_0.1+sac`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def older_names(given: Mapping[str, Any]) -> set[str]:
    """Both names for the values of the merge keys."""
    alone = [str(value) for value in given.values()]
    with_key = [value if isinstance(value, str) else f"{key}_{value}" for key, value in given.items()]
    return {"+".join(sorted(alone)), "+".join(sorted(with_key))}


def in_older_order(name: str) -> str:
    """A name as somebody typed it, its parts in the order that the older tool kept them in."""
    return "+".join(sorted(name.split("+")))
