"""The experiment file: a Python file with the tutorial's names at module level."""

from __future__ import annotations

import os
import runpy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import GridError
from .grid import Grid

DEFAULT_FILE = "generate_parallel_tasks.py"


@dataclass(frozen=True)
class Experiment:
    """A grid with where and how widely to run it."""

    grid: Grid
    directory: Path
    environment: dict[str, str]
    max_parallel: int


def load_experiment(path: Path) -> Experiment:
    """Execute an experiment file and take the names it defines. Raises GridError if it lacks one."""
    if not path.is_file():
        raise GridError(f"{path}: no such experiment file; name one, or make {DEFAULT_FILE} here")
    names = runpy.run_path(str(path), run_name="sml_experiment")
    if "start_up_header" not in names:
        raise GridError(
            f'{path}: defines no start_up_header; add for instance start_up_header = "python main.py"'
        )
    return Experiment(
        Grid(
            names["start_up_header"],
            names.get("parameters_base", {}),
            names.get("exclusive_candidates", {}),
            names.get("aligned_candidates", {}),
            names.get("task_is_valid"),
        ),
        Path(names.get("directory", path.absolute().parent)),
        {name: _unquoted(value) for name, value in names.get("environment_dict", {}).items()},
        int(names.get("MAX_PARALLEL", os.cpu_count() or 1)),
    )


def _unquoted(value: Any) -> str:
    """A value written for a shell, `'""'` or `"'0,1'"`, without its quotes."""
    text = str(value)
    return text[1:-1] if len(text) >= 2 and text[0] == text[-1] and text[0] in "'\"" else text
