"""Preview of a run's file as JSON, by kind; its content is never executed."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any, BinaryIO

from sml_config.redaction import hide_credentials
from sml_viewer.archives.reading import TooLargeError
from sml_viewer.archives.worker import ArchiveError, run_job
from sml_viewer.i18n import Message, untranslated_message
from sml_viewer.jsonio import loads_flat
from sml_viewer.model.text import TEXT_HEAD, is_text, text_of
from sml_viewer.run_views.log_tail import clean
from sml_viewer.security.find_secrets import Mask
from sml_viewer.web.errors import NoSuchFileError
from sml_viewer.web.schemas.runs import ArchiveMember, FileKind, Preview, PreviewContent

from .filename_codec import label, to_address
from .listing import kind_of
from .safe_paths import open_inside

_MOST_TEXT = 200_000
_MOST_ROWS = 200
_MOST_CELL = 2_000
_MOST_MEMBERS = 2_000
_MOST_MEMBER = 20_000_000
_HEAD = 512
_JSON_LINES = (".jsonl", ".ndjson")
_MOST_COLUMNS = 200


def preview(folder: Path, name: str, mask: Mask, start: int = 0, member: str | None = None) -> Preview:
    """The preview of a file. Raises NoSuchFileError."""
    kind = kind_of(name)
    with open_inside(folder, name) as file:
        size = file.seek(0, io.SEEK_END)
        file.seek(0)
        about: Preview = {"kind": kind, "name": to_address(name), "label": label(name), "size": size}
        if kind == "archive":
            return _with(about, *_archive(file, name, mask, start, member))
        if kind == "image":
            return about
        head = file.read(TEXT_HEAD)
        file.seek(0)
        if not is_text(head) and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
            return {**about, "kind": "binary", "head": head[:_HEAD].hex()}
        if kind == "table":
            return _with(about, *_table(file, name, mask))
        if name.lower().endswith(_JSON_LINES) and (rows := _json_lines(file, name, mask)) is not None:
            return _with(about, *rows)
        file.seek(0)
        return _with(about, "text" if kind == "binary" else kind, *_text(file, name, size, mask, start))


# Actual kind of the file, size that offsets refer to, and content.
_Shown = tuple[FileKind, int | None, PreviewContent]


def _with(about: Preview, kind: FileKind, size: int | None, content: PreviewContent) -> Preview:
    return {**about, "kind": kind, "size": about["size"] if size is None else size, **content}


def _text(file: BinaryIO, name: str, size: int, mask: Mask, start: int) -> tuple[int, PreviewContent]:
    """A part of a text from line to line where possible; a masked settings file is one part."""
    if mask.touches(name) and size <= _MOST_MEMBER:
        # Masked before cutting: offsets refer to the masked text.
        data, places = mask.file(name, file.read(_MOST_MEMBER))
        file, size = io.BytesIO(data), len(data)
    else:
        places = 0
    file.seek(min(max(0, start), size))
    data = file.read(_MOST_TEXT)
    more = start + len(data) < size
    if more:
        end = data.rfind(b"\n") + 1
        data = data[: end or len(data)]
    text, hidden = mask.file("", data) if mask.is_blind else mask.redactor.data(data)
    return size, {
        "text": hide_credentials(clean(text)),
        "from": start,
        "to": start + len(data),
        "more": more,
        "masked": places + hidden,
    }


def _table(file: BinaryIO, name: str, mask: Mask) -> _Shown:
    data, places = mask.file(name, file.read(_MOST_TEXT))
    text = data.decode("utf-8-sig", "replace")
    whole = len(data) < _MOST_TEXT
    lines = text.splitlines(keepends=True)
    if not whole and len(lines) > 1:
        lines.pop()  # cut in the middle
    by_tabs = name.lower().endswith(".tsv") or (lines and lines[0].count("\t") > lines[0].count(","))
    rows: list[list[str]] = []
    try:
        for row in csv.reader(lines, delimiter="\t" if by_tabs else ","):
            rows.append([cell[:_MOST_CELL] for cell in row])
            if len(rows) > _MOST_ROWS:
                break
    except csv.Error:
        return ("text", *_text(io.BytesIO(data), name, len(data), mask, 0))
    more = not whole or len(rows) > _MOST_ROWS
    header = rows[0] if rows else []
    shown = rows[1 : _MOST_ROWS + 1]
    return "table", None, {"header": header, "rows": shown, "more": more, "masked": places}


def _json_lines(file: BinaryIO, name: str, mask: Mask) -> _Shown | None:
    """A table with a row for each object, and their keys as columns; None unless every line is an object."""
    data, places = mask.file(name, file.read(_MOST_TEXT))
    whole = len(data) < _MOST_TEXT
    lines = data[: data.rfind(b"\n") + 1].splitlines()
    rows: list[dict[str, Any]] = []
    try:
        for line in lines[:_MOST_ROWS]:
            row = loads_flat(line.decode("utf-8-sig"))
            if not isinstance(row, dict):
                return None
            rows.append(row)
    except ValueError:
        return None
    if not rows:
        return None
    header = list(dict.fromkeys(key for row in rows for key in row))[:_MOST_COLUMNS]
    cells = [[text_of(row[key])[:_MOST_CELL] if key in row else "" for key in header] for row in rows]
    more = not whole or len(lines) > _MOST_ROWS
    return "table", None, {"header": header, "rows": cells, "more": more, "masked": places}


def _archive(file: BinaryIO, name: str, mask: Mask, start: int, member: str | None) -> _Shown:
    """The members of an archive, or one member; nothing is unpacked to disk."""
    is_zip = name.lower().endswith(".zip")
    if member is None:
        try:
            reply, body = run_job("listed", [file], is_zip=is_zip, most=_MOST_MEMBERS)
        except (TooLargeError, ArchiveError) as error:
            return "archive", None, {"members": [], "more": False, "fault": untranslated_message(error)}
        body.close()
        members: list[ArchiveMember] = reply["members"]
        return "archive", None, {"members": members, "more": reply["more"]}
    try:
        size, body = run_job("member", [file], is_zip=is_zip, name=member, most=_MOST_MEMBER)
    except (TooLargeError, ArchiveError) as error:
        return "binary", None, {"member": member, "head": "", "fault": untranslated_message(error)}
    with body:
        if size is None:
            raise NoSuchFileError(Message("{name} is not in the archive", name=repr(member[:200])))
        if size > _MOST_MEMBER:
            return "binary", None, {"member": member, "head": "", "fault": Message("too large to be shown")}
        data = body.read()
    if not is_text(data):
        return "binary", None, {"member": member, "head": data[:_HEAD].hex()}
    shown_size, content = _text(io.BytesIO(data), member, len(data), mask, start)
    return "text", shown_size, {"member": member, **content}
