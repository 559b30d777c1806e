"""Hiding secret values in text and bytes, whatever they are escaped as."""

from __future__ import annotations

import functools
import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

REDACTED = "<redacted>"

# Values that people leave in a settings file until they have a real one.
_PLACEHOLDERS = frozenset(
    {"password", "passwd", "secret", "token", "api_key", "changeme", "change_me"}
    | {"your_password", "your_token", "none", "null", "true", "false"}
)
# Shorter ones are hidden in their own field only: replacing every "1" would destroy what we write.
_SHORTEST = 4
_LONG = 8

# One of these is part of every secret name in lower case: a quick look tells that a text has none.
SECRET_NAME_PARTS = ("passw", "secret", "token", "api")
# As whole words: `token`, `hf_token` and `hfToken` are secret names, `tokenizer` is not.
_SECRET_NAME = re.compile(r"(?:^|[^a-z])(?:password|passwd|secret|token|api[_-]?key)(?:[^a-z]|$)")
_CAMEL_BORDER = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

# A short value counts only as a whole word; an escaped line end or a percent code before it is no letter.
_WORD_START = r"(?:(?<!\w)|(?<=\\[nrtbfv])|(?<=%[0-9A-Fa-f]{2}))"
_WORD_END = r"(?!\w)"


@dataclass(frozen=True)
class Redactor:
    """Replaces secret values by `<redacted>`, plain or escaped as in JSON, YAML, Python, a shell, a URL.

    A value of eight characters or more is found anywhere; one of six or seven too if it is more than a
    word or a number; other values from four characters on are found as whole words. Shorter ones and
    placeholders (`xxxxxxx`, `password`) are left: hiding them would destroy files and protect nothing.
    """

    values: frozenset[str] = field(repr=False)

    def text(self, text: str) -> str:
        """The text without secrets."""
        for hint, pattern in _text_patterns(self.values):
            if hint in text:
                text = pattern.sub(REDACTED, text)
        return text

    def data(self, data: bytes) -> tuple[bytes, int]:
        """The bytes without secrets, and the number of places where something was replaced."""
        places = 0
        for hint, pattern in _byte_patterns(self.values):
            if hint in data:
                data, found = pattern.subn(REDACTED.encode(), data)
                places += found
        return data, places


def is_secret_name(name: str) -> bool:
    """Whether a setting of this name holds a secret."""
    return bool(_SECRET_NAME.search(_CAMEL_BORDER.sub("_", name).lower()))


def redacted(name: str, value: Any, redactor: Redactor) -> Any:
    """A setting as it may be shown: what a secret name holds is replaced, other text is searched."""
    if isinstance(value, dict):
        above = name if is_secret_name(name) else ""
        return {
            redactor.text(str(key)): redacted(above or str(key), item, redactor)
            for key, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [redacted(name, item, redactor) for item in value]
    return REDACTED if _holds_secret(name, value) else searched(value, redactor)


def searched(value: Any, redactor: Redactor) -> Any:
    """A value with secrets hidden wherever they appear in its text; no name makes anything secret here."""
    if isinstance(value, dict):
        return {searched(key, redactor): searched(item, redactor) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [searched(item, redactor) for item in value]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return redactor.text(str(value))


def secrets_in(value: Any, name: str = "") -> Iterator[str]:
    """Secrets that stand, at any depth, under a secret name."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from secrets_in(item, name if is_secret_name(name) else str(key))
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from secrets_in(item, name)
    elif _holds_secret(name, value):
        yield str(value)


def _holds_secret(name: str, value: Any) -> bool:
    """Text under a secret name, and a number where a password was written without quotes.

    A number under `token` is a count.
    """
    if isinstance(value, str):
        return bool(value) and is_secret_name(name)
    return type(value) is int and is_secret_name(re.sub("token", "", name, flags=re.IGNORECASE))


def is_searchable(value: str) -> bool:
    """Whether a secret value is specific enough to be replaced wherever it appears."""
    bare = value.strip()
    return len(bare) >= _SHORTEST and len(set(bare)) > 1 and bare.lower() not in _PLACEHOLDERS


@functools.lru_cache(maxsize=16)
def _text_patterns(values: frozenset[str]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Pairs of a literal that must be there, which is quick to look for, and the pattern to replace.

    The longest first: one secret may contain another.
    """
    forms: dict[str, bool] = {}
    for value in values:
        for part in {value, *(line for line in value.splitlines() if len(line.strip()) >= _LONG)}:
            if is_searchable(part):
                for form in _escaped(part.strip()):
                    forms[form] = forms.get(form, False) or _anywhere(part)
    ordered = sorted(forms, key=lambda form: (-len(form), form))
    return tuple((_hint(form), re.compile(_pattern(form, anywhere=forms[form]))) for form in ordered)


@functools.lru_cache(maxsize=16)
def _byte_patterns(values: frozenset[str]) -> tuple[tuple[bytes, re.Pattern[bytes]], ...]:
    return tuple(
        (hint.encode("utf-8", "surrogatepass"), re.compile(pattern.pattern.encode("utf-8", "surrogatepass")))
        for hint, pattern in _text_patterns(values)
    )


def _anywhere(value: str) -> bool:
    if value.isdigit():
        return False
    return len(value) >= _LONG or (len(value) >= _LONG - 2 and not value.isalpha())


def _escaped(value: str) -> set[str]:
    """The value and what writers of other formats make of it, without the quotes around."""
    import html  # these four cost a third of the import of this package, and few settings hold secrets
    import shlex
    import urllib.parse

    import yaml

    quoted = urllib.parse.quote(value, safe="", errors="surrogatepass")
    ascii_json = json.dumps(value)[1:-1]
    forms = {
        value,
        ascii_json,
        json.dumps(ascii_json)[1:-1],  # JSON in JSON
        json.dumps(value, ensure_ascii=False)[1:-1],
        yaml.safe_dump(value, default_style='"', width=math.inf)[1:-2],
        value.replace("'", "''"),  # YAML, SQL
        repr(value)[1:-1],
        shlex.quote(value).removeprefix("'").removesuffix("'"),
        html.escape(value),
        quoted,
        re.sub(r"%[0-9A-F]{2}", lambda code: code.group().lower(), quoted),
        urllib.parse.quote(value, errors="surrogatepass"),
        urllib.parse.quote_plus(value, errors="surrogatepass"),
    }
    return forms - {""}


def _hint(form: str) -> str:
    """The longest piece without white space: YAML breaks long lines at spaces."""
    return max(form.split(), key=len)


def _pattern(form: str, *, anywhere: bool) -> str:
    body = r"(?:\\?\s)+".join(re.escape(word) for word in form.split())
    return body if anywhere else f"{_WORD_START}{body}{_WORD_END}"
