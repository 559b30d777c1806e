"""The parameters of a run, from whichever file has them."""

from __future__ import annotations

import functools
import platform
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from sml_config.hashing import short_hash
from sml_config.redaction import (
    SECRET_NAME_PARTS,
    Redactor,
    hide_credentials,
    holds_credentials,
    is_telling,
    named_secrets_in,
    redacted,
)
from sml_config.run_folder import CONFIG, PARAMETERS
from sml_config.secret_names import may_hold_secret
from sml_viewer.fileio import reason_of
from sml_viewer.i18n import Message
from sml_viewer.jsonio import MOST_DEPTH, TOO_DEEP, dumps, is_deep, loads_flat
from sml_viewer.model.issues import first_names
from sml_viewer.safe_open import Held

from .file_io import UNREADABLE, States, read_small, text_of_json

# What a file of parameters may be large; a replay buffer that somebody named config.json is not read.
_MOST_BYTES = 4_000_000
_MOST_LISTED = 5
_ABOVE = "../"
OWN = f"{CONFIG}/{PARAMETERS}"


class Parameters(NamedTuple):
    """The values, which files they are from, what is odd about these; `text` is the values as JSON.

    `identity` is the same for equal values only, hidden ones included; None without any.
    """

    values: dict[str, Any]
    file: str | None
    notes: list[str]
    text: str = "{}"
    identity: str | None = None


def read_parameters(
    folder: str | Path | Held, candidates: Sequence[str], states: States | None = None
) -> Parameters:
    """What all of the files say together, the first of them counting where two disagree.

    A file that sml_logger wrote says all by itself. `states` takes those of the files that were read.
    """
    notes: list[str] = []
    parameters = Parameters({}, None, notes)
    values: dict[str, Any] = {}
    files: list[str] = []
    for name in candidates:
        try:
            more, text = _load(folder, name, states)
            if isinstance(more, dict) and (values_alone := _of_wandb(more)) is not None:
                more, text = values_alone, None
            if not isinstance(more, dict):
                notes.append(Message("{file} is not an object of names and values", file=name))
                continue
            merged, conflicts = _together(values, more) if files else (more, [])
            parameters = _parameters(merged, None if files else text, ", ".join([*files, name]), notes)
        except UNREADABLE as error:
            notes.append(Message("{path} cannot be read: {reason}", path=name, reason=reason_of(error)))
            continue
        if conflicts:
            notes.append(_conflict(name, conflicts, files[0]))
        values = merged
        files.append(name)
        if name == OWN:
            break
    return parameters


def with_described(
    parameters: Parameters, more: Mapping[str, Any], table: str
) -> tuple[dict[str, Any], str | None, str, str | None]:
    """Values, files, text and identity of a run's parameters and of those that its table holds besides."""
    if not more:
        return parameters.values, parameters.file, parameters.text, parameters.identity
    plain = loads_flat(dumps(dict(more)))  # whatever a reader made of it
    merged, conflicts = _together(parameters.values, plain)
    if conflicts:
        parameters.notes.append(_conflict(table, conflicts, parameters.file))
    both = _parameters(merged, None, ", ".join(filter(None, [parameters.file, table])), parameters.notes)
    return both.values, both.file, both.text, both.identity


def read_overrides(
    folder: str | Held, name: str | None, states: States | None = None
) -> tuple[tuple[str, ...], list[str]]:
    """The names in a list of `name=value`, such as Hydra's overrides, and what is odd."""
    if name is None:
        return (), []
    try:
        value, _ = _load(folder, name, states)
    except UNREADABLE as error:
        return (), [Message("{path} cannot be read: {reason}", path=name, reason=reason_of(error))]
    texts = [text for text in value if isinstance(text, str)] if isinstance(value, list) else []
    # `+name=value` adds one, `name@package=value` chooses a file of them, `~name` takes one away.
    return tuple(text.partition("=")[0].lstrip("+").partition("@")[0] for text in texts if "=" in text), []


def _of_wandb(content: Mapping[str, Any]) -> dict[str, Any] | None:
    """The values of W&B's `config.yaml`, in which each has a description; None for another file."""
    described = {name: item for name, item in content.items() if name not in ("wandb_version", "_wandb")}
    if not described or not all(
        isinstance(item, dict) and "value" in item and item.keys() <= {"value", "desc"}
        for item in described.values()
    ):
        return None
    return {name: item["value"] for name, item in described.items()}


def _together(
    first: dict[str, Any], more: dict[str, Any], prefix: str = ""
) -> tuple[dict[str, Any], list[str]]:
    """The first's values and what another adds to them; which names the two give other values."""
    merged, conflicts = dict(first), []
    for name, value in more.items():
        known = merged.get(name)
        if known is None:
            merged[name] = value
        elif isinstance(known, dict) and isinstance(value, dict):
            merged[name], inner = _together(known, value, f"{prefix}{name}.")
            conflicts += inner
        elif value not in (None, known, str(known)) and dumps(known, sort=True) != dumps(value, sort=True):
            # A tool may have written a list as the text of one.
            conflicts.append(f"{prefix}{name}")
    return merged, conflicts


def _conflict(file: str, names: Sequence[str], first: str | None) -> Message:
    return Message(
        "{file}: {names}: other values than in {first}, which count",
        file=file,
        names=first_names(names, _MOST_LISTED),
        first=first or "",
    )


def _parameters(value: dict[str, Any], text: str | None, files: str, notes: list[str]) -> Parameters:
    identity = _identity(value)
    if _may_hold_secrets(value, text) and (
        any(named_secrets_in(value)) or holds_credentials(text or str(value))
    ):
        # A key that was given as a parameter: it goes no further, and into no store.
        value, text = _shown(value), None
    return Parameters(value, files, notes, text or dumps(value), identity)


def _identity(values: dict[str, Any]) -> str | None:
    if not values:
        return None
    return short_hash(dumps(values, sort=True), 32)


def _may_hold_secrets(values: dict[str, Any], text: str | None) -> bool:
    """Whether to look closer; most files have no secret, and there are many."""
    if text is not None and holds_credentials(text):
        return True
    if text is not None and text.count("{") == 1:  # all names are at the top, and many runs have the same
        return _has_secret_name(tuple(values))
    lower = "" if text is None or "\\u" in text else text.lower()  # a letter may be written as its number
    return not lower or any(part in lower for part in SECRET_NAME_PARTS)


@functools.lru_cache(64)
def _has_secret_name(names: tuple[str, ...]) -> bool:
    return any(map(may_hold_secret, names))


def _shown(values: dict[str, Any]) -> dict[str, Any]:
    """The values without secrets, at any depth.

    Words under `token`, as in `pool_token: mean`, are hidden there alone: elsewhere they say something else.
    """
    keys = frozenset(
        secret
        for name, item in _flat_items(values, "", 0)
        for secret_name, secret in named_secrets_in(item, name)
        if not is_telling(secret_name, secret)
    )
    redactor = Redactor(keys)
    return {hide_credentials(name): redacted(name, item, redactor) for name, item in values.items()}


def flatten(parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    """Nested objects as `outer.inner`; lists and everything else are values."""
    if dict not in map(type, parameters.values()):
        return parameters
    return dict(_flat_items(parameters, "", 0))


def _flat_items(parameters: Mapping[str, Any], prefix: str, depth: int) -> Iterator[tuple[str, Any]]:
    for name, value in parameters.items():
        if isinstance(value, dict) and value and depth < MOST_DEPTH:
            yield from _flat_items(value, f"{prefix}{name}.", depth + 1)
        else:
            yield f"{prefix}{name}", value


def _load(folder: str | Path | Held, name: str, states: States | None) -> tuple[Any, str | None]:
    """A file's value and, if it is JSON, its text; the file may lie in a folder above, `../.hydra/…`."""
    while name.startswith(_ABOVE):
        # By name: a run folder that became a link leads nowhere.
        folder, name = str(folder).rpartition("/")[0], name.removeprefix(_ABOVE)
    data = read_small(folder, name, _MOST_BYTES, states)
    if name.endswith(".json"):
        text = text_of_json(data)
        return loads_flat(text), text
    if name.endswith(".toml"):
        return _load_toml(text_of_json(data)), None
    from .python_yaml import load_python_yaml  # late: PyYAML is slow to load, and most runs need none

    value = load_python_yaml(data)
    if is_deep(value):
        raise ValueError(TOO_DEEP)
    return {str(key): item for key, item in value.items()} if isinstance(value, dict) else value, None


def _load_toml(text: str) -> Any:
    """The object of a TOML file, dates as text. Raises ValueError, also with a Python that reads no TOML."""
    if sys.version_info >= (3, 11):
        import tomllib  # late: few runs need it

        try:
            value = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise ValueError(Message("invalid TOML: {error}", error=error)) from error
        if is_deep(value):
            raise ValueError(TOO_DEEP)
        return loads_flat(dumps(value))
    needed = "TOML needs Python 3.11 or newer; this is {version}"
    raise ValueError(Message(needed, version=platform.python_version()))
