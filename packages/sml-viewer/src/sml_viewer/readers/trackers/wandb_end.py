"""How a run of W&B ended, by the record of its end, which is among the last of its log."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sml_config.run_states import FAILED, FINISHED, KILLED
from sml_viewer.readers.base import TableState
from sml_viewer.readers.file_io import UNREADABLE, State
from sml_viewer.readers.growth import only_grew, tail_checksum
from sml_viewer.readers.tfevents.messages import fields, signed, varint
from sml_viewer.safe_open import Held, open_plain

from .wandb_log import BLOCK, records_from

EXIT = 18  # the kind of a record, as of wandb_internal.proto
# W&B's exit code of a KeyboardInterrupt, and those of shells for SIGINT, SIGKILL and SIGTERM.
_INTERRUPTED = frozenset([255, 130, 137, 143])
# Records that follow that of the end, and the bytes that they and it take.
_MOST_BEHIND = 50
_TAIL = 8 * BLOCK
_VARINT, _LENGTH = 0, 2


def fields_of(data: bytes, start: int = 0, end: int | None = None) -> Iterator[tuple[int, int, int, int]]:
    """The fields of a message as far as they are whole."""
    try:
        yield from fields(data, start, len(data) if end is None else end)
    except ValueError:
        return


def ended_as(records: Sequence[bytes]) -> str | None:
    """The state that the last of the records say a run ended in; None if none of them is of its end."""
    return _last_of(_states_in(records))


def end_of_file(folder: str | Held, table: str, state: State) -> str | None:
    """The same of a log by its last bytes; `state` is that of the file, by which it is cached."""
    return _end_of_file(str(folder), table, state)


class _Read(NamedTuple):
    """How far a log has been read, and of each of the last records the state that it says a run ended in."""

    at: TableState
    states: tuple[str | None, ...]


class _Log:
    """A log that may grow: what was read of it is not read again."""

    read: _Read | None = None


@functools.lru_cache(4096)
def _end_of_file(folder: str, table: str, state: State) -> str | None:  # noqa: ARG001  by which it is cached
    log = _log_of(folder, table)
    try:
        file, status, _ = open_plain(folder, table)
        try:
            log.read = _read_on(file, status, log.read)
        finally:
            os.close(file)
    except UNREADABLE:
        log.read = None
        return None
    return _last_of(log.read.states)


@functools.lru_cache(4096)
def _log_of(folder: str, table: str) -> _Log:  # noqa: ARG001  a log for each
    return _Log()


def _read_on(file: int, status: os.stat_result, before: _Read | None) -> _Read:
    """What was added to a log, or its last bytes if most of it is new, or it is another one."""
    size = status.st_size
    if before is None or size - before.at.offset > _TAIL or not only_grew(file, status, before.at):
        begin = max(0, size - _TAIL)
        # A chunk begins with each block, maybe one in the middle of a record.
        before = _Read(TableState(offset=begin - begin % BLOCK), ())
    log = records_from(file, size, before.at.offset)
    # Behind a chunk that is damaged nothing is read until the log's last bytes are behind it.
    inode = 0 if log.odd else status.st_ino
    states = (*before.states, *_states_in(log.records))[-_MOST_BEHIND:]
    return _Read(TableState(inode, log.end, tail_checksum(file, log.end)), states)


def _states_in(records: Sequence[bytes]) -> list[str | None]:
    """For each of the last records the state that it says a run ended in; None for other records."""
    return [
        next(
            (
                _state_of(_exit_code(record, start, end))
                for number, kind, start, end in fields_of(record)
                if number == EXIT and kind == _LENGTH
            ),
            None,
        )
        for record in records[-_MOST_BEHIND:]
    ]


def _last_of(states: Sequence[str | None]) -> str | None:
    return next((state for state in reversed(states) if state is not None), None)


def _state_of(code: int) -> str:
    if code in _INTERRUPTED:
        return KILLED
    return FAILED if code else FINISHED


def _exit_code(data: bytes, start: int, end: int) -> int:
    inner = fields_of(data, start, end)
    return next(
        (signed(varint(data, at, until)[0]) for field, kind, at, until in inner if (field, kind) == (1, 0)), 0
    )
