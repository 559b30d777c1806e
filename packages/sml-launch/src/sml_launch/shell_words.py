"""Split, quote and expand shell words without a shell."""

from __future__ import annotations

import functools
import os
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sml_config.redaction import REDACTED, holds_secret
from sml_config.text import printable

from .errors import GridError

_REMEDY = (
    "expected one command without shell operators. Set-up goes into setup = ['module load cuda'], variables "
    "into environment_dict, the folder into directory; output is kept in the task's log"
)
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")
VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")

_LONGEST_SHOWN = 300

_holds_secret = functools.lru_cache(maxsize=4096)(holds_secret)
quoted = functools.lru_cache(maxsize=65536)(shlex.quote)


def shown_values(parameters: Mapping[str, Any], names: Iterable[str] | None = None) -> str:
    """`name=value …` for one line of a terminal: truncated, escaped, secrets redacted."""
    selected = parameters if names is None else names
    text = " ".join(f"{name}={_shown_value(name, parameters.get(name))}" for name in selected)
    cut = text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…"
    return printable(cut)


def _shown_value(name: str, value: Any) -> Any:
    return REDACTED if isinstance(value, str) and _holds_secret(name, value) else value


def shell_word(text: str) -> str:
    """The word quoted for a shell, on one line: unprintable characters in `$'…'` of bash and zsh."""
    if text.isprintable():
        return quoted(text)
    parts = (
        re.sub(r"([\\'])", r"\\\1", character)
        if character.isprintable()
        else "".join(f"\\x{byte:02x}" for byte in os.fsencode(character))
        for character in text
    )
    return f"$'{''.join(parts)}'"


def joined(words: Sequence[str]) -> str:
    """The words quoted and joined to a shell line."""
    return " ".join(map(shell_word, words))


def header_words(header: str) -> tuple[str, ...]:
    """The words of a start_up_header. Raises GridError for shell operators and substitutions."""
    operator = _shell_syntax(header)
    try:
        words = tuple(shlex.split(header))
    except ValueError as error:
        raise GridError(f"invalid start_up_header {header!r}: {error}; {_REMEDY}") from None
    if not words:
        raise GridError("start_up_header is empty; expected a command such as python main.py")
    if operator is None and _ASSIGNMENT.match(words[0]):
        operator = words[0]
    if operator is not None:
        raise GridError(f"invalid start_up_header {header!r}: it contains {operator!r}; {_REMEDY}")
    return words


def without_quotes(value: Any) -> str:
    """The value as a string without an outer pair of quotes, as in `'""'` or `"'0,1'"`."""
    text = str(value)
    return text[1:-1] if len(text) >= 2 and text[0] == text[-1] and text[0] in "'\"" else text


def expanded(text: str, environment: Mapping[str, str]) -> str:
    """The text with `$NAME` and `${NAME}` expanded; unset variables become empty."""
    return VARIABLE.sub(lambda match: environment.get(match[1] or match[2], ""), text)


def names_in(text: str) -> set[str]:
    """Names of the variables that `expanded` would replace."""
    return {match[1] or match[2] for match in VARIABLE.finditer(text)}


def _shell_syntax(text: str) -> str | None:
    """The first operator or substitution outside quotes, or None."""
    quote = ""
    previous = ""
    for index, character in enumerate(text):
        if previous == "\\" and quote != "'":
            previous = ""
            continue
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character in ";&|<>\n`" or text.startswith("$(", index):
            return (
                text[index : index + 2] if text[index : index + 2] in ("&&", "||", ">>", "$(") else character
            )
        previous = character
    return None
