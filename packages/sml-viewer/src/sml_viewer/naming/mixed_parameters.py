"""Describe parameters that differ inside one group of seeds, and unrecorded seeds."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from sml_config.redaction import is_secret_name
from sml_viewer.i18n import Message, joined
from sml_viewer.model.parameter_table import kind_of
from sml_viewer.model.run import Run
from sml_viewer.model.text import text_of

from .labels import is_same, is_seed
from .parameter_names import GUESSED
from .parameter_roles import LOCATION, Roles
from .value_masks import without_numbers

_NO_ROLES = Roles()
_REPEATS = (
    "‡ {n} run(s) have equal parameters and other data: they count as repeats whose seeds were not recorded; "
    "tell them apart with: sml-config modify-config RUN --set KEY=VALUE."
)
_SEED_TOO = (
    "‡ {n} run(s) have equal parameters, the seed too, and other data: they count as repeats; "
    "tell them apart with: sml-config modify-config RUN --set KEY=VALUE."
)
# More distinct numbers than this are described by their range.
_MANY = 8
_WORD = re.compile(r"[^\W\d_]{2,}")
_BY_FOLDER = "‡ {n} run(s) without parameters (is|are) guessed to be repeats by the names of their folders."


def mixed_parameters(runs: Sequence[Run], among: Sequence[str], roles: Roles = _NO_ROLES) -> str | None:
    """A description of what differs inside a group besides the seed; None if nothing does.

    Such as `batch_size 64 ×5, 256 ×1; 2 commits`. `among` are the parameters that vary between all drawn
    runs, also those that name algorithms: several algorithms may share one name. Parameters that only
    distinguish seeds by their `roles`, such as a folder or a time, are left out.
    """
    if len(runs) < 2:
        return None
    parts: list[str] = []
    unknown = sum(not run.flat for run in runs)
    if unknown:
        parts.append(Message("{n} run(s) without parameters", n=unknown))
    for name in _mixed_names(runs, among, roles):
        values = Counter(_distinct_texts(runs, name, roles))
        if is_secret_name(name.rpartition(".")[2]):
            parts.append(Message("{n} values of {name}", n=len(values), name=name))
            continue
        if (ends := _number_range(runs, name)) and len(values) > _MANY:
            parts.append(
                Message(
                    "{n} values of {name} from {low} to {high}",
                    n=len(values),
                    name=name,
                    low=ends[0],
                    high=ends[1],
                )
            )
            continue
        counts = joined(
            [Message("{value} ×{n}", value=_short(value), n=count) for value, count in values.most_common(4)],
            ", ",
        )
        more = ", …" if len(values) > 4 else ""
        parts.append(Message("{name} {counts}{more}", name=name, counts=counts, more=more))
    commits = {run.provenance.get("commit_id") for run in runs} - {None}
    if len(commits) > 1:
        parts.append(Message("{n} commits", n=len(commits)))
    dirty = sum(bool(run.provenance.get("dirty")) for run in runs)
    if 0 < dirty < len(runs):
        parts.append(Message("uncommitted changes ×{n}", n=dirty))
    for part in ("python", "packages"):
        versions = {text_of(run.provenance[part]) for run in runs if part in run.provenance}
        if len(versions) > 1:
            parts.append(Message("{n} versions of {what}", n=len(versions), what=part))
    return joined(parts, "; ") if parts else None


def repeats(runs: Sequence[Run]) -> int:
    """The number of runs in a group whose seeds were not recorded: with equal parameters, or with none."""
    if len(runs) < 2:
        return 0
    counts = Counter(run.identity for run in runs)
    return sum(count for identity, count in counts.items() if identity is None or count > 1)


def unrecorded_sentences(groups: Iterable[Sequence[Run]]) -> list[str]:
    """Sentences on groups of runs that count as repeats without a recorded seed, with the remedy."""
    texts: dict[tuple[int, int], str] = {}
    for group in groups:
        counts = Counter(run.identity for run in group)
        for run in group:
            if run.identity is None:
                texts[run.key] = _BY_FOLDER
            elif counts[run.identity] > 1:
                texts[run.key] = _SEED_TOO if any(map(is_seed, run.flat.keys() - GUESSED)) else _REPEATS
    counts_by_text = Counter(texts.values())
    return [
        Message(text, n=counts_by_text[text])
        for text in (_REPEATS, _SEED_TOO, _BY_FOLDER)
        if counts_by_text[text]
    ]


def _mixed_names(runs: Sequence[Run], among: Sequence[str], roles: Roles) -> list[str]:
    mixed = []
    for name in among:
        if is_seed(name) or is_same(name, runs):
            continue
        if not (roles.marks(name) or (roles.of.get(name) == LOCATION and _are_named_otherwise(runs, name))):
            continue
        if name in roles.masked and len(set(_distinct_texts(runs, name, roles))) == 1:
            continue
        mixed.append(name)
    return mixed


def _are_named_otherwise(runs: Sequence[Run], name: str) -> bool:
    """Whether the words of a path differ between runs, not only numbers, times and hashes.

    `logs/with_bn` and `logs/without_bn` may be the only record of a difference.
    """
    texts = [text_of(run.parameter(name)) for run in runs]
    if not all("/" in text for text in texts):
        return False
    return len({frozenset(_WORD.findall(without_numbers(text))) for text in texts}) > 1


def _distinct_texts(runs: Sequence[Run], name: str, roles: Roles) -> list[str]:
    """A parameter's value in each run as text, with 1 and "1", and null and absent, distinct if needed."""
    texts = [roles.text(name, text_of(run.parameter(name))) for run in runs]
    if roles.of.get(name) == LOCATION:  # only the last part: parent folders may name a person or a machine
        texts = [without_numbers(text).rstrip("/").rpartition("/")[2] for text in texts]
    kinds = [kind_of(run, name) for run in runs]
    if len({*zip(texts, kinds, strict=True)}) == len({*texts}):
        return texts
    return [
        Message("not given") if kind == "missing" else f'"{text}"' if kind == "text" else text
        for text, kind in zip(texts, kinds, strict=True)
    ]


def _number_range(runs: Sequence[Run], name: str) -> tuple[str, str] | None:
    """The range of a parameter's values as texts; None unless all are numbers."""
    values = [run.parameter(name) for run in runs]
    if any(isinstance(value, bool) or not isinstance(value, (int, float)) for value in values):
        return None
    return f"{min(values):.3g}", f"{max(values):.3g}"


def _short(text: str, most: int = 24) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
