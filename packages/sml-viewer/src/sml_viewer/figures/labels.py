"""Names of algorithms as a legend has room for them."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections import Counter
from collections.abc import Sequence

from matplotlib.mathtext import MathTextParser

# As many as there are looks: what comes after could not be told apart by them.
MOST = 28
_LINES = 3
CHARACTER = 0.6  # width of most characters, of the size of their font
_LEAST = 20
_UNDRAWN = ("Cc", "Cf", "Cs", "Co", "Cn")
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
        name: "\n".join(
            textwrap.wrap(drawn(text if counts[text] == 1 else name), width, break_on_hyphens=False)
        )
        or "(empty)"
        for name, text in short.items()
    }


def fitted(text: str, width: float, size: float, lines: int = 2) -> str:
    """The text in at most so many lines of a width in inches, in a font of `size` points."""
    characters = max(int(width * 72 / (CHARACTER * size)), _LEAST)
    if len(text) <= characters:
        return drawn(text)
    return "\n".join(textwrap.wrap(drawn(_shortened(text, lines * characters)), characters))


def drawn(text: str) -> str:
    """The text as matplotlib can draw it: no control characters, dollars as such unless around a formula."""
    plain = "".join(" " if unicodedata.category(mark) in _UNDRAWN and mark != "\n" else mark for mark in text)
    if plain.count("$") > 1:
        try:
            MathTextParser("path").parse(plain)
        except ValueError:
            return plain.replace("$", r"\$")
    return plain


def _shortened(text: str, most: int) -> str:
    """The text without its middle: what differs mostly stands at an end."""
    if len(text) <= most:
        return text
    return f"{text[: (most - 1) // 3]}…{text[-(most - 1 - (most - 1) // 3) :]}"
