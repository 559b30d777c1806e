"""Who a run is and what it was given, without its rows."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sml_config.redaction import Redactor, holds_credentials, redacted, searched
from sml_config.secret_names import may_hold_secret
from sml_viewer.fileio import reason_of
from sml_viewer.i18n import Message
from sml_viewer.jsonio import loads_flat
from sml_viewer.model.discovered_run import DiscoveredRun
from sml_viewer.model.shown_names import shown_name
from sml_viewer.safe_open import Held

from .base import Description
from .described import described
from .file_io import UNREADABLE, States, read_small, text_of_json
from .parameters import Parameters, read_overrides, read_parameters, with_described
from .registry import title_of
from .text_tables.ray_results import may_be_trial

_MOST_BYTES = 16_000_000
_NOTHING = Redactor(frozenset())
_OLDER_MOMENT = re.compile(r"\d{4}-\d\d-\d\d_\d\d:\d\d:\d\d")
# What the older logger wrote where it could not tell.
_OLDER_NO_HOST = "my_machine"
SETTINGS = ("SHORT_NAME_SUFFIX", "IMPORTANT_CONFIGS")
_LONGEST_NAME = 200
_MOST_LABELS = 50
# Of the page's own tags and notes, too.
LONGEST_TAG, LONGEST_NOTE = 60, 20_000
_PROVENANCE = (
    "commit_id", "dirty", "host", "start_time", "python", "command", "task_id", "packages", "pid",
    "system_peaks",
)  # fmt: skip


@dataclass(frozen=True)
class Metadata:
    """What the small files of a run folder say.

    `parameters` are as written, nested, but for secrets, and of several files together; `varied` are the
    names of those that Hydra varied; `parameters_text` is them as JSON, and
    `parameters_identity` the same for equal ones only, None without any. `defaults` are what the script
    would have taken; `provenance` and `status` hold what `run_config.json` and `status.json` say; `settings`
    are the settings' values by name, and a tool's tags; `called` is a part of the run's name
    (`Description.called`); `axes` are the x columns that the tool recorded (`Description.axes`); `labels` and
    `note` are the tool's (`Description.labels`, `Description.note`).
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
    varied: tuple[str, ...] = ()
    axes: Mapping[str, str] = field(default_factory=dict)
    called: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    note: str = ""


def read_metadata(run: DiscoveredRun, states: States | None = None, held: Held | None = None) -> Metadata:
    """The metadata of a run folder, `held` or not; what cannot be read is a note.

    `states` takes those of the files.
    """
    folder = held or run.path
    parameters, file, notes, text, identity = read_parameters(folder, run.parameters, states)
    run_config = in_own_words(_object(folder, run.run_config, notes, states))
    status = _object(folder, run.status, notes, states)
    defaults = run_config.get("parameter_defaults")
    varied, more = read_overrides(folder, run.overrides, states)
    notes += more
    imported = run_config.get("imported_from")
    axes: Mapping[str, str] = {}
    tags: Mapping[str, str] = {}
    called: tuple[str, ...] = ()
    labelled = _recorded(run_config.get("wandb"), "tags", "notes")
    if isinstance(imported, dict):  # by `sml-viewer import`, which cannot write the tool's own files
        varied = varied or tuple(name for name in imported.get("varied") or () if isinstance(name, str))
        axes, tags = _texts(imported.get("axes")), _texts(imported.get("tags"))
        labelled = _recorded(imported, "labels", "note")
    if run.reader is not None or run.others or run.further or may_be_trial(run.tables, run.parameters):
        description, logs = described(folder, run, notes)
        for log in logs:
            parameters, file, text, identity = with_described(
                Parameters(parameters, file, notes, text, identity), log.values, log.file
            )
        axes, tags, called = description.axes or axes, description.tags or tags, description.called
        if run.reader is not None or description.labels or description.note:
            labelled = description
        if description.state is not None and "state" not in status:
            status = {**status, "state": description.state}
    return Metadata(
        run_id=str(run_config["run_id"]) if run_config.get("run_id") else None,
        parameters=parameters,
        parameter_file=file,
        defaults=defaults if isinstance(defaults, dict) else {},
        provenance={name: run_config[name] for name in _PROVENANCE if run_config.get(name) is not None},
        settings={
            **_without_credentials(tags),
            **{name: run_config[name] for name in SETTINGS if name in run_config},
        },
        status=status,
        notes=(*_notes_before(run), *notes, *_notes_after(run)),
        parameters_text=text,
        parameters_identity=identity,
        varied=varied,
        axes=axes,
        called=tuple(_printable(shown_name(part)) for part in called),
        labels=_plain_labels(labelled.labels),
        note=_plain_text(labelled.note),
    )


def _notes_before(run: DiscoveredRun) -> list[str]:
    if run.reader is None:
        return [*run.notes]
    opened = Message("opened as {title} (reader {reader})", title=title_of(run.reader), reader=run.reader)
    return [opened, *run.notes]


def _notes_after(run: DiscoveredRun) -> list[str]:
    if run.part is None or run.run_in_file is not None:
        return []
    text = (
        "{part}: one of several runs in this folder: "
        "their tables have the same columns and begin at the same step"
    )
    return [Message(text, part=run.part)]


def _recorded(content: Any, labels: str, note: str) -> Description:
    """Labels and a note under these names in a part of `run_config.json`."""
    listed = content.get(labels) if isinstance(content, dict) else None
    known = [label for label in listed if isinstance(label, str)] if isinstance(listed, list) else []
    return Description(labels=tuple(known), note=_texts(content).get(note, ""))


def in_own_words(run_config: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a file of settings says, with start and host under our names where an older logger wrote them."""
    words = {name: value for name, value in run_config.items() if name not in ("exec_time", "host_name")}
    begun, host = run_config.get("exec_time"), run_config.get("host_name")
    if isinstance(begun, str) and _OLDER_MOMENT.fullmatch(begun):
        words.setdefault("start_time", begun.replace("_", "T"))
    if isinstance(host, str) and host != _OLDER_NO_HOST:
        words.setdefault("host", host)
    return words


def _printable(name: str) -> str:
    letters = (letter if letter.isprintable() else "\ufffd" for letter in name[:_LONGEST_NAME])
    return "".join(letters).strip() or "?"


def _plain_labels(labels: Sequence[str]) -> tuple[str, ...]:
    """Labels of at most the length of the page's own tags, without credentials."""
    texts = (" ".join(_plain_text(label).split()) for label in labels[:_MOST_LABELS])
    return tuple(dict.fromkeys(_printable(text[:LONGEST_TAG]) for text in texts if text))


def _plain_text(text: str) -> str:
    return str(_without_credentials({"": text[:LONGEST_NOTE]})[""])


def _without_credentials(tags: Mapping[str, str]) -> dict[str, Any]:
    """Tags as they may be stored and shown."""
    if tags and (any(map(may_hold_secret, tags)) or holds_credentials(json.dumps(dict(tags)))):
        return {name: redacted(name, text, _NOTHING) for name, text in tags.items()}
    return dict(tags)


def _texts(value: Any) -> dict[str, str]:
    """The entries of a JSON object that are texts; none if it is something else."""
    pairs = value.items() if isinstance(value, dict) else ()
    return {name: text for name, text in pairs if isinstance(text, str)}


def _object(folder: str | Held, name: str | None, notes: list[str], states: States | None) -> dict[str, Any]:
    if name is None:
        return {}
    try:
        text = text_of_json(read_small(folder, name, _MOST_BYTES, states))
        value = loads_flat(text)
        if holds_credentials(text):  # as in a command line; it goes into no store
            value = searched(value, _NOTHING)
    except FileNotFoundError:
        return {}
    except UNREADABLE as error:
        notes.append(Message("{path} cannot be read: {reason}", path=name, reason=reason_of(error)))
        return {}
    if isinstance(value, dict):
        return value
    notes.append(Message("{file} is not an object", file=name))
    return {}
