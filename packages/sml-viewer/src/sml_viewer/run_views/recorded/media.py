"""Images, videos, sounds, texts, tables and histograms of a run, by its index `media/index.jsonl`."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from sml_viewer.jsonio import loads_flat
from sml_viewer.security.find_secrets import Mask

from .json_lines import json_line_at, json_lines
from .schemas import HistogramContent, MediaContent, MediaItem, MediaKey, MediaKind

FOLDER = "media"
INDEX = f"{FOLDER}/index.jsonl"
# Files that a browser shows in place, by ending, with their media types.
IMAGES = {
    ".bmp": "image/bmp",
    ".gif": "image/gif",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webp": "image/webp",
}
VIDEOS = {".m4v": "video/mp4", ".mp4": "video/mp4", ".ogv": "video/ogg", ".webm": "video/webm"}
SOUNDS = {
    ".flac": "audio/flac",
    ".m4a": "audio/mp4",
    ".mp3": "audio/mpeg",
    ".oga": "audio/ogg",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
    ".wav": "audio/wav",
}
SHOWN_TYPES = {**IMAGES, **VIDEOS, **SOUNDS}
_READ_KINDS: dict[str, MediaKind] = {"text": "text", "table": "table", "histogram": "histogram"}
_READ_ENDINGS = (".txt", ".md", ".json", ".csv", "")
_MOST_ITEMS = 50_000
_MOST_TEXT = 200_000
_MOST_FILE = 20_000_000
_MOST_ROWS, _MOST_COLUMNS, _MOST_CELL = 200, 100, 2_000
_MOST_BINS = 10_000
_LONGEST_KEY, _LONGEST_CAPTION = 500, 2_000
# Longer than any secret that is searched for: a text is masked before it is cut.
_MARGIN = 20_000
_BETWEEN = "\n\0\n"


@dataclass(frozen=True)
class MediaEntry:
    """A line of the index: `number` is the offset of the line, `path` relative to the run folder."""

    number: int
    key: str
    step: int | None
    path: str
    type: str
    caption: str | None

    @property
    def kind(self) -> MediaKind:
        """How the file is shown; `file` is one that is only downloaded, such as HTML."""
        ending = PurePosixPath(self.path).suffix.lower()
        for kind, endings in _SHOWN_KINDS:
            if ending in endings:
                return kind
        read = _READ_KINDS.get(self.type)
        return read if read is not None and ending in _READ_ENDINGS else "file"


_SHOWN_KINDS: tuple[tuple[MediaKind, dict[str, str]], ...] = (
    ("image", IMAGES),
    ("video", VIDEOS),
    ("audio", SOUNDS),
)


def media_entries(index: BinaryIO) -> list[MediaEntry]:
    """What is stored, in the order in which it was."""
    return [entry for number, line in json_lines(index) if (entry := _entry(number, line)) is not None]


def media_entry(index: BinaryIO, number: int) -> MediaEntry | None:
    """The entry whose line begins at an offset of the index; None if there is none."""
    line = json_line_at(index, number)
    return None if line is None else _entry(number, line)


def by_key(entries: Iterable[MediaEntry], mask: Mask) -> tuple[list[MediaKey], bool]:
    """The latest entries by key and kind, by step, and whether older ones were left out."""
    every = list(entries)
    latest = every[-_MOST_ITEMS:]
    captions = _masked([entry.caption or "" for entry in latest], mask)
    keys: dict[tuple[str, MediaKind], list[MediaItem]] = {}
    for entry, caption in zip(latest, captions, strict=True):
        item: MediaItem = {"id": entry.number, "step": entry.step, "caption": caption or None}
        keys.setdefault((entry.key, entry.kind), []).append(item)
    names = _masked([key for key, _ in keys], mask)
    listed: list[MediaKey] = [
        {"key": name, "kind": kind, "items": sorted(items, key=_by_step)}
        for name, ((_, kind), items) in zip(names, keys.items(), strict=True)
    ]
    return sorted(listed, key=lambda each: (each["key"], each["kind"])), len(every) > _MOST_ITEMS


def media_content(entry: MediaEntry, file: BinaryIO, mask: Mask) -> MediaContent:
    """The content of a text, a table or a histogram; a damaged file is shown as text."""
    data = file.read(_MOST_FILE + 1)
    if entry.kind in ("table", "histogram") and len(data) <= _MOST_FILE and not mask.is_blind:
        try:
            value = loads_flat(data.decode("utf-8"))
        except ValueError:
            value = None
        shown = _table(value, mask) if entry.kind == "table" else _histogram(value)
        if shown is not None:
            return shown
    text = mask.text(data[: _MOST_TEXT + _MARGIN].decode("utf-8", "replace"))
    return {"kind": "text", "text": text[:_MOST_TEXT], "more": len(data) > _MOST_TEXT}


def _entry(number: int, line: dict[str, Any]) -> MediaEntry | None:
    key, path, kind, step, caption = (line.get(name) for name in ("key", "path", "type", "step", "caption"))
    if not isinstance(key, str) or not isinstance(path, str) or not path.startswith(f"{FOLDER}/"):
        return None
    key = key[:_LONGEST_KEY]
    number_of_step = step if type(step) is int and abs(step) < 2**53 else None
    text = caption[:_LONGEST_CAPTION] if isinstance(caption, str) else None
    return MediaEntry(number, key, number_of_step, path, str(kind), text)


def _masked(texts: list[str], mask: Mask) -> list[str]:
    """The texts with secrets masked; all at once, for there may be many of both."""
    masked = mask.text(_BETWEEN.join(texts)).split(_BETWEEN)
    if len(masked) != len(texts):  # a run whose secrets are not known
        masked = [mask.text(text) for text in texts]
    return masked


def _by_step(item: MediaItem) -> tuple[bool, int]:
    return item["step"] is not None, item["step"] or 0


def _table(value: Any, mask: Mask) -> MediaContent | None:
    columns, rows = (value.get("columns"), value.get("data")) if isinstance(value, dict) else (None, None)
    if not isinstance(columns, list) or not isinstance(rows, list):
        return None
    more = len(rows) > _MOST_ROWS or len(columns) > _MOST_COLUMNS
    columns = mask.value(columns[:_MOST_COLUMNS])
    shown = mask.value([row[:_MOST_COLUMNS] for row in rows[:_MOST_ROWS] if isinstance(row, list)])
    return {
        "kind": "table",
        "columns": [str(column)[:_MOST_CELL] for column in columns],
        "rows": [[_cell(cell) for cell in row] for row in shown],
        "row_count": len(rows),
        "more": more,
    }


def _cell(value: Any) -> str | int | float | bool | None:
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    return str(value)[:_MOST_CELL]


def _histogram(value: Any) -> MediaContent | None:
    if not isinstance(value, dict):
        return None
    edges, counts = _numbers(value.get("edges")), _numbers(value.get("counts"))
    if edges is None or counts is None or len(edges) != len(counts) + 1 or len(counts) > _MOST_BINS:
        return None
    histogram: HistogramContent = {"edges": edges, "counts": counts}
    total, amount = _number(value.get("sum")), _number(value.get("num"))
    return {
        "kind": "histogram",
        "histogram": histogram,
        "low": _number(value.get("min")),
        "high": _number(value.get("max")),
        "number": amount,
        "mean": total / amount if total is not None and amount else None,
        "not_finite": _number(value.get("not_finite")),
    }


def _numbers(values: Any) -> list[float] | None:
    if not isinstance(values, list):
        return None
    numbers = [number for value in values if (number := _number(value)) is not None]
    return numbers if len(numbers) == len(values) else None


def _number(value: Any) -> float | None:
    return value if type(value) in (int, float) and math.isfinite(value) else None
