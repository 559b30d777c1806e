"""Hiding secret values in text and bytes, whatever they are escaped as."""

from __future__ import annotations

import functools
import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from .validation import several

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
SECRET_NAME_PARTS = (
    "pass",
    "pwd",
    "secret",
    "token",
    "api",
    "private",
    "access",
    "credential",
    "auth",
    "bearer",
)
# Names that say where something is, or how it is done, as often as they hold it.
_SOFT = r"pwd|pass|credentials?|auth|authorization|private[_-]?key"
_WORDS = rf"password|passwd|passphrase|secret|token|api[_-]?key|access[_-]?key|bearer|{_SOFT}"
# As whole words: `token`, `hf_token` and `hfToken` are secret names, `tokenizer` is not.
_SECRET_NAME = re.compile(rf"(?:^|[^a-z])(?:{_WORDS})(?:[^a-z]|$)")
_SOFT_NAME = re.compile(rf"(?:^|[^a-z])(?:{_SOFT})(?:[^a-z]|$)")
_NUMBER_NAME = re.compile(r"(?:^|[^a-z])(?:password|passwd|passphrase|pwd|secret|api[_-]?key)(?:[^a-z]|$)")
_CAMEL_BORDER = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

# What says by its form that it is a secret: `postgres://me:abc@host`, `Bearer abc`, `--api_key=abc`.
_IN_ADDRESS = re.compile(r"(?<=://)([^\s/:@'\"<>]*):[^\s/@'\"<>]+(?=@)")
_BEARER = re.compile(r"\b([Bb]earer|Authorization: Basic)([ \t]+)(?!<)[\w.~+/=-]{6,}")
_OPTION = re.compile(r"(?<![\w-])(--?[A-Za-z][\w.-]*)(=|[ \t]+)(\"[^\"]*\"|'[^']*'|[^\s'\"-][^\s'\"]*)")
_OPTION_NAME = re.compile(r"--?[A-Za-z][\w.-]*")

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

    def __post_init__(self) -> None:
        if not isinstance(self.values, frozenset):
            given = several("secrets", self.values, str, "a text or several")
            object.__setattr__(self, "values", frozenset(given))

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


def hide_credentials(text: str) -> str:
    """A text to be shown without what is a secret by its form, whatever it is called.

    Passwords in addresses, bearer tokens, and values of options with a secret name.
    """
    if "://" in text and "@" in text:
        text = _IN_ADDRESS.sub(rf"\1:{REDACTED}", text)
    if "earer" in text or "Authorization: Basic" in text:
        text = _BEARER.sub(rf"\1\2{REDACTED}", text)
    if "-" in text and any(part in text.lower() for part in SECRET_NAME_PARTS):
        text = _OPTION.sub(_option_hidden, text)
    return text


def holds_credentials(text: str) -> bool:
    """Whether `hide_credentials` may change a text, or what stands in it as JSON."""
    return (
        ("://" in text and _IN_ADDRESS.search(text) is not None)
        or "earer" in text
        or ("--" in text and any(is_secret_name(name) for name in _OPTION_NAME.findall(text)))
    )


def _option_hidden(found: re.Match[str]) -> str:
    name, between, _ = found.groups()
    return f"{name}{between}{REDACTED}" if is_secret_name(name) else found.group()


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
        return [
            searched(item, redactor) if (hidden := _hidden_word(before, item)) is None else hidden
            for before, item in zip((None, *value), value, strict=False)
        ]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return hide_credentials(redactor.text(str(value)))


def _hidden_word(before: Any, word: Any) -> str | None:
    """A word of a command that holds a secret: `--api_key=abc`, or `abc` behind `--api_key`; else None."""
    if not isinstance(word, str):
        return None
    name, equals, _ = word.partition("=")
    if equals and _OPTION_NAME.fullmatch(name) and is_secret_name(name):
        return f"{name}={REDACTED}"
    if not word.startswith("-") and isinstance(before, str) and _OPTION_NAME.fullmatch(before):
        return REDACTED if is_secret_name(before) else None
    return None


def is_telling(name: str, secret: str) -> bool:
    """Whether the value of a secret name is hidden there alone, since elsewhere it says something else.

    A word under `token`, as in `pool_token: mean`; a word or a path under `auth` or `pwd`.
    """
    lower = _CAMEL_BORDER.sub("_", name).lower()
    if _SOFT_NAME.search(lower):
        return secret.isalpha() or secret.startswith(("/", "~", "./", "../")) or secret[1:3] in (":\\", ":/")
    return "token" in lower and secret.isalpha()


def secrets_in(value: Any, name: str = "") -> Iterator[str]:
    """Secrets that stand, at any depth, under a secret name, and are to be looked for everywhere."""
    for found, secret in named_secrets_in(value, name):
        if not (_SOFT_NAME.search(_CAMEL_BORDER.sub("_", found).lower()) and is_telling(found, secret)):
            yield secret


def named_secrets_in(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """All that stands, at any depth, under a secret name, with that name."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from named_secrets_in(item, name if is_secret_name(name) else str(key))
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from named_secrets_in(item, name)
    elif _holds_secret(name, value):
        yield name, str(value)


def _holds_secret(name: str, value: Any) -> bool:
    """Text under a secret name, and a number where a password was written without quotes.

    A number under `token` or `pass` is a count.
    """
    if isinstance(value, str):
        return bool(value) and is_secret_name(name)
    return type(value) is int and bool(_NUMBER_NAME.search(_CAMEL_BORDER.sub("_", name).lower()))


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
