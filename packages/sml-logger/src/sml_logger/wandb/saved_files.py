"""Files that a script saves with `wandb.save`: copies in the run folder."""

from __future__ import annotations

import contextlib
import glob
import os
import shutil
from pathlib import Path
from typing import Any

from sml_config import RunFolder
from sml_config.run_folder import temp_path_for

FILES = "files"


def folder_of(folder: RunFolder) -> Path:
    """The folder of the copies."""
    return folder.path / FILES


class SavedFiles:
    """The files that match a pattern, relative to `base_path` or to the folder before the pattern."""

    def __init__(self, folder: RunFolder, pattern: Any, base_path: Any = None) -> None:
        self._target = folder_of(folder)
        self._pattern = os.fspath(pattern)
        absolute = Path(self._pattern).is_absolute()
        self._base = Path(base_path or (Path(self._pattern).parent if absolute else ".")).absolute()

    def again(self) -> list[str]:
        """Copy all files that match now; returns the copies. What cannot be read is left out."""
        written = []
        for name in sorted(glob.glob(self._pattern, recursive=True)):  # noqa: PTH207  with ** and absolute patterns
            source = Path(name).absolute()
            inside = [source] if source.is_file() else sorted(source.rglob("*"))
            for path in inside:
                if path.is_file() and not path.is_relative_to(self._target):
                    with contextlib.suppress(OSError):
                        written.append(str(self._copy(path)))
        return written

    def _copy(self, source: Path) -> Path:
        relative = os.path.relpath(source, self._base)
        target = self._target / (source.name if relative.startswith("..") else relative)
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = temp_path_for(target)
        try:
            shutil.copy2(source, draft)
            draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)
        return target
