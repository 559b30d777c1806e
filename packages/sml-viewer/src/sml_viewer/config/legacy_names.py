"""Algorithm names of the older tool, as used in its users' scripts and configurations.

It joined the sorted values of the merge keys by `+`; early releases used the values alone, later ones put the
key before values that are not text: `0.1+sac`, `policy_lr_0.1+sac`.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any

from sml_viewer.model.text import text_of


def older_names(values: Mapping[str, Any], given: Set[str]) -> set[str]:
    """The older tool's names for the values of the merge keys.

    Later releases left out keys that are not in `given`, the parameters of the run; earlier ones, and early
    versions of this tool, did not.
    """
    names = {", ".join(f"{key}={text_of(value)}" for key, value in values.items())}
    for keys in (values.keys(), given):
        present = {key: values[key] for key in keys}
        alone = [str(value) for value in present.values()]
        with_key = [value if isinstance(value, str) else f"{key}_{value}" for key, value in present.items()]
        names |= {"+".join(sorted(alone)), "+".join(sorted(with_key))}
    return names - {""}


def in_older_order(name: str) -> str:
    """A typed name with its parts in the order of the older tool."""
    return "+".join(sorted(name.split("+")))
