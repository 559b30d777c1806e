"""The folder of one job, in which several trackers logged the same run: it is counted once."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence

from sml_viewer.model.discovered_run import DiscoveredRun, OtherLog
from sml_viewer.readers.registry import CSV

from .parts import not_read

# The folders that loggers make, whichever tool calls them.
_OF_LOGGERS = frozenset(
    ["wandb", "lightning_logs", "csv", "csv_logs", "tensorboard", "tb", "tb_logs", "mlruns", "mlflow"]
)
# Tables of text first, as in one folder; then the logs that know most.
_PRECEDENCE = (None, "tables", "torchrl", "sacred", "trainer_state", "wandb")


def counted_once(
    path: str, runs: Sequence[DiscoveredRun], folders: Collection[str], *, is_job: bool
) -> list[DiscoveredRun]:
    """The runs below a folder without those that a second tracker logged of them.

    In a folder of Hydra (`is_job`) all runs are of one job: those of the reader that has most of them count.
    In another folder with the folders of several loggers they do if each has one run, or runs of the same
    relative paths, such as `csv/version_0` and `tb/version_0`. What does not count is named in the notes of a
    run that does.
    """
    if not is_job and len(_OF_LOGGERS.intersection(folders)) < 2:
        return list(runs)
    by_reader: dict[str | None, list[DiscoveredRun]] = {}
    for run in runs:
        by_reader.setdefault(run.reader, []).append(run)
    if len(by_reader) < 2 or any(run.own for run in runs):
        return list(runs)
    if is_job or all(len(several) == 1 for several in by_reader.values()):
        reader = min(by_reader, key=lambda name: (-len(by_reader[name]), _precedence(name)))
        first, *others = by_reader[reader]
        left = [run for run in runs if run.reader != reader]
        return [_with_notes(first, left, path, are_same=not others), *others]
    return _paired(path, runs)


def _paired(path: str, runs: Sequence[DiscoveredRun]) -> list[DiscoveredRun]:
    """One run of those that several loggers wrote at the same relative path below their folders."""
    alike: dict[str, list[DiscoveredRun]] = {}
    for run in runs:
        logger, _, below = os.path.relpath(run.key, path).replace(os.sep, "/").partition("/")
        alike.setdefault(below if below and logger in _OF_LOGGERS else run.key, []).append(run)
    counted = []
    for several in alike.values():
        best = min(several, key=lambda run: _precedence(run.reader))
        others = [run for run in several if run.reader != best.reader]
        best_runs = [run for run in several if run.reader == best.reader]
        counted += [_with_notes(run, others, path, are_same=len(best_runs) == 1) for run in best_runs]
    return counted


def _with_notes(
    run: DiscoveredRun, left: Sequence[DiscoveredRun], path: str, *, are_same: bool
) -> DiscoveredRun:
    """The run with a note on each that does not count; with their logs if all `are_same` as it."""
    notes = [not_read(os.path.relpath(other.key, path), other.reader or CSV.name) for other in left]
    logs = tuple(
        OtherLog(other.reader, os.path.relpath(other.path, run.path), other.tables, other.run_in_file)
        for other in left
        if are_same and other.reader is not None
    )
    return run._replace(notes=(*run.notes, *notes), others=(*run.others, *logs))


def _precedence(reader: str | None) -> int:
    return _PRECEDENCE.index(reader) if reader in _PRECEDENCE else len(_PRECEDENCE)
