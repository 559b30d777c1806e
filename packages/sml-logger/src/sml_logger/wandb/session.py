"""The current run of the process; the only module of the drop-in with process-wide state."""

from __future__ import annotations

import atexit
import csv
import glob
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from sml_config import RunFolder
from sml_config.redaction import REDACTED
from sml_logger.arguments import category_of
from sml_logger.errors import SmlLoggerError
from sml_logger.logger import Logger
from sml_logger.run_folder.run_path import run_path_of, settings_in_force

from .environment import RunSettings, Settings, new_id, new_name, run_settings
from .not_kept import tell
from .parameters import mapping_of
from .run_object import Run

_TAIL = 1 << 16
_REMEDIES = {
    "sync_tensorboard": "write scalars with sml_logger.tensorboard.SummaryWriter",
    "monitor_gym": "record videos with Gymnasium's RecordVideo, and log them with wandb.Video",
}

current: Run | None = None
_is_hooked = False


def init(
    entity: str | None = None,
    project: str | None = None,
    dir: str | os.PathLike[str] | None = None,  # noqa: A002  W&B's name
    id: str | None = None,  # noqa: A002
    name: str | None = None,
    notes: str | None = None,
    tags: Any = None,
    config: Any = None,
    group: str | None = None,
    job_type: str | None = None,
    mode: str | None = None,
    reinit: bool | str | None = None,
    resume: bool | str | None = None,
    settings: Settings | dict[str, Any] | None = None,
    **more: Any,
) -> Run:
    """Begin a run in `logfile/<project>/<name>-<id>`, below `dir` or the current project's base path.

    Its `config` are the run's parameters. With an `id` and `resume="allow"`, `"must"` or True, the run of
    this id continues. While a run is going on it is returned, unless `reinit` says "finish_previous" (or
    True) or "create_new". `mode="disabled"` writes nothing. Other arguments of W&B are accepted.
    """
    global current
    given = run_settings(
        {
            "entity": entity, "project": project, "dir": dir, "id": id, "name": name, "notes": notes,
            "tags": tags, "group": group, "job_type": job_type, "mode": mode, "resume": resume,
        },
        settings,
    )  # fmt: skip
    if current is not None and reinit in (True, "finish_previous"):
        current.finish()
    if current is not None and reinit != "create_new":
        current.config.update(config)
        return current
    for argument, remedy in _REMEDIES.items():
        if more.get(argument):
            tell(argument, remedy)
    current = _begun(given, _chosen(config, more))
    _hook()  # after the logger's own, so that it runs before
    return current


def _begun(given: RunSettings, config: dict[str, Any]) -> Run:
    resumed = _folder_of(given) if given.resume not in (None, False, "never") else None
    if given.resume == "must" and resumed is None:
        raise SmlLoggerError(
            f"no run with the id {given.id!r} to resume; correct the id, or use resume='allow'"
        )
    if given.resume == "never" and _folder_of(given) is not None:
        raise SmlLoggerError(
            f"there is a run with the id {given.id!r}; choose another, or use resume='allow'"
        )
    given = replace(given, id=given.id or new_id(), name=given.name or new_name())
    if given.is_disabled:
        return Run(None, None, given, config, _forget)
    folder_name = f"{given.name}-{given.id}" if resumed is None else resumed.path.name
    logger = Logger(
        log_name=folder_name,
        logger_category=given.project,
        base_path=given.dir,
        resume=resumed is not None,
    )
    folder = RunFolder(Path(logger.output_dir)) if logger._files is not None else None
    if resumed is None:
        return Run(logger, folder, given, config, _forget)
    saved = mapping_of(resumed.parameters) if resumed.parameters.is_file() else {}
    earlier = {name: value for name, value in saved.items() if value != REDACTED}
    return Run(logger, folder, given, {**earlier, **config}, _forget, first_step=_next_step(resumed))


def _folder_of(given: RunSettings) -> RunFolder | None:
    """The folder of the run with the given id."""
    if given.id is None:
        if given.resume in (True, "auto"):
            tell("resume without an id", "pass the id of the run to resume: init(id=..., resume='allow')")
        return None
    path = run_path_of(settings_in_force(), given.dir, category_of(given.project), "run").path
    pattern = f"{glob.escape(str(path.parent))}/*-{glob.escape(given.id)}"
    folders = [Path(name) for name in glob.glob(pattern) if Path(name).is_dir()]  # noqa: PTH207  escaped
    return RunFolder(max(folders, key=lambda item: item.stat().st_mtime)) if folders else None


def _next_step(folder: RunFolder) -> int:
    """One more than the step of the last row of a table."""
    try:
        with folder.table.open("rb") as table:
            header = table.readline().decode("utf-8", "replace")
            size = table.seek(0, os.SEEK_END)
            table.seek(max(len(header.encode()), size - _TAIL))
            lines = table.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return 0
    columns = next(csv.reader([header]), [])
    steps = [
        int(row[columns.index("step")])
        for row in csv.reader(lines[-100:])
        if "step" in columns
        and len(row) == len(columns)
        and row[columns.index("step")].lstrip("-").isdecimal()
    ]
    return max(steps, default=-1) + 1


def _chosen(config: Any, more: dict[str, Any]) -> dict[str, Any]:
    """The configuration without the keys that are excluded."""
    values = mapping_of(config)
    excluded = {*(more.get("config_exclude_keys") or ())}
    included = more.get("config_include_keys")
    return {
        name: value
        for name, value in values.items()
        if name not in excluded and (included is None or name in included)
    }


def _forget(run: Run) -> None:
    """Let the next `init` begin another run."""
    global current
    if current is run:
        current = None


def _hook() -> None:
    """Complete the run before the logger closes it at the end of the process."""
    global _is_hooked
    if not _is_hooked:
        _is_hooked = True
        atexit.register(_complete)


def _complete() -> None:
    if current is not None:
        current.complete()
