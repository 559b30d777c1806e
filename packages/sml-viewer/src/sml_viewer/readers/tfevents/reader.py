"""TensorBoard event files, as TensorFlow, Keras, torch, tensorboardX, clu, Lightning, CleanRL write them."""

from __future__ import annotations

import functools
import json
import os
import re
from collections.abc import Collection
from dataclasses import replace
from typing import Any

from sml_viewer.i18n import Message
from sml_viewer.model.issues import IssueCounts
from sml_viewer.model.sources import Group
from sml_viewer.readers.base import Description, Listing, Rows, TableData, TableState, read_at
from sml_viewer.readers.growth import only_grew, tail_checksum
from sml_viewer.safe_open import Held, open_plain

from .hparams import parameters_in
from .records import FOOT, HEAD, length_at, records
from .rows import STEP, TIME, first_step_of_session, rows_of
from .scalars import Decoded, decode

_FILE = re.compile(r"events\.out\.tfevents\.(?P<seconds>\d+)\.(?P<process>.+)")
# What Keras and Estimator call the folders that they write beside each other; the first is the main one.
_STAGES = ("train", "validation", "val", "valid", "eval", "test")
# Where rl_games puts them, beside the folders of its networks and parameters.
_SUMMARIES = "summaries"
_TIME = re.compile(r"\d{9,}\.\d+")
# Decoding takes some thirty times as much memory.
_BLOCK = 4 << 20
_MOST_POINTS = 30_000_000
_DESCRIBED = 1 << 18
_MOST_DESCRIBED = 8


class EventsReader:
    """The event files of a folder are one run, each restart a file."""

    name = "tfevents"
    title = "TensorBoard event files"
    described_bytes = _DESCRIBED

    def claim(self, listing: Listing) -> tuple[str, ...]:
        """The event files of a folder, or those of its stages where it holds no others."""
        own = _event_files(listing.files)
        if not own and _SUMMARIES in listing.folders:
            own = tuple(f"{_SUMMARIES}/{name}" for name in _event_files(listing.files_in(_SUMMARIES)))
        if own or _STAGES[0] not in listing.folders:
            return own
        stages = [stage for stage in _STAGES if stage in listing.folders]
        if len(stages) < 2 and len(listing.folders) > 1:
            return ()  # a run that is called `train`, among others
        by_stage = [(stage, _event_files(listing.files_in(stage))) for stage in stages]
        if not all(files for _, files in by_stage[:2]):
            return ()
        return tuple(f"{stage}/{file}" for stage, files in by_stage for file in files)

    def belongs(self, tables: tuple[str, ...], below: tuple[str, ...], head: bytes) -> bool:
        """Whether event files in a folder below are of the run with these.

        As those of `add_scalars` and `add_hparams` are: written by the same process, or in a folder that is
        called by a time or by the first tag in it. `head` is the beginning of the first file.
        """
        if not _processes(tables).isdisjoint(_processes(below)):
            return True
        folder = below[0].rpartition("/")[0]
        tags = decode(head, records(head)).points
        return bool(_TIME.fullmatch(folder)) or any(_is_of_tag(folder, tag) for tag in tags)

    def groups(
        self,
        tables: tuple[str, ...],
        *,
        own: bool,  # noqa: ARG002  the protocol's
    ) -> tuple[Group, ...]:
        """A source for each folder, its files in the order of their times; the main one has no name."""
        folders: dict[str, list[str]] = {}
        for table in tables:
            folders.setdefault(table.rpartition("/")[0], []).append(table)
        named = [
            ("" if index == 0 else folder, files) for index, (folder, files) in enumerate(folders.items())
        ]
        base = _base(folders)
        layout = f"{self.name}@{base}" if base else self.name
        return tuple(Group(name, "", layout, tuple(files)) for name, files in named)

    def read(
        self,
        file: int,
        status: os.stat_result,
        name: str,
        layout: str,
        state: TableState,
    ) -> TableData:
        """Rows by step; the new records alone if they are of later steps than all before."""
        cursor = _cursor(state)
        if base := layout.partition("@")[2]:
            name = name.removeprefix(f"{base}/")
        if cursor is not None and only_grew(file, status, state):
            parts, end, odd = _decoded(file, state.offset, status.st_size)
            first = _first_step(parts)
            if first_step_of_session(parts) is None and (first is None or first > cursor["last"]):
                rows = rows_of(parts)
                last = _last_step(rows, cursor["last"])
                return self._data(
                    file, status, end, odd, _named(rows, name), last, cursor.get("restart"), True
                )
        parts, end, odd = _decoded(file, 0, status.st_size)
        rows = rows_of(parts)
        restart = first_step_of_session(parts)
        return self._data(file, status, end, odd, _named(rows, name), _last_step(rows, None), restart, False)

    def _data(
        self,
        file: int,
        status: os.stat_result,
        end: int,
        odd: IssueCounts,
        rows: Rows,
        last: float | None,
        restart: int | None,
        appended: bool,
    ) -> TableData:
        cursor = json.dumps({"last": last, "restart": restart})
        state = TableState(status.st_ino, end, tail_checksum(file, end), cursor=cursor)
        return TableData(state, appended, (rows,) if rows.count else (), odd)

    def describe(self, folder: str | Held, tables: tuple[str, ...]) -> Description:
        """Parameters in text summaries and of the hparams plugin, at the beginning of the files."""
        parameters: dict[str, Any] = {}
        for table in tables[:_MOST_DESCRIBED]:
            file, status, _ = open_plain(folder, table)
            try:
                head = read_at(file, min(_DESCRIBED, status.st_size), 0)
            finally:
                os.close(file)
            parameters = {**parameters_in(head), **parameters}
        return Description(parameters)


@functools.lru_cache(4096)  # most run folders hold the same names
def _event_files(files: frozenset[str]) -> tuple[str, ...]:
    matches = [(match, name) for name in files if (match := _FILE.fullmatch(name)) and name.isprintable()]
    return tuple(name for _, name in sorted((int(match["seconds"][:18]), name) for match, name in matches))


def _processes(tables: tuple[str, ...]) -> frozenset[str]:
    """Host and process of each file from its name; empty for a name without them."""
    processes = set()
    for table in tables:
        match = _FILE.fullmatch(table.rpartition("/")[2])
        parts = match["process"].removesuffix(".v2").split(".") if match else []
        numbers = [index for index, part in enumerate(parts) if index and part.isdecimal()]
        if len(numbers) >= 2:  # host, process, a number for each file
            processes.add(".".join(parts[: numbers[-2] + 1]))
    return frozenset(processes)


def _base(folders: Collection[str]) -> str:
    """The folder of the logs of a run that lie further below, such as `runs/Nov30_12-00-00_host`.

    It is no part of the columns' names.
    """
    common = os.path.commonpath(folders) if folders and "" not in folders else ""
    return common if "/" in common or common not in folders else ""


def _named(rows: Rows, name: str) -> Rows:
    """The tags of a file in a folder below, named by both: torch puts `loss` of `train` into `loss_train`."""
    folder = name.rpartition("/")[0]
    if not folder or folder == _SUMMARIES or _TIME.fullmatch(folder):
        return rows
    return replace(rows, columns={_tag_below(folder, tag): values for tag, values in rows.columns.items()})


def _tag_below(folder: str, tag: str) -> str:
    if tag in (STEP, TIME):
        return tag
    return f"{tag}/{folder[len(tag) + 1 :]}" if _is_of_tag(folder, tag) else f"{folder}/{tag}"


def _is_of_tag(folder: str, tag: str) -> bool:
    """Whether a folder is one of `add_scalars`: `loss_train` of torch, `loss/train` of tensorboardX."""
    return folder.startswith((tag.replace("/", "_") + "_", tag + "/"))


def _cursor(state: TableState) -> dict[str, Any] | None:
    """What is known of the rows before; None if there are none."""
    cursor = json.loads(state.cursor) if state.cursor else None
    return cursor if isinstance(cursor, dict) and cursor.get("last") is not None else None


def _first_step(parts: list[Decoded]) -> int | None:
    """The least step of anything that was read; a session's beginning is one."""
    steps = [step for part in parts for _, step in part.starts]
    for part in parts:
        steps += [int(item.steps.min()) for points in part.points.values() for item in points]
    return min(steps, default=None)


def _last_step(rows: Rows, before: float | None) -> float | None:
    return float(rows.columns[STEP][-1]) if rows.count else before


def _decoded(file: int, position: int, size: int) -> tuple[list[Decoded], int, IssueCounts]:
    """What the records from a position on hold, where the last whole one ends, and what is odd."""
    parts: list[Decoded] = []
    count = points = 0
    while position + HEAD < size:
        data = read_at(file, min(_BLOCK, size - position), position)
        block = records(data)
        decoded = decode(data, block, count)
        parts.append(decoded)
        count += decoded.count
        points += sum(len(item.order) for listed in decoded.points.values() for item in listed)
        if points > _MOST_POINTS:
            raise ValueError(
                Message(
                    "more than {most} million numbers, the most that are read", most=_MOST_POINTS // 1_000_000
                )
            )
        if decoded.damaged:
            end = position + int(block.starts[decoded.count]) - HEAD
            return parts, end, {"bad_record": 1}
        if block.damaged:
            return parts, position + block.end, {"bad_record": 1}
        if block.end:
            position += block.end
            continue
        # One record longer than a block: a picture or a graph, whose bytes nobody needs.
        length = length_at(data, 0)
        if length is None or position + HEAD + length + FOOT > size:
            break
        position += HEAD + length + FOOT
    return parts, position, {}
