"""JSON as Python's own module reads and writes it, by orjson wherever that says the same."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import orjson

# orjson makes a rounded float of an integer beyond 64 bits; so many digits in a row may be one.
_DIGITS = bytes(ord("0") if 48 <= byte <= 57 else byte for byte in range(256))
_MANY = b"0" * 19
_AT_ONCE = 64
# How deep a value of a run may be nested.
MOST_DEPTH = 100
TOO_DEEP = f"nested too deeply, beyond {MOST_DEPTH} levels"
# A date is written as `str` has it, by both.
_OPTIONS = orjson.OPT_PASSTHROUGH_DATETIME
# ASCII: names may hold halves of characters, which SQLite does not take.
_plain = json.JSONEncoder(separators=(",", ":"), default=str).encode
_sorted = json.JSONEncoder(separators=(",", ":"), default=str, sort_keys=True).encode


def loads(data: bytes | str) -> Any:
    """What `json.loads` makes of UTF-8 text, NaN and long integers too. Raises ValueError, RecursionError."""
    raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    if _MANY not in raw.translate(_DIGITS):
        try:
            return orjson.loads(raw)
        except orjson.JSONDecodeError:  # or something that only Python takes, such as NaN
            pass
    return json.loads(data if isinstance(data, str) else data.decode())


def loads_flat(text: str) -> Any:
    """What `loads` makes of a text that may be anybody's. Raises ValueError, beyond `MOST_DEPTH` too."""
    try:
        value = loads(text)
    except RecursionError:
        raise ValueError(TOO_DEEP) from None
    if text.count("{") + text.count("[") > MOST_DEPTH and is_deep(value):
        raise ValueError(TOO_DEEP)
    return value


def is_deep(value: Any) -> bool:
    """Whether objects and lists are nested deeper than `MOST_DEPTH`: what handles them calls itself."""
    level = [value]
    for _ in range(MOST_DEPTH + 1):
        level = [
            child
            for item in level
            if isinstance(item, (dict, list))
            for child in (item.values() if isinstance(item, dict) else item)
            if isinstance(child, (dict, list))
        ]
        if not level:
            return False
    return True


def loads_each(texts: Sequence[str]) -> Iterator[Any]:
    """What `loads` makes of each text. Raises ValueError, RecursionError."""
    # Many at once are much quicker than one by one; all at once take memory that has to be asked for.
    for start in range(0, len(texts), _AT_ONCE):
        yield from loads(f"[{','.join(texts[start : start + _AT_ONCE])}]")


def dumps(value: Any, *, sort: bool = False) -> str:
    """Text that `loads` makes the same value of; what JSON does not know is written as its `str`.

    `sort` puts the keys in order: then equal values have equal texts.
    """
    try:
        text = orjson.dumps(value, str, _OPTIONS | (orjson.OPT_SORT_KEYS if sort else 0))
    except orjson.JSONEncodeError:  # long integers, keys that are no text, halves of characters
        text = b"null"
    # orjson writes null for NaN, too.
    return (_sorted if sort else _plain)(value) if b"null" in text else text.decode()
