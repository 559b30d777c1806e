"""Redact secret values in text and bytes, also in escaped forms."""

from __future__ import annotations

import functools
import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from .secret_names import SECRET_NAME_PARTS as SECRET_NAME_PARTS
from .secret_names import SECRET_WORDS, is_soft_name, is_special_token
from .secret_names import holds_secret as holds_secret
from .secret_names import is_secret_name as is_secret_name
from .secret_names import is_telling as is_telling
from .validation import several

REDACTED = "<redacted>"

# Placeholders in settings files.
_PLACEHOLDERS = frozenset(
    {"password", "passwd", "secret", "token", "api_key", "changeme", "change_me"}
    | {"your_password", "your_token", "none", "null", "true", "false"}
)
# Shorter values are redacted in their own field only: replacing every "1" would destroy the text.
_SHORTEST = 4
_LONG = 8

# Secrets recognised by their form: `postgres://me:abc@host`, `Bearer abc`, `--api_key=abc`.
_IN_ADDRESS = re.compile(r"(?<=://)([^\s/:@'\"<>]*):[^\s/@'\"<>]+(?=@)")
_BEARER = re.compile(r"\b([Bb]earer|[Aa]uthorization: (?:[Bb]asic|[Tt]oken))([ \t]+)(?!<)[\w.~+/=-]{6,}")
_OPTION = re.compile(r"(?<![\w-])(--?[A-Za-z][\w.-]*)(=|[ \t]+)(\"[^\"]*\"|'[^']*'|[^\s'\"-][^\s'\"]*)")
_OPTION_NAME = re.compile(r"--?[A-Za-z][\w.-]*")
_OVERRIDE_NAME = re.compile(r"\+{0,2}[A-Za-z_][\w./@-]*")  # of Hydra, and of an environment before a command
# `api_key=abc1`, `Config(api_key='abc')`; of the second kind `{'api_key': 'abc'}`, also as JSON in JSON.
_ASSIGNED = re.compile(
    r"(?<![\w.-])(?P<name>[A-Za-z_][\w.-]*)"
    r"(?:[ \t]*=[ \t]*(?P<mark>\\*[\"'])(?P<quoted>[^\"'\\]+)(?P=mark)"
    r"|=(?P<value>[\w+/~-][\w+/~.-]*)(?![\w.(\[]))"
)
_PAIR = re.compile(r"(\\*[\"'])([\w.-]+)\1(\s*:\s*)(\\*[\"'])([^\"'\\]+)\4")
# Whether a text in lower case may have any of these.
_ENTRY = re.compile(rf"(?:{SECRET_WORDS})(?![a-z])[\w.-]*\\*[\"']?\s*[=:]")
# In an address: `?token=abc&lr=1`, and what signs it.
_QUERY = re.compile(r"([?&])([\w.-]+)=([^\s&\"'#<>\\]+)")
_SIGNATURES = frozenset(
    ["key", "sig", "signature", "x-amz-signature", "x-amz-credential", "x-goog-signature"]
)

# Tokens that services issue, by a text that each contains, which is quick to look for; lengths are at most
# those that the services document. In addresses: a path of a webhook or bot, a long user without password.
_START = r"(?<![A-Za-z0-9])"
_TOKENS = {
    "hf_": rf"{_START}hf_[A-Za-z0-9]{{30,}}", "gh": rf"{_START}gh[pousr]_[A-Za-z0-9]{{30,}}",
    "github_pat_": rf"{_START}github_pat_\w{{30,}}", "glpat-": rf"{_START}glpat-[\w-]{{20,}}",
    "AKIA": rf"{_START}AKIA[A-Z0-9]{{16}}", "ASIA": rf"{_START}ASIA[A-Z0-9]{{16}}",
    "AIza": rf"{_START}AIza[\w-]{{35}}", "sk-": rf"{_START}sk-(?=[\w-]*\d)(?=[\w-]*[A-Z])[\w-]{{20,}}",
    "_live_": rf"{_START}[sr]k_live_[A-Za-z0-9]{{16,}}", "xox": rf"{_START}xox[abeoprs]-[\w-]{{10,}}",
    "eyJ": rf"{_START}eyJ[\w-]{{10,}}\.eyJ[\w-]{{10,}}\.[\w-]+", "wandb_v1_": r"wandb_v1_\w{20,}",
    "npm_": rf"{_START}npm_[A-Za-z0-9]{{36}}", "pypi-": rf"{_START}pypi-[\w-]{{50,}}",
    "nvapi-": rf"{_START}nvapi-[\w-]{{40,}}", "dckr_pat_": rf"{_START}dckr_pat_[\w-]{{20,}}",
    "r8_": rf"{_START}r8_[A-Za-z0-9]{{30,}}", "hooks.slack.com/": r"(?<=hooks\.slack\.com/)[\w/-]+",
    "/api/webhooks/": r"(?<=/api/webhooks/)[\w/-]+", "/bot": r"(?<=/bot)\d+:[\w-]{20,}",
    "@": r"(?<=://)(?=[\w-]*\d)[\w-]{20,}(?=@)",
    "PRIVATE KEY-----": r"-----BEGIN [A-Z ]*PRIVATE KEY-----(?s:.*?)(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)",
}  # fmt: skip

# Short values match whole words only; an escaped line end or a percent code before it is not a letter.
_WORD_START = r"(?:(?<!\w)|(?<=\\[nrtbfv])|(?<=%[0-9A-Fa-f]{2}))"
_WORD_END = r"(?!\w)"


@dataclass(frozen=True)
class Redactor:
    """Replaces secret values by `<redacted>`, plain or escaped as in JSON, YAML, Python, a shell, a URL.

    Values of eight characters or more are replaced anywhere, and those of six or seven unless they are a word
    or a number; other values of four characters or more are replaced as whole words. Shorter values and
    placeholders (`xxxxxxx`, `password`) are not replaced: that would damage text and protect nothing.
    """

    values: frozenset[str] = field(repr=False)

    def __post_init__(self) -> None:
        if not isinstance(self.values, frozenset):
            given = several("secrets", self.values, str, "a text or several")
            object.__setattr__(self, "values", frozenset(given))

    def text(self, text: str) -> str:
        """The text with secrets replaced."""
        for hint, pattern in _text_patterns(self.values):
            if hint in text:
                text = pattern.sub(REDACTED, text)
        return text

    def data(self, data: bytes) -> tuple[bytes, int]:
        """The bytes with secrets replaced, and the number of replacements."""
        places = 0
        for hint, pattern in _byte_patterns(self.values):
            if hint in data:
                data, count = pattern.subn(REDACTED.encode(), data)
                places += count
        return data, places


def hide_credentials(text: str) -> str:
    """Redact secrets that are recognised by their form.

    These are passwords and tokens in URLs, bearer tokens, tokens of services, and values of options and
    entries with a secret name: `--api_key=abc`, `api_key='abc'`, `{"api_key": "abc"}`.
    """
    if "://" in text and "@" in text:
        text = _IN_ADDRESS.sub(rf"\1:{REDACTED}", text)
    if "earer" in text or "uthorization: " in text:
        text = _BEARER.sub(rf"\1\2{REDACTED}", text)
    if "://" in text and "=" in text:
        text = _QUERY.sub(_query_hidden, text)
    for pattern in _token_patterns(text):
        text = pattern.sub(REDACTED, text)
    lower = text.lower()
    if any(part in lower for part in SECRET_NAME_PARTS):
        if "-" in text:
            text = _OPTION.sub(_option_hidden, text)
        if _ENTRY.search(lower) is not None:
            text = _ASSIGNED.sub(_assignment_hidden, text)
            text = _PAIR.sub(_pair_hidden, text)
    return text


def holds_credentials(text: str) -> bool:
    """Whether `hide_credentials` may change a text, or JSON in it."""
    if "\\/" in text:
        text = text.replace("\\/", "/")  # as some programs write JSON
    return (
        ("://" in text and (_IN_ADDRESS.search(text) is not None or _QUERY.search(text) is not None))
        or "earer" in text
        or "uthorization: " in text
        or ("--" in text and any(is_secret_name(name) for name in _OPTION_NAME.findall(text)))
        or any(pattern.search(text) is not None for pattern in _token_patterns(text))
        or _holds_named(text)
    )


def _token_patterns(text: str) -> Iterator[re.Pattern[str]]:
    """The patterns of the tokens whose hint is in a text; compiled when they are first needed."""
    return map(_token_pattern, filter(text.__contains__, _TOKENS))


@functools.cache
def _token_pattern(hint: str) -> re.Pattern[str]:
    return re.compile(_TOKENS[hint])


def _holds_named(text: str) -> bool:
    """Whether a text, or a text in JSON, may hold an entry of a secret name."""
    if "=" not in text and "'" not in text and '\\"' not in text:
        return False
    return _ENTRY.search(text.lower()) is not None


def _assignment_hidden(match: re.Match[str]) -> str:
    name, quoted, value = match.group("name", "quoted", "value")
    if quoted is not None:
        return match.group().replace(quoted, REDACTED) if _is_named_secret(name, quoted) else match.group()
    # Without quotes it may be code: `password=config.password` says nothing.
    is_secret = any(map(str.isdigit, value)) and _is_named_secret(name, value)
    return f"{name}={REDACTED}" if is_secret else match.group()


def _pair_hidden(match: re.Match[str]) -> str:
    mark, name, colon, before, text = match.groups()
    is_secret = _is_named_secret(name, text)
    return f"{mark}{name}{mark}{colon}{before}{REDACTED}{before}" if is_secret else match.group()


def _query_hidden(match: re.Match[str]) -> str:
    begin, name, value = match.groups()
    is_secret = name.lower() in _SIGNATURES or _is_named_secret(name, value)
    return f"{begin}{name}={REDACTED}" if is_secret else match.group()


def _is_named_secret(name: str, value: str) -> bool:
    """Whether the text of a value of that name is a secret, and not a word, a count or a placeholder."""
    if not is_secret_name(name) or value.lower() in _PLACEHOLDERS or value.startswith(("<", "$", "%")):
        return False
    if is_special_token(name, value):
        return False
    if value.replace(".", "", 1).isdigit():
        return holds_secret(name, 1)
    return not is_telling(name, value)


def _option_hidden(match: re.Match[str]) -> str:
    name, between, value = match.groups()
    return f"{name}{between}{REDACTED}" if holds_secret(name, value.strip("\"'")) else match.group()


def redacted(name: str, value: Any, redactor: Redactor) -> Any:
    """Redact a setting: values of secret names are replaced, secrets in other text too."""
    if isinstance(value, dict):
        return {
            hide_credentials(redactor.text(str(key))): redacted(_name_inside(name, key), item, redactor)
            for key, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [redacted(name, item, redactor) for item in value]
    return REDACTED if holds_secret(name, value) else searched(value, redactor)


def _name_inside(name: str, key: Any) -> str:
    """What tells whether a value inside an object of that name is secret: `api` with `key` is `api.key`."""
    if is_secret_name(name):
        return name
    return f"{name}.{key}" if str(key).lower() == "key" else str(key)


def searched(value: Any, redactor: Redactor) -> Any:
    """Redact secrets in the text of a value, whatever its name."""
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
    """Redact a secret word of a command: `--api_key=abc`, or `abc` after `--api_key`; else None."""
    if not isinstance(word, str):
        return None
    name, equals, value = word.partition("=")
    if equals and value and holds_secret(name, value):
        if _OPTION_NAME.fullmatch(name):
            return f"{name}={REDACTED}"
        if _OVERRIDE_NAME.fullmatch(name) and _is_named_secret(name, value.strip("'\"")):
            return f"{name}={REDACTED}"
    if not word.startswith("-") and isinstance(before, str) and _OPTION_NAME.fullmatch(before):
        return REDACTED if holds_secret(before, word) else None
    return None


def secrets_in(value: Any, name: str = "") -> Iterator[str]:
    """Values of secret names, at any depth, that are to be redacted everywhere."""
    for secret_name, secret in named_secrets_in(value, name):
        if not (is_soft_name(secret_name) and is_telling(secret_name, secret)):
            yield secret


def named_secrets_in(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """All values of secret names, at any depth, with their names."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from named_secrets_in(item, _name_inside(name, key))
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from named_secrets_in(item, name)
    elif holds_secret(name, value):
        yield name, str(value)


def is_searchable(value: str) -> bool:
    """Whether a secret value is specific enough to be replaced everywhere."""
    stripped = value.strip()
    return len(stripped) >= _SHORTEST and len(set(stripped)) > 1 and stripped.lower() not in _PLACEHOLDERS


@functools.lru_cache(maxsize=16)
def _text_patterns(values: frozenset[str]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Pairs of a required literal, for a quick test, and the pattern to replace.

    Longest first, as one secret may contain another.
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
    """The value and its escaped forms in other formats, without the surrounding quotes."""
    import html  # late: these four are a third of this package's import time, and few settings have secrets
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
    """The longest part without white space, as YAML wraps long lines at spaces."""
    return max(form.split(), key=len)


def _pattern(form: str, *, anywhere: bool) -> str:
    body = r"(?:\\?\s)+".join(re.escape(word) for word in form.split())
    return body if anywhere else f"{_WORD_START}{body}{_WORD_END}"
