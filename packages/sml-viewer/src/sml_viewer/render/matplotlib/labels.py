"""Names of algorithms as a legend has room for them."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from matplotlib.cbook import is_math_text
from matplotlib.mathtext import MathTextParser

from sml_viewer.errors import OptionError
from sml_viewer.naming.short_names import LONGEST, fitted_names, shortened

CHARACTER = 0.6  # width of most characters, of the size of their font
_WIDE = 1.0  # width of Chinese characters
_LEAST = 20
_UNDRAWN = ("Cc", "Cf", "Cs", "Co", "Cn")
_DIGITS = re.compile(r"(?<![\w.])\d+\.\d{12,}(?:e[+-]?\d{1,2})?(?![\w.])")
_ABSENT = re.compile(r"(?:^|, )[^,=]+=null(?=, |$)")


def legend_labels(
    names: Sequence[str], width: int, formulas: Mapping[str, str] = MappingProxyType({})
) -> dict[str, str]:
    """Each name's label: without parameters that it does not have, in lines of at most `width` characters.

    Long labels lose their middle and numbers what comes after twelve digits, all labels stay different.
    `formulas` are the labels of names that hold one, which has to stay whole.
    """
    width = max(width, _LEAST)
    bare = {name: _DIGITS.sub(_rounded, _ABSENT.sub("", name).removeprefix(", ") or name) for name in names}
    counts = Counter(bare.values())
    unique = {name: text if counts[text] == 1 else name for name, text in bare.items()}
    short = fitted_names(unique, LONGEST)
    return {
        name: formulas.get(name)
        or "\n".join(textwrap.wrap(literal(text), width, break_on_hyphens=False))
        or "(empty)"
        for name, text in short.items()
    }


def _rounded(number: re.Match[str]) -> str:
    """0.0003 for 0.00030000000000000003, which is how the computer has it."""
    short = f"{float(number[0]):.12g}"
    return short if len(short) < len(number[0]) else number[0]


def fitted(text: str, width: float, size: float, lines: int = 2) -> str:
    """The text in at most so many lines of a width in inches, in a font of `size` points."""
    wide = sum(unicodedata.east_asian_width(mark) in "WF" for mark in text) / max(1, len(text))
    characters = max(
        int(width * 72 / ((CHARACTER + wide * (_WIDE - CHARACTER)) * size)), round(_LEAST * (1 - wide / 2))
    )
    if len(text) <= characters:
        return literal(text)
    return "\n".join(textwrap.wrap(literal(shortened(text, lines * characters)), characters))


def wrapped(text: str, width: float, size: float, lines: int = 2) -> str:
    """The text in lines of a width in inches, broken between words; "" if it needs more lines or room."""
    characters = max(1, int(width * 72 / (CHARACTER * size)))
    parts = textwrap.wrap(literal(text), characters, break_long_words=False) or [" "]
    return "" if len(parts) > lines or max(map(len, parts)) > characters else "\n".join(parts)


def literal(text: str) -> str:
    """A text from runs as matplotlib draws it letter by letter: never a formula, no control characters."""
    return _plain(text).replace("$", r"\$")


def has_formula(text: str) -> bool:
    """Whether matplotlib takes a part of a text between two dollars for a formula."""
    return bool(is_math_text(_plain(text)))


def formula(text: str, option: str) -> str:
    """A text that somebody typed as an option, with formulas between dollars.

    Raises OptionError for one that matplotlib cannot draw.
    """
    text = _plain(text)
    if is_math_text(text):
        try:
            MathTextParser("path").parse(text)
        except ValueError as error:
            reason = str(error).strip().splitlines()[-1]
            raise OptionError(
                f"{option}: {text!r} has no formula that can be drawn between its dollars ({reason}); "
                r"write \$ for a dollar that is none"
            ) from error
    return text


def _plain(text: str) -> str:
    return "".join(" " if unicodedata.category(mark) in _UNDRAWN and mark != "\n" else mark for mark in text)
