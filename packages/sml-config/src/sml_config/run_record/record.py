"""What a run writes about itself into `config/`: parameters, settings, provenance."""

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
from sml_config.run_folder import RunFolder, read_json, update_json, write_whole
from sml_config.validation import path
from sml_config.values import to_json

from .git import Checkout, GitQuestion
from .provenance import checkout_facts, process_facts

# git answers in some 10 ms; in a repository too large for that, training does not wait for it.
_PATIENCE_SECONDS = 0.02
_AT_EXIT_SECONDS = 2.0

_RUN_ID = re.compile(r"[0-9A-Za-z_-]{1,128}")

_waiting: dict[threading.Thread, GitQuestion] = {}


def record_run(folder: RunFolder | str | os.PathLike[str], **facts: Any) -> dict[str, Any]:
    """Write settings and provenance into a run folder; a `run_id` that is there already, and is one, is kept.

    Returns what `run_config.json` holds. Where git is slow, commit, dirty flag and patch are added to
    the file later, from a thread.
    """
    if not isinstance(folder, RunFolder):
        folder = RunFolder(path("folder", folder))
    redactor = active_redactor()
    facts = {name: searched(value, redactor) for name, value in facts.items()}
    current = read_json(folder.run_config)
    if isinstance(current, dict) and _is_run_id(current.get("run_id")):
        return update_json(folder.run_config, **facts)
    in_force = settings()
    question = GitQuestion(in_force.base_path)
    run_id = os.urandom(16).hex()
    known = {
        "run_id": run_id,
        "task_id": os.environ.get(TASK_ID_VARIABLE),
        **redacted_settings(in_force),
        **process_facts(),
    }
    folder.config.mkdir(parents=True, exist_ok=True)
    checkout = question.answer(_PATIENCE_SECONDS)
    written = update_json(folder.run_config, **{**known, **_checkout(folder, checkout, redactor), **facts})
    if checkout is None:
        late = threading.Thread(target=_record_late, args=(folder, run_id, question, redactor), daemon=True)
        _waiting[late] = question
        late.start()
    return written


def _is_run_id(value: Any) -> bool:
    """Whether a file's id may become a part of names and messages; a file of other hands may say anything."""
    return isinstance(value, str) and _RUN_ID.fullmatch(value) is not None


def save_parameters(
    folder: RunFolder, values: dict[str, Any], short_name: str, important: Collection[str], **facts: Any
) -> None:
    """Write `parameter.json`, `run_config.json` and `full_description.txt`, secrets hidden in all.

    `important` are the names of the parameters that name the run folder.
    """
    redactor = active_redactor()
    shown = {name: searched(value, redactor) for name, value in values.items()}
    folder.config.mkdir(parents=True, exist_ok=True)
    write_whole(folder.parameters, to_json(shown))
    run_config = record_run(folder, **facts)
    lines = [short_name, "", "parameters (* names the run folder)"]
    lines += [f"{'*' if name in important else ' '} {name}: {value}" for name, value in shown.items()]
    lines += ["", "run"]
    lines += [
        f"  {name}: {_shown(value)}"
        for name, value in run_config.items()
        if not name.startswith("parameter_")
    ]
    write_whole(folder.description, ("\n".join(lines) + "\n").encode("utf-8", "backslashreplace"))


def _checkout(folder: RunFolder, checkout: Checkout | None, redactor: Redactor) -> dict[str, Any]:
    """Facts for `run_config.json`; writes the patch."""
    if checkout is None or not checkout.patch_size:
        return checkout_facts(checkout or Checkout())
    patch = {"bytes": checkout.patch_size, "saved": checkout.patch is not None, "redacted_places": 0}
    if checkout.patch is not None:
        data, patch["redacted_places"] = redactor.data(checkout.patch)
        write_whole(folder.patch, data)
    return {**checkout_facts(checkout), "uncommitted": patch}


def _record_late(folder: RunFolder, run_id: str, question: GitQuestion, redactor: Redactor) -> None:
    try:
        checkout = question.answer()
        current = read_json(folder.run_config)
        # The folder may have been moved away or cleared since; then nobody asks any more.
        if isinstance(current, dict) and current.get("run_id") == run_id:
            update_json(folder.run_config, **_checkout(folder, checkout, redactor))
    except OSError:
        return  # a full disk or a folder that went away: the run itself will say so
    finally:
        _waiting.pop(threading.current_thread(), None)


@atexit.register
def _wait_for_git() -> None:
    for thread, question in list(_waiting.items()):
        thread.join(_AT_EXIT_SECONDS)
        if thread.is_alive():
            question.give_up()


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {item}" for name, item in value.items())
    return str(value)
