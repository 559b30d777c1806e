"""Which names denote secrets, and which values under such names are none."""

from __future__ import annotations

import re
from typing import Any

# Every secret name contains one of these in lower case; used to skip text quickly.
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
    "webhook",
    "alert_to",
    "key",
    "pw",
    "密码",
    "口令",
    "密钥",
)
# Names that often denote a location or a method rather than a secret.
_SOFT = r"pwd|pw|pass|credentials?|auth|authorization|private[._-]?key"
SECRET_WORDS = (
    r"passwords?|passwd|passwort|passphrase|secrets?|token|bearer|webhook|alert_to|api[._-]?keys?|access[._-]?key"
    r"|(?:wandb|swanlab|comet|neptune|clearml|openai|anthropic|hf|huggingface)[._-]key"
    rf"|密码|口令|密钥|{_SOFT}"
)
# As whole words: `token`, `hf_token` and `hfToken` are secret names, `tokenizer` is not.
_SECRET_NAME = re.compile(rf"(?:^|[^a-z])(?:{SECRET_WORDS})(?:[^a-z]|$)")
_SOFT_NAME = re.compile(rf"(?:^|[^a-z])(?:{_SOFT})(?:[^a-z]|$)")
_NUMBER_NAME = re.compile(r"(?:^|[^a-z])(?:password|passwd|passphrase|pwd|secret|api[_-]?key)(?:[^a-z]|$)")
_CAMEL_BORDER = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

# What such a word describes if one of these follows: `token_dim`, `secret_size`, `token_type`.
_ORDINARY = (
    r"types?|dims?|sizes?|lens?|lengths?|counts?|rates?|ratios?|prob|dropout|embed(?:ding)?s?|emb|modes?|patterns?"
    r"|limit|budget|index|idx|weights?|loss(?:es)?|level"
)
_ORDINARY_NAME = re.compile(rf"(?:^|[^a-z])(?:{SECRET_WORDS})(?:[^a-z]+(?:{_ORDINARY}))+[^a-z]*$")
_PLURAL = re.compile(r"(?:^|[^a-z])tokens[^a-z]*$")
_TOKEN_ID = re.compile(r"token[^a-z]+ids?[^a-z]*$")
# `[PAD]`, `</s>`, `<|im_end|>`, `<extra_id_0>`, `[unused12]`, `<0x0A>`.
_SPECIAL = re.compile(
    r"\u2581?(?:<[|/!]?(?:[A-Za-z_ -]{1,24}\d{0,3}|0x[0-9A-F]{2})[|/]?>|\[[A-Za-z_ -]{1,24}\d{0,3}\])"
)
# Random characters, as a service issues them.
_ISSUED = re.compile(r"(?=(?:[^\d]*\d){3})(?=[^A-Za-z]*[A-Za-z])[\w+/=.~-]{20,}")


def is_secret_name(name: str) -> bool:
    """Whether a setting of this name is a secret; not `token_type`, `secret_size`."""
    lower = _lower(name)
    return _SECRET_NAME.search(lower) is not None and _ORDINARY_NAME.search(lower) is None


def holds_secret(name: str, value: Any) -> bool:
    """Whether a value is a secret: text under a secret name, or a number as an unquoted password.

    A number under `token` or `pass` is a count, and special tokens of language models, as in `pad_token:
    "[PAD]"`, are none. Under names such as `tokens` or `token_type`, text that looks like an issued token is.
    """
    if isinstance(value, str):
        if not value:
            return False
        if is_secret_name(name):
            return not is_special_token(name, value)
        return len(value) >= 20 and _may_name_tokens(name) and _ISSUED.fullmatch(value) is not None
    return type(value) is int and bool(_NUMBER_NAME.search(_lower(name))) and is_secret_name(name)


def is_special_token(name: str, value: str) -> bool:
    """Whether a text under the name of a token is one of a language model, or the number of one."""
    lower = _lower(name)
    if "token" not in lower or _NUMBER_NAME.search(lower) or len(value) > 40:
        return False
    return _SPECIAL.fullmatch(value) is not None or (value.isdigit() and _TOKEN_ID.search(lower) is not None)


def may_hold_secret(name: str) -> bool:
    """Whether a value of this name is a secret, or is one if it looks like an issued token."""
    return is_secret_name(name) or _may_name_tokens(name)


def _may_name_tokens(name: str) -> bool:
    lower = _lower(name)
    return _PLURAL.search(lower) is not None or _ORDINARY_NAME.search(lower) is not None


def is_telling(name: str, secret: str) -> bool:
    """Whether the value of a secret name is redacted only there, as it may be an ordinary word elsewhere.

    These are words under `token`, as in `pool_token: mean`, and words or paths under `auth` or `pwd`.
    """
    lower = _lower(name)
    if is_soft_name(name):
        return secret.isalpha() or secret.startswith(("/", "~", "./", "../")) or secret[1:3] in (":\\", ":/")
    return "token" in lower and secret.isalpha()


def is_soft_name(name: str) -> bool:
    """Whether a name often denotes a location or a method rather than a secret: `auth`, `pwd`."""
    return _SOFT_NAME.search(_lower(name)) is not None


def _lower(name: str) -> str:
    return _CAMEL_BORDER.sub("_", name).lower()
