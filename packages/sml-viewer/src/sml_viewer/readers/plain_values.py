"""Values that a tool wrote as text: what they were before, as far as the text says it without a doubt."""

from __future__ import annotations

import re
from typing import Any

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_WORDS = {"True": True, "False": False, "None": None, "true": True, "false": False, "null": None}
_LONGEST_INTEGER = 17


def value_of(text: str) -> Any:
    """What a value is that Python or YAML printed: a truth, a number, nothing, or the text."""
    text = text.strip()
    if text in _WORDS:
        return _WORDS[text]
    if _NUMBER.fullmatch(text):
        return int(text) if text.lstrip("+-").isdecimal() and len(text) <= _LONGEST_INTEGER else float(text)
    return text


_TOKEN = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|[][(){},]", re.DOTALL)
_CALL = re.compile(r"[\w.]+\((?P<inside>.*)\)", re.DOTALL)
_DICT = re.compile(r"\{(?P<inside>.*)\}", re.DOTALL)
_ARGUMENT = re.compile(r"(?P<name>[^\W\d]\w*)\s*=(?P<value>.*)", re.DOTALL)
_ITEM = re.compile(r"(?P<quote>['\"])(?P<name>[^'\"\\]+)(?P=quote)\s*:(?P<value>.*)", re.DOTALL)


def arguments_of(text: str) -> dict[str, Any]:
    """What Python prints of a Namespace, a dataclass or a dict: `Namespace(lr=0.1, sizes=[64, 64])`.

    Objects among the values stay text. Empty for any other text.
    """
    text = text.strip()
    for whole, part in ((_CALL, _ARGUMENT), (_DICT, _ITEM)):
        if match := whole.fullmatch(text):
            listed = [part.fullmatch(piece) for piece in _split(match["inside"])]
            if listed and all(listed):
                return {each["name"]: _printed(each["value"].strip()) for each in listed if each is not None}
    return {}


def _printed(text: str) -> Any:
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"" and _TOKEN.fullmatch(text):
        return re.sub(r"\\(['\"\\])", r"\1", text[1:-1])
    if text.startswith("[") and text.endswith("]") and not set("[]{}()").intersection(text[1:-1]):
        return [_printed(piece) for piece in _split(text[1:-1])]
    return value_of(text)


def _split(text: str) -> list[str]:
    """The parts of a text between the commas that are in no brackets and no quotes."""
    parts, depth, start = [], 0, 0
    for token in _TOKEN.finditer(text):
        if token[0] in "([{":
            depth += 1
        elif token[0] in ")]}":
            depth -= 1
        elif token[0] == "," and depth == 0:
            parts.append(text[start : token.start()].strip())
            start = token.end()
    return [part for part in (*parts, text[start:].strip()) if part]
