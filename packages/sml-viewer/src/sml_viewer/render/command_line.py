"""Build the shell command that reproduces a view of the page."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sml_viewer.config.plot_config import Configuration
from sml_viewer.config.plot_options import OPTIONS
from sml_viewer.index.location import default_workspace

# Given by -d and -o, or meaningless for a command that draws once.
_OMITTED = ("PLOT_LOG_PATH", "PLOT_FIGURE_SAVING_PATH", "VIEW_NOTE", "VIEW_STATE")
_OMITTED_PREFIXES = (
    "AUTO_PLOTTING",
    "MAX_AUTO_PLOTTING",
    "PLOTTING_AUTO",
    "FOCUS_IMAGE_",
    "FIGURE_SERVER_",
    "FIGURE_TO_",
)
_TEXTS = ("text", "choice", "path")


def command_line(
    kind: str,
    configuration: Configuration,
    folders: Sequence[Path],
    *,
    where: str = "",
    output: str | None = None,
    workspace: Path | None = None,
) -> str:
    """A line for a POSIX shell: `sml-viewer KIND -d FOLDER …`; kind is plot, bar, aggregate, table or export.

    It names every option that is set, so it does not depend on the saved configuration.
    """
    values = configuration.as_json()
    words = [*_folder_options(kind, folders, workspace), *_columns(values), *_query(where)]
    for name, value in values.items():
        if name not in _OMITTED and not name.startswith(_OMITTED_PREFIXES):
            words += ["--set", f"{name}={_value(name, value)}"]
    return shlex.join([*words, *(["-o", output] if output else [])])


def command_by_name(
    kind: str, name: str, folders: Sequence[Path], *, where: str = "", workspace: Path | None = None
) -> str:
    """The same command for a configuration saved under a name in the workspace."""
    return shlex.join([*_folder_options(kind, folders, workspace), f"--config={name}", *_query(where)])


def _folder_options(kind: str, folders: Sequence[Path], workspace: Path | None) -> list[str]:
    words = ["sml-viewer", kind]
    for folder in folders:
        words += ["-d", str(folder)]
    if workspace is not None and workspace != default_workspace().expanduser().absolute():
        words += ["-wks", str(workspace)]
    return words


def _query(where: str) -> list[str]:
    if not where.strip():
        return []
    return [f"--where={where}"] if where.startswith("-") else ["--where", where]


def _columns(values: dict[str, Any]) -> list[str]:
    """`-x X -y Y …` if all pairs share one x; removes them from the values."""
    pairs = values.get("PLOTTING_XY") or []
    names = {name for pair in pairs for name in pair}
    if len({x for x, _ in pairs}) != 1 or any(name.startswith("-") for name in names):
        return []
    del values["PLOTTING_XY"]
    words = ["-x", pairs[0][0]] if pairs[0][0] else []
    return [*words, *(word for _, y in pairs if y for word in ("-y", y))]


def _value(name: str, value: Any) -> str:
    option = OPTIONS.get(name)
    if option is not None and option.kind in _TEXTS:
        return "None" if value is None else str(value)
    return json.dumps(value, ensure_ascii=False)
