"""Read the workspace of the older tool: its configurations, and the last one of each user."""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sml_viewer.i18n import Message, brief

from .plot_options import OPTIONS, OVERRIDES

_ROOT = "WEB_ROM"
_CONFIGS, _USERS, _FIGURES = "configs", "users", "figures"
_JSON = ".json"
_MOST_BYTES = 1_000_000
# Entries of each configuration that are not plot options: form texts, names, choices.
_NO_OPTIONS = frozenset(
    ("DESCRIPTION", "FLEXIBLE_CONFIG", "FIXED_PARAMETER", "LOG_DIR_BACKING_NAME", "DATA_PATH", "PRIMARY_ALG")
)
_ALL = "default"  # the part of the overrides for the whole figure


def older_folder(workspace: Path) -> Path | None:
    """The folder of the older page's files: below the workspace, or the workspace itself; None without."""
    for folder in (workspace / _ROOT, workspace):
        if (folder / _CONFIGS).is_dir() and (folder.name == _ROOT or (folder / _USERS).is_dir()):
            return folder
    return None


def older_configurations(workspace: Path) -> dict[str, Path]:
    """The files of the older page's configurations, by name."""
    folder = older_folder(workspace)
    return {} if folder is None else files_by_name(folder / _CONFIGS)


def files_by_name(folder: Path) -> dict[str, Path]:
    """The configuration files in a folder by name, without the ending `.json`.

    Manual copies such as `x.json copy` count too, if they contain a JSON object.
    """
    files: dict[str, Path] = {}
    try:
        paths = sorted(folder.iterdir(), key=lambda path: (path.suffix != _JSON, path.name))
    except OSError:
        return files
    for path in paths:
        if path.name.startswith(".") or not path.is_file():
            continue
        if path.suffix == _JSON:
            files[path.stem] = path
        elif _holds_object(path):
            files[path.name if path.name not in files else f"{path.name} (2)"] = path
    return files


def last_configuration(workspace: Path, user: str) -> str | None:
    """The configuration that a user of the older page opened last; None if unknown."""
    folder = older_folder(workspace)
    if folder is None or Path(user).name != user:
        return None
    content = _object(folder / _USERS / f"{user}{_JSON}")
    name = content.get("config")
    return name.removesuffix(_JSON) if isinstance(name, str) else None


def as_written_now(content: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Convert a configuration of the older tool; returns options and notes on changed values.

    Entries that are not options are left out, numbers are clipped to their bounds.
    """
    notes: list[str] = []
    values = _bounded({name: value for name, value in content.items() if name not in _NO_OPTIONS}, notes)
    if isinstance(overrides := values.get(OVERRIDES), Mapping):
        values[OVERRIDES] = {
            part: _bounded(inner, notes) for part, inner in overrides.items() if part != _ALL or inner
        }
    first = content.get("PRIMARY_ALG")
    order = values.get("PLOTTING_ORDER")
    if isinstance(first, str) and first not in ("", "None") and isinstance(order or [], list):
        values["PLOTTING_ORDER"] = [first, *(name for name in order or [] if name != first)]
    return values, notes


def _bounded(values: Any, notes: list[str]) -> Any:
    """Options, possibly nested by pair and title, with numbers clipped to today's bounds."""
    if not isinstance(values, Mapping):
        return values
    bounded = {}
    for name, value in values.items():
        option = OPTIONS.get(name)
        bounded[name] = value
        if option is None and isinstance(value, Mapping) and name != OVERRIDES:
            bounded[name] = _bounded(value, notes)
        elif option is not None and option.kind in ("int", "float"):
            number = _number(value)
            if number is not None and not option.low <= number <= option.high:
                bounded[name] = option.low if number < option.low else option.high
                notes.append(
                    Message(
                        "{name}: {value} is out of bounds; using {bound:g}",
                        name=name,
                        value=brief(value),
                        bound=bounded[name],
                    )
                )
    return bounded


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def legacy_style_defaults() -> dict[str, Any]:
    """The older tool's defaults of options whose automatic value differs here."""
    return {name: option.default for name, option in OPTIONS.items() if option.automatic is not None}


def with_relocated_folders(written: Mapping[str, Any], workspace: Path) -> tuple[dict[str, Any], list[str]]:
    """Adapt folder options to a workspace that was moved; returns options and notes.

    The older page wrote figures below its own folder, which tells where the workspace was.
    """
    values = dict(written)
    saved = values.get("PLOT_FIGURE_SAVING_PATH")
    before, own = _split(saved) if isinstance(saved, str) else (None, None)
    if own is not None:
        values["PLOT_FIGURE_SAVING_PATH"] = str(workspace.joinpath(_FIGURES, *own))
    logs = values.get("PLOT_LOG_PATH")
    if not isinstance(logs, str) or not logs or logs == "None" or _is_folder(Path(logs)):
        return values, []
    here = (older_folder(workspace) or workspace / _ROOT).parent
    if not Path(logs).is_absolute():
        candidates = [here.parent / logs, here / logs]
    elif before is not None and Path(before).is_absolute():
        candidates = [Path(os.path.normpath(here / os.path.relpath(logs, before)))]
    else:
        candidates = []
    for candidate in candidates:
        if _is_folder(candidate):
            values["PLOT_LOG_PATH"] = str(candidate)
            note = Message(
                "PLOT_LOG_PATH: {missing} does not exist; using {folder}, moved with the workspace",
                missing=logs,
                folder=candidate,
            )
            return values, [note]
    return values, []


def _split(path: str) -> tuple[str | None, tuple[str, ...] | None]:
    """`/old/WEB_ROM/figures/user/name` as the folder before WEB_ROM and the folders below the figures."""
    parts = Path(path).parts
    for index in range(len(parts) - 1, 0, -1):
        if parts[index - 1 : index + 1] == (_ROOT, _FIGURES):
            below = parts[index + 1 :]
            return str(Path(*parts[: index - 1])), below if ".." not in below else ()
    return None, None


def _is_folder(path: Path) -> bool:
    try:
        return path.expanduser().is_dir()
    except (OSError, ValueError, RuntimeError):
        return False


def _holds_object(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return re.match(rb"(?:\xef\xbb\xbf)?\s*\{", file.read(64)) is not None
    except OSError:
        return False


def _object(path: Path) -> Mapping[str, Any]:
    try:
        if path.stat().st_size > _MOST_BYTES:
            return {}
        content = json.loads(path.read_bytes().decode("utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}
