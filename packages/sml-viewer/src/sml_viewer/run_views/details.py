"""All that is known of one run besides its rows and files: what went wrong first."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

from sml_config.run_folder import CONFIG, LOG, PREVIOUS_LOG, SUPERSEDED_PREFIX
from sml_config.run_states import FAILED, KILLED
from sml_viewer.errors import SmlViewerError
from sml_viewer.model.run import Run
from sml_viewer.model.run_state import LOST, started
from sml_viewer.model.text import text_of
from sml_viewer.readers.metadata import in_own_words
from sml_viewer.safe_open import scanned
from sml_viewer.security.find_secrets import SETTINGS, Mask

from .log_tail import clean
from .schemas import Attempt, Duplicates, Failure, Named, ParameterRow, RunDetails
from .table import TableSnapshot, in_json

# Opens a file of the run by its relative path, or raises SmlViewerError.
Open = Callable[[str], BinaryIO]

_ENDED_BADLY = (FAILED, KILLED, LOST)
_LOG_END = 256_000
_MOST_CONFIG = 4_000_000
_TRACEBACK = re.compile(r"^(?:.* )?Traceback \(most recent call last\):$", re.MULTILINE)
_RAISED = re.compile(r"\n(?=\S)")
_OWN_FACTS = ("run_id", "parameter_defaults", "parameter_types", "short_name", "signature", "suffix")
_FACTS = (
    "start_time", "host", "ip", "pid", "command", "cwd", "python", "platform", "gpus", "commit_id", "dirty",
    "uncommitted", "task_id", "packages",
)  # fmt: skip


def about_run(moment: TableSnapshot, run: Run, mask: Mask, opened: Open) -> RunDetails:
    """The run page's facts in JSON's terms; secrets are hidden."""
    found = moment.catalogue
    standing = moment.standing(run)
    said = moment.annotation(run)
    begun = started(run)
    config = run_config(mask, opened)
    return {
        "id": found.id_of[run.key],
        "name": run.name,
        "path": str(run.path),
        "status": standing.state,
        "heard": standing.last_heartbeat,
        "step": run.status.get("step") if isinstance(run.status.get("step"), int) else None,
        "rows": run.rows,
        "started": begun,
        "modified": run.modified or None,
        "host": run.host,
        "failure": _failure(run, standing.state, mask, opened),
        "parameters": parameters(run, mask),
        "parameter_file": run.parameter_file,
        "provenance": _listed({name: config[name] for name in _FACTS if config.get(name) is not None}),
        "settings": _listed(settings_in(config)),
        "notes": list(run.notes),
        "attempts": _attempts(moment, run),
        "attempt_of": found.attempt_of.get(run.key),
        "superseded": run.superseded,
        "superseded_rows": _superseded_rows(run),
        "duplicates": _duplicates(moment, run),
        "inside": run.parent_run and found.id_by_name.get((run.key[0], run.parent_run)),
        "contains": [
            found.id_of[other.key]
            for other in found.runs
            if other.parent_run == run.name and other.key[0] == run.key[0]
        ],
        "logs": [name for name in (LOG, PREVIOUS_LOG) if (run.path / name).is_file()],
        "annotation": {"tags": list(said.tags), "note": said.note, "hidden": said.hidden},
    }


def parameters(run: Run, mask: Mask) -> list[ParameterRow]:
    """Each parameter with its value, type and recorded default.

    One that the run was not given, because it came later, counts as its default.
    """
    listed: list[ParameterRow] = []
    for name in dict.fromkeys((*run.flat, *run.defaults)):
        value = run.parameter(name)
        row: ParameterRow = {"name": name, "value": mask.value(in_json(value)), "type": _type(value)}
        if name in run.defaults:
            default = run.defaults[name]
            row["default"] = mask.value(in_json(default))
            row["changed"] = text_of(default) != text_of(value)
        if name not in run.flat:
            row["absent"] = True
        listed.append(row)
    return listed


def run_config(mask: Mask, opened: Open) -> dict[str, Any]:
    """What the run's settings file says, secrets hidden; empty if there is none that can be read."""
    for name in (f"{folder}{name}" for folder in (f"{CONFIG}/", "") for name in SETTINGS):
        try:
            with opened(name) as file:
                data = file.read(_MOST_CONFIG)
        except (SmlViewerError, OSError):
            continue
        try:
            content = json.loads(mask.file(name, data)[0].decode("utf-8-sig"))
        except (ValueError, RecursionError):
            continue
        if isinstance(content, dict):
            return dict(in_own_words(content))
    return {}


def settings_in(config: Mapping[str, Any]) -> dict[str, Any]:
    """The settings among what a settings file says: what is not about the run or its process."""
    return {name: value for name, value in config.items() if name not in (*_FACTS, *_OWN_FACTS)}


def provenance_in(config: Mapping[str, Any]) -> dict[str, Any]:
    """Where the run comes from, by what its settings file says."""
    return {name: config[name] for name in _FACTS if config.get(name) is not None}


def _listed(values: Mapping[str, Any]) -> list[Named]:
    return [{"name": name, "value": in_json(value)} for name, value in values.items()]


def _type(value: Any) -> str:
    return "null" if value is None else type(value).__name__


def _failure(run: Run, state: str, mask: Mask, opened: Open) -> Failure | None:
    """Why a run ended badly: its own word, and the last traceback of its log."""
    error = run.status.get("error")
    if state not in _ENDED_BADLY and not error:
        return None
    traceback = None
    try:
        with opened(LOG) as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - _LOG_END))
            traceback = last_traceback(clean(file.read(_LOG_END)))
    except (SmlViewerError, OSError):
        pass  # a run without a log, or none that may be shown
    return {
        "error": mask.text(str(error)) if error else None,
        "traceback": traceback and mask.text(traceback),
        "source": LOG if traceback else None,
    }


def last_traceback(log: str) -> str | None:
    """The last Python traceback in a log, with what was raised; None if there is none."""
    starts = [match.start() for match in _TRACEBACK.finditer(log)]
    if not starts:
        return None
    # Exceptions that led to one another are one traceback.
    chained = starts[-1]
    for start in reversed(starts[:-1]):
        between = log[start:chained]
        if "During handling of the above exception" not in between and "direct cause of" not in between:
            break
        chained = start
    head, _, body = log[starts[-1] :].partition("\n")
    raised = _RAISED.search("\n" + body)
    end = len(body) if raised is None else body.find("\n", raised.start())
    whole = log[chained : starts[-1]] + head + "\n" + (body if end < 0 else body[:end])
    return whole.rstrip("\n")


def _attempts(moment: TableSnapshot, run: Run) -> list[Attempt]:
    found = moment.catalogue
    own = found.id_of[run.key]
    older = [one for one in found.runs if found.attempt_of.get(one.key) == own]
    older.sort(key=lambda one: -(started(one) or one.modified))
    return [
        {
            "id": found.id_of[one.key],
            "name": one.name,
            "status": moment.standing(one).state,
            "rows": one.rows,
            "started": started(one),
            "modified": one.modified or None,
        }
        for one in older
    ]


def _superseded_rows(run: Run) -> list[str]:
    try:
        with scanned(run.path) as entries:
            return sorted(entry.name for entry in entries if entry.name.startswith(SUPERSEDED_PREFIX))
    except OSError:
        return []


def _duplicates(moment: TableSnapshot, run: Run) -> Duplicates | None:
    found = moment.catalogue
    for group in found.duplicates:
        if run.key in {group.kept.key, *(other.key for other in group.others)}:
            return {
                "kept": found.id_of[group.kept.key],
                "others": [found.id_of[other.key] for other in group.others],
                "note": group.note,
            }
    return None
