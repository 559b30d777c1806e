"""How a run of W&B ended, by the record of its end, which is among the last of its log."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator, Sequence

from sml_config.run_states import FAILED, FINISHED, KILLED
from sml_viewer.readers.base import read_at
from sml_viewer.readers.file_io import UNREADABLE, State
from sml_viewer.readers.tfevents.messages import fields, signed, varint
from sml_viewer.safe_open import Held, open_plain

from .wandb_log import BLOCK, records_in

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
    for record in reversed(records[-_MOST_BEHIND:]):
        for number, kind, start, end in fields_of(record):
            if number == EXIT and kind == _LENGTH:
                return _state_of(_exit_code(record, start, end))
    return None


def end_of_file(folder: str | Held, table: str, state: State) -> str | None:
    """The same of a log by its last bytes; `state` is that of the file, by which it is cached."""
    return _end_of_file(str(folder), table, state)


@functools.lru_cache(4096)
def _end_of_file(folder: str, table: str, state: State) -> str | None:
    size = state[1]
    try:
        file, _, _ = open_plain(folder, table)
        try:
            begin = max(0, size - _TAIL)
            begin -= begin % BLOCK  # a chunk begins there, maybe one in the middle of a record
            return ended_as(records_in(read_at(file, size - begin, begin), 0, first=begin == 0).records)
        finally:
            os.close(file)
    except UNREADABLE:
        return None


def _state_of(code: int) -> str:
    if code in _INTERRUPTED:
        return KILLED
    return FAILED if code else FINISHED


def _exit_code(data: bytes, start: int, end: int) -> int:
    inner = fields_of(data, start, end)
    return next(
        (signed(varint(data, at, until)[0]) for field, kind, at, until in inner if (field, kind) == (1, 0)), 0
    )
