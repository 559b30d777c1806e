"""Run folders as rows of the store: what discovery, small files and a look at their tables tell."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from sml_viewer.i18n import message_from_json, message_to_json
from sml_viewer.jsonio import dumps, loads
from sml_viewer.model.discovered_run import DiscoveredRun, OtherLog
from sml_viewer.model.sources import Group
from sml_viewer.readers.described import described_states
from sml_viewer.readers.file_io import State, state_at
from sml_viewer.readers.metadata import Metadata
from sml_viewer.readers.registry import groups_of

from .checksums import checksum
from .column_stats import encode_last
from .previews.ends import TablePreview

NOTHING = "{}"
_LONGEST_STATE = 100


class Entry(NamedTuple):
    """A run folder to put into the store: its tables, and its row but for the version.

    `described` is what the folder and its small files say, `previewed` what was seen of its table. They are
    as the store has them, so that what they are made of is let go of, and its memory used again.
    """

    path: str
    groups: tuple[Group, ...]
    described: tuple[object, ...]
    previewed: tuple[object, ...]

    def with_preview(self, preview: TablePreview) -> Entry:
        """The same with what was seen of its table."""
        return self._replace(previewed=_previewed(preview))


def discovery_fingerprint(run: DiscoveredRun) -> str:
    """A run folder as the store keeps it."""
    return dumps(_fields_of(run))


def discovery_of(text: str) -> DiscoveredRun:
    """The discovered run from a text of `discovery_fingerprint`."""
    fields = loads(text)
    lists = {name: tuple(fields[name]) for name in ("tables", "parameters")}
    lists["notes"] = tuple(map(message_from_json, fields["notes"]))
    further = tuple((reader, tuple(tables)) for reader, tables in fields["further"])
    others = tuple(OtherLog(name, below, tuple(tables), run) for name, below, tables, run in fields["others"])
    return DiscoveredRun(**{**fields, **lists, "further": further, "others": others})


def entry_of(
    run: DiscoveredRun, text: str, stamp: str, metadata: Metadata, seen: TablePreview | None = None
) -> Entry:
    """What the store is given of a run folder: `text` and `stamp` differ once it changed.

    `seen` is None where the run is known and its table was not looked at.
    """
    path = _key(run.key)
    described = (
        metadata.parameters_text,
        dumps(
            {name: value for name, value in _fields_of(metadata).items() if not name.startswith("parameters")}
        ),
        metadata.parameters_identity,
        _key(str(metadata.status.get("state") or "")[:_LONGEST_STATE]) or None,
    )
    row = (path, text, stamp, *described, checksum(text, *described))
    return Entry(path, groups_of(run), row, _previewed(seen or TablePreview({}, 0.0)))


def _previewed(preview: TablePreview) -> tuple[object, ...]:
    columns, summary = encode_last(preview.last)
    facts = dumps(preview.facts) if preview.facts else NOTHING
    read_crc = checksum(None, columns, summary, "[]", preview.modified, facts, "")
    return columns, summary, preview.modified, facts, read_crc


def _fields_of(fields: DiscoveredRun | Metadata) -> dict[str, object]:
    named = fields._asdict() if isinstance(fields, DiscoveredRun) else vars(fields)
    known = {name: value for name, value in named.items() if value is not None}
    return {**known, "notes": [*map(message_to_json, fields.notes)]} if fields.notes else known


def _key(path: str) -> str:
    # A name that is not valid text stays distinct from others; its path is in the column `found`.
    return path.encode("utf-8", "backslashreplace").decode()


def stamp_of(run: DiscoveredRun, states: Mapping[str, State] = MappingProxyType({})) -> str:
    """A text that changes with the run folder's small files; `states` are those that are known."""
    small = [*run.parameters, *filter(None, (run.run_config, run.status, run.overrides))]
    paths = [f"{run.path}/{name}" for name in small]
    return dumps([*(states.get(path) or state_at(path) for path in paths), *described_states(run)])
