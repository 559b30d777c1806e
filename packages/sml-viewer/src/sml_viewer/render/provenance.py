"""Provenance embedded in figures: run ids, hashes of tables and parameters, options; nothing personal."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sml_viewer.cache import LRUCache
from sml_viewer.config.plot_config import Configuration, from_json
from sml_viewer.errors import OptionError, ReopenError
from sml_viewer.jsonio import dumps
from sml_viewer.model.run import Run
from sml_viewer.naming.anonymize import anonymous_query, anonymous_value
from sml_viewer.safe_open import open_plain

# Reviews are blind: these reveal places and people.
_PRIVATE = ("PLOT_LOG_PATH", "PLOT_FIGURE_SAVING_PATH", "VIEW_NOTE", "VIEW_STATE")
# The end is marked: bytes of the file format behind the word may look like part of it.
_MARK, _END = "sml-viewer:", "."
_FORM = re.compile(rb"sml-viewer:([A-Za-z0-9_=-]{16,})\.")
_VERSION = 1
_HASH_BYTES = 200
_MOST_BYTES = 50_000_000


@dataclass(frozen=True)
class Provenance:
    """`runs` maps a run's id to the hash of its tables; `kind` is plot, bar or aggregate; `where` the query.

    `parameters` maps it to the hash of its parameters, empty without any; older figures lack this.
    """

    kind: str
    configuration: Configuration
    where: str
    runs: dict[str, str]
    parameters: dict[str, str] = field(default_factory=dict)


def make_provenance(
    kind: str,
    configuration: Configuration,
    where: str,
    runs: Sequence[Run],
    memory: LRUCache[object] | None = None,
) -> Provenance:
    """The provenance of these runs; reads whole tables whose hash is not in `memory`."""
    hashes = {}
    for run in runs:
        key = ("hash", *run.key, run.version)
        known = memory.get(key) if memory is not None else None
        hashes[run.id] = str(known[0]) if known is not None else table_hash(run)
        if memory is not None and known is None:
            memory.put(key, hashes[run.id], _HASH_BYTES)
    parameters = {run.id: _parameter_hash(run) for run in runs}
    return Provenance(kind, configuration, anonymous_query(where, runs), hashes, parameters)


def to_text(provenance: Provenance) -> str:
    """The provenance as one ASCII word that any file format can carry."""
    content = {
        "version": _VERSION,
        "kind": provenance.kind,
        "options": public_options(provenance.configuration),
        "where": provenance.where,
        "runs": provenance.runs,
        "parameters": provenance.parameters,
    }
    packed = zlib.compress(json.dumps(content, ensure_ascii=False).encode("utf-8", "surrogatepass"), 9)
    return _MARK + base64.urlsafe_b64encode(packed).decode("ascii") + _END


def read_provenance(figure: Path) -> Provenance:
    """Read the provenance of a PNG, PDF, SVG or HTML figure. Raises ReopenError if it has none."""
    try:
        with figure.open("rb") as file:
            match = _FORM.search(file.read(_MOST_BYTES))
    except OSError as error:
        raise ReopenError(f"{figure}: {error.strerror}") from error
    if match is None:
        raise ReopenError(f"{figure}: no provenance found; expected a figure that sml-viewer wrote")
    try:
        limit = zlib.decompressobj()
        content: Any = json.loads(limit.decompress(base64.urlsafe_b64decode(match[1]), _MOST_BYTES))
        return Provenance(
            str(content["kind"]),
            from_json(content["options"], lenient=True),
            content["where"],
            dict(content["runs"]),
            dict(content.get("parameters", {})),
        )
    except (ValueError, KeyError, TypeError, zlib.error, OptionError) as error:
        raise ReopenError(f"{figure}: its provenance is damaged") from error


def public_options(configuration: Configuration) -> dict[str, Any]:
    """The options that were set, without paths, addresses and servers."""
    return {
        name: anonymous_value(value)
        for name, value in configuration.as_json().items()
        if name not in _PRIVATE
    }


def public_configuration(configuration: Configuration) -> Configuration:
    """The configuration with the options of `public_options`."""
    return from_json(public_options(configuration), lenient=True)


def table_hash(run: Run) -> str:
    """A hash of a run's tables; empty if they cannot be read.

    Of a run in a file with many runs, a hash of its columns' summaries: the file changes with the others.
    """
    digest = hashlib.sha256()
    if run.run_in_file is not None:
        digest.update(dumps([run.run_in_file, run.summary_values()], sort=True).encode())
        return digest.hexdigest()[:16]
    try:
        for table in run.tables:
            with os.fdopen(open_plain(run.path, table).file, "rb") as file:
                while block := file.read(1 << 20):
                    digest.update(block)
    except OSError:
        return ""
    return digest.hexdigest()[:16]


def _parameter_hash(run: Run) -> str:
    return (run.identity or "")[:16]


@dataclass(frozen=True)
class Changes:
    """The state of a figure's runs: `same`, `changed` since, and the ids of `missing` ones.

    Runs of other tools are identified by path; a run elsewhere with the same tables counts as moved.
    """

    same: tuple[Run, ...]
    changed: tuple[Run, ...]
    missing: tuple[str, ...]

    @property
    def text(self) -> str:
        """The number of unchanged runs, and one line per other run."""
        lines = [f"{len(self.same)} of its runs are unchanged"]
        lines += [f"changed since: {run.name}" for run in self.changed]
        lines += [f"missing: {name}" for name in self.missing]
        return "\n".join(lines)


def changes_since(provenance: Provenance, runs: Sequence[Run]) -> Changes:
    """Compare a figure's runs, by tables and parameters, with the current runs."""
    here = {run.id: run for run in runs}
    same: list[Run] = []
    changed: list[Run] = []
    missing = [name for name in provenance.runs if name not in here]
    for name, digest in provenance.runs.items():
        if run := here.get(name):
            as_it_was = table_hash(run) == digest and _has_parameters(run, name, provenance)
            (same if as_it_was else changed).append(run)
    moved = _moved(provenance, missing, [run for run in runs if run.id not in provenance.runs])
    same += moved.values()
    return Changes(tuple(same), tuple(changed), tuple(name for name in missing if name not in moved))


def _has_parameters(run: Run, name: str, provenance: Provenance) -> bool:
    return provenance.parameters.get(name, _parameter_hash(run)) == _parameter_hash(run)


def _moved(provenance: Provenance, missing: Sequence[str], others: Sequence[Run]) -> dict[str, Run]:
    """Match missing ids one to one with other runs that have the same tables and parameters."""
    moved: dict[str, Run] = {}
    left = [(run, table_hash(run)) for run in others] if missing else []
    for name in missing:
        digest = provenance.runs[name]
        fitting = (
            match
            for match in left
            if match[1] and match[1] == digest and _has_parameters(match[0], name, provenance)
        )
        if match := next(fitting, None):
            moved[name] = match[0]
            left.remove(match)
    return moved
