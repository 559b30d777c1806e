"""Short labels for a set of names: the common part becomes a title, long labels are cut in the middle."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from functools import partial
from typing import NamedTuple

from .parameter_names import GUESSED, is_method

LONGEST = 60  # characters of a label
# Names up to this length keep a common prefix and suffix, for readability.
_SHORT = 24
_COLUMN = 40  # characters, the width of a table column
_MARK = len(" #1234")
_PAGE = 200  # characters, the width of a page
_BETWEEN = " · "
_PARAMETER = re.compile(r"(?:^|, )([^\s,=()\[\]{}]+)=")
# A number with digits that nobody typed, such as 0.00031622776601683794.
_LONG_NUMBER = re.compile(r"(?<![\w.])\d+\.\d{10,}(?:e[+-]?\d{1,3})?(?![\w.])")
_DIGITS = (3, 6)  # of such numbers in labels, the fewest with which labels differ
_ABSENT, _NOTHING = "null", "–"
# Where a name may be cut: after a separator, except inside a number such as 1e-3 or 0.15.
_BOUNDARY = re.compile(r"[/_ ,=:\[({]|(?<=[A-Za-z]{2})[-.]")


class ShortNames(NamedTuple):
    """`labels` maps each name to a unique label; `title` is the part that all names share, or "".

    Names `algo=ppo, lr=0.1` and `algo=sac, lr=0.2` have the title `algo · lr` and the labels `ppo · 0.1` and
    `sac · 0.2`. If some names lack parameters that others have, labels say which parameter a value is of,
    `ppo · clip=0.2` and `sac · tau=0.01`; `left_out` are then parameters with one value, unneeded in labels.
    """

    title: str
    labels: Mapping[str, str]
    left_out: tuple[str, ...] = ()


def short_names(names: Sequence[str], most: int = LONGEST) -> ShortNames:
    """Unique labels of at most `most` characters for the names."""
    whole = _uncut(names)
    return ShortNames(shortened(whole.title, 2 * most), fitted_names(whole.labels, most), whole.left_out)


def table_names(names: Sequence[str]) -> ShortNames:
    """Labels for a table: whole names, unless one exceeds a column or all of them a page."""
    if max(map(len, names), default=0) <= _COLUMN and sum(map(len, names)) <= _PAGE:
        return ShortNames("", _rounded({name: name for name in names}))
    return short_names(names)


def names_with_parameters(names: Sequence[str], most: int) -> dict[str, str]:
    """The labels of `short_names` for names that lack parameters, for a part of such names."""
    return fitted_names(_rounded(_with_parameters(list(dict.fromkeys(names))).labels), most)


def _uncut(names: Sequence[str]) -> ShortNames:
    """The title and the labels in full length."""
    names = list(dict.fromkeys(names))
    whole = _with_parameters(names) if lack_parameters(names) else ShortNames(*_without_common(names))
    return whole._replace(labels=_rounded(whole.labels))


def _rounded(labels: Mapping[str, str]) -> Mapping[str, str]:
    """The labels with long numbers rounded, all still different."""
    for digits in _DIGITS:
        texts = [_LONG_NUMBER.sub(partial(_round, digits), label) for label in labels.values()]
        if len(set(texts)) == len(set(labels.values())):
            # An unchanged label stays the object that it was: a Message can be translated.
            pairs = zip(labels.items(), texts, strict=True)
            return {name: label if label == text else text for (name, label), text in pairs}
    return labels


def _round(digits: int, number: re.Match[str]) -> str:
    return f"{float(number[0]):.{digits}g}"


def _with_parameters(names: list[str]) -> ShortNames:
    """Unique labels that name their parameters, for names of which some lack parameters that others have.

    A parameter is `leaf=value`, that of a method the value alone. Parameters that all names share are in the
    title; those with one value where they are given are left out, if the labels still differ.
    """
    parsed = {name: parameters for name in names if (parameters := _parameters(name))}
    leaves = leaf_names(key for parameters in parsed.values() for key in parameters)
    given: dict[str, set[str]] = {}
    for parameters in parsed.values():
        for key, value in parameters.items():
            given.setdefault(key, set()).add(value)
    single = {key for key, values in given.items() if len(values) == 1}
    shared = {key for key in single if all(key in parsed.get(name, ()) for name in names)}
    methods = {key for key in given if is_method(key) and key not in single}
    # A method that is the only one of a name is what the name is of.
    alone = {
        key
        for parameters in parsed.values()
        if methods.isdisjoint(parameters)
        for key in parameters
        if is_method(key)
    }

    def labels(without: Set[str]) -> dict[str, str]:
        return {
            name: _BETWEEN.join(
                value if is_method(key) or key in GUESSED else f"{leaves[key]}={value}"
                for key, value in parsed[name].items()
                if key not in without
            )
            if name in parsed
            else name
            for name in names
        }

    for without in (shared | (single - alone), shared, frozenset[str]()):
        labelled = labels(without)
        if len(set(labelled.values())) == len(names) and all(labelled.values()):
            break
    else:
        return ShortNames("", {name: name for name in names})
    texts = {key: f"{leaves[key]}={min(given[key])}" for key in given if key in without}
    title = ", ".join(text for key, text in texts.items() if key in shared)
    left_out = tuple(text for key, text in texts.items() if key not in shared)
    return ShortNames(title, labelled, left_out)


def leaf_names(keys: Iterable[str]) -> dict[str, str]:
    """The last part of each dotted key, `env_param` of `a.b.env_param`, if no other key ends in it."""
    keys = list(dict.fromkeys(keys))
    counts = Counter(key.rpartition(".")[2] for key in keys)
    return {key: leaf if counts[leaf := key.rpartition(".")[2]] == 1 else key for key in keys}


def lack_parameters(names: Sequence[str]) -> bool:
    """Whether some of the names lack parameters that others have."""
    parsed = [_parameters(name) for name in dict.fromkeys(names)]
    return any(parsed) and len({tuple(parameters) for parameters in parsed}) > 1


def is_long(names: Sequence[str], most: int = LONGEST) -> bool:
    """Whether the label of any name has to be cut."""
    return any(len(label) > most for label in _uncut(names).labels.values())


def _without_common(names: list[str]) -> tuple[str, dict[str, str]]:
    """The part that all names share, and the labels without it."""
    same = {name: name for name in names}
    if len(names) < 2:
        return "", same
    parsed = [_parameters(name) for name in names]
    if all(parsed):
        split = _values_only(names, parsed)
    elif max(map(len, names)) > _SHORT:
        split = _stripped(names)
    else:
        return "", same
    labels = split[1]
    return split if len(set(labels.values())) == len(names) and all(labels.values()) else ("", same)


def _parameters(name: str) -> dict[str, str]:
    """`a=1, b=2` as {a: 1, b: 2}; empty for a name of another form."""
    starts = list(_PARAMETER.finditer(name))
    if not starts or starts[0].start() != 0:
        return {}
    ends = [*(match.start() for match in starts[1:]), len(name)]
    parameters = {match[1]: name[match.end() : end] for match, end in zip(starts, ends, strict=True)}
    return parameters if len(parameters) == len(starts) else {}


def _values_only(names: list[str], parsed: list[dict[str, str]]) -> tuple[str, dict[str, str]]:
    titles, constant, columns = [], [], []
    for key, leaf in leaf_names(key for parameters in parsed for key in parameters).items():
        values = [
            _NOTHING if (value := parameters.get(key, _ABSENT)) == _ABSENT else value for parameters in parsed
        ]
        if len(set(values)) == 1:
            constant.append(f"{leaf}={values[0]}")
            continue
        common, stripped = _stripped(values) if max(map(len, values)) > _SHORT else ("", {})
        titles.append(f"{leaf}={shortened(common, _SHORT)}" if common else leaf)
        columns.append([stripped.get(value, value) for value in values])
    labels = {
        name: _BETWEEN.join(values) for name, values in zip(names, zip(*columns, strict=True), strict=True)
    }
    return ", ".join(filter(None, [_BETWEEN.join(titles), *constant])), labels


def _stripped(names: Sequence[str]) -> tuple[str, dict[str, str]]:
    """The common `prefix…suffix` of all names, cut at separators, and the labels without them."""
    prefix = _common_start(names)
    ends = [match.end() for match in _BOUNDARY.finditer(prefix)]
    start = ends[-1] if ends else 0
    rests = [name[start:] for name in names]
    suffix = _common_start([rest[::-1] for rest in rests])[::-1]
    starts = [match.start() for match in _BOUNDARY.finditer(suffix)]
    tail = len(suffix) - starts[0] if starts else 0
    labels = {name: rest[: len(rest) - tail] for name, rest in zip(names, rests, strict=True)}
    if not (start or tail) or not all(labels.values()):
        return "", {name: name for name in names}
    return f"{prefix[:start]}…{suffix[len(suffix) - tail :]}", labels


def _common_start(texts: Sequence[str]) -> str:
    """The longest common prefix."""
    first, last = min(texts), max(texts)
    same = next(
        (position for position, mark in enumerate(first) if mark != last[position : position + 1]), len(first)
    )
    return first[:same]


def fitted_names(labels: Mapping[str, str], most: int) -> dict[str, str]:
    """The labels, long ones cut in the middle, all still different."""
    short = {name: shortened(label, most) for name, label in labels.items()}
    for alike in _collisions(short):
        texts = [labels[name] for name in alike]
        start = max(0, len(_common_start(texts)) - most // 3)
        for name in alike:
            short[name] = shortened("…" * (start > 0) + labels[name][start:], most, head=2 / 3)
    alike = [name for group in _collisions(short) for name in group]
    taken = set(short.values())
    numbers: Counter[str] = Counter()
    for name in alike:
        base = shortened(labels[name], most - _MARK)
        label = base
        while label in taken:
            numbers[base] += 1
            label = f"{base} #{numbers[base] + 1}"
        short[name] = label
        taken.add(label)
    return short


def _collisions(short: Mapping[str, str]) -> list[list[str]]:
    """Groups of names with the same label."""
    counts = Counter(short.values())
    return [
        [name for name, label in short.items() if label == twice]
        for twice, count in counts.items()
        if count > 1
    ]


def shortened(text: str, most: int, head: float = 1 / 3) -> str:
    """The text cut in the middle, keeping more of the end, where names mostly differ."""
    if len(text) <= most:
        return text
    first = int((most - 1) * head)
    return f"{text[:first]}…{text[len(text) - (most - 1 - first) :]}"
