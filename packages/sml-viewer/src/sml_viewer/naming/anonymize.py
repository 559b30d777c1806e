"""Anonymise results for blind review: mask paths, addresses, hosts and names of runs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from sml_config.hashing import short_hash
from sml_config.redaction import is_secret_name
from sml_viewer.model.run import Run

from .folder_names import METHODS, words_of
from .parameter_names import FOLDER

_PATH = re.compile(r"(?<![\w./:-])(?:~|/[\w.@+-]+)(?:/[\w.@+-]+)+/?|\b[A-Za-z]:[\\/][^\s\"']+")
_HIDDEN = "…"
_ADDRESS = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b")


def masked(text: str, hosts: Iterable[str] = ()) -> str:
    """Replace each absolute path, address and host in a text by a mark that is unique to it."""
    for host in sorted(filter(None, hosts), key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(host)}(?!\w)", _mark("host", host), text)
    text = _PATH.sub(lambda match: _mark(re.split(r"[\\/]", match[0].rstrip("/\\"))[-1], match[0]), text)
    return _ADDRESS.sub(lambda match: _mark("address", match[0]), text)


def anonymous_value(value: Any, hosts: Iterable[str] = ()) -> Any:
    """Mask the texts of a parameter or option, also nested ones."""
    hosts = tuple(hosts)
    if isinstance(value, str):
        return masked(value, hosts)
    if isinstance(value, dict):
        return {
            masked(str(name), hosts): _HIDDEN if is_secret_name(str(name)) else anonymous_value(item, hosts)
            for name, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [anonymous_value(item, hosts) for item in value]
    return value


def anonymous_runs(runs: Sequence[Run]) -> list[Run]:
    """The runs named by their ids, with masked parameters: folder names reveal hosts and people.

    Guesses from a folder's name keep only the name of a method.
    """
    hosts = hosts_of(runs)
    return [
        replace(
            run,
            name=f"run {run.id[:8]}",
            flat=_without_folder(anonymous_value(dict(run.flat), hosts)),
            defaults=anonymous_value(dict(run.defaults), hosts),
            settings=anonymous_value(dict(run.settings), hosts),
            labels=(),
            note="",
        )
        for run in runs
    ]


def anonymous_name(name: str, text: str) -> str:
    """A mark in place of a text chosen by the user, unless it only names a method."""
    words = words_of(text)
    return text if words and words <= METHODS else _mark(name, text)


def _without_folder(flat: dict[str, Any]) -> dict[str, Any]:
    if FOLDER not in flat:
        return flat
    return flat | {FOLDER: anonymous_name(FOLDER, str(flat[FOLDER]))}


def anonymous_query(where: str, runs: Sequence[Run]) -> str:
    """The query; if it names a host, a path, an address or a run, an equivalent query by run ids."""
    private = masked(where, hosts_of(runs)) != where or any(run.name in where for run in runs)
    return " or ".join(f"id = {run.id}" for run in runs) if private else where


def hosts_of(runs: Sequence[Run]) -> set[str]:
    """The hosts of the runs."""
    return {run.host for run in runs if run.host}


def _mark(word: str, secret: str) -> str:
    return f"{word}~{short_hash(secret, 4)}"
