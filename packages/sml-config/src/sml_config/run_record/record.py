"""Write parameters, settings and provenance of a run into its `config` folder."""

from __future__ import annotations

import atexit
import os
import re
import threading
from collections.abc import Collection
from typing import Any

from sml_config.process import TASK_ID_VARIABLE
from sml_config.project_settings.current import settings
from sml_config.project_settings.secrets import active_redactor, redacted_settings
from sml_config.redaction import Redactor, searched
from sml_config.run_folder import RunFolder, read_json, update_json, write_atomic
from sml_config.validation import path
from sml_config.values import to_json

from .git import Checkout, GitQuery
from .provenance import checkout_facts, process_facts

# git takes some 10 ms; in larger repositories training does not wait for it.
_WAIT_SECONDS = 0.02
_AT_EXIT_SECONDS = 2.0

_RUN_ID = re.compile(r"[0-9A-Za-z_-]{1,128}")

_late_records: dict[threading.Thread, GitQuery] = {}


def record_run(folder: RunFolder | str | os.PathLike[str], **facts: Any) -> dict[str, Any]:
    """Write settings and provenance, and further `facts`, into a run folder; a valid `run_id` there is kept.

    Returns the contents of `run_config.json`. If git is slow, commit, dirty flag and patch are added to the
    file later, from a thread.
    """
    if not isinstance(folder, RunFolder):
        folder = RunFolder(path("folder", folder))
    redactor = active_redactor()
    facts = {name: searched(value, redactor) for name, value in facts.items()}
    current = read_json(folder.run_config)
    if isinstance(current, dict) and _is_run_id(current.get("run_id")):
        return update_json(folder.run_config, **facts)
    in_force = settings()
    git_query = GitQuery(in_force.base_path)
    run_id = os.urandom(16).hex()
    known = {
        "run_id": run_id,
        "task_id": os.environ.get(TASK_ID_VARIABLE),
        **redacted_settings(in_force),
        **process_facts(),
    }
    folder.config.mkdir(parents=True, exist_ok=True)
    checkout = git_query.result(_WAIT_SECONDS)
    written = update_json(folder.run_config, **{**known, **_checkout(folder, checkout, redactor), **facts})
    if checkout is None:
        late = threading.Thread(target=_record_late, args=(folder, run_id, git_query, redactor), daemon=True)
        _late_records[late] = git_query
        late.start()
    return written


def _is_run_id(value: Any) -> bool:
    """Whether an id from a file is valid for names and messages; the file may have been edited."""
    return isinstance(value, str) and _RUN_ID.fullmatch(value) is not None


def save_parameters(
    folder: RunFolder, values: dict[str, Any], short_name: str, important: Collection[str], **facts: Any
) -> None:
    """Write `parameter.json`, `run_config.json` and `full_description.txt`, with secrets redacted.

    `important`: names of the parameters in the run folder's name.
    """
    redactor = active_redactor()
    shown = {name: searched(value, redactor) for name, value in values.items()}
    folder.config.mkdir(parents=True, exist_ok=True)
    write_atomic(folder.parameters, to_json(shown))
    run_config = record_run(folder, **facts)
    lines = [short_name, "", "parameters (* names the run folder)"]
    lines += [f"{'*' if name in important else ' '} {name}: {value}" for name, value in shown.items()]
    lines += ["", "run"]
    lines += [
        f"  {name}: {_shown(value)}"
        for name, value in run_config.items()
        if not name.startswith("parameter_")
    ]
    write_atomic(folder.description, ("\n".join(lines) + "\n").encode("utf-8", "backslashreplace"))


def _checkout(folder: RunFolder, checkout: Checkout | None, redactor: Redactor) -> dict[str, Any]:
    """The checkout's keys of `run_config.json`; also writes the patch."""
    if checkout is None or not checkout.patch_size:
        return checkout_facts(checkout or Checkout())
    patch = {"bytes": checkout.patch_size, "saved": checkout.patch is not None, "redacted_places": 0}
    if checkout.patch is not None:
        data, patch["redacted_places"] = redactor.data(checkout.patch)
        write_atomic(folder.patch, data)
    return {**checkout_facts(checkout), "uncommitted": patch}


def _record_late(folder: RunFolder, run_id: str, git_query: GitQuery, redactor: Redactor) -> None:
    try:
        checkout = git_query.result()
        current = read_json(folder.run_config)
        # The folder may have been moved away or cleared since.
        if isinstance(current, dict) and current.get("run_id") == run_id:
            update_json(folder.run_config, **_checkout(folder, checkout, redactor))
    except OSError:
        return  # disk full or folder gone: reported by the run itself
    finally:
        _late_records.pop(threading.current_thread(), None)


@atexit.register
def _wait_for_git() -> None:
    for thread, git_query in list(_late_records.items()):
        thread.join(_AT_EXIT_SECONDS)
        if thread.is_alive():
            git_query.cancel()


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {item}" for name, item in value.items())
    return str(value)
