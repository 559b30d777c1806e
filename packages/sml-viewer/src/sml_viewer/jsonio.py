"""JSON by orjson, falling back to Python's json where the results would differ."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from sml_viewer.i18n import Message

# orjson rounds an integer beyond 64 bits to a float; this many digits in a row may be one.
_DIGITS = bytes(ord("0") if 48 <= byte <= 57 else byte for byte in range(256))
_MANY = b"0" * 19
_RUN = re.compile(rb"0*")
_POINT = ord(".")
_AT_ONCE = 64
# Allowed nesting of a run's values.
MOST_DEPTH = 100
TOO_DEEP = Message("nested too deeply, beyond {levels} levels", levels=MOST_DEPTH)
# Both write a date as its `str`.
_OPTIONS = orjson.OPT_PASSTHROUGH_DATETIME
# ASCII: names may contain lone surrogates, which SQLite rejects.
_plain = json.JSONEncoder(separators=(",", ":"), default=str).encode
_sorted = json.JSONEncoder(separators=(",", ":"), default=str, sort_keys=True).encode


def loads(data: bytes | str) -> Any:
    """Parse UTF-8 JSON like `json.loads`, NaN and long integers too. Raises ValueError, RecursionError."""
    raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    if not _may_be_long(raw.translate(_DIGITS)):
        try:
            return orjson.loads(raw)
        except orjson.JSONDecodeError:  # or valid for Python only, such as NaN
            pass
    return json.loads(data if isinstance(data, str) else data.decode())


def _may_be_long(text: bytes) -> bool:
    """Whether many digits are in a row, as zeros here, but for those of a fraction."""
    start = text.find(_MANY)
    while start > 0 and text[start - 1] == _POINT and (run := _RUN.match(text, start)):
        start = text.find(_MANY, run.end())
    return start >= 0


def loads_flat(text: str) -> Any:
    """Parse untrusted JSON. Raises ValueError, also if nested beyond `MOST_DEPTH`."""
    try:
        value = loads(text)
    except RecursionError:
        raise ValueError(TOO_DEEP) from None
    if text.count("{") + text.count("[") > MOST_DEPTH and is_deep(value):
        raise ValueError(TOO_DEEP)
    return value


def is_deep(value: Any) -> bool:
    """Whether objects and lists are nested deeper than `MOST_DEPTH`, too deep for recursive code."""
    level = [value] if isinstance(value, (dict, list)) else []
    for _ in range(MOST_DEPTH + 1):
        level = [
            child
            for item in level
            for child in (item.values() if isinstance(item, dict) else item)
            if isinstance(child, (dict, list))
        ]
        if not level:
            return False
    return True


def loads_each(texts: Sequence[str]) -> Iterator[Any]:
    """Parse each text as `loads` does. Raises ValueError, RecursionError."""
    # A batch is much faster than one by one; all at once would need large allocations.
    for start in range(0, len(texts), _AT_ONCE):
        yield from loads(f"[{','.join(texts[start : start + _AT_ONCE])}]")


def dumps(value: Any, *, sort: bool = False) -> str:
    """Serialise a value for `loads`; objects unknown to JSON become their `str`.

    `sort` sorts the keys, so that equal values have equal texts.
    """
    try:
        text = orjson.dumps(value, str, _OPTIONS | (orjson.OPT_SORT_KEYS if sort else 0))
    except orjson.JSONEncodeError:  # long integers, keys that are not text, lone surrogates
        text = b"null"
    # orjson writes null for NaN, too.
    return (_sorted if sort else _plain)(value) if b"null" in text else text.decode()
