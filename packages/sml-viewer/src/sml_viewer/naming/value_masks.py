"""Mask parts of parameter values that identify a run, such as seeds, times and addresses, by a star."""

from __future__ import annotations

import re
from collections.abc import Sequence

STAR = "*"
_ADDRESS = re.compile(r"\bat 0x[0-9a-f]+", re.IGNORECASE)
_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
# A date alone may be a version of a data set; a date with a time, or seconds since 1970, is a time.
_MOMENT = re.compile(
    r"(?<!\d)(?:19|20)\d\d[-_.]?[01]\d[-_.]?[0-3]\d[T _-]{0,2}"
    r"[0-2]\d[-_.:h]?[0-5]\d(?:[-_.:m]?[0-5]\d(?:\.\d+)?)?(?!\d)"
    r"|(?<!\d)\d\d[-_][01]\d[0-3]\d[-_][0-2]\d[0-5]\d[0-5]\d(?!\d)"
    r"|(?<!\d)[0-4]\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])[-_](?:[01]\d|2[0-3])[0-5]\d[0-5]\d(?!\d)"
    r"|[A-Z][a-z]{2}\d\d_\d\d-\d\d-\d\d"
    r"|(?<!\d)1\d{9}(?:\d{3})?(?:\.\d+)?(?!\d)"
    rf"|{_UUID}"
)
_DAY = re.compile(r"\d{4}[-_./]\d\d?[-_./]\d\d?|(?<!\d)(?:19|20)\d{6}(?!\d)")
_CLOCK = re.compile(r"\d\d?:\d\d(?::\d\d)?")
# Letters and digits in one word of at least six, such as a hash, or any number.
_NUMBERED = re.compile(r"\b(?=[a-z0-9]*\d)(?=[a-z0-9]*[a-z])[a-z0-9]{6,}\b|\d+", re.IGNORECASE)
_PICKLE = re.compile(r"[A-Za-z0-9+/\s]{96,}={0,2}\s*")
# Pickles of protocols 2 to 5 and compressed data, in base64 or in hexadecimal digits.
_PACKED = re.compile(
    r"(?:gA[I-X]|eJ[wxyz]|H4sI)[A-Za-z0-9+/_-]{12,}={0,2}|(?:800[2-5]|789[cC]|78[dD][aA])[0-9a-fA-F]{20,}"
)
_NAMED_SEED = re.compile(r"(?<![a-z0-9])(?:seed[_=:-]?|sd[_=-]?|s[_=-]?)\d+(?![a-z0-9])", re.IGNORECASE)
_SEED_PREFIX = r"(?:seed|sd|s)[_=:-]?"
_EPOCH = 1e8


def is_pickle(text: str) -> bool:
    """Whether a text is binary data: long base64, such as the pickles of rllab, or a short pickle."""
    if len(text) > 95 and _PICKLE.fullmatch(text) is not None and " " not in text:
        return True
    return _PACKED.fullmatch("".join(text.split("\n"))) is not None


def without_addresses(text: str) -> str:
    """The text with memory addresses of objects masked."""
    return _ADDRESS.sub(f"at 0x{STAR}", text) if " at 0x" in text else text


def without_moments(text: str) -> str:
    """The text with dates with times, seconds since 1970, and UUIDs masked."""
    return _MOMENT.sub(STAR, text)


def without_numbers(text: str) -> str:
    """The text with numbers, dates and hashes masked."""
    text = _DAY.sub(STAR, _MOMENT.sub(STAR, text))
    return re.sub(r"\*(?:[-_.]?\*)+", STAR, _NUMBERED.sub(STAR, text))


def without_named_seed(text: str) -> str:
    """The text with `seed_3` or `s3` masked."""
    return _NAMED_SEED.sub(STAR, text)


def is_moment_text(value: object) -> bool:
    """Whether a value looks like a date or a time: as text, or seconds since 1970."""
    if isinstance(value, bool):
        return False
    if isinstance(value, (int, float)):
        return value > _EPOCH
    return isinstance(value, str) and any(p.search(value) for p in (_MOMENT, _DAY, _CLOCK))


def without_seed(
    texts: Sequence[str], seeds: Sequence[Sequence[str]], *, named: bool, moments: bool = False
) -> list[str] | None:
    """The texts with the seeds of their runs masked; None if a text does not contain its seed.

    `seeds` are those of the run of each text. `named` masks only `seed_3` and `s3`, not a bare 3; `moments`
    masks times too. If a number occurs several times, the last, the first or all of them are masked,
    whichever makes most texts equal.
    """
    best: list[str] | None = None
    for which in (slice(-1, None), slice(None, 1), slice(None)):
        masked = []
        for text, own in zip(texts, seeds, strict=True):
            replaced = _seed_replaced(text, own, which, named=named)
            if replaced is None:
                return None
            masked.append(without_moments(replaced) if moments else replaced)
        if best is None or len(set(masked)) < len(set(best)):
            best = masked
    return best


def _seed_replaced(text: str, seeds: Sequence[str], which: slice, *, named: bool) -> str | None:
    for seed in seeds:
        number = rf"0*{re.escape(seed)}(?![\d]|\.\d)"
        prefixed = list(re.finditer(rf"(?<![a-z0-9]){_SEED_PREFIX}({number})", text, re.IGNORECASE))
        unprefixed = [] if named else list(re.finditer(rf"(?<![\d.])({number})", text))
        matches = prefixed if prefixed and (named or which != slice(None)) else unprefixed
        if matches:
            for match in reversed(matches[which]):
                text = f"{text[: match.start(1)]}{STAR}{text[match.end(1) :]}"
            return text
    return None
