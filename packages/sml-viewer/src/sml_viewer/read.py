"""Read one run folder: parameters, table, state, and what could not be read."""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sml_config.run_folder import PARAMETERS, RunFolder, read_json

from .discover import find_run_folders

# Every float as it was written: what pandas does by itself from 3.1, where saying so is deprecated.
_EXACT: Any = (
    {} if tuple(map(int, pd.__version__.split(".")[:2])) >= (3, 1) else {"float_precision": "round_trip"}
)


@dataclass(frozen=True)
class Run:
    """One run: who it is, what it was given, what it measured.

    `notes` say what of the folder could not be read; `modified` is seconds since the epoch.
    """

    id: str
    path: Path
    name: str
    parameters: dict[str, Any]
    table: pd.DataFrame
    state: str | None
    modified: float
    notes: tuple[str, ...]

    @property
    def last(self) -> dict[str, float]:
        """The last value of each column that has one."""
        return {
            str(name): float(values.iloc[-1])
            for name in self.table.columns
            if len(values := self.table[name].dropna())
        }


def read_runs(root: Path) -> list[Run]:
    """Every run below a folder. Raises NoRunsError if there is no such folder."""
    return [read_run(folder, root) for folder in find_run_folders(root)]


def read_run(path: Path, root: Path) -> Run:
    """One run folder, as far as it can be read."""
    folder = RunFolder(path)
    run_config = read_json(folder.run_config)
    status = read_json(folder.status)
    parameters, parameter_note = _parameters(folder)
    try:
        stat = folder.table.stat()
        table, table_note = _table(folder.table, stat.st_mtime_ns, stat.st_size)
        modified = stat.st_mtime
    except OSError as error:
        table, table_note, modified = pd.DataFrame(), f"{folder.table.name}: {error.strerror}", 0.0
    known = run_config if isinstance(run_config, dict) else {}
    return Run(
        id=str(known.get("run_id") or hashlib.sha256(str(path.absolute()).encode()).hexdigest())[:16],
        path=path,
        name=path.relative_to(root).as_posix(),
        parameters=parameters,
        table=table,
        state=status.get("state") if isinstance(status, dict) else None,
        modified=modified,
        notes=tuple(note for note in (parameter_note, table_note) if note),
    )


def _parameters(folder: RunFolder) -> tuple[dict[str, Any], str | None]:
    for path in (folder.parameters, folder.path / PARAMETERS):
        if path.exists():
            value = read_json(path)
            if isinstance(value, dict):
                return value, None
            return {}, f"{path.name} is not a JSON object"
    return {}, None


@functools.lru_cache(maxsize=4096)
def _table(path: Path, _modified: int, size: int) -> tuple[pd.DataFrame, str | None]:
    """The numeric columns of a table; a file is parsed again only after it changed."""
    if size == 0:
        return pd.DataFrame(), f"{path.name} is empty"
    try:
        frame = pd.read_csv(path, skipinitialspace=True, **_EXACT)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        return pd.DataFrame(), f"{path.name} cannot be parsed: {str(error).strip()}"
    numeric = frame.apply(pd.to_numeric, errors="coerce").astype(np.float64)
    numeric.columns = numeric.columns.map(str)
    return numeric, None
