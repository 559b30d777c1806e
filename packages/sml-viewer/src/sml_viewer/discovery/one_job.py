"""The folder of one job, in which several trackers logged the same run: it is counted once."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from dataclasses import replace

from sml_viewer.model.discovered_run import DiscoveredRun
from sml_viewer.readers.registry import CSV, title_of

from .search import printable

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
    In another folder with the folders of several loggers they do if each has one run. What does not count is
    named in the notes of the first run that does.
    """
    if not is_job and len(_OF_LOGGERS.intersection(folders)) < 2:
        return list(runs)
    by_reader: dict[str | None, list[DiscoveredRun]] = {}
    for run in runs:
        by_reader.setdefault(run.reader, []).append(run)
    if len(by_reader) < 2 or (not is_job and any(len(several) > 1 for several in by_reader.values())):
        return list(runs)
    if any(run.own for run in runs):
        return list(runs)
    reader = min(by_reader, key=lambda name: (-len(by_reader[name]), _precedence(name)))
    first, *others = by_reader[reader]
    left = [(os.path.relpath(run.key, path), run.reader or CSV.name) for run in runs if run.reader != reader]
    notes = [f"{printable(below)}: {title_of(name)} of the same run, not read" for below, name in left]
    return [replace(first, notes=(*first.notes, *notes)), *others]


def _precedence(reader: str | None) -> int:
    return _PRECEDENCE.index(reader) if reader in _PRECEDENCE else len(_PRECEDENCE)
