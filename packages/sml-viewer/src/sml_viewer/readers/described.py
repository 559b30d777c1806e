"""What the logs of a run say besides its rows: that of its reader, and those of other trackers."""

from __future__ import annotations

import functools
import os
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from sml_config.run_states import FAILED
from sml_viewer.fileio import reason_of
from sml_viewer.i18n import Message, phrase
from sml_viewer.model.discovered_run import DiscoveredRun, OtherLog
from sml_viewer.safe_open import Held

from .base import Describer, Description
from .file_io import UNREADABLE, state_at
from .registry import described_bytes, described_files, multi_run_reader, reader_of, title_of
from .text_tables.ray_results import has_failed, may_be_trial


class LogParameters(NamedTuple):
    """The parameters that a log of a run recorded, and its path from the run's folder."""

    file: str
    values: Mapping[str, Any]


def described(
    folder: str | Held, run: DiscoveredRun, notes: list[str]
) -> tuple[Description, list[LogParameters]]:
    """What the logs of a run say together, the run's reader before others; what is odd goes to `notes`.

    Of other trackers their state, tags and notes count where the run's reader knows none. The second value is
    the parameters of each log that has some.
    """
    own = Description()
    parameters = []
    if run.reader is not None:
        own = _described(folder, OtherLog(run.reader, "", run.tables, run.run_in_file), notes)
        parameters = [LogParameters(run.tables[0], own.parameters)] if own.parameters else []
    for log in other_logs(run):
        where = folder if log.folder in ("", ".") else folder_of(run, log)
        other = _described(where, log, notes)
        if other.parameters:
            file = os.path.normpath(f"{log.folder}/{log.tables[0]}")
            parameters.append(
                LogParameters("".join(c if c.isprintable() else "\ufffd" for c in file), other.parameters)
            )
        if own.state and other.state and own.state != other.state:
            text = "{title} of the same run says {state}, not {known}"
            notes.append(
                Message(text, title=title_of(log.reader), state=phrase(other.state), known=phrase(own.state))
            )
        own = replace(
            own,
            state=own.state or other.state,
            tags={**other.tags, **own.tags},
            labels=own.labels or other.labels,
            note=own.note or other.note,
        )
    if own.state is None and _is_trial(run.reader, run.tables, run.parameters) and has_failed(run.path):
        own = replace(own, state=FAILED)
    return own, parameters


def may_say_more(fields: Mapping[str, Any]) -> bool:
    """Whether a log of a run, by its discovery's fields, may say more of it later."""
    reader = fields.get("reader")
    if reader is not None and (described_bytes(reader) > 0 or bool(described_files(reader))):
        return True
    if any(tells_state(log[0]) for log in (*fields["others"], *fields["further"])):
        return True
    return _is_trial(reader, fields["tables"], fields["parameters"])


def _is_trial(reader: str | None, tables: Collection[str], parameters: Collection[str]) -> bool:
    return reader is None and may_be_trial(tables, parameters)


def other_logs(run: DiscoveredRun) -> Sequence[OtherLog]:
    """The logs of other trackers that tell a run's state: of each tracker, its only one."""
    if run.own or not (run.others or run.further):
        return ()
    logs = [*(OtherLog(name, "", tables) for name, tables in run.further), *run.others]
    counts = Counter(log.reader for log in logs)
    return [log for log in logs if counts[log.reader] == 1 and tells_state(log.reader)]


def folder_of(run: DiscoveredRun, log: OtherLog) -> str:
    """The real path of the folder of another log of a run."""
    return os.path.normpath(f"{run.path}/{log.folder}")


def described_states(run: DiscoveredRun) -> Iterator[tuple[int | str | None, ...]]:
    """What changes where a log would say something else."""
    if _is_trial(run.reader, run.tables, run.parameters):
        yield (FAILED if has_failed(run.path) else None,)
    if run.reader is not None and run.run_in_file is None:
        yield from _states(run.path, run.reader, run.tables)
    for log in other_logs(run):
        path = folder_of(run, log)
        if (of_many_runs := multi_run_reader(log.reader)) is None:
            yield from _states(path, log.reader, log.tables)
        else:
            for suffix in ("", *of_many_runs.companions):
                yield state_at(f"{path}/{log.tables[0]}{suffix}")


def _described(folder: str | Held, log: OtherLog, notes: list[str]) -> Description:
    of_many_runs = multi_run_reader(log.reader)
    reader = of_many_runs or reader_of(log.reader)
    try:
        if of_many_runs is not None:
            described = of_many_runs.describe_run(f"{folder}/{log.tables[0]}", str(log.run_in_file))
        elif isinstance(reader, Describer):
            described = reader.describe(folder, log.tables)
        else:
            return Description()
    except FileNotFoundError:
        return Description()
    except UNREADABLE as error:
        notes.append(Message("{path} cannot be read: {reason}", path=log.tables[0], reason=reason_of(error)))
        return Description()
    except Exception as error:  # noqa: BLE001 - somebody else's code: named, and no reason to stop
        notes.append(
            Message(
                "{file}: the reader {reader} failed at its parameters: {error}",
                file=log.tables[0],
                reader=reader.name,
                error=repr(error),
            )
        )
        return Description()
    notes += described.notes
    return described


def _states(path: str, reader: str, tables: Sequence[str]) -> Iterator[tuple[int | str | None, ...]]:
    """The states of the files, and of the beginnings of tables, that a reader describes a run by."""
    for name in described_files(reader):
        yield state_at(f"{path}/{name}")
    most = described_bytes(reader)
    told_at_end = getattr(reader_of(reader), "told_at_end", None)
    for table in tables if most else ():
        state = state_at(f"{path}/{table}")
        if state[1] < most:
            yield state
        else:
            yield state[0], most, told_at_end(path, table, state) if told_at_end else 0


@functools.cache
def tells_state(name: str) -> bool:
    """Whether a reader knows the state of runs that another reader opened."""
    return bool(getattr(multi_run_reader(name) or reader_of(name), "tells_state", False))
