"""Who a run is and what it was given, without its rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sml_viewer.discover import Found
from sml_viewer.json_text import loads

from .header import read_header
from .parameters import read_parameters
from .small import States, read_ends, read_small, text_of_json

_MOST_BYTES = 16_000_000
_FIRST_LINE = 4_096
_PROVENANCE = ("commit_id", "dirty", "host", "start_time", "python", "command", "task_id", "packages", "pid")


@dataclass(frozen=True)
class Metadata:
    """What the small files of a run folder say.

    `parameters` are as written, nested, but for secrets; `parameters_text` is them as JSON, and
    `parameters_identity` the same for equal ones only, None without any. `defaults` are what the script
    would have taken; `provenance` and `status` hold what `run_config.json` and `status.json` say; `settings`
    are the settings' values by name. `facts` is what the first line of a monitor says.
    """

    run_id: str | None
    parameters: Mapping[str, Any]
    parameter_file: str | None
    defaults: Mapping[str, Any]
    provenance: Mapping[str, Any]
    settings: Mapping[str, Any]
    status: Mapping[str, Any]
    notes: tuple[str, ...]
    parameters_text: str = "{}"
    parameters_identity: str | None = None
    facts: Mapping[str, Any] | None = None


def read_metadata(found: Found, states: States | None = None) -> Metadata:
    """The metadata of a run folder; what cannot be read is a note, `states` takes those of the files."""
    folder = found.path
    parameters, file, notes, text, identity = read_parameters(folder, found.parameters, states)
    run_config = _object(folder, found.run_config, notes, states)
    status = _object(folder, found.status, notes, states)
    defaults = run_config.get("parameter_defaults")
    return Metadata(
        run_id=str(run_config["run_id"]) if run_config.get("run_id") else None,
        parameters=parameters,
        parameter_file=file,
        defaults=defaults if isinstance(defaults, dict) else {},
        provenance={name: run_config[name] for name in _PROVENANCE if run_config.get(name) is not None},
        settings={
            name: run_config[name]
            for name in ("SHORT_NAME_SUFFIX", "IMPORTANT_CONFIGS")
            if name in run_config
        },
        status=status,
        notes=tuple(notes),
        parameters_text=text,
        parameters_identity=identity,
        facts=_monitor_facts(folder, found.tables),
    )


def _monitor_facts(folder: str, tables: Sequence[str]) -> dict[str, Any] | None:
    """What the `#{…}` line at the top of a run's first monitor says; None without one."""
    monitor = next((name for name in tables if name.endswith("monitor.csv")), None)
    if monitor is None:
        return None
    try:
        _, head, _ = read_ends(f"{folder}/{monitor}", _FIRST_LINE, 0)
    except OSError:
        return None
    dialect, _ = read_header(head, monitor)
    return None if dialect is None else dict(dialect.facts) or None


def _object(folder: str, name: str | None, notes: list[str], states: States | None) -> dict[str, Any]:
    if name is None:
        return {}
    try:
        value = loads(text_of_json(read_small(f"{folder}/{name}", _MOST_BYTES, states)))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        notes.append(f"{name} cannot be read: {str(error).partition(chr(10))[0]}")
        return {}
    if isinstance(value, dict):
        return value
    notes.append(f"{name} is not an object")
    return {}
