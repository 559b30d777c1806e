"""The requested path of a run folder, with names valid on every file system."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import sml_config
from sml_config import safe_name
from sml_logger.arguments import text_of
from sml_logger.errors import RunFolderError

# A name that `safe_name` has already changed: valid characters and length, with a hash at the end.
_FIT_ALREADY = re.compile(r"[\w,=+@][\w.,=+@-]{0,180}-[0-9a-f]{12}")


@dataclass(frozen=True)
class RunPath(os.PathLike[str]):
    """The requested path of a run: log folder, backup folder, category and name."""

    root: Path
    backup_root: Path
    category: str | None
    name: str

    @property
    def path(self) -> Path:
        """The run folder; every component is converted to a valid name."""
        parts = [_fit(part) for part in (self.category or "").split("/") if part]
        return self.root.joinpath(*parts, _fit(self.name))

    def __fspath__(self) -> str:
        return str(self.path)

    def under(self, base: Path) -> RunPath:
        """The same run under another base path."""
        return replace(self, root=base / self.root.name, backup_root=base / self.backup_root.name)

    def numbered(self) -> Iterator[Path]:
        """The run folder, then the same with -2, -3 and so on."""
        yield self.path
        number = 2
        while True:
            yield self.path.with_name(f"{self.path.name}-{number}")
            number += 1


class ExactRunPath(RunPath):
    """An existing or new folder used as it is; the table of an earlier run in it is renamed."""

    @classmethod
    def of(cls, folder: Path) -> ExactRunPath:
        """The path of this folder, relative to the current one."""
        folder = folder.expanduser().absolute()
        return cls(folder.parent, folder.parent, None, folder.name)

    @property
    def path(self) -> Path:
        """The run folder."""
        return self.root / self.name


def _fit(name: str) -> str:
    """Convert to a valid folder name; a name that was already converted stays as it is."""
    fit = name if _FIT_ALREADY.fullmatch(name) else safe_name(name)
    try:
        os.fsencode(fit)
    except UnicodeEncodeError:  # a C locale without UTF-8 mode
        return safe_name(fit.encode("ascii", "backslashreplace").decode())
    return fit


def settings_in_force() -> sml_config.Settings:
    """The current settings. Raises RunFolderError if the current folder has been deleted."""
    try:
        return sml_config.settings()
    except FileNotFoundError as error:
        remedy = "change to another one, or call init_config"
        raise RunFolderError(Path(), f"the current folder has been deleted; {remedy}") from error


def run_path_of(
    in_force: sml_config.Settings, base_path: str | os.PathLike[str] | None, category: str | None, name: str
) -> RunPath:
    """The requested path of a run with this name."""
    if isinstance(base_path, RunPath):
        return base_path
    base = in_force.base_path
    if base_path is not None:
        base = Path(text_of("base_path", base_path, "a folder")).expanduser().absolute()
    common = in_force.common
    return RunPath(base / common.LOG_FOLDER_NAME, base / common.LOG_FOLDER_NAME_BK, category, name)
