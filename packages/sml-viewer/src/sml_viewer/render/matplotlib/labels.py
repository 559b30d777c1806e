"""Labels in figures: fit and wrap texts, escape or check formulas."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from matplotlib.cbook import is_math_text
from matplotlib.mathtext import MathTextParser

from sml_config.text import character_width
from sml_viewer.errors import OptionError
from sml_viewer.i18n import Message
from sml_viewer.naming.short_names import LONGEST, fitted_names, shortened

CHARACTER = 0.6  # width of most characters, in font sizes
_WIDE = 1.0  # width of Chinese characters
_LEAST = 20
_UNDRAWN = ("Cc", "Cf", "Cs", "Co", "Cn")
_DIGITS = re.compile(r"(?<![\w.])\d+\.\d{12,}(?:e[+-]?\d{1,2})?(?![\w.])")
# What mathtext says, without the class of the error and with the place in the formula.
_PARSER_REASON = re.compile(r"(?:\w+: )?(.*?),? *\(at char (\d+)\).*")
_ABSENT = re.compile(r"(?:^|, )[^,=]+=null(?=, |$)")


def legend_labels(
    names: Sequence[str], width: int, formulas: Mapping[str, str] = MappingProxyType({})
) -> dict[str, str]:
    """Unique labels of names, without absent parameters, in lines of at most `width` characters.

    Long labels are cut in the middle, numbers are rounded to twelve digits. `formulas` are the labels of
    names with formulas, which have to stay whole.
    """
    width = max(width, _LEAST)
    short = {name: _DIGITS.sub(_rounded, _ABSENT.sub("", name).removeprefix(", ") or name) for name in names}
    counts = Counter(short.values())
    unique = {name: text if counts[text] == 1 else name for name, text in short.items()}
    short = fitted_names(unique, LONGEST)
    return {
        name: formulas.get(name)
        or "\n".join(textwrap.wrap(literal(text), width, break_on_hyphens=False))
        or "(empty)"
        for name, text in short.items()
    }


def _rounded(number: re.Match[str]) -> str:
    """Round 0.00030000000000000003 to 0.0003."""
    short = f"{float(number[0]):.12g}"
    return short if len(short) < len(number[0]) else number[0]


def fitted(text: str, width: float, size: float, lines: int = 2) -> str:
    """The text cut to at most `lines` lines of `width` inches, in a font of `size` points."""
    wide = sum(character_width(mark) == 2 for mark in text) / max(1, len(text))
    characters = max(
        int(width * 72 / ((CHARACTER + wide * (_WIDE - CHARACTER)) * size)), round(_LEAST * (1 - wide / 2))
    )
    if len(text) <= characters:
        return literal(text)
    return "\n".join(textwrap.wrap(literal(shortened(text, lines * characters)), characters))


def wrapped(text: str, width: float, size: float, lines: int = 2) -> str:
    """The text in lines of `width` inches, broken between words; "" if it does not fit."""
    characters = max(1, int(width * 72 / (CHARACTER * size)))
    parts = textwrap.wrap(literal(text), characters, break_long_words=False) or [" "]
    return "" if len(parts) > lines or max(map(len, parts)) > characters else "\n".join(parts)


def literal(text: str) -> str:
    """Escape a text from runs for matplotlib: no formulas, no control characters."""
    return _plain(text).replace("$", r"\$")


def has_formula(text: str) -> bool:
    """Whether matplotlib would draw a part of the text between dollars as a formula."""
    return bool(is_math_text(_plain(text)))


def formula(text: str, option: str) -> str:
    """The value of a text option, with formulas between dollars.

    Raises OptionError for a formula that matplotlib cannot draw.
    """
    text = _plain(text)
    if is_math_text(text):
        try:
            MathTextParser("path").parse(text)
        except ValueError as error:
            reason = _PARSER_REASON.fullmatch(str(error).strip().splitlines()[-1])
            raise OptionError(
                Message(
                    "{option}: invalid formula between dollars in {text} ({reason} at character {place}); "
                    r"expected TeX math, or \$ for a plain dollar sign",
                    option=option,
                    text=repr(text),
                    reason=reason[1] if reason else "invalid",
                    place=reason[2] if reason else 0,
                )
            ) from error
    return text


def _plain(text: str) -> str:
    return "".join(" " if unicodedata.category(mark) in _UNDRAWN and mark != "\n" else mark for mark in text)
