"""Inheritance of settings by child processes, without a call in the child.

Children of multiprocessing (fork, spawn, forkserver) inherit them through the configuration that every
`Process` passes on; other children through SML_SETTINGS, the path of a private file that lists the settings
files and later changes, without secrets.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

from sml_config.errors import SettingsError, SettingsWarning
from sml_config.files import private_folder, write_atomic
from sml_config.hashing import short_hash
from sml_config.redaction import Redactor, is_secret_name

from .settings import CommonConfig, ExperimentConfig, Origin, Settings

VARIABLE = "SML_SETTINGS"

_FORMAT = 1
_KEY = "sml_settings"
_OWN = "EXPERIMENT_COMMON_PARAMETERS"
_MAX_AGE_DAYS = 30
# Limit for programs that change settings in a loop.
_MAX_FILES = 20
_written_files: list[Path] = []
_SECONDS_PER_DAY = 86400


def publish(settings: Settings | None) -> None:
    """Let child processes started from now on inherit these settings; with None they inherit nothing."""
    # A program that has not imported multiprocessing yet uses the variable.
    processes = sys.modules.get("multiprocessing.process")
    if processes is not None:
        configuration = processes.current_process()._config
        configuration.pop(_KEY, None)
        if settings is not None:
            configuration[_KEY] = _PicklableSettings(settings)
    if settings is None:
        os.environ.pop(VARIABLE, None)
        return
    try:
        os.environ[VARIABLE] = str(_write(_summary(settings)))
    except OSError as error:
        os.environ.pop(VARIABLE, None)
        message = f"child programs will not inherit the settings: {error}"
        warnings.warn(message, SettingsWarning, stacklevel=3)


def received() -> Settings | None:
    """The settings that this process inherits from its parent, or None."""
    processes = sys.modules.get("multiprocessing.process")
    if processes is not None:
        inherited = processes.current_process()._config.get(_KEY)
        if isinstance(inherited, _PicklableSettings):
            return inherited.settings
    path = os.environ.get(VARIABLE)
    if not path:
        return None
    try:
        return _from_summary(json.loads(Path(path).read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, SettingsError) as error:
        message = f"{VARIABLE} names {path}, which cannot be used ({error}); the default settings are used"
        warnings.warn(message, SettingsWarning, stacklevel=4)
        return None


class _PicklableSettings:
    """Settings passed to a multiprocessing child, without values that cannot be pickled."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def __reduce__(self) -> tuple[type[_PicklableSettings], tuple[Settings]]:
        if _pickles(self.settings):
            return _PicklableSettings, (self.settings,)
        values = self.settings.experiment.EXPERIMENT_COMMON_PARAMETERS
        remaining = {name: value for name, value in values.items() if _pickles(value)}
        experiment = replace(self.settings.experiment, EXPERIMENT_COMMON_PARAMETERS=remaining)
        return _PicklableSettings, (replace(self.settings, experiment=experiment),)


def _pickles(value: Any) -> bool:
    import pickle  # late: only needed by programs that start processes

    try:
        pickle.dumps(value)
    except (pickle.PicklingError, TypeError, AttributeError, ValueError, RecursionError):
        return False
    return True


def _summary(settings: Settings) -> dict[str, Any]:
    """Summary from which a child restores the settings: the files, and changes since."""
    origin = settings.origin
    common, experiment = (
        (origin.common, origin.experiment) if origin else (CommonConfig(), ExperimentConfig())
    )
    before = {**common.values(), **experiment.values()}
    after = {**settings.common.values(), **settings.experiment.values()}
    own, file_own = after.pop(_OWN), before.pop(_OWN)
    redactor = Redactor(settings.secrets)
    changed = {name: value for name, value in after.items() if name != "BASE_PATH" and value != before[name]}
    return {
        "format": _FORMAT,
        "files": [str(origin.common_file.absolute()), str(origin.experiment_file.absolute())]
        if origin
        else None,
        "base_path": str(settings.base_path),
        "changed": _without_secrets(changed, redactor),
        "own": _without_secrets(
            {
                name: value
                for name, value in own.items()
                if name not in file_own or not _same(value, file_own[name])
            },
            redactor,
        ),
        "own_removed": sorted(set(file_own) - set(own)),
    }


def _same(left: Any, right: Any) -> bool:
    """Whether two values are equal; arrays, whose comparison gives an array, count as different."""
    return (
        type(left) is type(right)
        and isinstance(left, (str, int, float, list, dict, type(None)))
        and left == right
    )


def _without_secrets(value: Any, redactor: Redactor) -> Any:
    """Plain values only; text under a secret name or containing a secret is left out."""
    if isinstance(value, dict):
        remaining = {
            name: _without_secrets(item, redactor)
            for name, item in value.items()
            if isinstance(name, str) and not (isinstance(item, (str, list, dict)) and is_secret_name(name))
        }
        return {name: item for name, item in remaining.items() if item is not _LEFT_OUT}
    if isinstance(value, (list, tuple)):
        items = [_without_secrets(item, redactor) for item in value]
        return _LEFT_OUT if any(item is _LEFT_OUT for item in items) else items
    if isinstance(value, str):
        return value if redactor.text(value) == value else _LEFT_OUT
    return value if value is None or type(value) in (bool, int, float) else _LEFT_OUT


_LEFT_OUT = object()


def _from_summary(summary: dict[str, Any]) -> Settings:
    if summary["format"] != _FORMAT:
        raise ValueError(f"format {summary['format']}, this version reads {_FORMAT}")
    common, experiment, origin = CommonConfig(), ExperimentConfig(), None
    if summary["files"] is not None:
        from .load import load_section  # late: imports YAML

        files = (Path(summary["files"][0]), Path(summary["files"][1]))
        common, experiment = load_section(files[0], CommonConfig), load_section(files[1], ExperimentConfig)
        origin = Origin(*files, common, experiment)
    changed, base = summary["changed"], summary["base_path"]
    own = {**experiment.EXPERIMENT_COMMON_PARAMETERS, **summary["own"]}
    changed[_OWN] = {name: value for name, value in own.items() if name not in summary["own_removed"]}
    for_common = {name: changed[name] for name in changed if name in CommonConfig.keys()}  # noqa: SIM118
    for_experiment = {name: changed[name] for name in changed if name not in for_common}
    common = replace(common, **for_common, BASE_PATH=base)
    return Settings(common, replace(experiment, **for_experiment), Path(base), origin)


def _write(summary: dict[str, Any]) -> Path:
    """Write a note under a name that its content gives: it outlives this process and never piles up."""
    user = str(os.getuid()) if hasattr(os, "getuid") else os.environ.get("USERNAME", "user")
    folder = private_folder(f"sml-settings-{user}")
    content = json.dumps(summary, indent=1, sort_keys=True)
    path = folder / f"{short_hash(content, 20)}.json"
    try:
        os.utime(path)
    except FileNotFoundError:
        _delete_old(folder)
        write_atomic(path, content, is_durable=False, mode=0o600)
        _written_files.append(path)
        for old in _written_files[:-_MAX_FILES]:
            old.unlink(missing_ok=True)
        del _written_files[:-_MAX_FILES]
    return path


def _delete_old(folder: Path) -> None:
    oldest = time.time() - _MAX_AGE_DAYS * _SECONDS_PER_DAY
    for path in folder.iterdir():
        with contextlib.suppress(OSError):
            if path.stat().st_mtime < oldest:
                path.unlink()
