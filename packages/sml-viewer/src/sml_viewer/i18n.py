"""Sentences about runs, in English and other languages; none longer than a reader reads."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

from .printing import shown

LANGUAGES = ("en", "zh")

_LONG = 48
# `{n} run(s) are hidden; show (it|them)`: what stands for one and for several, by the number `n`.
_NUMBERED = re.compile(r"\(([\w ]+)\|([\w ]+)\)|\(s\)(?: (are|have)\b)?")
_ONE = {None: "", "are": " is", "have": " has"}
_LONGEST_VALUE = 200


class Phrase(str):
    """A text in English that knows what it was made of: `Phrase("{n} runs", n=3)`. See `translated`.

    Of a template `{n} run(s) are hidden; show (it|them)` the words follow the number `n`.
    """

    template: str
    values: Mapping[str, object]

    def __new__(cls, template: str, **values: object) -> Phrase:
        """The template filled in; values may be phrases themselves."""
        made = super().__new__(cls, _in_number(template, values).format(**values))
        made.template, made.values = template, values
        return made

    def __reduce__(self) -> tuple[object, ...]:
        """Copied and pickled as what it was made of: its text is no template."""
        return _made, (self.template, dict(self.values))


def _in_number(template: str, values: Mapping[str, object]) -> str:
    """The template in the singular where `n` is 1, else in the plural."""
    if "n" not in values or "(" not in template:
        return template
    one = values["n"] == 1

    def word(found: re.Match[str]) -> str:
        if found[1]:
            return found[1] if one else found[2]
        return _ONE[found[3]] if one else "s" + (f" {found[3]}" if found[3] else "")

    return _NUMBERED.sub(word, template)


def _made(template: str, values: Mapping[str, object]) -> Phrase:
    return Phrase(template, **values)


def joined(parts: Sequence[str], between: str = " ") -> Phrase:
    """Texts one after the other."""
    named = {f"part{place}": part for place, part in enumerate(parts)}
    return Phrase(between.join(f"{{{name}}}" for name in named), **named)


def translated(text: str, language: str) -> str:
    """A phrase in a language of LANGUAGES; any other text, and what has no translation, as it is."""
    if language == "en" or not isinstance(text, Phrase):
        return str(text)
    values = {
        name: translated(value, language) if isinstance(value, str) else value
        for name, value in text.values.items()
    }
    words = _catalogue(language).get(text.template) or _in_number(text.template, text.values)
    words = words.format(**values)
    return words.replace("。 ", "。") if language == "zh" else words


def phrase_of(error: Exception) -> str:
    """What an error says, as the phrase that it was raised with."""
    return error.args[0] if error.args and isinstance(error.args[0], str) else str(error)


def message_of(error: Exception, language: str) -> str:
    """What an error says, in a language of LANGUAGES."""
    return translated(phrase_of(error), language)


@cache
def _catalogue(language: str) -> dict[str, str]:
    """The templates of phrases in a language, by the English ones."""
    source = files("sml_viewer") / "locales" / f"{language}.json"
    found: dict[str, str] = json.loads(source.read_text(encoding="utf-8"))
    return found


def brief(value: object) -> str:
    """A value as Python writes it, as much of it as an error needs to show which one is meant."""
    text = repr(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"


def some(names: Sequence[str], most: int = 3) -> str:
    """`a, b and 10 more`, each name shortened at its beginning: the ends of paths tell them apart."""
    short = [name if len(name) <= _LONG else "…" + name[1 - _LONG :] for name in names[: most + 1]]
    if len(names) > most + 1:
        return Phrase("{names} and {n} more", names=", ".join(short[:most]), n=len(names) - most)
    if len(short) < 2:
        return "".join(short)
    return Phrase("{names} and {last}", names=", ".join(short[:-1]), last=short[-1])


class Notes:
    """What is to be said of runs and groups: the same of several is said once, whatever its number `n`."""

    def __init__(self) -> None:
        self._said: dict[object, tuple[dict[str, None], dict[str, None]]] = {}

    def add(self, who: str, what: str) -> None:
        """Say something of a run or a group."""
        names, texts = self._said.setdefault(_but_for_n(what), ({}, {}))
        names[who if isinstance(who, Phrase) else shown(who)] = texts[what] = None

    @property
    def sentences(self) -> list[str]:
        """`a: what`, or `a, b and 10 more: what`."""
        return [
            Phrase("{who}: {what}", who=some(list(names), 2), what=_of_all(list(texts)))
            for names, texts in self._said.values()
        ]


def _but_for_n(what: str) -> object:
    """What is equal for texts that differ in their number alone."""
    if not isinstance(what, Phrase):
        return what
    return what.template, *(item for item in what.values.items() if item[0] != "n")


def _of_all(texts: Sequence[str]) -> str:
    """One text for such as differ in their number alone."""
    first, *others = texts
    if not others or not isinstance(first, Phrase):
        return first
    numbers = [n for text in texts if isinstance(text, Phrase) and isinstance(n := text.values["n"], int)]
    return Phrase(first.template, **{**first.values, "n": span(min(numbers), max(numbers))})


def span(low: object, high: object) -> str:
    """`2 to 5`, or the one if both are the same."""
    return str(low) if low == high else Phrase("{low} to {high}", low=low, high=high)
