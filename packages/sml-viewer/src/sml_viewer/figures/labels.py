"""Names of algorithms as a legend has room for them."""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from collections.abc import Sequence

# As many as there are looks: what comes after could not be told apart by them.
MOST = 28
_LINES = 3
_LEAST = 20
_ABSENT = re.compile(r"(?:^|, )[^,=]+=null(?=, |$)")


def legend_labels(names: Sequence[str], width: int) -> dict[str, str]:
    """Each name's label: without parameters that it does not have, in lines of at most `width` characters.

    What needs more than three lines loses its middle, unless it would become equal to another.
    """
    width = max(width, _LEAST)
    bare = {name: _ABSENT.sub("", name).removeprefix(", ") or name for name in names}
    short = {name: _shortened(text, _LINES * width) for name, text in bare.items()}
    counts = Counter(short.values())
    return {
        name: "\n".join(textwrap.wrap(text if counts[text] == 1 else name, width, break_on_hyphens=False))
        or name
        for name, text in short.items()
    }


def _shortened(text: str, most: int) -> str:
    """The text without its middle: what differs mostly stands at an end."""
    if len(text) <= most:
        return text
    return f"{text[: (most - 1) // 3]}…{text[-(most - 1 - (most - 1) // 3) :]}"
