"""Lexer of the query language: text to tokens with their columns."""

from __future__ import annotations

import re
from typing import NamedTuple

from sml_viewer.errors import QueryError
from sml_viewer.i18n import Message

# A list may contain spaces, as parameters are displayed: [64, 64], [[1, 2], [3]].
_LIST = r"\[(?:[^\[\]]|\[(?:[^\[\]]|\[[^\[\]]*\])*\])*\](?=[\s)]|\Z)"
_TOKEN = re.compile(
    rf"""(?P<space>\s+)
    |(?P<bracket>[()])
    |(?P<operator><=|>=|!=|==|=|<|>|!~|~|:)
    |(?P<quoted>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    |(?P<word>{_LIST}|[^\s()<>=!~:"']+(?::(?=//)[^\s()]*)?)""",
    re.VERBOSE,
)
_KEYWORDS = {"and", "or", "not"}
# Operators of other languages; not part of a word unless quoted.
_FOREIGN = re.compile(r"&&|\|\||\A[&|]\Z")
_EQUIVALENT = {"&": "and", "|": "or"}


class Token(NamedTuple):
    """`kind` is bracket, operator, keyword, quoted, word or end; `column` counts from 1."""

    kind: str
    text: str
    column: int


def tokens(query: str) -> list[Token]:
    """The tokens of a query, followed by an end token. Raises QueryError for an unexpected character."""
    result = []
    position = 0
    while position < len(query):
        match = _TOKEN.match(query, position)
        if match is None or match.lastgroup is None:
            character = query[position]
            if character in "\"'":
                raise QueryError(Message("unclosed quote"), query, position + 1)
            fault = Message("unexpected {what}", what=repr(character))
            raise QueryError(fault, query, position + 1)
        kind, text = match.lastgroup, match.group()
        if kind == "word" and (foreign := _FOREIGN.search(text)):
            raise _unknown(foreign[0], _EQUIVALENT[foreign[0][0]], query, position + foreign.start())
        if kind == "word" and text.lower() in _KEYWORDS:
            if not (text.isupper() or text.islower()):
                raise _unknown(text, text.lower(), query, position)
            kind, text = "keyword", text.lower()
        elif kind == "quoted":
            text = re.sub(r"\\(.)", r"\1", text[1:-1])
        if kind != "space":
            result.append(Token(kind, text, position + 1))
        position = match.end()
    result.append(Token("end", "", len(query) + 1))
    return result


def _unknown(text: str, meant: str, query: str, position: int) -> QueryError:
    template = "unexpected {what}; write {meant}, or quote the text that contains it"
    return QueryError(Message(template, what=repr(text), meant=meant), query, position + 1)
