"""The names that the older tool gave to algorithms, as they stand in its users' scripts and configurations.

It joined the values of the merge keys by `+`, sorted; early releases took every value alone, later ones put
the key before what is no text: `0.1+sac`, `policy_lr_0.1+sac`.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any

from sml_viewer.model.text import text_of


def older_names(values: Mapping[str, Any], given: Set[str]) -> set[str]:
    """The names for the values of the merge keys, of which the run was `given` some.

    Later releases left out what a run was not given; earlier ones, and early versions of this one, did not.
    """
    names = {", ".join(f"{key}={text_of(value)}" for key, value in values.items())}
    for keys in (values.keys(), given):
        found = {key: values[key] for key in keys}
        alone = [str(value) for value in found.values()]
        with_key = [value if isinstance(value, str) else f"{key}_{value}" for key, value in found.items()]
        names |= {"+".join(sorted(alone)), "+".join(sorted(with_key))}
    return names - {""}


def in_older_order(name: str) -> str:
    """A name as somebody typed it, its parts in the order that the older tool kept them in."""
    return "+".join(sorted(name.split("+")))
