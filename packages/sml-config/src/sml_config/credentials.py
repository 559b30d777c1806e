"""Access tokens and keys that services issue, recognised by their form, whatever their name."""

from __future__ import annotations

import functools
import re

# By a text that each contains: a test for it is quick. Lengths are those that the services document, or less.
_FORMS = (
    ("hf_", r"hf_[A-Za-z0-9]{30,}"),
    ("gh", r"gh[pousr]_[A-Za-z0-9]{30,}"),
    ("github_pat_", r"github_pat_\w{30,}"),
    ("glpat-", r"glpat-[\w-]{20,}"),
    ("AKIA", r"AKIA[A-Z0-9]{16}"),
    ("ASIA", r"ASIA[A-Z0-9]{16}"),
    ("AIza", r"AIza[\w-]{35}"),
    ("sk-", r"sk-(?=[\w-]*\d)(?=[\w-]*[A-Z])[\w-]{20,}"),
    ("_live_", r"[sr]k_live_[A-Za-z0-9]{16,}"),
    ("xox", r"xox[abeoprs]-[\w-]{10,}"),
    ("eyJ", r"eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]+"),
    ("wandb_v1_", r"wandb_v1_\w{20,}"),
    ("npm_", r"npm_[A-Za-z0-9]{36}"),
    ("pypi-", r"pypi-[\w-]{50,}"),
    ("nvapi-", r"nvapi-[\w-]{40,}"),
    ("dckr_pat_", r"dckr_pat_[\w-]{20,}"),
    ("r8_", r"r8_[A-Za-z0-9]{30,}"),
)
# In addresses: the path is the secret of a webhook or bot, or a long user name without a password is a token.
_ADDRESSES = (
    ("hooks.slack.com/", r"(?<=hooks\.slack\.com/)[\w/-]+"),
    ("/api/webhooks/", r"(?<=/api/webhooks/)[\w/-]+"),
    ("/bot", r"(?<=/bot)\d+:[\w-]{20,}"),
    ("@", r"(?<=://)(?=[\w-]*\d)[\w-]{20,}(?=@)"),
)
_KEY = r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"


def hide_tokens(text: str, hidden: str) -> str:
    """The text with `hidden` instead of each token, webhook address and private key in it."""
    for hint, pattern in _patterns():
        if hint in text:
            text = pattern.sub(hidden, text)
    return text


def holds_tokens(text: str) -> bool:
    """Whether `hide_tokens` changes a text."""
    return any(hint in text and pattern.search(text) is not None for hint, pattern in _patterns())


@functools.cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    tokens = ((hint, re.compile(rf"(?<![A-Za-z0-9]){form}")) for hint, form in _FORMS)
    addresses = ((hint, re.compile(form)) for hint, form in _ADDRESSES)
    return (*tokens, *addresses, ("PRIVATE KEY-----", re.compile(_KEY, re.DOTALL)))
