"""Translatable messages: templates with values, plural forms, shortened lists of names."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any

from .printing import shown

LANGUAGES = ("en", "zh")

_LONG = 48
# `{n} run(s) are hidden; show (it|them)`: singular and plural forms, by the number `n`.
_NUMBERED = re.compile(r"\(([\w ]+)\|([\w ]+)\)|\(s\)(?: (are|have)\b)?")
_SINGULAR = {None: "", "are": " is", "have": " has"}
_LONGEST_VALUE = 200
# The values that count things, by their names in templates.
_COUNTS = ("n", "most", "span", "metrics", "steps", "rows", "columns")


class Message(str):
    """An English message that keeps its template and values: `Message("{n} runs", n=3)`. See `translated`.

    In a template `{n} run(s) are hidden; show (it|them)` the word forms follow the number `n`.
    """

    template: str
    values: Mapping[str, object]

    def __new__(cls, template: str, **values: object) -> Message:
        """Fill in the template; values may be phrases themselves."""
        phrase = super().__new__(cls, _in_number(template, values).format(**_counted(values)))
        phrase.template, phrase.values = template, values
        return phrase

    def __reduce__(self) -> tuple[object, ...]:
        """Copied and pickled by template and values: the formatted text is not a template."""
        return _rebuild, (self.template, dict(self.values))


def _in_number(template: str, values: Mapping[str, object]) -> str:
    """The template in the singular where `n` is 1, else in the plural."""
    if "n" not in values or "(" not in template:
        return template
    singular = values["n"] == 1

    def word(match: re.Match[str]) -> str:
        if match[1]:
            return match[1] if singular else match[2]
        return _SINGULAR[match[3]] if singular else "s" + (f" {match[3]}" if match[3] else "")

    return _NUMBERED.sub(word, template)


class _Count(int):
    """A number of things, written 1,234 as the page does."""

    def __format__(self, spec: str) -> str:
        return super().__format__(spec or ",")


def _counted(values: Mapping[str, object]) -> dict[str, object]:
    """The values, with those that count things as `_Count`."""
    return {
        name: _Count(value) if name in _COUNTS and type(value) is int else value
        for name, value in values.items()
    }


def _rebuild(template: str, values: Mapping[str, object]) -> Message:
    return Message(template, **values)


def phrase(text: str) -> Message:
    """A text without values as a Message; braces in it stay."""
    return Message(text.replace("{", "{{").replace("}", "}}"))


def joined(parts: Sequence[str], between: str = " ") -> Message:
    """Join texts into one phrase."""
    named = {f"part{number}": part for number, part in enumerate(parts)}
    return Message(between.join(f"{{{name}}}" for name in named), **named)


def translated(text: str, language: str) -> str:
    """A phrase in a language of LANGUAGES; other texts, and phrases without translation, unchanged."""
    if language == "en" or not isinstance(text, Message):
        return str(text)
    values = {
        name: translated(value, language) if isinstance(value, str) else value
        for name, value in text.values.items()
    }
    words = _catalogue(language).get(text.template) or _in_number(text.template, text.values)
    words = words.format(**_counted(values))
    return words.replace("。 ", "。") if language == "zh" else words


def own_names(names: Iterable[str], language: str) -> dict[str, str]:
    """The names that are ours, such as `all runs`, in a language; those that users chose are left out."""
    texts = {str(name): translated(name, language) for name in names if isinstance(name, Message)}
    return {name: text for name, text in texts.items() if text != name}


def message_to_json(text: str) -> object:
    """A text for JSON: a Message as `[template, values]`, so that it can be translated later."""
    if not isinstance(text, Message):
        return text
    values = {
        name: message_to_json(value) if isinstance(value, str) else value
        for name, value in text.values.items()
    }
    return [text.template, values]


def message_from_json(content: Any) -> str:
    """The text that `message_to_json` encoded."""
    if isinstance(content, str):
        return content
    template, values = content
    return _shared_message(
        template,
        *(
            (name, message_from_json(value) if isinstance(value, (str, list)) else value)
            for name, value in values.items()
        ),
    )


@lru_cache(4096)  # many runs have the same remarks
def _shared_message(template: str, *values: tuple[str, object]) -> Message:
    return Message(template, **dict(values))


def untranslated_message(error: Exception) -> str:
    """The message of an error, as the phrase that it was raised with."""
    return error.args[0] if error.args and isinstance(error.args[0], str) else str(error)


def message_of(error: Exception, language: str) -> str:
    """The message of an error in a language of LANGUAGES."""
    return translated(untranslated_message(error), language)


@cache
def _catalogue(language: str) -> dict[str, str]:
    """The translated templates of a language by English template."""
    from importlib.resources import files  # late, as English needs none

    source = files("sml_viewer") / "locales" / f"{language}.json"
    catalogue: dict[str, str] = json.loads(source.read_text(encoding="utf-8"))
    return catalogue


def brief(value: object) -> str:
    """The `repr` of a value, shortened for error messages."""
    text = repr(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"


def some(names: Sequence[str], most: int = 3) -> str:
    """`a, b and 10 more`, with long names shortened at the start, since paths differ at their ends."""
    short = [name if len(name) <= _LONG else "…" + name[1 - _LONG :] for name in names[: most + 1]]
    if len(names) > most + 1:
        return Message("{names} and {n} more", names=", ".join(short[:most]), n=len(names) - most)
    if len(short) < 2:
        return "".join(short)
    return Message("{names} and {last}", names=", ".join(short[:-1]), last=short[-1])


def any_of(names: Sequence[str]) -> str:
    """`a, b or c`."""
    if len(names) < 2:
        return "".join(names)
    return Message("{names} or {last}", names=", ".join(names[:-1]), last=names[-1])


class Notes:
    """Notes on runs and groups; equal ones are merged into one sentence, whatever their number `n`."""

    def __init__(self) -> None:
        self._entries: dict[object, tuple[dict[str, None], dict[str, None]]] = {}

    def add(self, who: str, text: str) -> None:
        """Add a note on a run or a group."""
        names, texts = self._entries.setdefault(_but_for_n(text), ({}, {}))
        names[who if isinstance(who, Message) else shown(who)] = texts[text] = None

    @property
    def sentences(self) -> list[str]:
        """`a: text`, or `a, b and 10 more: text`."""
        return [
            Message("{who}: {what}", who=some(list(names), 2), what=_of_all(list(texts)))
            for names, texts in self._entries.values()
        ]


def _but_for_n(text: str) -> object:
    """A key that is equal for texts that differ only in their number `n`."""
    if not isinstance(text, Message):
        return text
    return text.template, *(item for item in text.values.items() if item[0] != "n")


def _of_all(texts: Sequence[str]) -> str:
    """Merge texts that differ only in their number `n` into one with a range."""
    first, *others = texts
    if not others or not isinstance(first, Message):
        return first
    numbers = [n for text in texts if isinstance(text, Message) and isinstance(n := text.values["n"], int)]
    return Message(first.template, **{**first.values, "n": span(min(numbers), max(numbers))})


def span(low: object, high: object) -> str:
    """`2 to 5`, or a single value if both are equal."""
    low, high = (format(each, ",") if type(each) is int else each for each in (low, high))
    return str(low) if low == high else Message("{low} to {high}", low=low, high=high)
