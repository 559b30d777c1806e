"""Parts of a run in other folders: monitors and evaluations below it, parameters above it."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence

from sml_viewer.i18n import Message
from sml_viewer.model.discovered_run import DiscoveredRun, OtherLog
from sml_viewer.readers.base import Reader
from sml_viewer.readers.evaluations import EvaluationsReader
from sml_viewer.readers.registry import CSV, reader_of, title_of

from .search import printable
from .small_files import PARAMETER_FILES

_MONITORS = frozenset(["monitor", "monitors", "monitor_logs", "monitoring", "train_monitor", "gym"])
_EVALUATIONS = frozenset(["eval", "evals", "evaluation", "evaluations", "eval_logs", "best_model"])
# Folders for the log of one run, whose parameters lie beside them.
_LOGS = frozenset(
    [
        "log",
        "logs",
        "logging",
        "tb",
        "tb_log",
        "tb_logs",
        "tensorboard",
        "tensorboard_logs",
        "tensorboard_log",
        "event",
        "events",
        "summary",
        "summaries",
        "metrics",
        "monitor",
        "monitors",
        "stats",
        "progress",
        "csv",
        "training",
        "train",
    ]
)
_OF_LOGGERS = ("lightning_logs/version_", "wandb/", "csv/version_", "tensorboard/version_")


def is_part(reader: Reader, below: str, tables: Sequence[str], run: DiscoveredRun) -> bool:
    """Whether tables in a folder below a run are its monitors, if it has no others, or its evaluations."""
    if run.own or run.run_in_file is not None:
        return False
    known = [*run.tables, *(table for _, more in run.further for table in more)]
    if isinstance(reader, EvaluationsReader):
        return below.lower() in _EVALUATIONS and not any(table.endswith(tuple(tables)) for table in known)
    if reader is not CSV or not all(table.endswith("monitor.csv") for table in tables):
        return False
    return below.lower() in _MONITORS and not any(table.endswith("monitor.csv") for table in known)


def with_part(run: DiscoveredRun, reader: Reader, tables: tuple[str, ...]) -> DiscoveredRun:
    """The run with more tables, by paths from its folder."""
    if reader is CSV and run.reader is None:
        return run._replace(tables=run.tables + tables)
    return run._replace(further=(*run.further, (reader.name, tables)))


def with_only_run_below(run: DiscoveredRun, *below: DiscoveredRun) -> list[DiscoveredRun]:
    """A run whose reader reads what is written at the end, with the rows of the only run below its folder."""
    reader = reader_of(run.reader)
    if len(below) != 1 or not getattr(reader, "written_at_end", False) or below[0].run_in_file is not None:
        return [run, *below]
    (inner,) = below
    folder = os.path.relpath(inner.path, run.path).replace(os.sep, "/")
    if folder.startswith("..") or inner.own:
        return [run, inner]
    logs = [(inner.reader or CSV.name, inner.tables), *inner.further]
    further = tuple((name, tuple(f"{folder}/{table}" for table in tables)) for name, tables in logs)
    more = tuple(f"{folder}/{name}" for name in inner.parameters if not name.startswith("../"))
    return [run._replace(further=run.further + further, parameters=run.parameters + more)]


def with_log(run: DiscoveredRun, log: OtherLog, *, is_alone: bool) -> DiscoveredRun:
    """The run with a note on another log, which tells its state if the run `is_alone` in its folder."""
    where = log.folder if log.run_in_file is None else os.path.normpath(f"{log.folder}/{log.tables[0]}")
    others = (*run.others, log) if is_alone else run.others
    return run._replace(notes=(*run.notes, not_read(where, log.reader)), others=others)


def not_read(path: str, reader: str) -> Message:
    """The note on what another reader would read at a path of the same run."""
    text = "{path}: {title} of the same run; its rows are not read"
    return Message(text, path=printable(path), title=title_of(reader))


def with_parameters_above(run: DiscoveredRun, path: str, files: Collection[str]) -> DiscoveredRun:
    """The only run below a folder, with the parameters that lie there, if its own folder is one for logs."""
    below = os.path.relpath(run.path, path).replace(os.sep, "/")
    of_logger = below.startswith(_OF_LOGGERS) and below.count("/") == 1
    if run.own or not (below.lower() in _LOGS or of_logger):
        return run
    up = "../" * (below.count("/") + 1)
    more = tuple(f"{up}{name}" for name in PARAMETER_FILES if name in files)
    return run._replace(parameters=(*run.parameters, *(name for name in more if name not in run.parameters)))
