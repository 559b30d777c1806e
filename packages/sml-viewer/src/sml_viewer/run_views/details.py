"""Details of one run for its page: state, failure, parameters, provenance, attempts."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

from sml_config.run_folder import CONFIG, LOG, PREVIOUS_LOG, STATUS, SUPERSEDED_PREFIX
from sml_config.run_states import FAILED, KILLED
from sml_viewer.errors import SmlViewerError
from sml_viewer.i18n import translated
from sml_viewer.model.run import Run
from sml_viewer.model.run_state import LOST, started
from sml_viewer.model.text import text_of
from sml_viewer.readers.metadata import in_own_words
from sml_viewer.safe_open import scanned
from sml_viewer.security.find_secrets import SETTINGS, Mask

from .log_tail import clean
from .schemas import Attempt, Duplicates, Failure, Named, ParameterRow, RunDetails, RunProgress
from .table import TableSnapshot, json_value

# Opens a file of the run by its relative path, or raises SmlViewerError.
Open = Callable[[str], BinaryIO]

_ENDED_BADLY = (FAILED, KILLED, LOST)
_STATUS = f"{CONFIG}/{STATUS}"
_LOG_END = 256_000
_MOST_CONFIG = 4_000_000
_TRACEBACK = re.compile(r"^(?:.* )?Traceback \(most recent call last\):$", re.MULTILINE)
_RAISED = re.compile(r"\n(?=\S)")
_OWN_FACTS = (
    "run_id", "parameter_defaults", "parameter_types", "short_name", "signature", "suffix", "system_peaks",
)  # fmt: skip
_FACTS = (
    "start_time", "host", "ip", "pid", "command", "cwd", "python", "platform", "gpus", "commit_id", "dirty",
    "uncommitted", "task_id", "packages",
)  # fmt: skip


def about_run(table: TableSnapshot, run: Run, mask: Mask, opened: Open, language: str = "en") -> RunDetails:
    """The details of a run as JSON, notes in a language of LANGUAGES; secrets are masked."""
    snapshot = table.snapshot
    run_state = table.state_of(run)
    annotation = table.annotation(run)
    start_time = started(run)
    config = run_config(mask, opened)
    return {
        "id": snapshot.id_of[run.key],
        "name": run.name,
        "path": str(run.path),
        "status": run_state.state,
        "heard": run_state.last_heartbeat,
        "step": run.status.get("step") if isinstance(run.status.get("step"), int) else None,
        "progress": _progress(table, run),
        "rows": run.rows,
        "started": start_time,
        "modified": run.modified or None,
        "host": run.host,
        "failure": _failure(run, run_state.state, mask, opened),
        "peaks": run.system_peaks,
        "parameters": parameters(run, mask),
        "parameter_file": run.parameter_file,
        "provenance": _listed({name: config[name] for name in _FACTS if config.get(name) is not None}),
        "settings": _listed(settings_in(config)),
        "notes": [translated(note, language) for note in run.notes],
        "attempts": _attempts(table, run),
        "attempt_of": snapshot.attempt_of.get(run.key),
        "superseded": run.superseded,
        "superseded_rows": _superseded_rows(run),
        "duplicates": _duplicates(table, run, language),
        "inside": run.parent_run and snapshot.id_by_name.get((run.key[0], run.parent_run)),
        "contains": [
            snapshot.id_of[other.key]
            for other in snapshot.runs
            if other.parent_run == run.name and other.key[0] == run.key[0]
        ],
        "logs": [name for name in (LOG, PREVIOUS_LOG) if (run.path / name).is_file()],
        "annotation": {"tags": list(annotation.tags), "note": annotation.note, "hidden": annotation.hidden},
    }


def parameters(run: Run, mask: Mask) -> list[ParameterRow]:
    """Each parameter with its value, type and recorded default.

    A parameter that the run did not record has its default.
    """
    listed: list[ParameterRow] = []
    for name in dict.fromkeys((*run.flat, *run.defaults)):
        value = run.parameter(name)
        row: ParameterRow = {"name": name, "value": mask.value(json_value(value)), "type": _type(value)}
        if name in run.defaults:
            default = run.defaults[name]
            row["default"] = mask.value(json_value(default))
            row["changed"] = text_of(default) != text_of(value)
        if name not in run.flat:
            row["absent"] = True
        listed.append(row)
    return listed


def run_config(mask: Mask, opened: Open) -> dict[str, Any]:
    """The content of the run's settings file with secrets masked; empty without a readable one."""
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
    """The settings in a settings file, without facts about the run and its process."""
    return {name: value for name, value in config.items() if name not in (*_FACTS, *_OWN_FACTS)}


def provenance_in(config: Mapping[str, Any]) -> dict[str, Any]:
    """The provenance in a settings file."""
    return {name: config[name] for name in _FACTS if config.get(name) is not None}


def _listed(values: Mapping[str, Any]) -> list[Named]:
    return [{"name": name, "value": json_value(value)} for name, value in values.items()]


def _type(value: Any) -> str:
    return "null" if value is None else type(value).__name__


def _failure(run: Run, state: str, mask: Mask, opened: Open) -> Failure | None:
    """Why a run failed: its recorded error and traceback, or else the last traceback in its log."""
    error = run.status.get("error")
    if state not in _ENDED_BADLY and not error:
        return None
    error = str(error).strip() if error else ""
    recorded = run.status.get("traceback")
    traceback, source = (
        (recorded, _STATUS) if isinstance(recorded, str) and recorded.strip() else (None, None)
    )
    if traceback is None and "\n" in error:  # other tools record the whole traceback as the error
        traceback, source = error, _STATUS
    if traceback is None:
        traceback, source = _logged_traceback(opened), LOG
    status = run.status.get("exit_status")
    return {
        "error": mask.text(error.splitlines()[-1].strip()) if error else None,
        "exit_status": status if type(status) is int else None,
        "traceback": traceback and mask.text(traceback.rstrip("\n")),
        "source": source if traceback else None,
    }


def _logged_traceback(opened: Open) -> str | None:
    try:
        with opened(LOG) as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - _LOG_END))
            return last_traceback(clean(file.read(_LOG_END)))
    except (SmlViewerError, OSError):
        return None  # no log, or not permitted


def last_traceback(log: str) -> str | None:
    """The last Python traceback in a log, including chained exceptions; None if there is none."""
    starts = [match.start() for match in _TRACEBACK.finditer(log)]
    if not starts:
        return None
    # Chained exceptions are one traceback.
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


def _progress(table: TableSnapshot, run: Run) -> RunProgress | None:
    x = table.snapshot.pair[0]
    last = run.summary[x].last if x in run.summary else None
    return None if last is None or not math.isfinite(last) else {"name": x, "last": last}


def _attempts(table: TableSnapshot, run: Run) -> list[Attempt]:
    snapshot = table.snapshot
    own = snapshot.id_of[run.key]
    older = [attempt for attempt in snapshot.runs if snapshot.attempt_of.get(attempt.key) == own]
    older.sort(key=lambda attempt: -(started(attempt) or attempt.modified))
    return [
        {
            "id": snapshot.id_of[attempt.key],
            "name": attempt.name,
            "status": table.state_of(attempt).state,
            "rows": attempt.rows,
            "started": started(attempt),
            "modified": attempt.modified or None,
        }
        for attempt in older
    ]


def _superseded_rows(run: Run) -> list[str]:
    try:
        with scanned(run.path) as entries:
            return sorted(entry.name for entry in entries if entry.name.startswith(SUPERSEDED_PREFIX))
    except OSError:
        return []


def _duplicates(table: TableSnapshot, run: Run, language: str) -> Duplicates | None:
    snapshot = table.snapshot
    for group in snapshot.duplicates:
        if run.key in {group.counted.key, *(other.key for other in group.others)}:
            return {
                "kept": snapshot.id_of[group.counted.key],
                "others": [snapshot.id_of[other.key] for other in group.others],
                "note": translated(group.note, language),
            }
    return None
